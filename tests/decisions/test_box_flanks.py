"""Which flank people said that a box shows."""

from __future__ import annotations

import pytest

from tests.decisions.in_views import BOX, FAR, NEAR, ONE, effective, said
from thumper_core.decisions.box_flanks import SAID, flanks_said

LEFT, RIGHT = {"flank": "left"}, {"flank": "right"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], []),
        ([(BOX, LEFT, False)], ["left"]),
        ([(NEAR, LEFT, False)], ["left"]),
        ([(FAR, LEFT, False)], []),
        ([(BOX, LEFT, False), (BOX, RIGHT, False)], ["right"]),
        ([(BOX, LEFT, False), (BOX, RIGHT, True)], ["left"]),
        ([(BOX, LEFT, True)], []),
    ],
)
def test_the_youngest_standing_word_on_a_box_wins(words: list, expected: list[str]) -> None:
    decisions = said(*(("flank", "p1", box, flank, undone) for box, flank, undone in words))
    found = flanks_said(ONE, decisions)
    assert found.schema == SAID
    assert found["flank"].to_list() == expected
    assert effective(ONE, decisions)["flank"].to_list() == (expected or ["unknown"])
