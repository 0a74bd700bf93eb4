"""The naming checklist over histories of every shape."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from thumper_core.herd.history import HISTORY_SCHEMA, counts_of, difference, herd_history
from thumper_core.herd.readiness import AcrossYears, Readiness, readiness
from thumper_core.store.herd_summary import HerdCounts, HerdSummary
from thumper_core.store.records import HerdRow

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)


def history(*rows: tuple[float, int | None, float | None]) -> pl.DataFrame:
    """(days after a Monday, profiles, assignment rate) -> a history."""
    return pl.DataFrame(
        {
            "herd_id": [f"h{n:04d}" for n in range(1, len(rows) + 1)],
            "created_at": [MONDAY + timedelta(days=days) for days, _, _ in rows],
            "n_profiles": [n for _, n, _ in rows],
            "assignment_rate": [rate for _, _, rate in rows],
        },
        schema={
            k: HISTORY_SCHEMA[k] for k in ("herd_id", "created_at", "n_profiles", "assignment_rate")
        },
    )


def met(result: Readiness) -> tuple[bool, ...]:
    return tuple(c.met for c in result.criteria)


CASES = [
    ("no history", [], (False, False, False), None),
    ("herds without numbers", [(0, None, None)], (False, False, False), None),
    ("one herd", [(0, 30, 0.8)], (True, False, True), None),
    ("a herd of nobody", [(0, 0, None)], (False, False, False), None),
    ("settled", [(0, 40, 0.5), (7, 41, 0.6), (14, 42, 0.71)], (True, True, True), 0.025),
    ("one week only", [(0, 40, 0.8), (7, 40, 0.8)], (True, False, True), 0.0),
    ("fast a week ago", [(0, 30, 0.8), (7, 40, 0.8), (14, 40, 0.8)], (True, False, True), 1 / 3),
    (
        "fast long ago",
        [(0, 10, 0.8), (7, 40, 0.8), (14, 40, 0.8), (21, 41, 0.8)],
        (True, True, True),
        0.025,
    ),
    ("5% is not under 5%", [(0, 20, 0.8), (7, 20, 0.8), (14, 21, 0.8)], (True, False, True), 0.05),
    (
        "merging shrinks the herd",
        [(0, 60, 0.8), (7, 45, 0.8), (14, 40, 0.8)],
        (True, True, True),
        -1 / 9,
    ),
    ("50 is not under 50", [(0, 50, 0.7), (7, 50, 0.7), (14, 50, 0.7)], (False, True, False), 0.0),
    (
        "the last of a week counts",
        [(0, 10, 0.8), (3, 40, 0.8), (7, 40, 0.8), (14, 40, 0.8)],
        (True, True, True),
        0.0,
    ),
    ("a gap spreads its growth", [(0, 40, 0.8), (28, 44, 0.8)], (True, True, True), 1.1**0.25 - 1),
    (
        "a gap does not hide growth",
        [(0, 40, 0.8), (14, 48, 0.8)],
        (True, False, True),
        1.2**0.5 - 1,
    ),
    ("from nobody", [(0, 0, None), (7, 20, 0.8), (14, 20, 0.8)], (True, False, True), float("inf")),
    ("two herds of one week", [(0, 20, 0.8), (6, 40, 0.8)], (True, False, True), None),
]


@pytest.mark.parametrize(("why", "rows", "expected", "growth"), CASES, ids=[c[0] for c in CASES])
def test_checklist(why: str, rows: list, expected: tuple, growth: float | None) -> None:
    result = readiness(history(*rows))
    assert met(result) == expected
    assert result.ready is all(expected)
    assert result.criteria[1].value == (None if growth is None else pytest.approx(growth))
    for criterion in result.criteria:
        assert criterion.title and criterion.shown
        assert (criterion.advice == "") is criterion.met


def test_order_of_rows_does_not_matter() -> None:
    frame = history((0, 40, 0.5), (7, 41, 0.6), (14, 42, 0.71))
    assert readiness(frame.reverse()) == readiness(frame)


def test_what_people_read() -> None:
    shown = [
        c.shown for c in readiness(history((0, 40, 0.5), (7, 41, 0.6), (14, 42, 0.714))).criteria
    ]
    assert shown == ["42", "+2.5% a week over 2 weeks", "71.4%"]


# --- history -------------------------------------------------------------------------------------


def herd(herd_id: str, days: int, **counts: float) -> HerdRow:
    summary = HerdSummary.from_json(counts)
    return HerdRow(herd_id, "r1", "average", None, summary, MONDAY + timedelta(days=days))


def test_history_of_nothing_and_of_old_herds_with_fewer_numbers() -> None:
    assert herd_history([]).schema == HISTORY_SCHEMA
    frame = herd_history([herd("h2", 1, n_profiles=4), herd("h1", 0)])
    assert frame["herd_id"].to_list() == ["h1", "h2"]
    assert frame["n_profiles"].to_list() == [None, 4]
    assert frame["assignment_rate"].null_count() == 2


def test_difference_between_two_herds() -> None:
    frame = herd_history(
        [
            herd("h1", 0, n_profiles=165, assignment_rate=0.5, n_bucks=80, n_does=0),
            herd("h2", 7, n_profiles=40, assignment_rate=0.8, n_bucks=10, n_does=20),
        ]
    )
    rows = {r[0]: r[1:] for r in difference(frame, "h1", "h2").rows()}
    assert rows["n_profiles"] == (165.0, 40.0, -125.0)
    assert rows["assignment_rate"] == (0.5, 0.8, pytest.approx(0.3))
    assert rows["bucks_per_100_does"] == (None, 50.0, None)
    assert rows["n_fawns"] == (None, None, None)
    with pytest.raises(Exception, match="no herd 'h9'"):
        difference(frame, "h1", "h9")


def test_summary_of_a_herd() -> None:
    profiles = pl.DataFrame(
        {
            "profile_id": ["a", "b", "c", "d", "e"],
            "individual_id": ["i1", "i2", "i3", "i4", None],
            "sex": ["male", "female", "male", "unknown", "unknown"],
            "age_class": ["adult", "adult", "fawn", "adult", "fawn"],
            "n_detections": [6, 4, 1, 1, 2],
            "n_events": [3, 1, 1, 1, 2],
        }
    )
    assigned = ["a"] * 6 + ["b"] * 4 + ["c", "d"] + ["e"] * 2 + [None] * 6
    assignments = pl.DataFrame({"profile_id": assigned})
    assert counts_of(profiles, assignments) == HerdCounts(
        n_profiles=5,
        n_individuals=4,
        n_detections=20,
        n_assigned=6,
        assignment_rate=0.3,
        n_singletons=2,
        n_bucks=1,
        n_does=1,
        n_fawns=1,
        n_unknown=1,
        n_untold=2,
    )
    empty = counts_of(profiles.clear(), assignments.clear())
    assert (empty.n_profiles, empty.assignment_rate) == (0, None)


@pytest.mark.parametrize(("open_questions", "is_met"), [(0, True), (2, False)])
def test_open_questions_between_years_stand_in_the_way(open_questions: int, is_met: bool) -> None:
    settled = history((0, 40, 0.5), (7, 41, 0.6), (14, 42, 0.71))
    found = readiness(settled, AcrossYears(open_questions, 5))
    assert found.ready == is_met
    last = found.criteria[-1]
    assert (last.key, last.met) == ("years", is_met)
    assert last.shown == f"{open_questions} open; 5 deer seen in one year only"
    assert bool(last.advice) != is_met
