"""What people answered, as the review may doubt it."""

from __future__ import annotations

import numpy as np

from tests.identify.links.frames import decisions, frame
from thumper_core.decisions.contradictions import Against, Contradiction
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Different, Same, Verdict
from thumper_core.decisions.kinds.who import About, Asked
from thumper_core.decisions.resolution import resolve
from thumper_core.identify.review.doubted import Given
from thumper_core.questions.second_looks import Told, told

BOX = (100, 100, 300, 250)
A, B, C, D = (BoxKey(f"p{n}", BOX) for n in range(4))
TABLE = frame([{"photo": f"p{n}", "box": BOX} for n in range(4)])
TRACKLET = np.array([5, 2, 7, 7])


def heard(*said: Verdict, conflicts: tuple[Contradiction, ...] = ()) -> Told:
    rows = decisions([("note", {}), *[(one.kind, one.payload()) for one in said]])
    return told(resolve(rows, TABLE).pairs, list(conflicts), rows, TRACKLET)


def test_nothing_was_said() -> None:
    assert heard() == Told((), {}, {}, {}, set())


def test_verdicts_are_about_tracklets_and_remember_their_pictures() -> None:
    asked = Asked(0.3, "r1", About.STRAY)
    found = heard(Same(A, B, asked), Different(A, C))
    assert found.given == (Given(2, 5, True), Given(5, 7, False))
    assert found.rows == {(2, 5): (1, 0), (5, 7): (0, 2)}
    assert found.asked == {(2, 5): asked}


def test_what_is_repeated_is_counted_and_what_is_replaced_is_gone() -> None:
    assert heard(Same(A, B), Same(A, B)).given == (Given(2, 5, True, 2),)
    corrected = heard(Same(A, B), Same(A, B), Different(A, B))
    assert corrected.given == (Given(2, 5, False, 1, turned=True),)
    assert corrected.looks == {(2, 5): 3}


def test_what_was_left_together_in_passing_is_an_answer_without_a_question() -> None:
    found = heard(Different(A, C, Asked(0.3, "r1"), ((A, B),)))
    assert set(found.given) == {Given(5, 7, False), Given(2, 5, True)}
    assert set(found.asked) == {(5, 7)}


def test_two_pictures_of_one_tracklet_are_no_pair() -> None:
    assert heard(Same(C, D)).given == ()


def test_what_contradicts_is_named() -> None:
    clash = Contradiction(Against.VERDICT, ("t5", "t2", "t7"), (2, 3), cannot_decision=4)
    found = heard(Same(A, B), Same(B, C), Different(A, C), conflicts=(clash,))
    assert found.contradicted == {(2, 5), (2, 7), (5, 7)}


def test_a_question_that_cannot_be_read_is_none() -> None:
    for broken in ({"chance": 2, "run_id": "r1"}, {"run_id": "r1"}, {"chance": 0.5, "run_id": "r1",
                                                                     "about": "?"}, 7):  # fmt: skip
        rows = decisions([("same", Same(A, B).payload() | {"asked": broken})])
        assert told(resolve(rows, TABLE).pairs, [], rows, TRACKLET).asked == {}
