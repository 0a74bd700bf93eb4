"""The simulated reviewer: what an answer is, what is looked at in passing, what is answered again."""

from __future__ import annotations

import numpy as np
import pytest

from tests.identify.review.standings import said
from thumper_core.decisions.kinds.who import About
from thumper_core.evaluate.reviewer import Reviewer, Said
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.review.doubted import Given
from thumper_core.identify.review.questions import Asking

WHO = np.array(["a", "a", "a", "b", "b", "c"])
NAN = float("nan")


def reviewer(error_rate: float = 0.0, seed: int = 0) -> Reviewer:
    return Reviewer(WHO, error_rate, np.random.default_rng(seed))


def asking(
    left: tuple[int, ...],
    right: tuple[int, ...],
    *,
    chance: float = 0.5,
    about: About = About.PROFILES,
) -> Asking:
    sides = (np.array(left), np.array(right))
    return Asking(about, left, right, sides, chance, chance, 0.0)


def once_more(asked: Reviewer, a: int, b: int) -> None:
    """The queue asks about an answer again."""
    sides = (np.array([a]), np.array([b]))
    given = Given(a, b, asked.said[a, b].same)
    asked.answer(Asking(About.PARTS, (a,), (b,), sides, 0.5, 0.5, 1.0, given))


def cannot_of(links: Constraints) -> list[list[int]]:
    return links.cannot.tolist()


def test_the_truth_is_told_of_the_first_pictures() -> None:
    asked = reviewer()
    asked.answer(asking((1,), (0,), chance=0.3))
    asked.answer(asking((0,), (3,), chance=0.6, about=About.PARTS))
    assert asked.said == {(0, 1): Said(True, 1, 0.3), (0, 3): Said(False, 1, 0.6, About.PARTS)}
    assert asked.n_answers == 2


def test_a_picture_that_does_not_belong_is_an_answer_and_one_that_does_is_none() -> None:
    asked = reviewer()
    asked.answer(asking((0, 1, 3), (4, 3)))
    assert asked.said[0, 1] == Said(True, 1, None)
    assert asked.said[0, 3] == Said(False, 1, None)
    assert asked.said[3, 4] == Said(True, 1, None)
    assert asked.n_answers == 2  # the question, and that 3 is no look at 0
    asked.answer(asking((0, 3), (5,)))
    assert asked.n_answers == 3  # nobody says the same twice


def test_only_questions_with_a_chance_correct_chances() -> None:
    asked = reviewer()
    asked.answer(asking((0, 1), (3,), chance=0.2))
    asked.answer(asking((3,), (4,), chance=0.9, about=About.PARTS))
    asked.answer(asking((2,), (5,), chance=NAN))
    found = asked.answers()
    assert found.chance.tolist() == [0.2, 0.9]
    assert found.same.tolist() == [False, True]
    assert found.about.tolist() == ["profiles", "parts"]


@pytest.mark.parametrize(("rate", "low", "high"), [(0, 0, 0), (0.3, 0.2, 0.4), (1, 1, 1)])
def test_wrong_answers_come_at_their_rate(rate: float, low: float, high: float) -> None:
    wrong = 0
    asked = reviewer(rate)
    for _ in range(300):
        asked.said.clear()
        asked.answer(asking((0,), (1,)))
        wrong += not asked.said[0, 1].same
    assert low <= wrong / 300 <= high


def test_what_was_said_becomes_links_beside_what_the_photos_tell() -> None:
    asked = reviewer()
    for left, right in ((0, 1), (3, 4), (0, 5)):
        asked.answer(asking((left,), (right,)))
    links, conflicts = asked.links(said(6, cannot=[(1, 3)], kind="same_photo"))
    assert links.must.tolist() == [[0, 1], [3, 4]]
    assert cannot_of(links) == [[0, 5], [1, 3]]
    assert links.cannot_kind.tolist() == ["human", "same_photo"]
    assert conflicts == []


def test_people_win_over_boxes_in_boxes_and_not_over_photos() -> None:
    for kind, wins in (("nested", True), ("same_photo", False)):
        asked = reviewer()
        asked.answer(asking((0,), (1,)))
        links, conflicts = asked.links(said(6, cannot=[(0, 1)], kind=kind))
        assert links.must.tolist() == ([[0, 1]] if wins else [])
        assert cannot_of(links) == ([] if wins else [[0, 1]])
        assert len(conflicts) == (not wins)


def test_tracklets_said_to_be_one_share_a_sex_or_have_none() -> None:
    asked = reviewer()
    asked.answer(asking((0,), (1,)))
    asked.answer(asking((3,), (4,)))
    links, _ = asked.links(said(6, group=[1, 0, 2, 1, 2, 2]))
    assert links.group.tolist() == [1, 1, 2, 0, 0, 2]


def test_answers_that_contradict_each_other_are_named() -> None:
    asked = reviewer()
    asked.said = {(0, 1): Said(True, 1, 0.5), (1, 3): Said(True, 1, 0.5),
                  (0, 3): Said(False, 1, 0.5), (4, 5): Said(False, 1, 0.5)}  # fmt: skip
    links, conflicts = asked.links(Constraints.none(6))
    assert len(conflicts) == 1
    assert links.must.tolist() == [[0, 1]]  # the different holds, the latest same is set aside
    assert asked.clashing == {(0, 1), (1, 3), (0, 3)}
    for pair in ((0, 1), (1, 3), (0, 3)):
        once_more(asked, *pair)
    assert asked.n_answers == 3
    assert {pair: (s.same, s.times) for pair, s in asked.said.items()} == {
        (0, 1): (True, 2), (1, 3): (False, 1), (0, 3): (False, 2), (4, 5): (False, 1)
    }  # fmt: skip
    assert asked.links(Constraints.none(6))[1] == []


def test_what_stands_is_told_with_how_often_it_was_said() -> None:
    asked = reviewer()
    asked.answer(asking((0, 1), (3,)))
    once_more(asked, 0, 3)
    assert asked.given() == [Given(0, 1, True, 1), Given(0, 3, False, 2)]


def test_what_is_answered_again_is_the_newest_and_keeps_its_question() -> None:
    asked = reviewer()
    asked.said = {(0, 3): Said(True, 1, 0.2, About.STRAY), (0, 1): Said(True, 1, 0.5)}
    once_more(asked, 0, 3)
    assert list(asked.said) == [(0, 1), (0, 3)]
    assert asked.said[0, 3] == Said(False, 1, 0.2, About.STRAY, turned=True)
    assert asked.n_answers == 1
