"""Bucks, does and fawns: ratios with intervals, and the herd that follows from counted bucks.

A sighting in a ratio is an animal in an event, not a picture of it: the number of bucks in an
event is the most that one photo shows. A deer that stands in front of a camera for an hour counts
once, and intervals come from resampling events, because pictures of one event are not independent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import AgeClass, Sex
from thumper_core.herd.abundance.estimate import CONFIDENCE, Estimate, Refused, Result, Z
from thumper_core.language import mark, say

CLASSES: Final = ("bucks", "does", "fawns", "unknown")
EVENTS_MIN: Final = 10
RESAMPLES: Final = 2000
_NONE_SHOWS: Final = {
    "bucks": mark("No event shows bucks."),
    "does": mark("No event shows does."),
    "fawns": mark("No event shows fawns."),
}

EQUALLY_OFTEN: Final = mark("Bucks, does and fawns that use the area pass a camera equally often.")
_EVENT_ASSUMPTIONS: Final = (
    EQUALLY_OFTEN,
    mark("Sex and age class are read without error wherever they are given."),
    mark("Events are independent of each other."),
)
_JACOBSON_SOURCE: Final = mark(
    "Jacobson, Kroll, Browning, Koerth & Conway 1997, Infrared-triggered cameras for censusing "
    "white-tailed deer, Wildlife Society Bulletin 25: 547-556; interval by resampling after "
    "Weckel, Rockwell & Secret 2011, Wildlife Society Bulletin 35: 445-451"
)


@dataclass(frozen=True)
class Census:
    """Jacobson's herd: bucks as counted, the rest in proportion."""

    bucks: int
    does: Result
    fawns: Result
    total: Result


def event_counts(detections: pl.DataFrame) -> pl.DataFrame:
    """Animals per event and class: `event_id, camera, bucks, does, fawns, unknown` (integers).

    detections: deer only, one row per box, with `photo_id, event_id, camera, sex, age_class`. Each
    count is the most that any one photo of the event shows.
    """
    sex, age = pl.col("sex"), pl.col("age_class")
    fawn = age == AgeClass.FAWN
    is_class = {
        "bucks": ~fawn & (sex == Sex.MALE),
        "does": ~fawn & (sex == Sex.FEMALE),
        "fawns": fawn,
        "unknown": ~fawn & ~sex.is_in([Sex.MALE, Sex.FEMALE]),
    }
    return (
        detections.group_by("event_id", "camera", "photo_id")
        .agg(*(is_class[name].sum().cast(pl.Int64).alias(name) for name in CLASSES))
        .group_by("event_id", "camera")
        .agg(pl.col(CLASSES).max())
        .sort("event_id")
    )


def wilson(successes: int, n: int) -> tuple[float, float]:
    """95% interval of a proportion (Wilson 1927, JASA 22: 209-212; Newcombe 1998, method 3).

    Raises ValueError unless 0 <= successes <= n and n > 0.
    """
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"no proportion: {successes} of {n}")
    p = successes / n
    centre = p + Z**2 / (2 * n)
    half = Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    # At the ends the formula is exact; rounding would leave a trace beyond [0, 1].
    low = 0.0 if successes == 0 else (centre - half) / (1 + Z**2 / n)
    high = 1.0 if successes == n else (centre + half) / (1 + Z**2 / n)
    return low, high


def ratio_of_individuals(numerator: int, denominator: int, name: str) -> Result:
    """Animals of one kind per animal of another, among identified individuals.

    The interval is Wilson's for the share of the first kind among both, turned into a ratio.
    """
    method = f"{name}, identified individuals"
    if denominator == 0:
        return Refused(method, say("No individual of the kind that the ratio divides by is known."))
    low, high = wilson(numerator, numerator + denominator)
    return Estimate(
        method=method,
        estimate=numerator / denominator,
        low=low / (1 - low),
        high=math.inf if high == 1 else high / (1 - high),
        assumptions=(
            say("Each individual is one animal, and both kinds are recognised equally well."),
            say("The individuals known are a random draw of the herd."),
        ),
        source=say("Wilson 1927, JASA 22: 209-212, as odds"),
    )


