"""How a decision points into a photo."""

from __future__ import annotations

import pytest

from thumper_core.contracts import UsageError
from thumper_core.decisions.keys import BoxKey


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: BoxKey("", (0, 0, 1, 1)), "photo_id"),
        (lambda: BoxKey("a", (0, 0, 0, 1)), "no area"),
        (lambda: BoxKey("a", (0, 5, 1, 1)), "no area"),
        (lambda: BoxKey("a", (0, 0, float("nan"), 1)), "finite"),
        (lambda: BoxKey("a", (0, 0, 1)), "four"),
    ],
)
def test_what_is_no_box_is_refused(make, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        make()


def test_equal_boxes_are_equal_text_and_come_back_from_json() -> None:
    key = BoxKey("bb", (5, 6, 70, 80.123456))
    assert key == BoxKey("bb", (5.001, 6, 70, 80.12))
    assert str(key) == "bb@5,6,70,80.12"
    assert BoxKey.of(key.payload()) == key
