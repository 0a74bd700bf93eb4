"""From a run to a recorded herd, again after more photos, with decisions and with other models."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from thumper_core.contracts import (
    DETECTIONS,
    EMBEDDINGS,
    OUTCOMES,
    PHOTO_FACTS,
    AgeClass,
    ClassMeaning,
    Sex,
    ThumperError,
)
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Name, Same
from thumper_core.decisions.record import record
from thumper_core.herd.build import build_herd
from thumper_core.herd.roll_back import roll_back
from thumper_core.herd.summary import unstable
from thumper_core.settings import Settings
from thumper_core.store.ledger import FileRow
from thumper_core.store.meanings import set_meanings
from thumper_core.workspace import Workspace

START = datetime(2026, 11, 1, 6, 0)
N_DEER, N_EVENTS, DIM = 6, 8, 32
MEANINGS = {
    "doe": ClassMeaning("white-tailed deer", Sex.FEMALE, AgeClass.ADULT),
    "buck": ClassMeaning("white-tailed deer", Sex.MALE, AgeClass.ADULT),
    "cow": ClassMeaning("cattle"),
}


def add_events(workspace: Workspace, first: int, last: int) -> list[dict[str, Any]]:
    """Photos of events `first`..`last`: bursts of three, two deer in each; the true boxes."""
    facts, files, boxes = [], [], []
    for event in range(first, last):
        for frame in range(3):
            photo_id = f"{event:02d}{frame}".ljust(32, "0")
            taken = START + timedelta(hours=2 * event, seconds=2 * frame)
            facts.append({"photo_id": photo_id, "width": 1000, "height": 500, "bytes": 1,
                          "exif_taken_at": taken})  # fmt: skip
            path = f"north/{photo_id}.jpg"
            files.append(
                FileRow("/p", path, path.encode(), 1, 0, photo_id, "north", None, True, False)
            )
            for place, deer in enumerate((event % N_DEER, (event + 1 + event // N_DEER) % N_DEER)):
                left = 100 + 500 * place + 5 * frame
                boxes.append({"photo_id": photo_id, "deer": deer, "x1": left, "y1": 100,
                              "x2": left + 300, "y2": 400})  # fmt: skip
    table = pa.Table.from_pylist(facts, schema=PHOTO_FACTS)
    workspace.lake.write_shard(
        "photos", workspace.lake.next_shard_name("photos"), {"photos": table}
    )
    workspace.ledger.upsert_files(files)
    return boxes


def add_run(
    workspace: Workspace, boxes: list[dict[str, Any]], *, seed: int, shift: float = 0.0
) -> str:
    """A complete run over the boxes with an embedder of its own (`seed`) and moved boxes."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(N_DEER, DIM))
    run = workspace.ledger.find_run(f"f{seed}") or workspace.ledger.create_run(
        f"f{seed}", "fake", f"embedder-{seed}", {}
    )
    ordinals: dict[str, int] = {}
    detections, embeddings = [], []
    for box in boxes:
        ordinal = ordinals.setdefault(box["photo_id"], 0)
        ordinals[box["photo_id"]] += 1
        detection_id = f"{box['photo_id']}-{ordinal}"
        vector = centres[box["deer"]] + rng.normal(size=DIM) * 0.25
        sides = {k: box[k] + shift for k in ("x1", "y1", "x2", "y2")}
        detections.append(sides | {
            "run_id": run.run_id, "detection_id": detection_id, "photo_id": box["photo_id"],
            "ordinal": ordinal, "confidence": 0.9, "class": "buck" if box["deer"] % 2 else "doe",
            "sharpness": 100.0})  # fmt: skip
        embeddings.append({"run_id": run.run_id, "detection_id": detection_id,
                           "embedder": run.embedder,
                           "vector": (vector / np.linalg.norm(vector)).tolist()})  # fmt: skip
    outcomes = [
        {"run_id": run.run_id, "photo_id": p, "status": "ok", "n_detections": n}
        for p, n in ordinals.items()
    ]
    kind = f"runs/{run.run_id}"
    workspace.lake.write_shard(
        kind,
        workspace.lake.next_shard_name(kind),
        {
            "outcomes": pa.Table.from_pylist(outcomes, schema=OUTCOMES),
            "detections": pa.Table.from_pylist(detections, schema=DETECTIONS),
            "embeddings": pa.Table.from_pylist(embeddings, schema=EMBEDDINGS),
        },
    )
    set_meanings(workspace.ledger, "fake", MEANINGS)
    workspace.ledger.set_run_state(run.run_id, "complete")
    return run.run_id


