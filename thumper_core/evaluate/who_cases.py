"""Seasons of known animals for `evaluate who`: a demo's workspace, or a folder per individual."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from PIL import Image

from thumper_core.contracts import DEER, FloatArray
from thumper_core.evaluate.demo import matched_deer
from thumper_core.evaluate.reid import Album
from thumper_core.herd.load import load_deer
from thumper_core.pipeline.newest import newest_complete_run
from thumper_core.settings import IdentifySettings
from thumper_core.workspace import Workspace

_NUMBER: Final = re.compile(r"\d+")
_SIDES: Final = ("left", "right")


@dataclass(frozen=True)
class Season:
    """frame: a row per detection in order of time, as `identify_frame` takes it; vectors: (N, D) float32,
    L2-normalised; who: (N,) the true individual of each.
    """

    frame: pl.DataFrame
    vectors: FloatArray
    who: npt.NDArray[np.str_]
    cameras: pl.DataFrame | None
    settings: IdentifySettings


def demo_season(workspace: Workspace, truth_file: Path) -> Season:
    """The deer of the newest complete run that show a true deer.

    Raises ThumperError where there is no truth.
    """
    settings = workspace.settings.identify
    run_id = newest_complete_run(workspace).run_id
    frame, vectors = load_deer(workspace, run_id, settings.class_conf_min)
    truth = matched_deer(workspace, truth_file).select("detection_id", "who")
    who = frame.select("detection_id").join(
        truth, on="detection_id", how="left", maintain_order="left"
    )["who"]
    known = who.is_not_null()
    return Season(
        frame.filter(known),
        vectors[known.to_numpy()],
        who.drop_nulls().to_numpy().astype(np.str_),
        workspace.sql("from cameras"),
        settings,
    )


def album_season(album: Album, vectors: FloatArray) -> Season:
    """A folder per individual: the sightings in the order of the numbers in their names, a day each.

    No hour and no place is known of them. The flank is what the file's name says, `left` or `right`.
    """
    from thumper_core.vision.images import crop_sharpness, decode_photo

    ordered = sorted(range(len(album.paths)), key=lambda row: _order(str(album.sighting[row]), row))
    visit: dict[str, int] = {}
    rows = []
    for row in ordered:
        path, name = album.paths[row], str(album.sighting[row])
        # Sightings of one number are of one day, whoever they show.
        day = visit.setdefault(name.partition("/")[2], len(visit))
        with Image.open(path) as image:
            width, height = image.size
        picture = decode_photo(path.read_bytes(), min_width=640, max_pixels=200_000_000).image
        whole = np.array([0, 0, picture.shape[1], picture.shape[0]], np.float32)
        side = next((word for word in _SIDES if word in path.stem.lower()), "unknown")
        rows.append(
            {
                "detection_id": f"{row:06d}",
                "photo_id": f"{row:06d}",
                "burst_id": name,
                "event_id": name,
                "camera": "album",
                "taken_at": datetime(2000, 1, 1) + timedelta(days=day),
                "is_time_evidence": False,
                "path": path.name,
                "width": width,
                "height": height,
                "x1": 0.0,
                "y1": 0.0,
                "x2": float(width),
                "y2": float(height),
                "confidence": 0.9,
                "class": DEER,
                "species": DEER,
                "sex": "unknown",
                "age_class": "unknown",
                "source": "model",
                "flank": side,
                "sharpness": crop_sharpness(picture, whole),
            }
        )
    order = np.array(ordered, np.int64)
    settings = IdentifySettings(whitening="on")
    return Season(pl.DataFrame(rows), vectors[order], album.individual[order], None, settings)


def _order(sighting: str, row: int) -> tuple[int, int]:
    """By the first number in a sighting's own name; those without one come as they stand."""
    number = _NUMBER.search(sighting.partition("/")[2])
    return (int(number.group()) if number else row, row)
