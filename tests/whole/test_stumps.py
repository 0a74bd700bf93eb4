"""A rendered camera with a stump and a lamp that look like deer: what is left out, and what is not."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from thumper_core.boxes.iou import boxes_of, iou_matrix
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.launch import open_models
from thumper_core.pipeline.run import run
from thumper_core.workspace import Workspace
from thumper_demo import DemoPlan, render_demo

PLAN = DemoPlan(seed=11, n_deer=8, n_cameras=1, n_photos=40, frames=1, n_stumps=2)
SAME_IOU = 0.3


@pytest.fixture(scope="module")
def herd(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Workspace]:
    """The rendered camera, and a workspace in which the demo's detector looked at its photos."""
    folder = tmp_path_factory.mktemp("stumps")
    render_demo(PLAN, folder / "demo", workers=1, faulty=False)
    workspace = Workspace.create(folder / "ranch")
    add_paths(workspace, [folder / "demo" / "photos"])
    workspace.settings = workspace.settings.replace("detect", detector="demo", conf_min=0.4)
    models = open_models(workspace, workspace.settings)
    run(workspace, models.detector, models.embedder, meanings=models.meanings)
    return folder / "demo", workspace


def _overlap(found: pl.DataFrame, truth: pl.DataFrame) -> pl.Series:
    """How far each detection overlaps a box of the truth in its photo, IoU."""
    boxes = {str(key[0]): boxes_of(part) for key, part in truth.group_by("path")}
    best = [
        float(iou_matrix([box], boxes[path]).max()) if path in boxes else 0.0
        for path, *box in found.select("path", "x1", "y1", "x2", "y2").iter_rows()
    ]
    return pl.Series(best, dtype=pl.Float64)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_stumps_and_lamps_are_left_out_and_no_animal_is(herd: tuple[Path, Workspace]) -> None:
    folder, workspace = herd
    found = workspace.sql("select d.*, p.path from detections d join photos p using (photo_id)")
    on_animal = _overlap(found, pl.read_parquet(folder / "truth.parquet"))
    on_fixture = _overlap(found, pl.read_parquet(folder / "truth_fixtures.parquet"))
    fixture = (on_fixture >= SAME_IOU) & (on_fixture > on_animal)  # a deer may stand beside it
    animal = (on_animal >= SAME_IOU) & ~fixture
    left_out = found["species"] == "fixture"
    assert fixture.sum() >= 20, "the detector takes them for deer: else this shows nothing"
    assert not (left_out & animal).any()
    assert (left_out & fixture).sum() >= 0.7 * fixture.sum()
