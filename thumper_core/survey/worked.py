"""On which days a camera worked: not on those of a silence longer than its own gaps explain.

A camera that takes no photo for days was dead, or nothing came. Which it was is judged by the camera's own
days: of `a` other days with a photo and `s` without, the share with one has the posterior Beta(a + 1, s + 1)
(uniform prior), so that `k` silent days in a row come with the chance B(a + 1, s + 1 + k) / B(a + 1, s +
1), at any of the a + 1 places where a silence can begin. Below CHANCE_MAX, and where the silence is also
more than LONGER times the next long one, its days do not count as worked. Deer come in spells, so that
silences are longer than days drawn one by one would make them: that is what the second condition is for. A
person's word goes before both (`decisions.kinds.CameraWorked`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import betaln

CHANCE_MAX: Final = 0.05
LONGER: Final = 2.0
SILENT_DAYS_MIN: Final = 3
ACTIVE_DAYS_MIN: Final = 4
"""With fewer days on which it took a photo nothing is known of what is usual for a camera: its silences
count, if it took any."""
_ODD_SHARE: Final = 0.2  # of a camera's gaps, that may be out of the usual; at least one

PHOTO, QUIET, SILENT = "photo", "quiet", "silent"
SAID_WORKED, SAID_DEAD = "said worked", "said dead"
COUNTED: Final = (PHOTO, QUIET, SAID_WORKED)
"""States in which a camera is held to have worked."""
STAYS: Final = pl.Schema(
    {"deployment": pl.String(), "camera": pl.String(), "first": pl.Date(), "last": pl.Date()}
)
SHOT: Final = pl.Schema({"deployment": pl.String(), "camera": pl.String(), "day": pl.Date()})
SAID: Final = pl.Schema({"camera": pl.String(), "day": pl.Date(), "worked": pl.Boolean()})
DAYS: Final = pl.Schema(
    {
        "deployment": pl.String(),
        "camera": pl.String(),
        "day": pl.Date(),
        "state": pl.String(),  # PHOTO, QUIET (no photo, and counted), SILENT, SAID_WORKED or SAID_DEAD
        "silent_days": pl.Int32(),  # of the silence that the day lies in; 0: there is a photo
        "chance": pl.Float64(),  # of so long a silence of a camera that works; null: not judged
    }
)


@dataclass(frozen=True)
class Silence:
    """Days in a row without a photo. begins: index of the first; chance: that a camera which works as this
    one does is silent so long anywhere in the time, None where too little is known of it; counts: whether
    it is held to have worked.
    """

    begins: int
    days: int
    chance: float | None
    counts: bool


def silences(shot: npt.NDArray[np.bool_], confirmed: npt.NDArray[np.bool_]) -> list[Silence]:
    """The silences of a camera's days, in order.

    shot: (n,) whether it took a photo; confirmed: (n,) whether a person says that it worked: such days
    without a photo are in no silence that is judged, and they are part of what is usual.
    """
    runs = list(_runs(~shot & ~confirmed))
    active = int(shot.sum())
    if active < ACTIVE_DAYS_MIN:
        # Without a photo and without a word nothing says that it worked at all.
        counts = bool(active or confirmed.any())
        return [Silence(begins, days, None, counts) for begins, days in runs]
    sure = [days for _, days in _runs(~shot & confirmed)]
    lengths = sorted((days for _, days in runs), reverse=True)
    odd = _shortest_odd(lengths, sure, active)
    return [
        Silence(
            begins,
            days,
            # Against what is usual: shorter silences, and none that is out of it itself.
            _chance(
                days, active, sum(sure) + sum(n for n in lengths if n < min(days, odd or days))
            ),
            odd is None or days < odd,
        )
        for begins, days in runs
    ]


def judged(stays: pl.DataFrame, shot: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """Every day of every stay and what is held of it: DAYS, by camera, day and stay.

    stays: STAYS, days included; shot: SHOT, days with a photo, each of which counts, inside a stay or not;
    said: SAID, one row a camera and day.
    """
    taken: dict[str, set[int]] = {}
    for deployment, _, day in shot.select(list(SHOT)).iter_rows():
        taken.setdefault(deployment, set()).add(day.toordinal())
    words = {(camera, day.toordinal()): worked for camera, day, worked in said.iter_rows()}
    rows: list[tuple[str, str, int, str, int, float | None]] = []
    for deployment, camera, first, last in stays.select(list(STAYS)).iter_rows():
        days = range(first.toordinal(), last.toordinal() + 1)
        rows += _of_stay(deployment, camera, days, taken.get(deployment, set()), words)
    inside = {(row[0], row[2]) for row in rows}
    for deployment, camera in shot.select("deployment", "camera").unique().iter_rows():
        astray = (day for day in taken[deployment] if (deployment, day) not in inside)
        rows += [(deployment, camera, day, PHOTO, 0, None) for day in astray]
    frame = pl.DataFrame(rows, schema=dict(DAYS) | {"day": pl.Int64()}, orient="row")
    epoch = 719_163  # of 1 January 1970, as `date.toordinal` counts
    return frame.with_columns((pl.col("day") - epoch).cast(pl.Int32).cast(pl.Date)).sort(
        "camera", "day", "deployment"
    )


def _of_stay(
    deployment: str, camera: str, days: range, taken: set[int], words: dict[tuple[str, int], bool]
) -> Iterator[tuple[str, str, int, str, int, float | None]]:
    # Days of which a person says that it was dead are no part of what is usual: time without them.
    dead = [d for d in days if d not in taken and words.get((camera, d)) is False]
    lived = [d for d in days if d not in {*dead}]
    shot = np.array([d in taken for d in lived], dtype=bool)
    confirmed = np.array([words.get((camera, d), False) for d in lived], dtype=bool)
    yield from ((deployment, camera, d, SAID_DEAD, len(dead), None) for d in dead)
    for at in np.flatnonzero(shot):
        yield deployment, camera, lived[at], PHOTO, 0, None
    for begins, n in _runs(~shot & confirmed):
        yield from (
            (deployment, camera, d, SAID_WORKED, n, None) for d in lived[begins : begins + n]
        )
    for one in silences(shot, confirmed):
        state = QUIET if one.counts else SILENT
        for d in lived[one.begins : one.begins + one.days]:
            yield deployment, camera, d, state, one.days, one.chance


def _runs(true: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """(first index, length) of each run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], true, [False]])))
    for begins, ends in zip(edges[::2], edges[1::2], strict=True):
        yield int(begins), int(ends - begins)


def _shortest_odd(lengths: list[int], sure: list[int], active: int) -> int | None:
    """The shortest silence that does not count, and every longer one with it; None: all do.

    lengths: the longest first. Several dead spells hide each other, so a few are left out together.
    """
    most = max(1, round(_ODD_SHARE * (active + 1)))
    for n in range(min(most, len(lengths)), 0, -1):
        days, usual = lengths[n - 1], [*lengths[n:], *sure]
        if days < SILENT_DAYS_MIN or days <= LONGER * max(usual, default=0):
            continue
        if _chance(days, active, sum(usual)) < CHANCE_MAX:
            return days
    return None


def _chance(days: int, active: int, silent: int) -> float:
    log = betaln(active + 1, silent + 1 + days) - betaln(active + 1, silent + 1)
    return min(1.0, (active + 1) * float(np.exp(log)))
