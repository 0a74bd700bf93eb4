"""Thumbnails first, HD files later: one herd, the same deer, and what people said of them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from tests.herds import SETTINGS, make_deer_photos, models
from thumper_core.decisions import kinds
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.record import record
from thumper_core.herd.build import build_herd
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.photo_counts import photo_counts
from thumper_core.pipeline.run import run
from thumper_core.questions.review_queue import doubts
from thumper_core.workspace import Workspace

TIMES_LARGER = 3
N_DEER, N_EVENTS = 4, 3


def processed(workspace: Workspace) -> None:
    """Detect, embed and identify what there is."""
    used = models()
    run(workspace, used.detector, used.embedder, settings=SETTINGS, meanings=used.meanings)
    workspace.ledger.promote({"run": workspace.ledger.runs()[-1].run_id})
    build_herd(workspace, settings=SETTINGS)


def herd_of(workspace: Workspace) -> dict[str, list[str]]:
    """By time: which deer was there, and what it is called."""
    rows = workspace.sql(
        "select strftime(p.taken_at, '%H%M%S %d') as at, a.individual_id || coalesce(i.name, '') as who "
        "from assignments a join detections d using (detection_id) join photos p using (photo_id) "
        "left join individuals i using (individual_id) order by all"
    )
    found: dict[str, list[str]] = {}
    for at, who in rows.iter_rows():
        found.setdefault(at, []).append(who)
    return found


def said(workspace: Workspace) -> pl.DataFrame:
    """Every detection in shares of its photo's sides, and whose word its class is."""
    return workspace.sql(
        "select p.taken_at, d.sex, d.source, round(d.x1 / p.width, 2) as x1, round(d.y2 / p.height, 2) as y2 "
        "from detections d join photos p using (photo_id) order by all"
    )


@pytest.fixture
def season(tmp_path: Path) -> Workspace:
    """Thumbnails that came by mail, identified; the HD files lie in `hd`, not added."""
    make_deer_photos(tmp_path / "sent", n_deer=N_DEER, n_events=N_EVENTS, burst=1)
    for path in (tmp_path / "sent").rglob("*.png"):
        large = tmp_path / "hd" / path.relative_to(tmp_path / "sent")
        large.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(path) as small:
            size = (small.width * TIMES_LARGER, small.height * TIMES_LARGER)
            small.resize(size, Image.Resampling.BICUBIC).save(large)
    workspace = Workspace.create(tmp_path / "work")
    workspace.settings = SETTINGS
    add_paths(workspace, [tmp_path / "sent"], sent=True)
    processed(workspace)
    return workspace


def test_the_hd_files_take_over_with_all_that_was_said(season: Workspace, tmp_path: Path) -> None:
    boxes = [
        (who, BoxKey(photo_id, tuple(box)))
        for who, photo_id, *box in season.sql(
            "select a.individual_id, d.photo_id, d.x1, d.y1, d.x2, d.y2 from assignments a "
            "join detections d using (detection_id) join photos p using (photo_id) order by p.taken_at"
        ).iter_rows()
    ]
    first, other = boxes[0][1], next(box for who, box in boxes if who != boxes[0][0])
    x1, y1, x2, y2 = boxes[1][1].box
    ledger = season.ledger
    record(ledger, kinds.Name(boxes[0][0], "Old Crooked"), "ann")
    record(ledger, kinds.Different(first, other), "ann")
    classed = record(ledger, kinds.Reclass(first, "white-tailed deer", "female", "adult"), "ann")  # type: ignore[arg-type]
    record(ledger, kinds.MoveBox(boxes[1][1], (x1, y1, x2 - 6, y2 - 6)), "ann")
    nothing = record(ledger, kinds.NotAnimal(boxes[2][1]), "ann")
    build_herd(season, settings=SETTINGS)
    before, herd, seals = said(season), herd_of(season), ledger.decisions()

    summary = add_paths(season, [tmp_path / "hd"])
    n = N_DEER * N_EVENTS
    assert summary.n_versions == n
    assert set(season.sql("select width from photos")["width"]) == {160 * TIMES_LARGER}
    # What was found in the thumbnails is no result any more, and nothing is asked of it.
    counts = photo_counts(season)
    assert (counts.total, counts.pending, counts.done) == (n, n, 0)
    assert season.sql("select * from outcomes").is_empty() and doubts(season, 9).is_empty()
    processed(season)
    assert photo_counts(season).done == n and season.sql("select * from outcomes").height == n
    assert said(season).equals(before)
    assert herd_of(season) == herd and "Old Crooked" in str(herd)
    assert season.ledger.promoted_herd().summary.changes.new == ()  # type: ignore[union-attr]
    assert ledger.decisions() == seals  # as they were made, not a word of them changed

    record(ledger, kinds.Undo(classed), "ann")
    record(ledger, kinds.Undo(nothing), "ann")
    after = said(season)
    assert after.height == before.height + 1
    assert after.filter(pl.col("source") == "human").is_empty()


@pytest.mark.slow
def test_a_decision_on_the_large_one_holds_for_the_small_one_that_is_left(
    season: Workspace, tmp_path: Path
) -> None:
    before = said(season)
    add_paths(season, [tmp_path / "hd"])
    processed(season)
    row = season.sql("select photo_id, x1, y1, x2, y2 from detections order by photo_id").row(0)
    record(season.ledger, kinds.NotAnimal(BoxKey(row[0], row[1:])), "ann")
    for path in (tmp_path / "hd").rglob("*.png"):
        path.unlink()
    add_paths(season, [tmp_path / "hd"])
    assert set(season.sql("select width from photos")["width"]) == {160}
    assert said(season).height == before.height - 1  # with no new run: its results were kept
