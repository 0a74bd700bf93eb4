"""What the views show of flanks: the head's word, a person's before it, and nothing of what is no deer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.made_photos import MadePhotos, write_run
from tests.workspaces import DETECTOR, EMBEDDER, START
from thumper_core.contracts import PATCH_SIDE, Flank
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import MissedAnimal, MoveBox, ShowsFlank, Undo
from thumper_core.decisions.record import record
from thumper_core.heads.flank import shipped_flank_head
from thumper_core.views import flanks
from thumper_core.workspace import Workspace

BOX = (100, 100, 300, 220)
AWAY = (400, 100, 600, 220)
SHOWN = "select flank, flank_source, flank_confidence from detections order by detection_id"


class Sure:
    """Says left of a patch of ones, right of one of twos, nothing of others."""

    source = "head test@1"
    asked = 0

    def chances(self, patches: list[bytes | None], width: object, height: object) -> tuple:
        import numpy as np

        Sure.asked += 1
        first = np.array([patch[0] if patch else 0 for patch in patches])
        return (first == 1) * np.float32(0.9), (first == 2) * np.float32(0.95)

    say = staticmethod(lambda left, right: shipped_flank_head().say(left, right))  # type: ignore[union-attr]


@pytest.fixture
def ranch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(flanks, "shipped_flank_head", lambda: Sure())
    Sure.asked = 0
    workspace = Workspace.create(tmp_path / "ranch")
    made = MadePhotos(tmp_path / "photos")
    for number, (cls, patch) in enumerate(
        [("doe", b"\1"), ("buck", b"\2"), ("doe", b"\3"), ("doe", None), ("person", b"\1")]
    ):
        photo_id = made.photo("Creek", START + timedelta(minutes=number))
        made.outcome(photo_id, 1)
        pixels = patch * PATCH_SIDE**2 if patch else None
        made.detection(photo_id, BOX, cls, confidence=0.9, patch=pixels)
    workspace.ledger.promote({"run": write_run(workspace, [made], DETECTOR, EMBEDDER)})
    return workspace


def photo(workspace: Workspace, number: int) -> str:
    found: str = workspace.sql("select photo_id from photos order by taken_at")["photo_id"][number]
    return found


def said(workspace: Workspace) -> list[str]:
    return workspace.sql(SHOWN)["flank"].to_list()


def test_the_head_speaks_of_deer_and_is_asked_once(ranch: Workspace) -> None:
    rows = ranch.sql(SHOWN)
    assert rows["flank"].to_list() == ["left", "right", "unknown", "unknown", "unknown"]
    assert rows["flank_source"].to_list() == ["head test@1"] * 2 + [None] * 3
    assert rows["flank_confidence"].to_list() == pytest.approx([0.9, 0.95, None, None, None])
    assert said(Workspace.open(ranch.root))[0] == "left"
    assert Sure.asked == 1


def test_a_person_comes_first_the_youngest_word_holds_and_undo_takes_it_back(
    ranch: Workspace,
) -> None:
    box = BoxKey(photo(ranch, 0), BOX)
    for flank in (Flank.REAR, Flank.RIGHT):
        number = record(ranch.ledger, ShowsFlank(box, flank), "Kim")
    assert ranch.sql(SHOWN).row(0) == ("right", "human", 1.0)
    record(ranch.ledger, Undo(number), "Kim")
    assert said(ranch)[0] == "rear"
    record(ranch.ledger, ShowsFlank(box, Flank.UNKNOWN), "Kim")
    assert said(ranch)[:2] == ["unknown", "right"]


def test_a_moved_box_and_a_drawn_one_have_a_flank_as_a_person_says(ranch: Workspace) -> None:
    record(ranch.ledger, MoveBox(BoxKey(photo(ranch, 1), BOX), AWAY), "Kim")
    record(ranch.ledger, ShowsFlank(BoxKey(photo(ranch, 1), AWAY), Flank.LEFT), "Kim")
    assert said(ranch)[1] == "left"
    drawn = BoxKey(photo(ranch, 3), AWAY)
    record(ranch.ledger, MissedAnimal(drawn, "white-tailed deer"), "Kim")
    record(ranch.ledger, ShowsFlank(drawn, Flank.FRONT), "Kim")
    rows = ranch.sql("select detection_id, flank from detections").filter(
        pl.col("detection_id").str.contains("-h")
    )
    assert rows["flank"].to_list() == ["front"]


def test_a_cache_that_cannot_be_written_costs_only_time(
    ranch: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("thumper_core.heads.readings.write_whole", full)
    assert said(ranch)[:2] == ["left", "right"]


def test_without_a_head_every_flank_is_unknown(
    ranch: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flanks, "shipped_flank_head", lambda: None)
    assert set(said(ranch)) == {"unknown"}


def test_a_shard_from_before_patches_were_kept_has_no_flanks(ranch: Workspace) -> None:
    (shard,) = (ranch.root / "lake").rglob("detections.parquet")
    pl.read_parquet(shard, hive_partitioning=False).drop("patch").write_parquet(shard)
    record(ranch.ledger, ShowsFlank(BoxKey(photo(ranch, 0), BOX), Flank.LEFT), "Kim")
    assert said(Workspace.open(ranch.root)) == ["left", *["unknown"] * 4]
    assert Sure.asked == 0
