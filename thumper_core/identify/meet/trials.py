"""Trials on the gallery: part of it is taken out and asked about as if it were new.

A space fits what it was learned from: in it the deer of the gallery lie further apart than new ones will.
So what a likeness is worth is tried with spaces that were learned without what is asked about. In each
trial a stretch of time is asked about, and some of the deer were never seen: all of theirs is asked about
too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import FloatArray
from thumper_core.identify.chain import light_of
from thumper_core.identify.links.columns import column_codes, event_names, picture_column
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.sampling import whole_groups
from thumper_core.identify.space.learn import learn_space
from thumper_core.identify.space.similarity import IntArray
from thumper_core.settings import IdentifySettings

TRIALS: Final = 4
NEVER_SEEN: Final = 0.25
"""Share of the deer that a trial's gallery does not hold."""
TRACKLETS_MAX: Final = 2_500
"""Tracklets of whole events that trials are made of: more teach nothing new."""


@dataclass(frozen=True)
class Trial:
    """known, asked: (R,) rows of the frame that are the gallery, and that are asked about; vectors:
    (N, d) float32 in a space learned on the first alone, zero for rows of neither.
    """

    known: npt.NDArray[np.int64]
    asked: npt.NDArray[np.int64]
    vectors: FloatArray


def trials(
    frame: pl.DataFrame,
    vectors: FloatArray,
    index: IntArray,
    tracklets: pl.DataFrame,
    links: Constraints,
    who: IntArray,
    settings: IdentifySettings,
) -> Iterator[Trial]:
    """Trials of a gallery, none where there are too few deer.

    frame, vectors: as `identify_frame` takes them; index: (N,) tracklets; tracklets: their table; links:
    between them; who: (N,) code of each detection's animal, -1: not known, which is left out.
    """
    rng = np.random.default_rng(settings.seed)
    event = column_codes(tracklets, "event_id")
    used = whole_groups(event, TRACKLETS_MAX, rng)[index] & (who >= 0)
    deer = np.unique(who[used])
    if len(deer) < 4:
        return
    block = _stretches(tracklets, event)[index]
    fold = np.full(int(who.max()) + 1, -1)
    fold[deer] = rng.permutation(len(deer)) % round(1 / NEVER_SEEN)
    for trial in range(TRIALS):
        unseen = fold[np.maximum(who, 0)] == trial
        asked = used & (unseen | (block == trial))
        known = np.flatnonzero(used & ~asked)
        asks = np.flatnonzero(asked)
        if len(known) and len(asks):
            yield _trial(frame, vectors, index, tracklets, links, known, asks, settings)


def _stretches(tracklets: pl.DataFrame, event: IntArray) -> IntArray:
    """(T,) int32 stretch of time, 0..TRIALS-1, of each tracklet; whole events, about as many in each."""
    began = tracklets["started_at"].rank("ordinal").fill_null(0).to_numpy()
    first = np.full(int(event.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, event, began.astype(np.int64))
    place = np.argsort(np.argsort(first, kind="stable"), kind="stable")
    return (place[event] * TRIALS // max(len(first), 1)).astype(np.int32)


def _trial(
    frame: pl.DataFrame,
    vectors: FloatArray,
    index: IntArray,
    tracklets: pl.DataFrame,
    links: Constraints,
    known: npt.NDArray[np.int64],
    asked: npt.NDArray[np.int64],
    settings: IdentifySettings,
) -> Trial:
    light = light_of(frame)
    photo = column_codes(frame, picture_column(frame))
    inside, own = np.unique(index[known], return_inverse=True)
    part = tracklets[inside.tolist()]
    space = learn_space(
        vectors[known],
        own.astype(np.int32),
        photo[known],
        column_codes(part, "event_id"),
        event_names(part),
        None if light is None else light[known],
        links.among(inside),
        settings,
    )
    outside, its = np.unique(index[asked], return_inverse=True)
    mapped = space.mapping.apply(
        vectors[asked],
        None if light is None else light[asked],
        its.astype(np.int32),
        event_names(tracklets[outside.tolist()]),
    )
    found = np.zeros((len(vectors), space.vectors.shape[1]), np.float32)
    found[known], found[asked] = space.vectors, mapped
    return Trial(known, asked, found)
