"""True boxes to measure a detector against: a YOLO data set, COCO JSON, or a demo's own truth."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from thumper_core.contracts import (
    PICTURE_SUFFIXES,
    AgeClass,
    ClassMeaning,
    Sex,
    UsageError,
)
from thumper_core.evaluate.boxmatch import VISIBLE_MIN

SPLITS: Final = ("test", "val", "train")
PHOTOS: Final[dict[str, Any]] = {
    "photo": pl.String, "path": pl.String, "unit": pl.String, "names": pl.List(pl.String)
}  # fmt: skip
BOXES: Final[dict[str, Any]] = {
    "photo": pl.String, "x1": pl.Float64, "y1": pl.Float64, "x2": pl.Float64, "y2": pl.Float64,
    "label": pl.String, "ignored": pl.Boolean,
}  # fmt: skip


@dataclass(frozen=True)
class GroundTruth:
    """Photos and the boxes that are in them.

    source: the file that says so; photos: `photo` (key), `path` (absolute), `unit` (what is
    resampled), `names` (every path below the folder of the photos that it lies at); boxes: `photo,
    x1..y2` (see `relative`), `label, ignored`; relative: boxes are shares of the photo's width and
    height, else pixels; meanings: what labels stand for, where the truth says it.
    """

    source: Path
    photos: pl.DataFrame
    boxes: pl.DataFrame
    relative: bool
    meanings: Mapping[str, ClassMeaning]


def read_truth(
    source: Path, *, split: str | None = None, photos: Path | None = None
) -> GroundTruth:
    """Read a folder that holds `truth.parquet`, `data.yaml` or one COCO JSON, or such a file.

    split: of a YOLO data set; None: the first of SPLITS that it has. photos: where the pictures lie
    that a COCO file names; None: beside it. Raises UsageError, naming file and line, where there is
    no truth or it cannot be read.

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
        return _read_yolo(file, split)
    if split is not None:
        raise UsageError(f"--split chooses a part of a YOLO data set; {file.name} is none.")
    if file.suffix == ".json":
        return _read_coco(file, photos or file.parent)
    if file.suffix == ".parquet":
        return _read_demo(file)
    raise UsageError(f"{file} is no truth that can be read. {_FORMS}")


_FORMS: Final = (
    "A truth is a YOLO data.yaml, a COCO JSON file or a demo's truth.parquet, or a folder with one."
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


# --- YOLO -----------------------------------------------------------------------------------------


def _read_yolo(file: Path, split: str | None) -> GroundTruth:
    """A data set yaml: `path`, `train`, `val`, `test`, `names`; labels beside the pictures."""
    import yaml  # type: ignore[import-untyped]

    try:
        document = yaml.safe_load(file.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{file} is not valid YAML: {error}") from error
    if not isinstance(document, dict) or not document.get("names"):
        raise UsageError(f"{file} names no classes (`names`), so it is no YOLO data set.")
    names = document["names"]
    names = dict(enumerate(names)) if isinstance(names, list) else names
    if not isinstance(names, dict) or not all(isinstance(key, int) for key in names):
        raise UsageError(f"{file}: `names` must be a list, or number the classes from 0.")
    chosen = split or next((s for s in SPLITS if document.get(s)), None)
    if chosen is None or not document.get(chosen):
        raise UsageError(f"{file} has no split {chosen or 'test, val or train'}.")
    base = file.parent / str(document.get("path") or "")
    entries = document[chosen]
    entries = entries if isinstance(entries, list) else [entries]
    pictures = sorted({p for entry in entries for p in _pictures(base / str(entry), file)})
    if not pictures:
        raise UsageError(f"{file}: the split {chosen} holds no pictures.")
    keys = _keys(pictures)
    rows = [
        (key, *row)
        for key, picture in zip(keys, pictures, strict=True)
        for row in _yolo_boxes(_label_file(picture), names)
    ]
    photos = pl.DataFrame(_photo_columns(keys, pictures), schema=PHOTOS)
    return GroundTruth(file, photos, _boxes(rows), True, {})


def _pictures(place: Path, file: Path) -> list[Path]:
    """Pictures in a folder and below it, or those that a text file lists."""
    if place.is_dir():
        return [p.resolve() for p in place.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES]
    if place.suffix == ".txt" and place.is_file():
        lines = [line.strip() for line in place.read_text("utf-8").splitlines() if line.strip()]
        return [(place.parent / line).resolve() for line in lines]
    raise UsageError(f"{file} names {place}, which is neither a folder nor a list of pictures.")


def _label_file(picture: Path) -> Path:
    """YOLO's rule: the last folder `images` becomes `labels`, the ending `.txt`."""
    parts = list(picture.parts)
    for i in range(len(parts) - 2, -1, -1):
        if parts[i] == "images":
            parts[i] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def _yolo_boxes(file: Path, names: Mapping[int, Any]) -> Iterator[tuple[Any, ...]]:
    """x1, y1, x2, y2 as shares of the photo, label, ignored; no file: no animal. Polygons count
    as the box round them.
    """
    if not file.is_file():
        return
    for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), 1):
        words = line.split()
        if not words:
            continue
        try:
            label, values = int(float(words[0])), [float(word) for word in words[1:]]
        except (ValueError, OverflowError) as error:
            raise UsageError(f"{file}, line {number}: {error}") from error
        is_polygon = len(values) >= 6 and len(values) % 2 == 0
        if len(values) != 4 and not is_polygon:
            raise UsageError(
                f"{file}, line {number}: a class and a box (centre x, centre y, width, height) are "
                f"5 numbers, not {len(words)}."
            )
        if not all(math.isfinite(v) and -0.01 <= v <= 1.01 for v in values):
            raise UsageError(
                f"{file}, line {number}: a box is given in shares of the picture, from 0 to 1."
            )
        if label not in names:
            raise UsageError(f"{file}, line {number}: class {label} has no name.")
        if is_polygon:
            xs, ys = values[::2], values[1::2]
            box = (min(xs), min(ys), max(xs), max(ys))
        else:
            x, y, w, h = values
            box = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        yield (*box, str(names[label]), False)


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
        keys = dict(zip(pictures, _keys(paths), strict=True))
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
    photos = pl.DataFrame(_photo_columns(list(keys.values()), paths), schema=PHOTOS)
    return GroundTruth(file, photos, _boxes(rows), False, {})


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


def _boxes(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=BOXES, orient="row").unique(maintain_order=True)


def _photo_columns(keys: list[str], paths: list[Path]) -> dict[str, list[Any]]:
    """The table of photos where each is its own unit."""
    names = [[path.name] for path in paths]
    return {"photo": keys, "path": [str(path) for path in paths], "unit": keys, "names": names}


def _keys(paths: list[Path]) -> list[str]:
    """A short name for each photo that no other has."""
    return [hashlib.blake2b(str(path).encode(), digest_size=12).hexdigest() for path in paths]
