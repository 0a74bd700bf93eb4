"""True boxes to measure a detector against: whatever says what is in photos, and where."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Final

import polars as pl

from thumper_core.contracts import (
    AgeClass,
    ClassMeaning,
    Sex,
    UsageError,
)
from thumper_core.evaluate.boxmatch import VISIBLE_MIN
from thumper_core.evaluate.ground_truth import (
    PHOTOS,
    GroundTruth,
    boxes_table,
    keys_of,
    photo_columns,
)
from thumper_core.evaluate.listed_truth import read_listed
from thumper_core.evaluate.yolo_truth import read_yolo


def read_truth(
    source: Path, *, split: str | None = None, photos: Path | None = None, only: str = ""
) -> GroundTruth:
    """Read a folder that holds `truth.parquet`, `data.yaml` or one COCO JSON, or such a file.

    Or a training list (.toml). split: of a YOLO data set; None: the first of `yolo_truth.SPLITS`
    that it has. photos: where the pictures lie that a COCO file or a list names; None: beside it.
    only: of a list, the photos whose path this regular expression finds. Raises UsageError, naming
    file and line, where there is no truth or it cannot be read.

    >>> from pathlib import Path
    >>> from thumper_core import read_truth
    >>> truth = read_truth(Path("truth.parquet"))
    >>> truth.photos.height, truth.boxes["label"].unique().sort().to_list()
    (11, ['buck', 'doe'])
    """
    if not source.exists():
        raise UsageError(f"{source} does not exist. {_FORMS}")
    file = _file_in(source) if source.is_dir() else source
    if file.suffix in (".yaml", ".yml"):
        return read_yolo(file, split)
    if split is not None:
        raise UsageError(f"--split chooses a part of a YOLO data set; {file.name} is none.")
    if file.suffix == ".json":
        return _read_coco(file, photos or file.parent)
    if file.suffix == ".parquet":
        return _read_demo(file)
    if file.suffix == ".toml":
        return read_listed(file, photos, only)
    raise UsageError(f"{file} is no truth that can be read. {_FORMS}")


_FORMS: Final = (
    "A truth is a YOLO data.yaml, a COCO JSON file or a demo's truth.parquet, a folder with one, or "
    "a training list (.toml)."
)


def _file_in(folder: Path) -> Path:
    for name in ("truth.parquet", "data.yaml", "dataset.yaml"):
        if (folder / name).is_file():
            return folder / name
    found = sorted({*folder.glob("*.yaml"), *folder.glob("*.yml"), *folder.glob("*.json")})
    found = [path for path in found if path.name != "demo.json"]
    if len(found) == 1:
        return found[0]
    several = f" It holds {', '.join(path.name for path in found)}: name one." if found else ""
    raise UsageError(f"{folder} holds no single truth.{several} {_FORMS}")


# --- the demo -------------------------------------------------------------------------------------


def _read_demo(file: Path) -> GroundTruth:
    """The rendered herd's truth; whole photos only, blank ones too."""
    photo_file = file.with_name("truth_photos.parquet")
    if not photo_file.is_file():
        raise UsageError(f"{photo_file} is missing: render the demo photos again.")
    try:
        truth, photos = pl.read_parquet(file), pl.read_parquet(photo_file)
        names = photos.group_by("photo_sha256", maintain_order=True).agg(
            pl.col("path").alias("names")
        )
        photos = photos.filter(pl.col("fault").is_null()).join(
            names, on="photo_sha256", maintain_order="left"
        )
        boxes = truth.unique(
            ["photo_sha256", "x1", "y1", "x2", "y2"], keep="first", maintain_order=True
        ).select(
            pl.col("photo_sha256").alias("photo"),
            pl.col("x1", "y1", "x2", "y2").cast(pl.Float64),
            pl.col("class").alias("label"),
            (pl.col("visible_fraction") < VISIBLE_MIN).alias("ignored"),
        )
        root = str(file.parent.resolve() / "photos")
        listed = photos.select(
            pl.col("photo_sha256").alias("photo"),
            pl.concat_str(pl.lit(root + "/"), "path").alias("path"),
            pl.format("event {}", "event").alias("unit"),
            "names",
        )
        kinds = truth.select("class", "species", "sex", "age_class").unique().iter_rows()
        meanings = {c: ClassMeaning(s, Sex(sex), AgeClass(age)) for c, s, sex, age in kinds}
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise UsageError(f"{file} is not the truth of a demo herd: {error}") from error
    # a fawn has a sex in the truth and none in any class
    meanings |= {
        c: ClassMeaning(m.species, Sex.UNKNOWN, AgeClass.FAWN)
        for c, m in meanings.items()
        if m.age_class is AgeClass.FAWN
    }
    return GroundTruth(file, listed, boxes, False, meanings)


# --- COCO -----------------------------------------------------------------------------------------


def _read_coco(file: Path, folder: Path) -> GroundTruth:
    """COCO detection JSON; pictures lie at `file_name` below the folder or its `images`."""
    try:
        document = json.loads(file.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise UsageError(f"{file} is not valid JSON: {error}") from error
    parts = ("images", "annotations", "categories")
    if not isinstance(document, dict) or not all(isinstance(document.get(p), list) for p in parts):
        raise UsageError(f"{file} is no COCO data set: it needs images, annotations, categories.")
    try:
        names = {c["id"]: str(c["name"]) for c in document["categories"]}
        pictures = {
            image["id"]: _picture(file, folder, str(image["file_name"]))
            for image in document["images"]
        }
        paths = [pictures[key] for key in pictures]
        keys = dict(zip(pictures, keys_of(paths), strict=True))
        rows = []
        for entry in document["annotations"]:
            x, y, w, h = (float(v) for v in entry["bbox"])
            if not all(map(math.isfinite, (x, y, w, h))) or w < 0 or h < 0:
                raise UsageError(
                    f"{file}: annotation {entry.get('id')} has no box: {entry['bbox']}"
                )
            box = (x, y, x + w, y + h)
            ignored = bool(entry.get("iscrowd") or entry.get("ignore"))
            rows.append((keys[entry["image_id"]], *box, names[entry["category_id"]], ignored))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise UsageError(f"{file} is no COCO data set that can be read ({what}).") from error
    if not pictures:
        raise UsageError(f"{file} lists no pictures.")
    photos = pl.DataFrame(photo_columns(list(keys.values()), paths), schema=PHOTOS)
    return GroundTruth(file, photos, boxes_table(rows), False, {})


def _picture(file: Path, folder: Path, name: str) -> Path:
    """Where a listed picture lies. Raises UsageError for a name that leads out of the folder."""
    folder = folder.resolve()
    for place in (folder / name, folder / "images" / name):
        if place.is_file():
            break
    else:
        place = folder / name
    if folder not in place.resolve().parents:
        raise UsageError(f"{file} names {name}, which lies outside {folder}.")
    return place