def individual_of(workspace: Workspace, boxes: list[dict[str, Any]]) -> dict[int, str]:
    """True deer -> the individual that most of its detections in the shown herd have."""
    rows = workspace.sql(
        "select d.photo_id, d.x1, a.individual_id from assignments a "
        "join detections d using (detection_id)"
    ).rows()
    votes: dict[int, list[str]] = {}
    for photo_id, x1, individual in rows:
        deer = next(
            b["deer"] for b in boxes if b["photo_id"] == photo_id and abs(b["x1"] - x1) < 60
        )
        votes.setdefault(deer, []).append(individual)
    return {deer: max(set(found), key=found.count) for deer, found in votes.items()}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path)


def test_without_a_complete_run_the_next_command_is_named(workspace: Workspace) -> None:
    with pytest.raises(ThumperError, match="thumper run"):
        build_herd(workspace)


def test_an_empty_run_makes_an_empty_herd(workspace: Workspace) -> None:
    add_run(workspace, [], seed=1)
    result = build_herd(workspace)
    assert result.summary.counts.n_individuals == 0
    assert workspace.sql("select count(*) from individuals").item() == 0


def test_one_detection_makes_one_individual(workspace: Workspace) -> None:
    boxes = add_events(workspace, 0, 1)[:1]
    add_run(workspace, boxes, seed=1)
    assert build_herd(workspace).summary.counts.n_individuals == 1


def test_the_herd_is_recorded_promoted_and_visible(workspace: Workspace) -> None:
    boxes = add_events(workspace, 0, N_EVENTS)
    run_id = add_run(workspace, boxes, seed=1)
    result = build_herd(workspace)
    assert (result.run_id, result.is_promoted) == (run_id, True)
    assert workspace.sql("select count(*) from assignments").item() == len(boxes)
    found = individual_of(workspace, boxes)
    assert len(set(found.values())) == N_DEER == result.summary.counts.n_individuals
    assert workspace.sql("select count(*) from sightings").item() == 2 * N_EVENTS
    shared = workspace.sql(
        "select count(*) from (select photo_id, individual_id from assignments "
        "join detections using (detection_id) group by all having count(*) > 1)"
    )
    assert shared.item() == 0


def test_the_stability_of_every_profile_is_kept_with_the_herd(workspace: Workspace) -> None:
    add_run(workspace, add_events(workspace, 0, N_EVENTS), seed=1)
    trust = build_herd(workspace).summary.trust
    assert trust.stability is not None and trust.stability > 0.9
    assert (trust.profiles_low or 99) <= N_DEER <= (trust.profiles_high or 0)
    assert trust.unstable == ()
    assert workspace.sql("select min(stability) from profiles").item() > 0.9
    assert build_herd(workspace, settings=greedy(workspace)).summary.trust.stability is None
    assert workspace.sql("select count(stability) from profiles").item() == 0


def greedy(workspace: Workspace) -> Settings:
    return workspace.settings.replace("identify", method="greedy", threshold=0.5)


def test_unstable_profiles_are_named_the_worst_first() -> None:
    profiles = pl.DataFrame(
        {"individual_id": ["D1", "D2", "D3", "D4"], "stability": [0.4, None, 0.1, 0.9]}
    )
    assert unstable(profiles) == ("D3", "D1")


