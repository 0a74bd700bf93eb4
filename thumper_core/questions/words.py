"""Counts, times and ratios as a land owner reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from thumper_core.contracts import Flank
from thumper_core.counting import counted as counted
from thumper_core.views.times import timed

if TYPE_CHECKING:
    from thumper_core.herd.recut import Applied
    from thumper_core.questions.reasons import NoDeer
    from thumper_core.questions.tables import Totals
    from thumper_core.store.herd_summary import Interval

BACKGROUND_UNTESTED = (
    "Whether this herd rests on the deer or on the places behind them has not been tested: "
    "`thumper evaluate background` does it, in a minute or two."
)
UNGROUPED = "In no group"
"""Stands for the label of a picture that has none."""
_FEW_VISITS = 20  # below, a busiest hour says nothing
_SINGULAR = {
    "buck": "buck",
    "doe": "doe",
    "fawn": "fawn",
    "unknown": "deer of unknown sex",
}
_FLANKS = {
    Flank.LEFT: "left flank",
    Flank.RIGHT: "right flank",
    Flank.FRONT: "from the front",
    Flank.REAR: "from behind",
    Flank.UNKNOWN: "side not known",
}


_STATUSES = {
    "alive": "alive",
    "missing": "missing",
    "harvested": "taken",
    "dead": "dead",
    "gone": "gone",
}


def status(word: str, on: date | None = None, by: str | None = None) -> str:
    """`alive`, `missing since 3 Oct 2026`, `taken on 3 Oct 2026 by Ann`, `gone`.

    word, on, by: as `decisions.kinds.Status` has them; a status that is not known is said as it is.
    """
    said = _STATUSES.get(word, word)
    if on is not None:
        said += f" {'on' if word == 'harvested' else 'since'} {day(on)}"
    return f"{said} by {by}" if by else said


def status_of(card: Mapping[str, Any]) -> str:
    """The status of a row of `tables.herd_cards`; empty of a deer that is alive."""
    if card["status"] in (None, "alive"):
        return ""
    return status(card["status"], card["status_on"], card["status_by"])


def listed(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def kind(category: str) -> str:
    """A category as one animal is called."""
    return _SINGULAR[category]


def flank_words(flank: str) -> str:
    """`left flank`, `from the front`, ..., `side not known`."""
    return _FLANKS[Flank(flank)]


def day(at: date | None) -> str:
    """`3 Oct 2026`, or a dash."""
    return f"{at.day} {at:%b %Y}" if at else "\N{EN DASH}"


def moment(at: datetime | None) -> str:
    """`3 Oct 2026, 06:41`, or a dash."""
    return f"{day(at)}, {at:%H:%M}" if at else "\N{EN DASH}"


def when(at: datetime | None, precision: str | None) -> str:
    """A photo's time as exact as it is known: `3 Oct 2026, 06:41`, `3 Oct 2026`, `time unknown`.

    precision: the view's `taken_at_precision`.
    """
    if precision == "unknown":
        return "time unknown"
    return day(at) if precision == "day" else moment(at)


def period(first: datetime | None, last: datetime | None) -> str:
    """The days from first to last, with what both share said once."""
    if first is None or last is None:
        return ""
    if first.date() == last.date():
        return f"on {day(first)}"
    if (first.year, first.month) == (last.year, last.month):
        start = str(first.day)
    elif first.year == last.year:
        start = f"{first.day} {first:%b}"
    else:
        start = day(first)
    return f"from {start} to {day(last)}"


def hours(value: float) -> str:
    """A stretch of time: `40 minutes`, `7 hours`, `3 days`."""
    if value < 1.5:
        return counted(round(value * 60), "minute")
    return counted(round(value), "hour") if value < 48 else counted(round(value / 24), "day")


def percent(share: float) -> str:
    """`8%`; with one decimal below ten percent, and never 0% for what is not nothing."""
    if 0 < share < 0.001:
        return "<0.1%"
    return f"{share:.1%}" if 0 < share < 0.0995 else f"{share:.0%}"


SPLITS_EXPLAINED = (
    "Such splits cannot be counted without knowing the deer: a deer that looks like two, by day and by "
    "infrared light, is two to the calibration. So the figure lies between two views, nearer to the "
    "second: the one takes what is apart for two deer unless the calibration doubts it, the other "
    "weighs every group against the larger ones and gives each look-alike a small chance."
)


def merges_explained(animals: float) -> str:
    """Why wrong merges may be more than estimated; animals: the herd's estimated number of deer.

    Where two of n deer, each seen in s pictures, are held to be one, s^2 pairs are wrong of
    (n - 2) s^2 / 2 + (2 s)^2 / 2 that are joined: a share of 2 / (n + 2).
    """
    return (
        "That counts the doubtful merges only. Two deer that look the same in every picture are one "
        "deer to any method that is not told who is who; in a herd of this size each such pair would "
        f"add about {percent(2 / (animals + 2))}. Verdicts on the Review page find them."
    )


def estimate(value: Interval) -> str:
    """`3.1% (1.2% to 5.0%)`; the interval where one is known."""
    if value.low is None or value.high is None:
        return percent(value.value)
    return f"{percent(value.value)} ({percent(value.low)} to {percent(value.high)})"


def background(kept: dict[str, Any] | None) -> str | None:
    """The background test's figures: `81% with the deer, 55% without`; None untested.

    kept: as `herd.background.read_scene_leak` gives it; by the truth where there is one.
    """
    leak = (kept["by_truth"] or kept["by_profile"]) if kept else None
    whole, blanked = (leak[key]["value"] if leak else None for key in ("whole_auc", "masked_auc"))
    if whole is None or blanked is None:
        return None
    return f"{percent(whole)} with the deer, {percent(blanked)} without (50% is chance)"


def herd_counts(totals: Totals) -> str:
    """`8 bucks, 13 does and 3 fawns`."""
    parts = [
        counted(n, *names)
        for n, *names in (
            (totals.n_bucks, "buck", "bucks"),
            (totals.n_does, "doe", "does"),
            (totals.n_fawns, "fawn", "fawns"),
        )
        if n
    ]
    if totals.n_unknown:
        parts.append(f"{totals.n_unknown:,} of unknown sex")
    return listed(parts)


def change_told(applied: Applied) -> str:
    """What decisions did to the herd, as `2 groups became 1 (deer-019 and deer-034); 35 now.`."""
    before, after = applied.before, applied.after
    left = f"{applied.summary.counts.n_individuals or 0:,}"
    if before == after:
        names = listed(list(before))
        did = f"Pictures moved between {names}" if len(before) > 1 else f"{names} changed"
        return f"{did}; {left} groups now."
    names = listed(sorted({*before, *after}))
    return f"{counted(len(before), 'group')} became {len(after)} ({names}); {left} now."


def ratio(totals: Totals) -> str:
    """Bucks to does to fawns for one doe: `0.6 : 1 : 0.2`; without a doe, the plain counts; a dash
    where no deer is known to be any of them.
    """
    if totals.n_bucks == totals.n_does == totals.n_fawns == 0:
        return "\N{EN DASH}"
    if totals.n_does == 0:
        return f"{totals.n_bucks} : {totals.n_does} : {totals.n_fawns}"
    bucks, fawns = (f"{n / totals.n_does:.1f}" for n in (totals.n_bucks, totals.n_fawns))
    return f"{bucks} : 1 : {fawns}"


def busiest_hours(sightings: pl.DataFrame) -> tuple[int, int, float] | None:
    """Start and end (hours of day) of the two hours in which most visits begin, and their share.

    None where there are too few visits, or where no two hours stand out (below twice an even day).
    """
    sightings = timed(sightings)
    if sightings.height < _FEW_VISITS:
        return None
    hours = sightings["started_at"].dt.hour().to_list()
    counts = [hours.count(hour) for hour in range(24)]
    pairs = [counts[hour] + counts[(hour + 1) % 24] for hour in range(24)]
    start = max(range(24), key=lambda hour: (pairs[hour], counts[hour]))
    share = pairs[start] / len(hours)
    return (start, (start + 2) % 24, share) if share >= 2 * 2 / 24 else None


def isolated(name: str) -> str:
    """A name inside a sentence: its writing direction does not spread (Unicode isolates)."""
    return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"


def summary(
    totals: Totals, cards: pl.DataFrame, sightings: pl.DataFrame, no_deer: NoDeer | None = None
) -> list[str]:
    """What the herd's owner wants to know first, as sentences.

    totals, cards, sightings: as `tables` gives them; no_deer: why there are none to tell apart.
    """
    if totals.n_photos == 0:
        return ["There are no photos yet. Add a folder with `thumper add`."]
    cameras = counted(totals.n_cameras, "camera")
    when = period(totals.first_photo_at, totals.last_photo_at)
    found = f"{cameras} took {counted(totals.n_photos, 'photo')} {when}."
    if totals.n_deer == 0:
        if no_deer is None:
            step = "`thumper identify` tells the deer in them apart."
            return [found, f"No deer have been told apart yet: {step}"]
        does = "shows the photos" if no_deer.is_final else "goes on"
        said = f"{no_deer.sentence} `thumper {no_deer.command}` {does}."
        return [found, f"No deer have been told apart. {said}"]
    size = totals.size
    sentences = [size.sentence, found]
    if not size.is_telling:
        return [*sentences, *_when_they_come(sightings)]
    sentences.append(f"Of the {size.groups}: {herd_counts(totals)}.")
    if totals.n_does:
        sentences.append(
            f"For every 100 does there are {round(100 * totals.n_bucks / totals.n_does)} bucks and "
            f"{round(100 * totals.n_fawns / totals.n_does)} fawns."
        )
    top = cards.sort("n_visits", descending=True).row(0, named=True)
    place = f", mostly at {isolated(top['cameras'][0])}" if top["cameras"] else ""
    sentences.append(
        f"Seen most often: {isolated(top['label'])}, {counted(top['n_visits'], 'visit')}{place}."
    )
    sentences += _when_they_come(sightings)
    if totals.n_seen_once and not size.is_known:
        sentences.append(
            f"{totals.n_seen_once:,} of the {totals.n_deer:,} groups were seen only once. Some of these may "
            "be another deer of this herd seen again, so the true number may be lower."
        )
    return sentences


def _when_they_come(sightings: pl.DataFrame) -> list[str]:
    peak = busiest_hours(sightings)
    if peak is None:
        return []
    return [
        f"The busiest time is {peak[0]:02d}:00 to {peak[1]:02d}:00, when {percent(peak[2])} of all "
        "visits begin."
    ]


def reason(error_code: str | None) -> str:
    """An error code as words: `too_many_pixels` becomes `Too many pixels`."""
    return (error_code or "unknown").replace("_", " ").capitalize()
