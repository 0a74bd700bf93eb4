"""What is asked: strangers inside profiles, splinters beside them, the weightiest first, until the end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import thumper_core.identify.review.standing as room
from tests.identify.review.standings import SCALE, said, standing
from thumper_core.decisions.kinds.who import About
from thumper_core.identify.review.doubted import Doubted, Given
from thumper_core.identify.review.questions import (
    KIN_ASKED,
    OPPOSITE,
    VAIN_MAX,
    Asking,
    questions,
    shown,
)
from thumper_core.identify.scale.verdicts import Answers
from thumper_core.identify.tree.cluster import average_linkage


def pair(asking: Asking) -> tuple[int, int]:
    a, b = asking.left[0], asking.right[0]
    return (min(a, b), max(a, b))


@pytest.mark.parametrize("who", [[], [0]], ids=["nothing", "one tracklet"])
def test_nothing_to_ask(who: list[int]) -> None:
    assert questions(standing(who), set()) == []


def test_a_stranger_inside_a_profile_becomes_an_inside_question() -> None:
    made = standing([0] * 6 + [1] + [2] * 6, [0] * 7 + [1] * 6)
    first = questions(made, set())[0]
    assert first.about == About.PARTS
    assert [set(side.tolist()) for side in first.sides] == [{6}, set(range(6))]
    assert first.left == (6,)
    assert first.right[0] in range(6)
    assert first.p < 0.05


def test_a_splinter_becomes_a_join_question() -> None:
    made = standing([0] * 9 + [1] * 6, [0] * 6 + [2] * 3 + [1] * 6)
    first = questions(made, set())[0]
    assert first.about == About.PROFILES
    assert [set(side.tolist()) for side in first.sides] == [{6, 7, 8}, set(range(6))]
    assert first.p > 0.95
    assert first.left[0] in (6, 7, 8)
    assert first.right[0] in range(6)


def test_pictures_that_show_nobody_are_not_asked_about() -> None:
    made = standing([0] * 9 + [1] * 6, [0] * 6 + [2] * 3 + [1] * 6)
    tells = np.ones(15, bool)
    tells[[6, 7]] = False
    assert set(questions(made, set(), tells=tells)[0].sides[0].tolist()) == {6, 7, 8}
    tells[8] = False
    asked = questions(made, set(), tells=tells)
    assert asked
    assert all(set(side.tolist()) != {6, 7, 8} for one in asked for side in one.sides)


def test_what_changes_more_of_the_herd_comes_first() -> None:
    """Two splinters as sure as each other, of one detection a tracklet and of thirty."""
    who = [0] * 8 + [1] * 8
    labels = [0] * 6 + [2] * 2 + [1] * 6 + [3] * 2
    for light in (0, 1):
        sizes = [1 if animal == light else 30 for animal in who]
        asked = questions(standing(who, labels, sizes=sizes), set())
        assert [a.worth for a in asked] == sorted((a.worth for a in asked), reverse=True)
        splinters = [who[a.left[0]] for a in asked if a.about != About.PARTS and a.p > 0.9]
        assert splinters == [1 - light, light]


def test_worth_is_the_share_of_the_herd_that_would_change() -> None:
    made = standing([0] * 5 + [0], [0] * 5 + [1], sizes=[2] * 5 + [4])
    join = next(a for a in questions(made, set()) if a.about != About.PARTS)
    assert join.worth == pytest.approx(join.p * 10 * 4 / (45 + 6) + join.p / 2)
    for inside in (a for a in questions(made, set()) if a.about == About.PARTS):
        part = 2.0 * len(inside.sides[0])
        wrong = 1 - inside.p
        assert inside.worth == pytest.approx(wrong * part * (10 - part) / 51 + wrong / 2)


def test_what_nobody_could_tell_is_asked_with_other_pictures_until_it_is_in_vain() -> None:
    made = standing([0] * 9 + [1] * 6, [0] * 6 + [2] * 3 + [1] * 6)
    sides = [side.tolist() for side in questions(made, set())[0].sides]
    untold: set[tuple[int, int]] = set()
    for _ in range(VAIN_MAX):
        asked = questions(made, set(), untold=frozenset(untold))
        again = next(a for a in asked if [side.tolist() for side in a.sides] == sides)
        assert pair(again) not in untold
        assert {again.left[0], *again.left[1:]} <= set(sides[0])
        if len(untold) == 1:
            (before,) = untold
            assert not set(before) & set(pair(again))  # both pictures are others
        untold.add(pair(again))
    rest = questions(made, set(), limit=1000, untold=frozenset(untold))
    assert sides not in [[side.tolist() for side in a.sides] for a in rest]


def test_where_there_is_no_other_picture_what_nobody_could_tell_is_not_asked() -> None:
    made = standing([0, 0], [0, 1])
    (only,) = questions(made, set())
    assert questions(made, set(), untold=frozenset({pair(only)})) == []


def test_pairs_that_are_closed_are_not_asked() -> None:
    made = standing([0] * 9 + [1] * 6, [0] * 6 + [2] * 3 + [1] * 6)
    asked = questions(made, set())
    closed = {pair(asked[0]), pair(asked[3])}
    left = [pair(a) for a in questions(made, closed)]
    assert left == [pair(a) for a in asked if pair(a) not in closed]
    assert questions(made, {pair(a) for a in asked}) == []


def test_a_profile_seen_seldom_is_asked_about_as_a_stray() -> None:
    made = standing([0] * 9 + [1] * 9 + [2], [0] * 6 + [3] * 3 + [1] * 9 + [2])
    kinds = {a.about for a in questions(made, set()) if {18} in [set(s.tolist()) for s in a.sides]}
    assert kinds == {About.STRAY}
    splinter = [a for a in questions(made, set()) if {6, 7, 8} == set(a.sides[0].tolist())]
    assert splinter[0].about == About.PROFILES


def test_answers_that_are_doubted_are_asked_about_first_and_alone() -> None:
    made = standing([0] * 9 + [1] * 6, [0] * 6 + [2] * 3 + [1] * 6)
    doubt = Doubted(Given(0, 9, True), (np.array([0]), np.array([9])), 0.01)
    first, *rest = questions(made, {(0, 9)}, doubts=[doubt])
    assert (first.left, first.right, first.again) == ((0,), (9,), doubt.given)
    assert [pair(a) for a in rest] == [pair(a) for a in questions(made, {(0, 9)})]
    assert all(a.again is None for a in rest)


def test_no_more_than_wanted_and_the_best_of_them() -> None:
    made = standing(list(range(5)) * 4)
    everything = questions(made, set(), limit=1000)
    few = questions(made, set(), limit=3)
    assert len(everything) > 3
    assert [pair(a) for a in few] == [pair(a) for a in everything[:3]]


def test_a_profile_is_compared_with_its_likeliest_kin_at_a_time() -> None:
    n = KIN_ASKED + 4
    made = standing(list(range(n)))
    joins = [a for a in questions(made, set(), limit=1000) if a.about != About.PARTS]
    last = made.kinship.kin[-1]
    of_last = [a for a in joins if a.left[0] == last.profile]
    assert len(of_last) == KIN_ASKED
    least = min(a.p for a in of_last)
    assert least >= np.sort(last.chance)[-KIN_ASKED] - 1e-12


def test_what_is_known_to_be_two_is_not_asked_about() -> None:
    who, labels = [0] * 9 + [1] * 6, [0] * 6 + [2] * 3 + [1] * 6
    told = standing(who, labels, links=said(15, cannot=[(0, 7)]))
    assert not any({6, 7, 8} == set(a.sides[0].tolist()) and a.right[0] < 6
                   for a in questions(told, set()) if a.about != About.PARTS)  # fmt: skip


def test_the_chance_before_correction_stands_beside_the_one_now() -> None:
    told = Answers(
        np.full(60, 0.95), np.zeros(60, bool), np.full(60, About.PROFILES, np.dtype("U8"))
    )
    who, labels = [0] * 9, [0] * 6 + [1] * 3
    plain = next(a for a in questions(standing(who, labels), set()) if a.about != About.PARTS)
    doubted = standing(who, labels, scale=SCALE.corrected(told))
    now = next(a for a in questions(doubted, set()) if a.about != About.PARTS)
    assert plain.p == plain.chance == now.chance
    assert now.p < plain.p


def test_shown_are_the_typical_picture_and_those_that_fit_least() -> None:
    made = standing([0] * 6 + [1], [0] * 7)
    side = made.members(0)
    main, first, second = shown(made, side)
    fit = made.means[side] @ made.means[side].mean(axis=0)
    assert main == int(np.argmax(fit))
    assert first == 6  # the stranger is seen at once
    assert second == int(side[np.argsort(fit)[1]])


def test_what_was_compared_with_the_typical_picture_is_not_shown_again() -> None:
    who = [0] * 6 + [1]
    before = shown(standing(who, [0] * 7), np.arange(7))
    must = [tuple(sorted((before[0], before[1])))]
    after = shown(standing(who, [0] * 7, links=said(7, must=must)), np.arange(7))
    assert after[0] == before[0]
    assert before[1] not in after
    assert shown(standing([0]), np.array([0])) == (0,)


@pytest.mark.parametrize("seed", range(4))
def test_questions_do_not_stop_while_an_error_hides(seed: int) -> None:
    """Whatever is grouped wrongly, true answers to what is asked put it right before nothing is left."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, 4, 14)
    labels = np.unique(rng.integers(0, 4, 14), return_inverse=True)[1]
    must: set[tuple[int, int]] = set()
    cannot: set[tuple[int, int]] = set()
    closed: set[tuple[int, int]] = set()
    for _ in range(200):
        links = said(14, must=sorted(must), cannot=sorted(cannot))
        now = standing(who.tolist(), labels.tolist(), links=links, noise=2.0, seed=seed)
        asked = questions(now, closed)
        if not asked:
            break
        told = pair(asked[0])
        closed.add(told)
        (must if who[told[0]] == who[told[1]] else cannot).add(told)
        links = said(14, must=sorted(must), cannot=sorted(cannot))
        labels = average_linkage(now.means, links.cannot, links.must).dendrogram.cut(0.3)
    together = labels[:, None] == labels[None, :]
    assert np.array_equal(together, who[:, None] == who[None, :])


