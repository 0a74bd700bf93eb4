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
        (lambda: BoxKey("a", (0, 0, 1, 1), -1), "no frame at -1 ms"),
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


def test_the_frame_of_a_clip_is_kept_and_old_keys_without_one_are_the_same_box() -> None:
    row = {"photo_id": "c", "x1": 1, "y1": 2, "x2": 3, "y2": 4, "frame_ms": 2500}
    key = BoxKey.of_row(row)
    assert key.payload() == {"photo_id": "c", "box": [1, 2, 3, 4], "frame_ms": 2500}
    assert BoxKey.of(key.payload()).frame_ms == 2500
    old = BoxKey("c", (1, 2, 3, 4))
    assert (old, str(old), hash(old)) == (key, str(key), hash(key))
    assert "frame_ms" not in old.payload()
