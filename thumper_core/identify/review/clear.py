"""How clearly the best picture of each tracklet shows its animal: what a person could see in it."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.identify.links.quality import crop_quality
from thumper_core.identify.meet.fitness import TELLS_MIN
from thumper_core.identify.meet.learn import Lessons, tells
from thumper_core.identify.meet.measured import measures
from thumper_core.identify.space.similarity import IntArray

CLEAR_MIN: Final = 0.3
"""Below it a picture is nearly black, tiny or a corner of an animal: looked at on 645 photos of feeders."""


def clearness(
    frame: pl.DataFrame, index: IntArray, n: int, lessons: Lessons | None
) -> npt.NDArray[np.float64]:
    """(n,) for each tracklet, in [0, 1]: the quality of its best crop as a share of the usual one's, 1 from
    there on; 0 where the herd's lessons say of all its crops that they do not show who it is.

    frame: as `identify_frame` takes it; index: (N,) tracklet of each row; lessons: None where none are kept.
    """
    quality = crop_quality(frame).astype(np.float64)
    best = np.zeros(n)
    np.maximum.at(best, index, quality)
    usual = float(np.median(best)) if n else 0.0
    if lessons is not None and lessons.identify is not None:
        quality[tells(lessons.identify, measures(frame)) < TELLS_MIN] = 0.0
        best = np.zeros(n)
        np.maximum.at(best, index, quality)
    return np.clip(best / usual, 0.0, 1.0) if usual > 0 else np.ones(n)
