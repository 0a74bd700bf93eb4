"""Which sides are seen, and when two have none in common."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from thumper_core.identify.links.flanks import are_opposite, sides_of, sides_seen


def test_the_sides_of_detections_and_groups() -> None:
    frame = pl.DataFrame({"flank": ["left", "right", "unknown", "rear", "left", None]})
    sides = sides_of(frame)
    assert sides.tolist() == [1, 2, 0, 0, 1, 0]
    index = np.array([0, 0, 1, 1, 2, 3], np.int32)
    assert sides_seen(sides, index, 5).tolist() == [3, 0, 1, 0, 0]


@pytest.mark.parametrize("frame", [pl.DataFrame({"camera": ["Creek"] * 2}), pl.DataFrame()])
def test_without_the_column_nothing_is_known(frame: pl.DataFrame) -> None:
    assert sides_of(frame).tolist() == [0] * frame.height


def test_only_left_alone_and_right_alone_are_opposite() -> None:
    a, b = (part.ravel().astype(np.uint8) for part in np.meshgrid(range(4), range(4)))
    found = {(int(x), int(y)) for x, y, yes in zip(a, b, are_opposite(a, b), strict=True) if yes}
    assert found == {(1, 2), (2, 1)}
