"""What each kind of decision says, and the lists that are derived from the kinds."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from tests.decisions.every_kind import EVERY_KIND, A, B
from thumper_core.contracts import UsageError
from thumper_core.decisions import kinds
from thumper_core.store import chain

EARS = kinds.Line("ears", ((0, 0), (40, 0)))
DAY = date(2026, 9, 1)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: kinds.Same(A, A), "two different boxes"),
        (lambda: kinds.MoveBox(A, A.box), "where it was"),
        (lambda: kinds.MoveBox(A, (5, 5, 5, 9)), "no area"),
        (lambda: kinds.Merge("i1", ()), "others"),
        (lambda: kinds.Merge("i1", ("i1",)), "others"),
        (lambda: kinds.Merge("i1", ("i2", "i2")), "others"),
        (lambda: kinds.Split("i1", ()), "at least one"),
        (lambda: kinds.Reclass(A, " "), "species"),
        (lambda: kinds.Reclass(A, "deer", "buck"), "sex"),
        (lambda: kinds.ShowsFlank(A, "top"), "left, right, front, rear, unknown"),
        (lambda: kinds.ShowsAntlers(A, "huge"), "one of velvet, hard, shed"),
        (lambda: kinds.SaysAge(A, 3), "one of 0.5, 1.5, 2.5, 3.5, 4.5, 5.5"),
        (lambda: kinds.CountsPoints(A, 5, 31), "0 to 30 points"),
        (lambda: kinds.CountsPoints(A, 5, 4.5), "0 to 30 points"),
        (lambda: kinds.CountsPoints(A, 0, 0), "note `shed`"),
        (lambda: kinds.MarksAntlers(A, ()), "Nothing is marked"),
        (lambda: kinds.MarksAntlers(A, (EARS, EARS)), "Marked twice: ears"),
        (lambda: kinds.Line("left G13", ((0, 0), (5, 5))), "nothing that is marked"),
        (lambda: kinds.Line("ears", ((0, 0), (5, 5), (9, 9))), "two points; 3"),
        (lambda: kinds.Line("left beam", ((0, 0),)), "two points or more; 1"),
        (lambda: kinds.Line("spread", ((5, 5), (5.4, 5))), "lie on one another"),
        (lambda: kinds.Line("spread", ((5, 5), (float("nan"), 5))), "not on the picture"),
        (lambda: kinds.Line("known", ((0, 0), (5, 5))), "needs its length"),
        (lambda: kinds.Line("ears", ((0, 0), (5, 5)), 40.0), "nothing else has one"),
        (lambda: kinds.Line("known", ((0, 0), (5, 5)), 0.0), "between 0 and 1000 cm"),
        (lambda: kinds.Line.of({"name": "ears", "points": [[1], [2]]}), "a name and points"),
        (lambda: kinds.Line.of({"points": []}), "a name and points"),
        (lambda: kinds.Status("i1", "asleep"), "alive, missing, harvested, dead, gone"),
        (lambda: kinds.Status("i1", "missing", by="Ann"), "was taken"),
        (lambda: kinds.Status("i1", "harvested", by="x" * 81), "80 characters"),
        (lambda: kinds.Name("i1", "\x07"), "do not print"),
        (lambda: kinds.Note("i1", "x" * 4001), "4000"),
        (lambda: kinds.KeptSurvey(" ", DAY, DAY), "name"),
        (lambda: kinds.KeptSurvey("Fall", DAY, DAY - timedelta(days=1)), "before they begin"),
        (lambda: kinds.KeptSurvey("Fall", DAY, DAY + timedelta(days=366)), "at most 366 days"),
        (lambda: kinds.KeptSurvey("Fall", DAY, DAY, ("Creek",), ("Gate",)), "of the survey: Gate"),
        (lambda: kinds.KeptSurvey("Fall", DAY, DAY, ("",)), "camera must not be empty"),
        (lambda: kinds.KeptSurvey("Fall", DAY, DAY, area_ha=0.0), "above zero"),
        (
            lambda: kinds.CameraWorked("Creek", DAY, DAY - timedelta(days=1), worked=True),
            "before they begin",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_when_it_is_said(make, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        make()


def test_every_kind_is_listed_and_knows_its_name_and_what_it_concerns() -> None:
    def leaves(kind: type[kinds.Decision]) -> set[type[kinds.Decision]]:
        below = kind.__subclasses__()
        return {kind} if not below else set().union(*map(leaves, below))

    assert set(kinds.KINDS.values()) == leaves(kinds.Decision)
    assert set(kinds.KINDS) == {*(kind for _, kind, _, _ in EVERY_KIND), "undo"}
    for name, kind in kinds.KINDS.items():
        assert (kind.kind, kind.concerns in kinds.Concern, bool(kind.label)) == (name, True, True)
    labels = [kind.label for kind in kinds.KINDS.values()]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("derived", "expected"),
    [
        (kinds.VERDICTS, {"same", "different", "unknowable"}),
        (kinds.COMPARED, {"same", "different"}),
        (kinds.PAIRED, {"same", "different", "merge", "split", "move", "known"}),
        (kinds.CONTENT, {"class", "not_animal", "missed_animal"}),
        (kinds.CORRECTIONS, {"class", "not_animal", "missed_animal", "box"}),
        (kinds.STANDING, {"fixture", "resting_place"}),
    ],
)
def test_the_lists_are_those_that_workspaces_were_made_with(
    derived: tuple[str, ...], expected: set[str]
) -> None:
    assert set(derived) == expected
    assert len(derived) == len(expected)


def test_an_identification_follows_what_is_said_of_boxes_and_pairs_and_nothing_else() -> None:
    assert set(kinds.IDENTIFIED_WITH) == {*kinds.PAIRED, *kinds.CORRECTIONS, *kinds.STANDING}
    rest = set(kinds.KINDS) - set(kinds.IDENTIFIED_WITH)
    assert rest == {
        "unknowable",
        "flank",
        "antler_state",
        "age",
        "antler_points",
        "antler_marks",
        "name",
        "note",
        "status",
        "best_photo",
        "watch",
        "undo",
        "untold",
        "looked",
        "survey",
        "camera_worked",
    }


@pytest.mark.parametrize(("decision", "kind", "subject", "payload"), EVERY_KIND)
def test_the_store_reads_a_row_of_every_kind_and_misses_what_its_readers_rest_on(
    decision: kinds.Decision, kind: str, subject: str, payload: dict
) -> None:
    """The store stands below the kinds: what it asks of a row must be what they write."""
    row = (1, kind, subject, json.dumps(payload), "Kim", "2026-11-29 06:00:00.000000+00:00")
    assert chain.row_problem(row) is None
    needed = (
        kind == "undo"
        or issubclass(kinds.KINDS[kind], kinds.Verdict)
        or kind in (*kinds.CORRECTIONS, *kinds.STANDING)
    )
    for field in payload:
        less = {name: value for name, value in payload.items() if name != field}
        broken = chain.row_problem((1, kind, subject, json.dumps(less), *row[4:]))
        assert (broken is not None) == needed


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        (kinds.Merge("i1", ("i2", "i3")), "i2, i3 into i1"),
        (kinds.Split("i1", (A,)), "i1"),
        (kinds.Move(A, "i2"), ""),
        (kinds.Same(A, B), ""),
        (kinds.Reclass(A, "elk", "male", "adult"), "elk, male, adult"),  # type: ignore[arg-type]
        (kinds.MissedAnimal(A, "elk"), "elk, unknown, unknown"),
        (kinds.NotAnimal(A), ""),
        (kinds.Fixture(A), ""),
        (kinds.RestingPlace(A), ""),
        (kinds.Name("i1", "Bambi"), "i1: Bambi"),
        (kinds.Name("i1", None), "i1: nothing"),
        (kinds.Note("i1", "limps"), "i1: limps"),
        (kinds.Note("i1", ""), "i1: nothing"),
        (kinds.Status("i1", "gone"), "i1: gone"),
        (kinds.BestPhoto("i1", A), "i1"),
        (kinds.ShowsAntlers(A, "shed"), "shed"),  # type: ignore[arg-type]
        (kinds.SaysAge(A, 1.5), "1.5 years"),
        (kinds.SaysAge(A, 5.5), "5.5+ years"),
        (kinds.CountsPoints(A, 5, 4), "5+4"),
        (kinds.CountsPoints(A, 5, 4, typical=True), "5+4, typical"),
        (kinds.CountsPoints(A, 5, 4, typical=False), "5+4, not typical"),
        (kinds.MarksAntlers(A, (EARS, kinds.Line("left G1", ((0, 0), (0, 9))))), "ears, left G1"),
        (kinds.KeptSurvey("Fall", DAY, DAY), "Fall: 2026-09-01 to 2026-09-01"),
        (
            kinds.CameraWorked("Creek", DAY, DAY, worked=True),
            "Creek worked 2026-09-01 to 2026-09-01",
        ),
    ],
)
def test_a_recorded_decision_in_a_few_words(decision: kinds.Decision, told: str) -> None:
    assert kinds.about(decision.kind, decision.payload()) == told


def test_a_kind_of_a_later_version_is_shown_as_it_is_written() -> None:
    assert (kinds.label("antlers"), kinds.about("antlers", {})) == ("antlers", "")
    assert kinds.label("class") == "class corrected"


def test_the_name_that_was_seen_is_no_part_of_the_decision() -> None:
    seen = kinds.Name("i1", "Bambi", expected="Copper")
    assert seen == kinds.Name("i1", "Bambi")
    assert "expected" not in seen.payload()