def test_opposite_flanks_alone_are_asked_behind_what_a_person_can_tell() -> None:
    """Two splinters as telling as each other: one shows the flank that the rest does not."""
    who = [0] * 8 + [1] * 8
    labels = [0] * 6 + [2] * 2 + [1] * 6 + [3] * 2
    for other in (0, 1):
        seen = [1] * 16
        for place, (animal, label) in enumerate(zip(who, labels, strict=True)):
            if animal == other and label > 1:
                seen[place] = 2
        made = replace(standing(who, labels), sides=np.array(seen, np.uint8))
        asked = [a for a in questions(made, set()) if a.about != About.PARTS and a.p > 0.9]
        assert [who[a.left[0]] for a in asked] == [1 - other, other]
        plain = [a for a in questions(standing(who, labels), set()) if a.about != About.PARTS]
        worth = {who[a.left[0]]: a.worth for a in plain if a.p > 0.9}
        assert asked[1].worth == pytest.approx(OPPOSITE * worth[other])
        seen = [side | 1 for side in seen]  # it turned once: both sides are known
        whole = replace(made, sides=np.array(seen, np.uint8))
        again = [a for a in questions(whole, set()) if a.about != About.PARTS and a.p > 0.9]
        assert {who[a.left[0]]: a.worth for a in again} == pytest.approx(worth)