def test_a_herd_from_before_stability_was_kept_can_be_read(workspace: Workspace) -> None:
    add_run(workspace, add_events(workspace, 0, N_EVENTS), seed=1)
    herd_id = build_herd(workspace).herd_id
    (file,) = workspace.lake.files(f"herds/{herd_id}", "profiles")
    pq.write_table(pq.read_table(file, partitioning=None).drop_columns("stability"), file)
    rows = Workspace.open(workspace.root).sql("select stability from profiles")
    assert rows.height == N_DEER
    assert rows["stability"].null_count() == N_DEER


def test_ids_names_and_verdicts_survive_new_photos_another_embedder_and_a_new_detector(
    workspace: Workspace,
) -> None:
    boxes = add_events(workspace, 0, N_EVENTS)
    add_run(workspace, boxes, seed=1)
    build_herd(workspace)
    before = individual_of(workspace, boxes)
    record(workspace.ledger, Name(before[1], "Bambi", "disney"), "me")
    more = add_events(workspace, N_EVENTS, N_EVENTS + 2)
    add_run(workspace, more, seed=1)
    build_herd(workspace)
    assert individual_of(workspace, boxes + more) == before
    add_run(workspace, boxes + more, seed=2)
    build_herd(workspace)
    assert individual_of(workspace, boxes + more) == before
    add_run(workspace, boxes + more, seed=3, shift=20.0)
    build_herd(workspace)
    assert individual_of(workspace, boxes + more) == before
    names = workspace.sql("select individual_id, name from individuals where name is not null")
    assert names.rows() == [(before[1], "Bambi")]


def test_a_verdict_holds_in_every_later_run(workspace: Workspace) -> None:
    boxes = add_events(workspace, 0, N_EVENTS)
    add_run(workspace, boxes, seed=1)
    build_herd(workspace)
    before = individual_of(workspace, boxes)
    firsts = [next(b for b in boxes if b["deer"] == deer) for deer in (0, 2)]
    keys = [BoxKey(b["photo_id"], (b["x1"], b["y1"], b["x2"], b["y2"])) for b in firsts]
    record(workspace.ledger, Same(*keys), "me")
    for seed in (1, 2):
        if seed == 2:
            add_run(workspace, boxes, seed=2, shift=10.0)
        result = build_herd(workspace)
        rows = dict(
            workspace.sql(
                "select d.photo_id || d.x1::int // 400, a.individual_id from assignments a "
                "join detections d using (detection_id)"
            ).rows()
        )
        pair = {rows[f"{b['photo_id']}{int(b['x1']) // 400}"] for b in firsts}
        assert len(pair) == 1
        assert result.summary.trust.broken_links == 0
    assert before[0] != before[2]


def test_rolling_back_shows_the_herd_before_and_deletes_nothing(workspace: Workspace) -> None:
    boxes = add_events(workspace, 0, N_EVENTS)
    add_run(workspace, boxes, seed=1)
    first = build_herd(workspace)
    add_run(workspace, boxes, seed=2)
    second = build_herd(workspace)
    assert roll_back(workspace) == (first.herd_id, first.run_id)
    assert workspace.sql("select distinct run_id from detections").item() == first.run_id
    assert workspace.sql("select count(distinct herd_id) from all_assignments").item() == 2
    assert {h.herd_id for h in workspace.ledger.herds()} == {first.herd_id, second.herd_id}


def test_a_herd_that_is_not_accepted_leaves_the_shown_one(workspace: Workspace) -> None:
    boxes = add_events(workspace, 0, N_EVENTS)
    add_run(workspace, boxes, seed=1)
    shown = build_herd(workspace)
    refused = build_herd(workspace, accept=lambda summary: False)
    assert not refused.is_promoted
    assert workspace.ledger.promoted("herd") == shown.herd_id
    assert len(workspace.ledger.herds()) == 1
