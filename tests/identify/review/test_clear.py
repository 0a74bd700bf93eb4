"""How clear pictures are: against the usual one of the herd, and by what the herd taught."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from thumper_core.identify.meet.chances import Model
from thumper_core.identify.meet.fitness import Fitness
from thumper_core.identify.meet.gallery import Yardstick
from thumper_core.identify.meet.learn import Lessons
from thumper_core.identify.meet.measured import NAMES
from thumper_core.identify.review.clear import CLEAR_MIN, clearness


def crops(sharpness: list[float]) -> pl.DataFrame:
    """Boxes of one size in the middle of photos of their own, as sharp as said."""
    n = len(sharpness)
    box = {"x1": 400.0, "y1": 300.0, "x2": 800.0, "y2": 700.0, "width": 1600, "height": 1200}
    return pl.DataFrame(
        {name: [value] * n for name, value in box.items()}
        | {
            "picture_id": [f"p{at}" for at in range(n)],
            "photo_id": [f"p{at}" for at in range(n)],
            "confidence": [0.8] * n,
            "sharpness": sharpness,
        }
    )


def taught(above: float) -> Lessons:
    """Lessons by which only crops whose sharpness is above this one show who it is."""
    slopes = np.zeros(len(NAMES))
    slopes[NAMES.index("sharpness")] = 50.0
    line = Fitness(
        np.zeros(len(NAMES)), np.ones(len(NAMES)), slopes, -50.0 * float(np.log1p(above)), 1.0
    )
    nothing = Model(Yardstick(np.zeros(4), np.ones(4)), np.zeros(0), np.zeros(0))
    return Lessons(line, nothing)


@pytest.mark.parametrize(
    ("sharpness", "index", "dark"),
    [
        ([], [], []),
        ([30.0], [0], []),
        ([30.0, 25.0, 40.0, 0.0], [0, 1, 2, 3], [3]),  # nearly black
        ([30.0, 25.0, 40.0, 0.0], [0, 1, 2, 2], []),  # beside a clear one of its tracklet
        ([0.0, 0.0, 0.0], [0, 1, 2], []),  # all alike: none is worse than is usual
    ],
)
def test_a_tracklet_is_as_clear_as_its_best_picture(
    sharpness: list[float], index: list[int], dark: list[int]
) -> None:
    n = max(index, default=-1) + 1
    found = clearness(crops(sharpness), np.array(index, np.int32), n, None)
    assert found.shape == (n,) and (found >= 0).all() and (found <= 1).all()
    assert np.flatnonzero(found < CLEAR_MIN).tolist() == dark


def test_what_the_herd_taught_counts() -> None:
    frame, index = crops([30.0, 25.0, 40.0]), np.arange(3, dtype=np.int32)
    assert (clearness(frame, index, 3, None) > 0.9).all()
    assert clearness(frame, index, 3, taught(28.0)).tolist()[1] == 0
    assert (clearness(frame, index, 3, taught(28.0))[[0, 2]] > 0.9).all()