def ratio_of_events(
    counts: pl.DataFrame, numerator: str, denominator: str, seed: int = 0
) -> Result:
    """Animals of one class per animal of another, over events, resampled by event.

    counts: `event_counts`; numerator, denominator: two of CLASSES. Refused below ten events that
    show either class, or where none shows the denominator.
    """
    method = f"{numerator} per {denominator.removesuffix('s')}, events"
    shown = counts.filter((pl.col(numerator) > 0) | (pl.col(denominator) > 0))
    if shown.height < EVENTS_MIN:
        return Refused(method, _too_few(shown.height))
    sums = shown.select(numerator, denominator).sum().row(0)
    if sums[1] == 0:
        return Refused(method, say(_NONE_SHOWS[denominator]))
    drawn = _resampled(shown.select(numerator, denominator), seed)
    low, high = _percentiles(_divide(drawn[:, 0], drawn[:, 1]))
    return Estimate(
        method=method,
        estimate=sums[0] / sums[1],
        low=low,
        high=high,
        assumptions=tuple(map(say, _EVENT_ASSUMPTIONS)),
        source=say("ratio of sums; percentile interval, Efron 1979, Annals of Statistics 7: 1-26"),
    )


def jacobson(n_bucks: int, counts: pl.DataFrame, seed: int = 0) -> Census:
    """The herd from the bucks that were told apart, by the branch-antlered-buck ratio method.

    Bucks can be counted one by one by their antlers; does and fawns follow from how often they are
    seen for each sighting of a buck: does = B * d / b, fawns = B * f / b, where B bucks were
    identified and b, d, f are the sightings of bucks, does and fawns (Jacobson et al. 1997).

    n_bucks: identified adult males; counts: `event_counts`. Intervals resample events and hold B,
    which is a count, not a sample. Refused without bucks or below ten events.
    """
    bucks, does, fawns = (int(counts[c].sum()) for c in CLASSES[:3])
    reason = ""
    shown = counts.filter((pl.col("bucks") > 0) | (pl.col("does") > 0) | (pl.col("fawns") > 0))
    if n_bucks == 0 or bucks == 0:
        reason = say("No buck was identified, and bucks are what this method counts.")
    elif shown.height < EVENTS_MIN:
        reason = _too_few(shown.height)
    if reason:
        refused = [Refused(_jacobson_name(part), reason) for part in ("does", "fawns", "herd")]
        return Census(n_bucks, *refused)
    drawn = _resampled(shown.select("bucks", "does", "fawns"), seed)
    b, d, f = drawn.T
    cautions: tuple[str, ...] = ()
    if bucks < 2 * n_bucks:
        cautions = (
            say(
                "Bucks were seen less than twice each on average, so some were probably not seen at "
                "all: the herd is larger than this."
            ),
        )

    def part(name: str, sightings: int, resampled: npt.NDArray[np.float64]) -> Estimate:
        low, high = _percentiles(n_bucks * _divide(resampled, b))
        return Estimate(
            method=_jacobson_name(name),
            estimate=n_bucks * sightings / bucks,
            low=low,
            high=high,
            assumptions=(
                say("Every buck of the area was photographed and told apart from the others."),
                *map(say, _EVENT_ASSUMPTIONS),
                say("Every adult male carries antlers at the time (spikes count as bucks here)."),
            ),
            source=say(_JACOBSON_SOURCE),
            cautions=cautions,
        )

    return Census(
        n_bucks,
        part("does", does, d),
        part("fawns", fawns, f),
        part("herd", bucks + does + fawns, b + d + f),
    )


def _jacobson_name(part: str) -> str:
    return f"Buck ratio method: {part}"


def _too_few(n_events: int) -> str:
    return say(
        "Only {n} events show such deer; a ratio needs at least {least}.",
        n=n_events,
        least=EVENTS_MIN,
    )


def _resampled(events: pl.DataFrame, seed: int) -> npt.NDArray[np.float64]:
    """Sums of each column over RESAMPLES draws of as many events: (RESAMPLES, columns) float64."""
    # Events with equal counts are interchangeable: drawing how often each kind comes up is the
    # same as drawing events one by one, and needs no matrix of events by resamples.
    kinds = events.group_by(pl.all()).len("n").sort(pl.all())
    weights = kinds["n"].to_numpy() / events.height
    draws = np.random.default_rng(seed).multinomial(events.height, weights, size=RESAMPLES)
    sums: npt.NDArray[np.float64] = draws @ kinds.drop("n").to_numpy().astype(np.float64)
    return sums


def _divide(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Divide; infinite where only b is 0. Draws that show neither carry no ratio: dropped."""
    told = (a > 0) | (b > 0)
    with np.errstate(divide="ignore"):
        ratio: npt.NDArray[np.float64] = a[told] / b[told]
    return ratio


def _percentiles(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    tail = (1 - CONFIDENCE) / 2
    # Without interpolation, for between a number and infinity there is none.
    low, high = np.quantile(values, [tail, 1 - tail], method="inverted_cdf")
    return float(low), float(high)
