"""Boxes that come back at one place: false boxes a photo before and after, and true deer lost.

    python benchmarks/repeats.py [RANCH] [--demo DIR] [--json FILE] [--pictures FOLDER]

RANCH: a workspace whose shown run looked at photos beside each of which is a YOLO text file; without
it only the time is measured that 100,000 made-up boxes take. A box is false where it overlaps no box of
the truth at IoU 0.3. Each camera is judged alone; the thresholds were chosen on half of them
(`CHOSEN_ON`). Pixels are cut from the photos, so that runs of any age count. "every true box": the
truth itself, as a detector would give it that misses nothing and is never wrong.

The demo's stumps: `thumper demo DIR --stumps 2 --render-only`, a RANCH of its photos, and `--demo DIR`.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from PIL import Image

from thumper_core.boxes.iou import boxes_of, iou_matrix
from thumper_core.decisions.table import FRAME_SCHEMA
from thumper_core.repeats.found import repeats
from thumper_core.vision.centernet.training_list import yolo_boxes
from thumper_core.vision.images import crop_patch
from thumper_core.workspace import Workspace

CHOSEN_ON = ("camera-002", "camera-003", "camera-007", "camera-009")
SAME_IOU = 0.3
CONFIDENCES = (0.1, 0.2, 0.3)
KINDS = ("deer", "buck", "doe", "turkey")
_PHOTOS = """
select p.photo_id, p.camera, coalesce(p.is_infrared, false) as is_infrared, p.event_id,
    case when p.is_time_evidence then p.taken_at end as taken_at, p.root, p.path, 'r' as run_id
from photos p join outcomes o using (photo_id) order by p.camera, p.taken_at
"""
_BOXES = """
select d.detection_id, d.photo_id, d.confidence, d.x1, d.y1, d.x2, d.y2
from kept_detections d join shown using (run_id)
"""
_NOBODY_SAID = pl.DataFrame(schema=FRAME_SCHEMA).with_columns(camera=pl.lit("", pl.String))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ranch", type=Path, nargs="?")
    parser.add_argument("--demo", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--pictures", type=Path)
    asked = parser.parse_args()
    rows = _measured(asked.ranch, asked.demo, asked.pictures) if asked.ranch else []
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=160, tbl_hide_dataframe_shape=True):
        print(pl.DataFrame(rows) if rows else "Name a workspace to measure boxes of a detector.")
    speed = _speed()
    print(f"100,000 boxes in 60,000 photos of six cameras: {speed:.1f} s of one core")
    if asked.json:
        told = {"boxes": rows, "seconds_100k": speed}
        asked.json.write_text(json.dumps(told, indent=1), "utf-8")


def _measured(ranch: Path, demo: Path | None, pictures: Path | None) -> list[dict[str, Any]]:
    """The rows of the table; with sheets of what was left out."""
    workspace = Workspace.open(ranch)
    photos = workspace.sql(_PHOTOS)
    truth = _demo_truth(demo / "truth.parquet", photos) if demo else _yolo_truth(photos)
    boxes = _with_patches(workspace.sql(_BOXES), photos, truth)
    if demo and (demo / "truth_fixtures.parquet").exists():
        # an animal beside a stump overlaps the stump's box too
        still = _demo_truth(demo / "truth_fixtures.parquet", photos)
        boxes = boxes.with_columns(
            is_true=pl.col("is_true") & (_overlap(boxes, truth) > _overlap(boxes, still))
        )
    rows: list[dict[str, Any]] = []
    for conf in CONFIDENCES:
        rows += _table(
            _judged(boxes.filter(pl.col("confidence") >= conf), photos), photos, f"from {conf:g}"
        )
    every = _with_patches(truth, photos, truth)
    rows += _table(_judged(every, photos), photos, "every true box")
    if pictures:
        _pictures(_judged(boxes, photos), photos, pictures)
    return rows


def _yolo_truth(photos: pl.DataFrame) -> pl.DataFrame:
    """Boxes of deer beside the photos: detection_id, photo_id, x1 to y2."""
    rows = []
    for row in photos.iter_rows(named=True):
        file = Path(row["root"], row["path"])
        with Image.open(file) as picture:
            size = picture.size
        found = yolo_boxes(file.with_suffix(".txt"), KINDS)
        rows += [
            (f"{row['photo_id']}-t{number}", row["photo_id"], *(np.array(box) * [*size, *size]))
            for number, (kind, box) in enumerate(found)
            if kind != "turkey"
        ]
    return _boxes_frame(rows)


def _demo_truth(file: Path, photos: pl.DataFrame) -> pl.DataFrame:
    """Boxes of a table of a demo's truth, by path."""
    of = dict(photos.select("path", "photo_id").iter_rows())
    known = pl.read_parquet(file)
    rows = [
        (f"{of[path]}-t{number}", of[path], *box)
        for number, (path, *box) in enumerate(known.select("path", "x1", "y1", "x2", "y2").rows())
        if path in of
    ]
    return _boxes_frame(rows)


