"""Who on the hit list was seen since, in words; and how a deer gets on it and off it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.workspaces import Deer, build
from thumper_core.decisions.kinds import Watch
from thumper_core.decisions.record import record
from thumper_core.herd.build import build_herd
from thumper_core.herd.decide import Effect, decide
from thumper_core.questions import named
from thumper_core.questions.hit_list import LastVisit, first, last_visits, seen_since, watching
from thumper_core.questions.tables import herd_cards

AT = datetime(2026, 11, 12, 2, 14)
SPIDER = LastVisit("deer-001", "Spider", True, "alive", None, "North feeder", AT, "second", 3)


@pytest.mark.parametrize(
    ("before", "after", "seen"),
    [
        ({}, {}, []),
        ({}, {"deer-001": SPIDER}, ["deer-001"]),  # it was in no photo before
        ({"deer-001": SPIDER}, {"deer-001": SPIDER}, []),
        (
            {"deer-001": replace(SPIDER, ended_at=AT - timedelta(minutes=1))},
            {"deer-001": SPIDER, "deer-002": replace(SPIDER, individual_id="deer-002")},
            ["deer-002", "deer-001"],
        ),
        ({"deer-001": replace(SPIDER, ended_at=AT + timedelta(1))}, {"deer-001": SPIDER}, []),
        ({}, {"deer-001": replace(SPIDER, is_watched=False)}, []),
    ],
)
def test_watched_deer_with_a_later_visit_were_seen(
    before: dict[str, LastVisit], after: dict[str, LastVisit], seen: list[str]
) -> None:
    assert [visit.individual_id for visit in seen_since(before, after)] == seen


@pytest.mark.parametrize(
    ("visit", "said"),
    [
        (SPIDER, "was seen on 12 Nov 2026, 02:14, at North feeder (3 pictures)."),
        (replace(SPIDER, status="missing"), "It was missing."),
        (
            replace(SPIDER, status="missing", status_on=date(2026, 10, 3)),
            "It was missing since 3 Oct 2026.",
        ),
        (replace(SPIDER, status="harvested"), "It is said to be taken: look at who this is."),
    ],
)
def test_what_is_told_of_it(visit: LastVisit, said: str) -> None:
    assert visit.sentence.startswith("Spider, on the hit list, ")
    assert visit.sentence.endswith(said)


def test_a_watched_deer_is_watched_through_merges_and_rebuilds(tmp_path: Path) -> None:
    from thumper_core.decisions import regroup

    ranch = build(tmp_path, [Deer("buck", 4), Deer("buck", 3)])
    record(ranch.ledger, Watch("deer-002", watched=True), "Ann")
    assert {who: v.is_watched for who, v in last_visits(ranch).items()} == {
        "deer-001": False,
        "deer-002": True,
    }
    build_herd(ranch)
    merged = regroup.merge(named.assigned(ranch), "deer-001", ("deer-002",))
    decide(ranch, merged, "Ann", effect=Effect.WHOLE)
    cards = herd_cards(ranch)
    assert cards["individual_id"].to_list() == ["deer-001"]
    assert cards["watched"].to_list() == [True]
    decide(ranch, watching(ranch, "deer-001", watched=False), "Ann")
    assert herd_cards(ranch)["watched"].to_list() == [False]
    decide(ranch, watching(ranch, "deer-001", watched=True), "Ann")
    assert herd_cards(ranch)["watched"].to_list() == [True]


@pytest.mark.parametrize(
    ("chances", "wanted", "order"),
    [
        ([], ["a"], []),
        ([{"a": 0.9}, {"b": 0.5}], [], [0, 1]),
        ([{"b": 0.9}, {"a": 0.05}, {"a": 0.4}, {"a": 0.8}], ["a"], [3, 2, 0, 1]),
        ([{"b": 0.9}, {"a": 0.2}, {"c": 0.4}], ["a", "c"], [2, 1, 0]),
    ],
)
def test_what_may_be_a_watched_deer_comes_first(
    chances: list[dict[str, float]], wanted: list[str], order: list[int]
) -> None:
    visits = [SimpleNamespace(chances=one) for one in chances]
    found = first(visits, wanted)  # type: ignore[arg-type]
    assert [visits.index(one) for one in found] == order  # type: ignore[arg-type]
