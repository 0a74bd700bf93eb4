"""How clearly the best picture of each tracklet shows its animal: what a person could see in it."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.identify.links.quality import crop_quality, log_sharpness
from thumper_core.identify.meet.fitness import TELLS_MIN
from thumper_core.identify.meet.learn import Lessons, tells
from thumper_core.identify.meet.measured import measures
from thumper_core.identify.space.similarity import IntArray

CLEAR_MIN: Final = 0.35
"""Below it a picture is nearly black, tiny or a corner of an animal: looked at on 645 photos of feeders."""


def clearness(
    frame: pl.DataFrame, index: IntArray, n: int, lessons: Lessons | None
) -> npt.NDArray[np.float64]:
    """(n,) for each tracklet, in [0, 1], of its best crop: quality and sharpness as shares of the usual ones,
    the lesser of the two, 1 from there on; 0 where the herd's lessons say of all its crops that they do not
    show who it is.

    In the dark a large box can have the quality of others (`crop_quality` forgives a little blur), and
    still shows nothing but a shadow. frame: as `identify_frame` takes it; index: (N,) tracklet of each
    row; lessons: None where none are kept.
    """
    if not frame.height:
        return np.ones(n)
    both = crop_quality(frame).astype(np.float64), log_sharpness(frame)
    share = np.minimum(*map(_of_usual, both))
    if lessons is not None and lessons.identify is not None:
        share[tells(lessons.identify, measures(frame)) < TELLS_MIN] = 0.0
    best = np.zeros(n)
    np.maximum.at(best, index, share)
    return best


def _of_usual(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(N,) each as a share of the median, at most 1; 1 where that is nothing."""
    usual = float(np.median(values))
    return np.minimum(values / usual, 1.0) if usual > 0 else np.ones(len(values))