def _boxes_frame(rows: list[Any]) -> pl.DataFrame:
    sides = dict.fromkeys(("x1", "y1", "x2", "y2"), pl.Float32)
    schema = {"detection_id": pl.String, "photo_id": pl.String, **sides}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _with_patches(boxes: pl.DataFrame, photos: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """The boxes with facts of their photo, `patch`, and `is_true`."""
    parts = []
    for key, part in boxes.group_by("photo_id", maintain_order=True):
        row = photos.row(by_predicate=pl.col("photo_id") == key[0], named=True)
        with Image.open(Path(row["root"], row["path"])) as picture:
            image = np.asarray(picture.convert("RGB"))
        patches = [crop_patch(image, box) for box in boxes_of(part)]
        parts.append(part.with_columns(pl.Series("patch", patches)))
    cut = pl.concat(parts)
    cut = cut.with_columns(is_true=_overlap(cut, truth) >= SAME_IOU)
    facts = photos.select("photo_id", "run_id", "camera", "is_infrared", "event_id", "taken_at")
    return cut.join(facts, on="photo_id", maintain_order="left")


def _overlap(boxes: pl.DataFrame, truth: pl.DataFrame) -> pl.Series:
    """How far each box overlaps one of the truth in its photo, IoU."""
    known = {str(key[0]): boxes_of(part) for key, part in truth.group_by("photo_id")}
    best = [
        float(iou_matrix([box], known[photo]).max()) if photo in known else 0.0
        for photo, *box in boxes.select("photo_id", "x1", "y1", "x2", "y2").iter_rows()
    ]
    return pl.Series(best, dtype=pl.Float64)


def _judged(boxes: pl.DataFrame, photos: pl.DataFrame) -> pl.DataFrame:
    """The boxes with the place that each is at (null: none)."""
    found = repeats(boxes, photos, _NOBODY_SAID)
    return boxes.join(found.select("detection_id", "place_id"), on="detection_id", how="left")


def _table(found: pl.DataFrame, photos: pl.DataFrame, what: str) -> list[dict[str, Any]]:
    """A row for the cameras on which the rule was chosen, for the others, and for all."""
    chosen = pl.col("camera").is_in(CHOSEN_ON)
    rows = []
    for name, some in (("chosen on", chosen), ("others", ~chosen), ("all", pl.lit(True))):
        part, n_photos = found.filter(some), photos.filter(some).height
        if not n_photos or part.is_empty():
            continue
        true, left_out = pl.col("is_true"), pl.col("place_id").is_not_null()
        n_false = part.filter(~true).height
        swept = part.filter(~true & left_out).height
        n_true, lost = part.filter(true).height, part.filter(true & left_out).height
        rows.append(
            {
                "boxes": what, "cameras": name, "photos": n_photos, "false": n_false,
                "a photo": round(n_false / n_photos, 2),
                "left out": swept, "then a photo": round((n_false - swept) / n_photos, 2),
                "places": part["place_id"].drop_nulls().n_unique(), "true": n_true, "lost": lost,
            }
        )  # fmt: skip
    return rows


def _speed() -> float:
    """Processor seconds for a large ranch: stumps at every camera, deer at two troughs of each."""
    rng = np.random.default_rng(0)
    n = 100_000
    camera = rng.integers(0, 6, n)
    hours = np.sort(rng.uniform(0, 24 * 200, n))
    kind = rng.integers(0, 10, n)  # 0: one of three stumps; else a deer
    stump = rng.integers(0, 3, n)
    looks = rng.uniform(0, 255, (18, 256))
    patches = rng.uniform(0, 255, (n, 256))
    still = kind == 0
    patches[still] = looks[camera[still] * 3 + stump[still]] + rng.normal(0, 8, (still.sum(), 256))
    at = np.where(still, stump * 200 + 60, rng.choice([150, 420], n) + rng.normal(0, 45, n))
    size = np.where(still, 60, rng.lognormal(4.6, 0.35, n))
    x1, y1 = at + rng.normal(0, 2, n), 200 + np.where(still, 0, rng.normal(0, 25, n))
    wide = size * np.where(still, 1, rng.uniform(0.7, 1.7, n))
    grey = np.clip(patches, 0, 255).astype(np.uint8)
    boxes = pl.DataFrame(
        {
            "run_id": "r",
            "detection_id": [f"d{i:06d}" for i in range(n)],
            "photo_id": [f"p{i * 6 // 10:06d}" for i in range(n)],
            "camera": camera.astype(str),
            "is_infrared": np.ones(n, bool),
            "event_id": [f"e{int(hour)}" for hour in hours],
            "taken_at": pl.Series(hours * 3.6e9).cast(pl.Int64).cast(pl.Datetime("us")),
            "x1": x1, "y1": y1, "x2": x1 + wide, "y2": y1 + size,
            "patch": [row.tobytes() for row in grey],
        }
    )  # fmt: skip
    photos = boxes.unique("photo_id").select("run_id", "camera", "is_infrared", "taken_at")
    started = time.process_time()
    found = repeats(boxes, photos, _NOBODY_SAID)
    spent = time.process_time() - started
    print(f"    {found.height:,} of {int(still.sum()):,} boxes of stumps found")
    return spent


def _pictures(found: pl.DataFrame, photos: pl.DataFrame, folder: Path) -> None:
    """A sheet for each place: the first boxes that it leaves out, cut from their photos."""
    folder.mkdir(parents=True, exist_ok=True)
    for key, part in found.drop_nulls("place_id").group_by("place_id", maintain_order=True):
        tiles = []
        for row in (
            part.join(photos.select("photo_id", "root", "path"), on="photo_id").head(12).to_dicts()
        ):
            with Image.open(Path(row["root"], row["path"])) as picture:
                wide, high = row["x2"] - row["x1"], row["y2"] - row["y1"]
                box = (
                    row["x1"] - wide / 2,
                    row["y1"] - high / 2,
                    row["x2"] + wide / 2,
                    row["y2"] + high / 2,
                )
                tiles.append(picture.convert("RGB").crop(tuple(map(int, box))).resize((120, 120)))
        sheet = Image.new("RGB", (120 * len(tiles), 120))
        for number, tile in enumerate(tiles):
            sheet.paste(tile, (120 * number, 0))
        sheet.save(folder / f"{part['camera'][0]}-{str(key[0])[:8]}-{part.height}.jpg")


if __name__ == "__main__":
    main()
