"""COCO with the fields of COCO Camera Traps (Beery et al. 2018, Recognition in Terra Incognita,
ECCV): boxes are x, y, width, height in pixels.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

import thumper_core
from thumper_core.export.files import write_file
from thumper_core.export.md_json import label
from thumper_core.questions import source

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace


def coco(workspace: Workspace, out: Path, *, now: datetime | None = None) -> Path:
    """Write the shown run's boxes as one COCO JSON file and return where it is."""
    photos = source.media(workspace).filter(pl.col("duration_s").is_null())  # a clip is no image
    made = dataset(photos, source.animals(workspace), now)
    return write_file(out, json.dumps(made, indent=1, ensure_ascii=False))


def dataset(
    photos: pl.DataFrame, animals: pl.DataFrame, now: datetime | None = None
) -> dict[str, Any]:
    """COCO as JSON values: photos whose size is known, and their boxes with `individual_id`.

    photos, animals: as `source` gives them. Image and annotation IDs count from 1.
    """
    sized = photos.filter(pl.col("width").is_not_null() & pl.col("height").is_not_null())
    in_burst = pl.col("burst_id")
    framed = sized.with_columns(
        pl.int_range(pl.len()).over(in_burst).alias("frame"),
        pl.len().over(in_burst).alias("n_frames"),
    )
    images = [
        {
            "id": number,
            "file_name": row["file"],
            "width": row["width"],
            "height": row["height"],
            **(
                {"date_captured": row["taken_at"].isoformat(" ", "seconds")}
                if row["is_time_evidence"]
                else {}
            ),
            "location": row["camera"],
            "seq_id": row["burst_id"],
            "seq_num_frames": row["n_frames"],
            "frame_num": row["frame"],
            "photo_id": row["photo_id"],
        }
        for number, row in enumerate(framed.iter_rows(named=True), 1)
    ]
    number_of = {image["photo_id"]: image["id"] for image in images}
    known = animals.filter(pl.col("photo_id").is_in(list(number_of)))
    names = sorted({label(row) for row in known.iter_rows(named=True)})
    categories = {name: number for number, name in enumerate(names, 1)}
    annotations = []
    for number, row in enumerate(known.sort("photo_id", "ordinal").iter_rows(named=True), 1):
        width, height = row["x2"] - row["x1"], row["y2"] - row["y1"]
        annotations.append(
            {
                "id": number,
                "image_id": number_of[row["photo_id"]],
                "category_id": categories[label(row)],
                "bbox": [round(v, 2) for v in (row["x1"], row["y1"], width, height)],
                "area": round(width * height, 2),
                "iscrowd": 0,
                "score": round(row["confidence"], 5),
                "sequence_level_annotation": False,
                "individual_id": row["individual_id"],
                "sex": row["sex"],
                "age_class": row["age_class"],
                "detection_id": row["detection_id"],
                **({"repeated": row["repeated"]} if row["repeated"] else {}),
            }
        )
    return {
        "info": {
            "description": f"Exported by Thumper {thumper_core.__version__}",
            "version": "1.0",
            "date_created": (now or datetime.now(UTC)).strftime("%Y-%m-%d"),
        },
        "images": images,
        "annotations": annotations,
        "categories": [{"id": number, "name": name} for name, number in categories.items()],
    }
