"""Bucks per doe and fawns per doe over visits, with an interval that camera-days and animals share in.

Visits are not independent: those of one camera, of one day and of one animal are alike. So whole
cameras and whole days are left out, one after the other (delete-one-group jackknife of the ratio's
logarithm, to first order), and the two variances are added without counting twice what they share:
two-way clustering, Cameron, Gelbach & Miller 2011, Journal of Business & Economic Statistics 29:
238-249. Whole animals are left out likewise, and the larger variance is taken. (Weckel, Rockwell & Secret
2011, Wildlife Society Bulletin 35: 445-451, resample camera stations alone.)
"""

from __future__ import annotations

import math
from typing import Final

import polars as pl
from scipy import special

from thumper_core.counting import counted
from thumper_core.herd.abundance.estimate import CONFIDENCE, Estimate, Refused, Result
from thumper_core.herd.abundance.ratios import EVENTS_MIN
from thumper_core.language import mark, say

KINDS: Final = ("bucks", "does", "fawns")
_NONE_OF: Final = {
    "bucks": mark("No visit is known to be that of a buck."),
    "does": mark("No visit is known to be that of a doe."),
    "fawns": mark("No visit is known to be that of a fawn."),
}
_FEW: Final = {
    "camera": mark(
        "Fewer than {n} cameras saw such deer, so how much cameras differ is not known."
    ),
    "day": mark("Fewer than {n} days saw such deer, so how much days differ is not known."),
}
GROUPS_MIN: Final = 3
UNKNOWN_MAX: Final = 0.1
"""Share of visits of unknown sex above which it is said."""
_SOURCE: Final = mark(
    "ratio of visits; jackknife over cameras and days, and over animals, after Cameron, Gelbach & Miller "
    "2011, Journal of Business & Economic Statistics 29: 238-249"
)
EQUAL: Final = {
    "bucks": mark("A visit of bucks is as likely to be photographed as one of does."),
    "fawns": mark("A visit of fawns is as likely to be photographed as one of does."),
}


def ratio_of_visits(visits: pl.DataFrame, numerator: str, denominator: str) -> Result:
    """Visits of one kind for each of another, resampled by camera and day, and by animal.

    visits: `camera, day (Date), animal, kind`, one row per animal and event; an animal that nobody
    knows has a name of its own; kind: one of KINDS or `unknown`; numerator: bucks or fawns, for each of the
    denominator, does.
    Refused below ten visits of these, where one kind was never seen, and below three cameras or days:
    what a single one does cannot be told from what deer do.
    """
    method = f"{numerator} per {denominator.removesuffix('s')}, visits"
    shown = visits.filter(pl.col("kind").is_in([numerator, denominator]))
    counts = {kind: int((shown["kind"] == kind).sum()) for kind in (numerator, denominator)}
    for kind, n in counts.items():
        if n == 0:
            return Refused(method, say(_NONE_OF[kind]))
    if shown.height < EVENTS_MIN:
        return Refused(
            method,
            say(
                "Only {n} visits show such deer; a ratio needs {least}.",
                n=shown.height,
                least=EVENTS_MIN,
            ),
        )
    for factor in ("camera", "day"):
        if shown[factor].n_unique() < GROUPS_MIN:
            return Refused(method, say(_FEW[factor], n=GROUPS_MIN))
    variance = max(_of_camera_days(shown, counts, numerator), _of_animals(shown, counts))
    freedom = min(shown["camera"].n_unique(), shown["day"].n_unique()) - 1
    half = float(special.stdtrit(freedom, (1 + CONFIDENCE) / 2)) * math.sqrt(variance)
    ratio = counts[numerator] / counts[denominator]
    unknown, cautions = int((visits["kind"] == "unknown").sum()), []
    if unknown > UNKNOWN_MAX * visits.height:
        cautions.append(
            say(
                "Of {unknown} in {all:,} it is not known whether a buck or a doe came; they are left out.",
                unknown=counted(unknown, "visit"),
                all=visits.height,
            )
        )
    return Estimate(
        method=method,
        estimate=ratio,
        low=ratio * math.exp(-half),
        high=ratio * math.exp(half),
        assumptions=(
            say(EQUAL[numerator]),
            say("Sex and age class are read without error wherever they are given."),
        ),
        source=say(_SOURCE),
        std_error=ratio * math.sqrt(variance),
        cautions=tuple(cautions),
    )


def _of_camera_days(shown: pl.DataFrame, counts: dict[str, int], numerator: str) -> float:
    """Variance of the ratio's logarithm, by cameras and days."""
    pulls = {kind: (1 / n if kind == numerator else -1 / n) for kind, n in counts.items()}
    moved = shown.with_columns(
        pl.col("kind").replace_strict(pulls, return_dtype=pl.Float64).alias("pull")
    )

    def of(*factors: str) -> float:
        each = moved.group_by(factors).agg(pl.col("pull").sum())["pull"]
        return float((each**2).sum()) * len(each) / (len(each) - 1)

    cameras, days = of("camera"), of("day")
    # What is left after what both share can come out too small; no less than each alone says.
    return max(cameras + days - of("camera", "day"), cameras, days)


def _of_animals(shown: pl.DataFrame, counts: dict[str, int]) -> float:
    """The same by animals: how much those of a kind differ in how often they were seen."""
    variance = 0.0
    for (kind,), rows in shown.group_by("kind"):
        visits = rows.group_by("animal").len()["len"].to_numpy()
        if len(visits) > 1:
            variance += len(visits) * float(visits.var(ddof=1)) / counts[str(kind)] ** 2
    return variance
