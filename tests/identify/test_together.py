"""How many animals there are for certain."""

from __future__ import annotations

from itertools import combinations

import pytest

from tests.identify.review.standings import said
from thumper_core.identify.together import surely_apart

FOUR = list(combinations(range(4), 2))


@pytest.mark.parametrize(
    ("n", "cannot", "kind", "least"),
    [
        (0, [], "same_photo", 0),
        (1, [], "same_photo", 1),
        (5, [], "same_photo", 1),
        (2, [(0, 1)], "human", 2),
        (6, FOUR, "same_photo", 4),
        (6, [*FOUR, (4, 5)], "same_photo", 4),
        (6, FOUR[:-1], "same_photo", 3),
        (6, FOUR, "travel", 1),
        (6, FOUR, "nested", 1),
        (9, [(0, k) for k in range(1, 9)], "same_photo", 2),
        (7, [(0, k) for k in range(1, 5)] + [(4, 5), (4, 6), (5, 6)], "same_photo", 3),
    ],
    ids=["none", "one", "alone", "told", "four in a photo", "and two more", "three of four", "travel",
         "nested", "a star", "the larger set beside a star"],
)  # fmt: skip
def test_those_who_were_seen_together_are_so_many(
    n: int, cannot: list[tuple[int, int]], kind: str, least: int
) -> None:
    assert surely_apart(said(n, cannot=cannot, kind=kind)) == least
