"""Counts, times and ratios as a land owner reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from thumper_core import language
from thumper_core.contracts import Flank
from thumper_core.counting import counted as counted
from thumper_core.language import mark, say
from thumper_core.questions.busiest import busiest_hours

if TYPE_CHECKING:
    from thumper_core.questions.reasons import NoDeer
    from thumper_core.questions.tables import Totals
    from thumper_core.store.herd_summary import Interval

BACKGROUND_UNTESTED = mark(
    "Whether this herd rests on the deer or on the places behind them has not been tested."
)
UNGROUPED = mark("In no group")
"""Stands for the label of a picture that has none."""
_SINGULAR = {
    "buck": mark("buck"),
    "doe": mark("doe"),
    "fawn": mark("fawn"),
    "unknown": mark("deer of unknown sex"),
}
_FLANKS = {
    Flank.LEFT: mark("left flank"),
    Flank.RIGHT: mark("right flank"),
    Flank.FRONT: mark("from the front"),
    Flank.REAR: mark("from behind"),
    Flank.UNKNOWN: mark("side not known"),
}


_STATUSES = {
    "alive": mark("alive"),
    "missing": mark("missing"),
    "harvested": mark("taken"),
    "dead": mark("dead"),
    "gone": mark("gone"),
}


def status(word: str, on: date | None = None, by: str | None = None) -> str:
    """`alive`, `missing since 3 Oct 2026`, `taken on 3 Oct 2026 by Ann`, `gone`.

    word, on, by: as `decisions.kinds.Status` has them; a status that is not known is said as it is.
    """
    said = say(_STATUSES.get(word, word))
    if on is not None and word == "harvested":
        said = say("{status} on {day}", status=said, day=day(on))
    elif on is not None:
        said = say("{status} since {day}", status=said, day=day(on))
    return say("{status} by {person}", status=said, person=by) if by else said


def status_of(card: Mapping[str, Any]) -> str:
    """The status of a row of `tables.herd_cards`; empty of a deer that is alive."""
    if card["status"] in (None, "alive"):
        return ""
    return status(card["status"], card["status_on"], card["status_by"])


def listed(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return say("{parts} and {last}", parts=", ".join(parts[:-1]), last=parts[-1])


def kind(category: str) -> str:
    """A category as one animal is called."""
    return say(_SINGULAR[category])


def flank_words(flank: str) -> str:
    """`left flank`, `from the front`, ..., `side not known`."""
    return say(_FLANKS[Flank(flank)])


def day(at: date | None) -> str:
    """`3 Oct 2026`, or a dash."""
    return language.day(at) if at else "\N{EN DASH}"


def moment(at: datetime | None) -> str:
    """`3 Oct 2026, 06:41`, or a dash."""
    return f"{day(at)}, {at:%H:%M}" if at else "\N{EN DASH}"


def when(at: datetime | None, precision: str | None) -> str:
    """A photo's time as exact as it is known: `3 Oct 2026, 06:41`, `3 Oct 2026`, `time unknown`.

    precision: the view's `taken_at_precision`.
    """
    if precision == "unknown":
        return say("time unknown")
    return day(at) if precision == "day" else moment(at)


def period(first: datetime | None, last: datetime | None) -> str:
    """The days from first to last, with what both share said once."""
    if first is None or last is None:
        return ""
    if first.date() == last.date():
        return say("on {day}", day=day(first))
    is_short = language.current() == language.ENGLISH  # others need more than the day's number
    if is_short and (first.year, first.month) == (last.year, last.month):
        start = str(first.day)
    elif first.year == last.year:
        start = language.day(first, year=False)
    else:
        start = day(first)
    return say("from {first} to {last}", first=start, last=day(last))


def hours(value: float) -> str:
    """A stretch of time: `40 minutes`, `7 hours`, `3 days`."""
    if value < 1.5:
        return counted(round(value * 60), "minute")
    return counted(round(value), "hour") if value < 48 else counted(round(value / 24), "day")


def percent(share: float) -> str:
    """`8%`; with one decimal below ten percent, and never 0% for what is not nothing."""
    if 0 < share < 0.001:
        return f"<{language.figure(0.001, '.1%')}"
    return language.figure(share, ".1%" if 0 < share < 0.0995 else ".0%")


SPLITS_EXPLAINED = mark(
    "Such splits cannot be counted without knowing the deer: a deer that looks like two, in colour and "
    "in infrared, is two to the calibration. So the figure lies between two views, nearer to the "
    "second: the one takes what is apart for two deer unless the calibration doubts it, the other "
    "weighs every group against the larger ones and gives each look-alike a small chance."
)


def merges_explained(animals: float) -> str:
    """Why wrong merges may be more than estimated; animals: the herd's estimated number of deer.

    Where two of n deer, each seen in s pictures, are held to be one, s^2 pairs are wrong of
    (n - 2) s^2 / 2 + (2 s)^2 / 2 that are joined: a share of 2 / (n + 2).
    """
    return say(
        "That counts the doubtful merges only. Two deer that look the same in every picture "
        "are one deer to any method that is not told who is who; in a herd of this size each "
        "such pair would add about {percent}. People who compare pictures find them.",
        percent=percent(2 / (animals + 2)),
    )


def estimate(value: Interval) -> str:
    """`3.1% (1.2% to 5.0%)`; the interval where one is known."""
    if value.low is None or value.high is None:
        return percent(value.value)
    return say(
        "{value} ({low} to {high})",
        value=percent(value.value),
        low=percent(value.low),
        high=percent(value.high),
    )


def background(kept: dict[str, Any] | None) -> str | None:
    """The background test's figures: `81% with the deer, 55% without`; None untested.

    kept: as `herd.background.read_scene_leak` gives it; by the truth where there is one.
    """
    leak = (kept["by_truth"] or kept["by_profile"]) if kept else None
    whole, blanked = (leak[key]["value"] if leak else None for key in ("whole_auc", "masked_auc"))
    if whole is None or blanked is None:
        return None
    return say(
        "{percent} with the deer, {percent2} without (50% is chance)",
        percent=percent(whole),
        percent2=percent(blanked),
    )


def herd_counts(totals: Totals) -> str:
    """`8 bucks, 13 does and 3 fawns`."""
    parts = [counted(totals.n_bucks, "buck")] if totals.n_bucks else []
    parts += [counted(totals.n_does, "doe")] if totals.n_does else []
    parts += [counted(totals.n_fawns, "fawn")] if totals.n_fawns else []
    if totals.n_unknown:
        parts.append(say("{n_unknown:,} of unknown sex", n_unknown=totals.n_unknown))
    return listed(parts)


def ratio(totals: Totals) -> str:
    """Bucks to does to fawns for one doe: `0.6 : 1 : 0.2`; without a doe, the plain counts; a dash
    where no deer is known to be any of them.
    """
    if totals.n_bucks == totals.n_does == totals.n_fawns == 0:
        return "\N{EN DASH}"
    if totals.n_does == 0:
        return f"{totals.n_bucks} : {totals.n_does} : {totals.n_fawns}"
    bucks, fawns = (
        language.figure(n / totals.n_does, ".1f") for n in (totals.n_bucks, totals.n_fawns)
    )
    return f"{bucks} : 1 : {fawns}"


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
        return [say("There are no photos yet. Add a folder with `thumper add`.")]
    cameras = counted(totals.n_cameras, "camera")
    when = period(totals.first_photo_at, totals.last_photo_at)
    found = say(
        "{cameras} took {photos} {when}.",
        cameras=cameras,
        photos=counted(totals.n_photos, "photo"),
        when=when,
    )
    if totals.n_deer == 0:
        if no_deer is None:
            none = mark(
                "No deer have been told apart yet: `thumper identify` tells the deer in them apart."
            )
            return [found, say(none)]
        does = mark("`{it}` shows the photos.") if no_deer.is_final else mark("`{it}` goes on.")
        step = say(does, it=f"thumper {no_deer.command}")
        return [found, f"{say('No deer have been told apart.')} {no_deer.sentence} {step}"]
    size = totals.size
    sentences = [size.sentence, found]
    if not size.is_telling:
        return [*sentences, *_when_they_come(sightings)]
    sentences.append(
        say("Of the {groups}: {herd_counts}.", groups=size.groups, herd_counts=herd_counts(totals))
    )
    if totals.n_does:
        sentences.append(
            say(
                "For every 100 does there are {n_bucks} bucks and {n_fawns} fawns.",
                n_bucks=round(100 * totals.n_bucks / totals.n_does),
                n_fawns=round(100 * totals.n_fawns / totals.n_does),
            )
        )
    top = cards.sort("n_visits", descending=True).row(0, named=True)
    place = (
        say(", mostly at {cameras}", cameras=isolated(top["cameras"][0])) if top["cameras"] else ""
    )
    sentences.append(
        say(
            "Seen most often: {label}, {visits}{place}.",
            label=isolated(top["label"]),
            visits=counted(top["n_visits"], "visit"),
            place=place,
        )
    )
    sentences += _when_they_come(sightings)
    if totals.n_seen_once and not size.is_known:
        sentences.append(
            say(
                "{n_seen_once:,} of the {n_deer:,} groups were seen only once. Some of these may be "
                "another deer of this herd seen again, so the true number may be lower.",
                n_seen_once=totals.n_seen_once,
                n_deer=totals.n_deer,
            )
        )
    return sentences


def _when_they_come(sightings: pl.DataFrame) -> list[str]:
    peak = busiest_hours(sightings)
    if peak is None:
        return []
    return [
        say(
            "The busiest time is {first:02d}:00 to {last:02d}:00, when {percent} of all visits "
            "begin.",
            first=peak[0],
            last=peak[1],
            percent=percent(peak[2]),
        )
    ]


def reason(error_code: str | None) -> str:
    """An error code as words: `too_many_pixels` becomes `Too many pixels`."""
    return (error_code or "unknown").replace("_", " ").capitalize()
