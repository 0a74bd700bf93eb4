"""Why a camera took no photo for days, as far as its photos tell: card, clock, battery, cold."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from thumper_core.language import say
from thumper_core.views.times import dated

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

LOW_PCT: Final = 20.0
RISE_PCT: Final = 30.0
COLD_C: Final = -10.0
"""A battery at 20% is low by cameras' own manuals; alkaline cells give about half of their charge at -10 C
and hardly any below -20 C."""
_BEFORE: Final = 50  # photos before a silence in which it may have been cold
_ROLLS: Final = 9990  # numbers of files go to 9999 and begin anew

_PHOTOS: Final = """
select camera, taken_at, taken_at_precision, file_number, battery_pct, temperature_c
from photos where list_contains(?, camera)
"""


def told_by_photos(workspace: Workspace, cameras: list[str]) -> pl.DataFrame:
    """What `reasons` goes by, of these cameras and of all times: `camera, taken_at, taken_at_precision,
    file_number, battery_pct, temperature_c`.
    """
    return workspace.sql(_PHOTOS, [cameras])


def reasons(photos: pl.DataFrame, camera: str, first: date, last: date) -> list[str]:
    """What speaks for a reason of a camera's silence on these days, in sentences; none: it is not known.

    photos: `told_by_photos`.
    """
    timed = dated(photos.filter(pl.col("camera") == camera)).sort("taken_at", "file_number")
    day = pl.col("taken_at").dt.date()
    before = timed.filter(day < first).tail(_BEFORE)
    after = timed.filter(day > last).head(1)
    found = []
    if not before.is_empty():
        last_before = before.row(-1, named=True)
        found += _of_power(before, last_before, after)
        if not after.is_empty():
            found += _of_numbers(last_before, after.row(0, named=True))
    return found


def _of_power(before: pl.DataFrame, last: dict[str, Any], after: pl.DataFrame) -> list[str]:
    found = []
    battery = last["battery_pct"]
    then = after["battery_pct"].item() if after.height else None
    if battery is not None and then is not None and then - battery >= RISE_PCT:
        found.append(
            say(
                "Its battery was at {low:.0f}% before and at {high:.0f}% after it: it was changed.",
                low=battery,
                high=then,
            )
        )
    elif battery is not None and battery <= LOW_PCT:
        found.append(say("Its battery was at {low:.0f}% before it.", low=battery))
    cold = before["temperature_c"].min()
    if isinstance(cold, int | float) and cold <= COLD_C:
        found.append(say("It was {cold:.0f} °C before it: cold batteries give little.", cold=cold))
    return found


def _of_numbers(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What the numbers of the camera's files say: they go on by one for each photo that it takes."""
    low, high = before["file_number"], after["file_number"]
    if low is None or high is None or (high < low and low >= _ROLLS):
        return []
    if high < low:
        return [
            say("The numbers of its files begin anew after it: its card was changed or emptied.")
        ]
    if high > low + 1:
        return [
            say(
                "The numbers of its files jump by {n:,} over it: photos are not here, or another card came.",
                n=high - low - 1,
            )
        ]
    return [say("The numbers of its files go on without a break: it took none.")]
