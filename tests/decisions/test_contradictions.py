"""Verdicts are accepted in the order they were made, unless one breaks what holds."""

from __future__ import annotations

import numpy as np
import pytest

from thumper_core.decisions.contradictions import (
    Against,
    Cannot,
    Components,
    Contradiction,
    Must,
    accept,
    listed_once,
)

NAMES = ["t0", "t1", "t2", "t3"]
NO_SEX = np.zeros(4, np.int8)
BUCK_AND_DOE = np.array([1, 0, 2, 0], np.int8)
CHAIN = [Must(0, 1, 1, "a"), Must(1, 2, 2, "b")]


@pytest.mark.parametrize(
    ("cannots", "sexes", "against"),
    [
        ([Cannot(0, 2, Against.SAME_PHOTO)], NO_SEX, Against.SAME_PHOTO),
        ([Cannot(2, 0, Against.VERDICT, 7)], NO_SEX, Against.VERDICT),
        ([], BUCK_AND_DOE, Against.SEX_SAID),
        (  # the strongest reason is told
            [Cannot(0, 2, Against.VERDICT, 7), Cannot(0, 2, Against.SAME_PHOTO)],
            BUCK_AND_DOE,
            Against.SAME_PHOTO,
        ),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_the_latest_verdict_of_a_broken_chain_is_set_aside(
    cannots: list[Cannot], sexes: np.ndarray, against: Against, order: int
) -> None:
    groups, accepted, (found,) = accept(CHAIN[::order], cannots, sexes, NAMES)
    assert [must.decision_id for must in accepted] == [1]
    assert groups.joined() == [{0, 1}]
    assert (found.against, found.set_aside, found.set_aside_kind) == (against, (2,), "same")
    assert found.chain in (("t0", "t1", "t2"), ("t2", "t1", "t0"))
    assert sorted(found.chain_decisions) == [1, 2]


def test_what_contradicts_nothing_is_accepted() -> None:
    groups, accepted, conflicts = accept(CHAIN, [Cannot(0, 3, Against.SAME_PHOTO)], NO_SEX, NAMES)
    assert (accepted, conflicts) == (CHAIN, [])
    assert groups.of(2) == {0, 1, 2}
    assert accept([], [], NO_SEX, NAMES)[1:] == ([], [])


def test_the_chain_between_two_is_the_shortest() -> None:
    musts = [*CHAIN, Must(2, 3, 3, "c"), Must(0, 3, 4, "d")]
    groups = Components(musts)
    for must in musts:
        groups.join(must)
    assert groups.chain(1, 3) in (([1, 0, 3], [1, 4]), ([1, 2, 3], [2, 3]))
    assert groups.chain(2, 2) == ([2], [])


def test_one_contradiction_stands_for_all_by_the_same_decisions() -> None:
    def found(a: str, b: str, number: int) -> Contradiction:
        return Contradiction(Against.VERDICT, (a, b), (number,), 9, set_aside=(number,))

    once = listed_once([found("t0", "t1", 1), found("t1", "t2", 1), found("t0", "t3", 2)])
    assert [(c.chain, c.n_pairs) for c in once] == [(("t0", "t1"), 2), (("t0", "t3"), 1)]
    # Where no verdict is set aside, each pair is its own: none explains another.
    open_ones = [
        Contradiction(Against.TRAVEL, ("t0", "t1")),
        Contradiction(Against.TRAVEL, ("t0", "t2")),
    ]
    assert listed_once(open_ones) == open_ones
    assert listed_once([]) == []
