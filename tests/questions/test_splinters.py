"""Small groups beside the deer that they probably belong to: proposed, joined, kept apart, and left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.splintered import GROUPS
from tests.workspaces import copied, restate
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Name, Watch
from thumper_core.decisions.record import record
from thumper_core.herd.decide import Effect, decide
from thumper_core.questions import browse
from thumper_core.questions.review_queue import verdict_key
from thumper_core.questions.splinters import Splinter, splinters
from thumper_core.questions.tuning import Tuning
from thumper_core.store.herd_summary import CalibrationFigures
from thumper_core.workspace import Workspace


@pytest.fixture
def ranch(splintered: tuple[Workspace, Tuning], tmp_path: Path) -> tuple[Workspace, Tuning]:
    """A copy to change."""
    return copied(splintered[0], tmp_path), splintered[1]


def proposed(workspace: Workspace, tuning: Tuning) -> tuple[Splinter, ...]:
    herd = workspace.ledger.promoted_herd()
    assert herd is not None
    return splinters(workspace, tuning, herd.threshold, browse.labels(workspace))


def keys_of(workspace: Workspace, *found: Splinter) -> dict[str, BoxKey]:
    ids = tuple(name for one in found for name in (*one.left, *one.right))
    rows = browse.detections(workspace, ids).to_dicts()
    return {row["detection_id"]: verdict_key(row) for row in rows}


def individuals(workspace: Workspace) -> dict[str, str]:
    return dict(browse.labels(workspace).select("detection_id", "individual_id").iter_rows())


def test_what_is_proposed_is_smaller_and_likely(splintered: tuple[Workspace, Tuning]) -> None:
    workspace, _ = splintered
    found, of = proposed(*splintered), individuals(workspace)
    sizes = dict(pl.Series(list(of.values())).value_counts().iter_rows())
    assert found
    assert [one.p for one in found] == sorted((one.p for one in found), reverse=True)
    assert len({one.who for one in found}) == len(found)
    assert not {one.who for one in found} & {one.deer for one in found}
    for one in found:
        assert 0.5 < one.p <= 1
        assert sizes[one.who] <= sizes[one.deer]
        assert {of[name] for name in one.left} == {one.who}
        assert {of[name] for name in one.right} == {one.deer}
        assert 0 <= one.asked.chance <= 1


@pytest.mark.parametrize(("p", "said"), [(0.514, "51%"), (0.994, "99%"), (0.9999, ">99%")])
def test_nobody_is_certain(splintered: tuple[Workspace, Tuning], p: float, said: str) -> None:
    assert replace(proposed(*splintered)[0], p=p).chance == said


def test_what_is_joined_becomes_one_deer_under_the_larger_ones_id(
    ranch: tuple[Workspace, Tuning],
) -> None:
    workspace, tuning = ranch
    first, *rest = proposed(workspace, tuning)
    decide(workspace, first.same(keys_of(workspace, first)), "ann", effect=Effect.WHOLE)
    of = individuals(workspace)
    assert {of[name] for name in (*first.left, *first.right)} == {first.deer}
    assert len(set(of.values())) == GROUPS - 1
    assert {one.who for one in proposed(workspace, tuning)} == {one.who for one in rest}


def test_what_is_kept_apart_is_not_proposed_again(ranch: tuple[Workspace, Tuning]) -> None:
    workspace, tuning = ranch
    first, *_ = proposed(workspace, tuning)
    decide(workspace, first.different(keys_of(workspace, first)), "ann")
    assert (first.who, first.deer) not in {(o.who, o.deer) for o in proposed(workspace, tuning)}


def test_what_has_a_name_or_is_watched_is_somebody(ranch: tuple[Workspace, Tuning]) -> None:
    workspace, tuning = ranch
    first, second, *rest = proposed(workspace, tuning)
    record(workspace.ledger, Name(first.who, "Ruby"), "ann")
    record(workspace.ledger, Watch(second.who, watched=True), "ann")
    assert [one.who for one in proposed(workspace, tuning)] == [one.who for one in rest]


def test_where_deer_are_hardly_told_apart_nothing_is_proposed(
    ranch: tuple[Workspace, Tuning],
) -> None:
    workspace, tuning = ranch
    hardly = CalibrationFigures(4, 1152, separation=0.2)
    restate(workspace, lambda summary: replace(summary, calibration=hardly))
    assert proposed(workspace, tuning) == ()


def test_without_a_scale_nothing_is_proposed(splintered: tuple[Workspace, Tuning]) -> None:
    workspace, tuning = splintered
    bare = replace(tuning.found, thresholds=replace(tuning.found.thresholds, judgement=None))
    assert proposed(workspace, replace(tuning, found=bare)) == ()
