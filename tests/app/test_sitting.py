"""What a browser said is taken once, in order, and only about pairs that it was sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.app.new_visits import candidate, meeting, visit
from thumper_core.decisions.kinds.who import Asked
from thumper_core.questions.pair_questions import Question

if TYPE_CHECKING:
    from sitting import Sitting


def question(left: str, right: str) -> Question:
    return Question((left, f"{left}2"), (right,), 0.5, Asked(0.4, "r1"), (3, 4), False)


def said(n: int, say: str, about: str | None, which: str | None = None) -> dict[str, Any]:
    return {"n": n, "id": about, "say": say, "which": which}


@pytest.fixture
def sitting() -> Sitting[Question]:
    from views.pairs import new_sitting

    found = new_sitting()
    found.send([question("a", "b"), question("c", "d")])
    return found


def test_a_pair_that_is_asked_about_again_is_another_question(sitting: Sitting[Question]) -> None:
    from views.pairs import key_of

    first = question("a", "b")
    again = replace(first, before=True, looks=1)
    sitting.decided[key_of(first), None] = (7,)
    assert sitting.is_closed(first)
    assert not sitting.is_closed(again)
    sitting.send([first, again])
    assert sitting.sent[key_of(again)] is again


def words(sitting: Sitting[Question], *answers: dict[str, Any], of: str = "one") -> list[str]:
    return [one.word for one in sitting.take({"sitting": of, "answers": list(answers)})]


def test_an_answer_that_is_said_again_is_taken_once(sitting: Sitting[Question]) -> None:
    first, second = said(1, "same", "a|b|0"), said(2, "different", "c|d|0")
    assert words(sitting, first) == ["same"]
    assert words(sitting, first, second) == ["different"]
    assert words(sitting, first, second) == []
    assert sitting.heard == {"one": 2}
    # Another look at the page counts from one again.
    assert words(sitting, said(1, "next", "c|d|0"), of="two") == ["next"]


def test_they_are_taken_in_order(sitting: Sitting[Question]) -> None:
    assert words(sitting, said(2, "undo", "a|b|0"), said(1, "same", "a|b|0")) == ["same", "undo"]


@pytest.mark.parametrize(
    "answer",
    [
        said(1, "same", "x|y"),  # never sent
        said(1, "same", None),
        said(1, "perhaps", "a|b|0"),
        said(1, "odd", "a|b|0", "c"),  # not beside it
        said(1, "odd", "a|b|0"),
    ],
)
def test_what_makes_no_sense_is_not_taken_but_counted(
    sitting: Sitting[Question], answer: dict[str, Any]
) -> None:
    assert words(sitting, answer, said(2, "same", "a|b|0")) == ["same"]
    assert sitting.lost == 1


def test_nothing_said(sitting: Sitting[Question]) -> None:
    assert list(sitting.take(None)) == []
    assert words(sitting) == []


def test_one_that_is_answered_or_passed_over_is_closed(sitting: Sitting[Question]) -> None:
    ask = question("a", "b")
    assert not sitting.is_closed(ask)
    (taken,) = sitting.take({"sitting": "one", "answers": [said(1, "odd", "a|b|0", "a2")]})
    sitting.decided[taken.key] = (7,)
    assert not sitting.is_closed(ask)  # a picture beside it was marked, the pair was not answered
    sitting.decided["a|b|0", None] = (8,)
    assert sitting.is_closed(ask)
    sitting.passed.add("c|d|0")
    assert sitting.is_closed(question("c", "d"))


@pytest.mark.parametrize(
    ("answer", "is_taken"),
    [
        (said(1, "known", "va", "deer-001"), True),
        (said(1, "known", "va", "deer-009"), False),  # it was not offered
        (said(1, "known", "va"), False),
        (said(1, "new", "va"), True),
        (said(1, "new", "va", "deer-001"), False),
        (said(1, "next", "va"), True),
        (said(1, "same", "va"), False),  # of a pair
        (said(1, "new", "vb"), False),
    ],
)
def test_a_visit_is_one_of_those_offered_or_none_of_them(
    answer: dict[str, Any], is_taken: bool
) -> None:
    from views.visits import new_sitting
    from visits_ahead import Asked

    asked = visit("a", candidate("deer-001", 0.8, "b"))
    visits = new_sitting()
    visits.send([Asked(asked, asked.candidates, meeting(asked))])
    taken, trouble = visits.hear({"sitting": "one", "answers": [answer]})
    assert (len(taken) == 1, "asked about again" in trouble) == (is_taken, not is_taken)
    if is_taken:
        assert taken[0].key == ("va", None)  # an undo names the visit alone
        visits.decided[taken[0].key] = (7, 8)
        assert visits.is_closed(visits.sent["va"])
        visits.forget((7, 8))
        assert not visits.is_closed(visits.sent["va"])
