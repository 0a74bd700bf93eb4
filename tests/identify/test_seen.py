"""Which profiles count as animals, and how likely pictures are to show nothing of who it is."""

from __future__ import annotations

import numpy as np
import pytest

from thumper_core.identify.seen import GOES_ON, Seen


def seen(visits: list[list[int]]) -> Seen:
    """visits: of each profile, the visit of each of its tracklets."""
    labels = np.repeat(np.arange(len(visits)), [len(v) for v in visits]).astype(np.int32)
    return Seen.of(labels, np.array([e for v in visits for e in v], np.int32))


@pytest.mark.parametrize(
    ("visits", "often"),
    [
        ([], []),
        ([[0]], [True]),
        ([[0, 1]], [True]),
        ([[0, 0, 0]], [True]),
        ([list(range(12)), list(range(12)), [0, 1, 2]], [True, True, False]),
        ([list(range(12)), list(range(12)), [0, 1, 2, 3]], [True, True, True]),
        ([[0, 1], [2], [3, 4], [5]], [True, True, True, True]),
    ],
    ids=["none", "once", "twice", "one visit", "seldom", "a third", "a few visits"],
)
def test_an_animal_is_seen_a_third_as_often_as_is_typical(
    visits: list[list[int]], often: list[bool]
) -> None:
    assert seen(visits).is_often.tolist() == often


def test_what_shows_nothing_is_bounded_by_what_is_seen_seldom() -> None:
    found = seen([list(range(18)), [1], [2, 3]])
    assert found.events.tolist() == [18, 1, 2]
    share = 3 / 21
    assert found.shows_nothing.tolist() == pytest.approx([0, share, share * GOES_ON])
    assert seen([list(range(9)), list(range(9))]).shows_nothing.tolist() == [0, 0]
