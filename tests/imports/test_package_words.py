"""What a package says of a clip's box is said of the frame that the box lies in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.fakes import make_photos
from tests.made_clips import HEIGHT, WIDTH, write_clip
from thumper_core.imports.package_words import where_shown
from thumper_core.imports.packages import Medium, Observation, Package
from thumper_core.workspace import Workspace


def test_a_box_of_a_clip_is_that_of_its_frame(
    season: Callable[..., Workspace], tmp_path: Path
) -> None:
    make_photos(tmp_path / "photos", 2, broken=False)
    lighter = [np.full((HEIGHT, WIDTH, 3), 60 + i, np.uint8) for i in range(12)]
    write_clip(tmp_path / "photos" / "cam1" / "walk.mp4", lighter)
    workspace = season("ann")
    row = workspace.sql(
        "select d.*, p.width, p.height from detections d join photos p using (photo_id) "
        "where d.frame_ms is not null order by d.ordinal limit 1"
    ).row(0, named=True)
    place = (
        row["x1"] / row["width"],
        row["y1"] / row["height"],
        (row["x2"] - row["x1"]) / row["width"],
        (row["y2"] - row["y1"]) / row["height"],
    )
    said = Observation(("m",), "animal", species="deer", box_xywh=place, is_human=True)
    package = Package("Ranch", {}, {"m": Medium("cam1/walk.mp4")}, (said,))
    shown, unclear = where_shown(workspace, row["run_id"], package, {"m": row["photo_id"]})
    assert [one.where.frame_ms for one in shown] == [row["frame_ms"]] and unclear == []
