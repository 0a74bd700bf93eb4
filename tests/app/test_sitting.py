"""What a browser said is taken once, in order, and only about pairs that it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from thumper_core.decisions.kinds.who import Asked
from thumper_core.questions.pair_questions import Question

if TYPE_CHECKING:
    from sitting import Sitting


def question(left: str, right: str) -> Question:
    return Question((left, f"{left}2"), (right,), 0.5, Asked(0.4, "r1"), (3, 4))


def said(n: int, say: str, about: str | None, odd: str | None = None) -> dict[str, Any]:
    return {"n": n, "id": about, "say": say, "odd": odd}


@pytest.fixture
def sitting() -> Sitting:
    from sitting import Sitting

    found = Sitting()
    found.send([question("a", "b"), question("c", "d")])
    return found


def words(sitting: Sitting, *answers: dict[str, Any], of: str = "one") -> list[str]:
    return [one.word for one in sitting.take({"sitting": of, "answers": list(answers)})]


def test_an_answer_that_is_said_again_is_taken_once(sitting: Sitting) -> None:
    first, second = said(1, "same", "a|b"), said(2, "different", "c|d")
    assert words(sitting, first) == ["same"]
    assert words(sitting, first, second) == ["different"]
    assert words(sitting, first, second) == []
    assert sitting.heard == {"one": 2}
    # Another look at the page counts from one again.
    assert words(sitting, said(1, "next", "c|d"), of="two") == ["next"]


def test_they_are_taken_in_order(sitting: Sitting) -> None:
    assert words(sitting, said(2, "undo", "a|b"), said(1, "same", "a|b")) == ["same", "undo"]


@pytest.mark.parametrize(
    "answer",
    [
        said(1, "same", "x|y"),  # never sent
        said(1, "same", None),
        said(1, "perhaps", "a|b"),
        said(1, "odd", "a|b", "c"),  # not beside it
        said(1, "odd", "a|b"),
    ],
)
def test_what_makes_no_sense_is_not_taken_but_counted(
    sitting: Sitting, answer: dict[str, Any]
) -> None:
    assert words(sitting, answer, said(2, "same", "a|b")) == ["same"]
    assert sitting.lost == 1


def test_nothing_said(sitting: Sitting) -> None:
    assert list(sitting.take(None)) == []
    assert words(sitting) == []


def test_one_that_is_answered_or_passed_over_is_closed(sitting: Sitting) -> None:
    ask = question("a", "b")
    assert not sitting.is_closed(ask)
    (taken,) = sitting.take({"sitting": "one", "answers": [said(1, "odd", "a|b", "a2")]})
    sitting.decided[taken.key] = 7
    assert not sitting.is_closed(ask)  # a picture beside it was marked, the pair was not answered
    sitting.decided["a|b", None] = 8
    assert sitting.is_closed(ask)
    sitting.passed.add("c|d")
    assert sitting.is_closed(question("c", "d"))
