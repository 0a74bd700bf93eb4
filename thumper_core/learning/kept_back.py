"""Which of the corrected photos are kept back, to try with what was learned from the others.

Photos of one visit are near copies of each other, and those of one camera share all that stands before
it. So whole cameras are kept back where there are corrections at several, else whole days, else whole
visits. Which ones is decided by their names and sizes: those that are kept back today are as a rule kept
back next time too, and a model learned earlier has not seen them either. Where it has, that favours it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from thumper_core.contracts import ThumperError
from thumper_core.counting import counted
from thumper_core.files import content_hash

SHARE: Final = 0.25
"""Share of the corrected photos that is kept back, at least."""
SHARE_MAX: Final = 0.5
DEER_NEEDED: Final = 12
"""Deer that have to be among what is kept back; of fewer nobody can tell better from chance."""
DEER_TO_LEARN: Final = 24
"""Deer that have to be among the others."""
_UNITS: Final = (("camera", "camera"), ("day", "day"), ("event_id", "visit"))


@dataclass(frozen=True)
class KeptBack:
    """What is kept back: photo IDs, and in words ("2 cameras")."""

    photo_ids: frozenset[str]
    said: str


def kept_back(photos: pl.DataFrame) -> KeptBack:
    """Part photos into what is learned from and what is kept back.

    photos: `photo_id, camera, event_id, day, n_deer`. Raises ThumperError, saying what is missing,
    where neither cameras nor days nor visits leave enough deer on both sides.
    """
    filled = photos.with_columns(pl.col("camera").fill_null(""))
    for column, word in _UNITS:
        chosen = _chosen(filled, column)
        out = filled[column].is_in(chosen)
        n_out = int(filled.filter(out)["n_deer"].sum())
        n_in = int(filled.filter(~out)["n_deer"].sum())
        if n_out >= DEER_NEEDED and n_in >= DEER_TO_LEARN:
            ids = frozenset(filled.filter(out)["photo_id"].to_list())
            return KeptBack(ids, counted(len(chosen), word))
    raise ThumperError(
        f"A detector needs {DEER_NEEDED + DEER_TO_LEARN} deer in corrected photos of several cameras, days "
        f"or visits, so that a part can be kept back to try it with: there are "
        f"{int(filled['n_deer'].sum())} in {counted(filled.height, 'photo')} of "
        f"{counted(filled['event_id'].n_unique(), 'visit')}. Draw, move and delete boxes on the Photos page."
    )


def _chosen(photos: pl.DataFrame, column: str) -> list[str]:
    """The units that are kept back, in the order of their names' hashes, until they are enough."""
    sizes = {
        name: (n, n_deer)
        for name, n, n_deer in photos.group_by(column)
        .agg(pl.len(), pl.col("n_deer").sum())
        .iter_rows()
    }
    chosen: list[str] = []
    n = n_deer = 0
    for name in sorted(sizes, key=lambda one: content_hash(str(one).encode())):
        if n >= SHARE * photos.height and n_deer >= DEER_NEEDED:
            break
        if n + sizes[name][0] <= SHARE_MAX * photos.height:
            chosen.append(name)
            n, n_deer = n + sizes[name][0], n_deer + sizes[name][1]
    return chosen
