"""What cameras print is cut out of crops, and enters a run's fingerprint, only where it is cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fakes import FakeDetector, FakeEmbedder, tables_of
from tests.stamp.test_models import shoot
from tests.stamp.test_read import BAND, HEIGHT
from thumper_core.contracts import Boxes, FloatArray, ImageArray
from thumper_core.evaluate.known_crops import Cutting
from thumper_core.flows.reprocess import reprocess
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.blanked import CropRule, blanked_crops
from thumper_core.pipeline.launch import Models
from thumper_core.pipeline.pending import tasks_of
from thumper_core.pipeline.run import RunSummary, fingerprint, run
from thumper_core.pipeline.strips import has_cut, settled, strips_left, with_strips_settled
from thumper_core.settings import Settings
from thumper_core.workspace import Workspace

SETTINGS = (
    Settings()
    .replace("engine", batch_size=4)
    .replace("embed", gray=False, embedder="fake-embedder")
)
EDGE = HEIGHT - BAND


class TwoBoxes(FakeDetector):
    """One box over the strip, one far from it."""

    def _one(self, picture: ImageArray) -> Boxes:
        boxes = np.array([[40, 60, 100, 96], [20, 10, 60, 30]], np.float32)
        return Boxes(boxes, np.array([0.9, 0.8], np.float32), np.array([0, 0]))

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        return (96, 128)  # the photos' own shape


class Keeping(FakeEmbedder):
    """Keeps what it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[ImageArray] = []

    def embed(self, crops: ImageArray) -> FloatArray:
        self.seen += [crop.copy() for crop in crops if crop.any()]
        return super().embed(crops)


def work(workspace: Workspace, strip: str = "auto") -> tuple[RunSummary, Keeping]:
    embedder = Keeping()
    settings = SETTINGS.replace("embed", strip=strip)
    return run(workspace, TwoBoxes(), embedder, settings=settings), embedder


@pytest.fixture
def ranch(tmp_path: Path) -> Workspace:
    workspace = Workspace.create(tmp_path / "ranch")
    shoot(tmp_path / "photos" / "a", 9, model="X")
    add_paths(workspace, [tmp_path / "photos"])
    return workspace


def dark_share(crop: ImageArray) -> float:
    return float((crop.max(axis=2) < 8).mean())


def test_crops_end_where_the_strip_begins_and_boxes_do_not(ranch: Workspace) -> None:
    kept, whole = work(ranch, strip="keep")
    cut, parts = work(ranch, strip="cut")
    assert kept.run_id != cut.run_id
    assert max(map(dark_share, parts.seen)) == 0
    assert sum(dark_share(crop) > 0.01 for crop in whole.seen) == 9
    tables = [tables_of(ranch, one.run_id) for one in (kept, cut)]
    boxes = [[row[:8] for row in table["all_detections"]] for table in tables]
    assert boxes[0] == boxes[1], "boxes are as the detector said"
    bottom = max(row[6] for row in boxes[1])
    assert bottom == HEIGHT
    sharp = [{row[0]: row[9] for row in table["all_detections"]} for table in tables]
    vectors = [{row[0]: row[2] for row in table["all_embeddings"]} for table in tables]
    for detection_id in vectors[0]:
        same = detection_id.endswith("1")  # the box that no strip reaches
        assert (vectors[0][detection_id] == vectors[1][detection_id]) == same
        assert (sharp[0][detection_id] == sharp[1][detection_id]) == same


def test_the_crops_of_the_background_test_are_those_of_the_run(ranch: Workspace) -> None:
    _, embedder = work(ranch, strip="cut")
    ids = ranch.sql("select photo_id from photos order by path")["photo_id"].to_list()[:1]
    [task] = tasks_of(ranch, ids, cut_strips=True)
    assert [strip[1] for strip in task.strips] == [HEIGHT]
    assert tasks_of(ranch, ids)[0].strips == ()
    boxes = np.array([[200, 300, 500, 480], [100, 50, 300, 150]], np.float32)
    rule = CropRule(32, SETTINGS.embed.margin, False, 10**8)
    [crop, _] = blanked_crops(task, boxes, np.array([0, 1]), rule)
    distances = [np.abs(crop.whole.astype(int) - seen).mean() for seen in embedder.seen]
    assert min(distances) < 3
    assert dark_share(crop.whole) == 0
    assert Cutting.of(32, {"margin": 0, "gray": True, "strip": "cut"}, 1).strips
    assert not Cutting.of(32, {"margin": 0, "gray": True, "strip": "auto"}, 1).strips


def test_the_fingerprint_is_another_only_where_a_strip_is_cut(
    ranch: Workspace, tmp_path: Path
) -> None:
    def print_of(workspace: Workspace, **options: Any) -> str:
        settings = with_strips_settled(workspace, SETTINGS.replace("embed", **options))
        return fingerprint(TwoBoxes(), Keeping(), settings)

    plain = Workspace.create(tmp_path / "plain")
    usual = fingerprint(TwoBoxes(), Keeping(), SETTINGS)
    assert {print_of(plain, strip=how) for how in ("auto", "cut", "keep")} == {usual}
    assert print_of(ranch, strip="keep") == usual
    assert print_of(ranch, strip="cut") == print_of(ranch) != usual


def test_a_run_goes_on_as_it_began_and_a_new_one_cuts(ranch: Workspace, tmp_path: Path) -> None:
    old, _ = work(ranch, strip="keep")  # as a version made it that knew nothing of strips
    shoot(tmp_path / "photos" / "a", 3, model="X", first=50)
    add_paths(ranch, [tmp_path / "photos"])
    topped, embedder = work(ranch)
    assert topped.run_id == old.run_id
    assert len(embedder.seen) == 6
    said = strips_left(ranch, old.run_id)
    assert said.startswith("12 detections reach into the strip")
    assert "reprocess --clear-mode embeddings" in said
    models = Models(TwoBoxes(), Keeping(), {})
    again = reprocess(ranch, models, clear_mode="embeddings", settings=SETTINGS, force=True)
    assert has_cut(ranch.ledger.run(again.run_id).config)
    assert again.is_promoted
    assert strips_left(ranch, again.run_id) == ""
    assert work(ranch)[0].run_id == again.run_id, "what is shown goes on"
    with ranch.ledger.transaction() as c:
        c.execute(
            "delete from strips"
        )  # as where a run came from elsewhere, and its photos did not
    assert settled(ranch, SETTINGS).embed.strip == "cut"
    assert settled(ranch, SETTINGS, anew=True).embed.strip == "keep"


def test_a_run_that_is_not_done_goes_on_too(ranch: Workspace) -> None:
    settings = SETTINGS.replace("embed", strip="keep")
    row, _ = ranch.ledger.open_run("f" * 16, "d", "fake-embedder", {"embed": {}}, reuse=())
    assert with_strips_settled(ranch, SETTINGS).embed.strip == "keep"
    assert with_strips_settled(ranch, SETTINGS, anew=True).embed.strip == "cut"
    other = SETTINGS.replace("embed", embedder="another")
    assert with_strips_settled(ranch, other).embed.strip == "cut"
    assert with_strips_settled(ranch, settings).embed.strip == "keep"
    ranch.ledger.set_run_state(row.run_id, "discarded")
    assert with_strips_settled(ranch, SETTINGS).embed.strip == "cut"