def test_pictures_of_one_flank_are_shown_where_both_sides_have_some() -> None:
    made = standing([0] * 9, [0] * 6 + [1] * 3)
    plain = next(a for a in questions(made, set()) if a.about != About.PARTS)
    sides = np.full(9, 2, np.uint8)
    sides[list(plain.right[:1])] = 1
    other = next(a for a in questions(replace(made, sides=sides), set()) if a.about != About.PARTS)
    assert plain.right[0] != other.right[0] and sides[other.right[0]] == sides[other.left[0]] == 2
    assert other.worth == pytest.approx(plain.worth)


def test_of_equally_likely_ones_the_most_alike_come_first() -> None:
    """Single looks, all more alike than one animal usually is: no chance tells them apart."""
    means = np.zeros((6, 6), np.float32)
    for row, (axis, likeness) in enumerate(
        [(0, 1), (0, 0.9), (2, 1), (2, 0.97), (4, 1), (4, 0.86)]
    ):
        means[row, axis : axis + 2] = likeness, np.sqrt(1 - likeness**2)
    made = replace(standing(list(range(6))), means=means)
    asked = [one.left + one.right for one in questions(made, set())]
    order = [sorted(pair) for pair in asked if max(pair) - min(pair) == 1 and min(pair) % 2 == 0]
    assert order == [[2, 3], [0, 1], [4, 5]]


def test_no_likeness_of_single_pictures_is_looked_for_in_large_herds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = standing([0, 0, 1, 1])
    assert made.closeness.shape == (2, 2) and made.closeness[0, 0] > 0
    monkeypatch.setattr(room, "CLOSE_MAX", 3)
    assert not standing([0, 0, 1, 1]).closeness.any()


def test_sides_without_a_clear_picture_are_asked_about_last_and_clear_ones_are_shown() -> None:
    made = standing([0] * 9 + [1] * 6, [0] * 6 + [2] * 3 + [1] * 6)
    plain = questions(made, set())
    assert {6, 7, 8} in [set(side.tolist()) for side in plain[0].sides]
    clear = np.ones(15)
    clear[[6, 7, 8]] = 0.1
    last = questions(made, set(), clear=clear)
    assert len(last) == len(plain)
    dark = [any(clear[side].max() < 0.3 for side in one.sides) for one in last]
    assert dark == sorted(dark) and dark[-1] and not dark[0]
    clear[plain[0].left[0]] = 1.0
    first = questions(made, set(), clear=clear)[0]
    assert (first.sides[0].tolist(), first.left[0]) == ([6, 7, 8], plain[0].left[0])
    clear[[6, 7, 8]] = 0.1, 0.1, 1.0
    assert questions(made, set(), clear=clear)[0].left[0] == 8
    dim = np.ones(15)
    dim[list(plain[0].right[1:])] = 0.1
    assert set(questions(made, set(), clear=dim)[0].right[1:]).isdisjoint(plain[0].right[1:])
