"""Which tracklets of a visit are one animal; a picture that tells nothing goes with one that it may be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.meet.visits import animals_of_visits

A, B = [1.0, 0.0], [0.0, 1.0]
POOR = [0.4, 0.3]


def animals(
    means: list[list[float]],
    event: list[int],
    tells: list[float],
    cannot: list[tuple[int, int]] = [],  # noqa: B006 - read only
) -> list[int]:
    n = len(means)
    links = replace(
        Constraints.none(n),
        cannot=np.array(cannot, np.int32).reshape(-1, 2),
        cannot_kind=np.full(len(cannot), "same_photo"),
        cannot_trust=np.ones(len(cannot), np.float32),
    )
    found = animals_of_visits(
        np.array(means, np.float32).reshape(-1, 2),
        np.array(event, np.int32),
        links,
        0.8,
        np.array(tells),
    )
    return found.tolist()


@pytest.mark.parametrize(
    ("means", "event", "tells", "cannot", "expected"),
    [
        ([], [], [], [], []),
        ([A], [0], [1], [], [0]),
        ([A, A, B], [0, 0, 0], [1, 1, 1], [], [0, 0, 1]),
        ([A, A], [0, 1], [1, 1], [], [0, 1]),  # no animal is of two visits
        ([A, A], [0, 0], [1, 1], [(0, 1)], [0, 1]),  # two boxes of one photo
        ([A, B, POOR], [0, 0, 0], [1, 1, 0.1], [], [0, 1, 0]),
        ([A, B, POOR], [0, 0, 0], [1, 1, 0.9], [], [0, 1, 2]),
        ([A, B, POOR], [0, 0, 0], [1, 1, 0.1], [(0, 2)], [0, 1, 1]),
        ([A, POOR], [0, 0], [1, 0.1], [(0, 1)], [0, 1]),  # it could be none of them
        ([POOR, POOR], [0, 0], [0.1, 0.1], [], [0, 1]),  # none of them tells
    ],
)
def test_animals_of_a_visit(
    means: list[list[float]],
    event: list[int],
    tells: list[float],
    cannot: list[tuple[int, int]],
    expected: list[int],
) -> None:
    assert animals(means, event, tells, cannot) == expected
