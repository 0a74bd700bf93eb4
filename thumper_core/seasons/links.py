"""Which deer of one year is which of an earlier one: how likely, from what lasts from year to year.

Antlers are grown anew and are not counted here, so nothing is ever proposed from them alone (their points
repeat worst, spread and beams best: Foley et al. 2012, J. Mammal. 93:1149-1157). What speaks is how alike
the pictures of the whole animal are, at the scale that the herd was calibrated at, pictures of several years
among them; at which cameras and at which hours it comes; sex and age forbid, also the ages that people gave,
for no deer grows younger. What they measured of antlers is shown and not counted. How much place and hour
tell is learned from the herd: two halves of one deer's year against halves of two deer's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import Sex
from thumper_core.identify.scale.random_effects import Scale

Array = npt.NDArray[np.float64]

LIVE_ON: Final = 0.75
"""Share of a year's deer that is taken to be there in the next, before any picture is looked at."""
SEXES_CONFUSED: Final = 0.1
"""What pictures of the other sex count: a buck without antlers is taken for a doe."""
RIGHT_MAX: Final = 0.93
"""Chance of the surest pair: that a group may hold two deer, or that a new deer may look like one that died,
no scale knows. On seven rendered ranches of three years (`benchmarks/years.py`, seeds 601-607, each year
identified by itself) 101 of 108 pairs of 0.7 and more were right."""
HALVES_MIN: Final = 10
"""Deer whose year can be halved, below which place and hour say nothing."""
VISITS_MIN: Final = 4
"""Visits of a year that can be halved."""
_BINS: Final = (1 / 3, 2 / 3)
_DRAWN: Final = 6.0  # pairs that draw a learned share towards that of all pairs
_TELLS_MAX: Final = 10.0
_HOURS: Final = 4  # hours that count as one time of day


@dataclass(frozen=True)
class Groups:
    """G individuals. years: of each, the first and the last that saw it; sex; birth_year: 0 where it was
    never a fawn; centres: (G, d) mean vector of its tracklets, not normalised; sizes: (G,) tracklets;
    is_stray: (G,) seen seldom; youngest, oldest: (G,) float64 years, the lowest and the highest age that
    people gave it in any year, nan where they gave none; visits: `individual_id, year, camera, started_at`, a
    row each.
    """

    ids: tuple[str, ...]
    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    sex: tuple[str, ...]
    birth_year: npt.NDArray[np.int64]
    centres: npt.NDArray[np.float32]
    sizes: npt.NDArray[np.int64]
    is_stray: npt.NDArray[np.bool_]
    youngest: Array
    oldest: Array
    visits: pl.DataFrame


@dataclass(frozen=True)
class Tells:
    """How much more often one deer than two has a likeness of less than a third, of the middle third, of
    more; 1 each: nothing could be learned.
    """

    place: Array
    hour: Array


@dataclass(frozen=True)
class Linked:
    """`later` of one year may be `earlier` of a year before, both as numbers of `Groups`; p: chance."""

    later: int
    earlier: int
    p: float
    place: float
    hour: float


def links(groups: Groups, scale: Scale) -> list[Linked]:
    """Every pair that may be one deer, the likeliest first: seen in years that do not overlap, and the later
    one was neither born since nor is younger by all that people say. Earlier ones that are two deer have the
    chance between them.
    """
    if not groups.ids:
        return []
    tells = learned(groups.visits)
    cameras, hours = _habits(groups.visits)
    own = list(groups.ids)
    place_of, hour_of = (
        _shares(table, own, table["what"].unique().to_list()) for table in (cameras, hours)
    )
    seen_in = dict(
        groups.visits.group_by("year").agg(pl.col("individual_id").n_unique()).iter_rows()
    )
    found = []
    for later in range(len(own)):
        is_earlier = groups.last < groups.first[later]
        born = groups.birth_year[later]
        if born > 0:
            is_earlier &= groups.last >= born
        is_earlier &= ~(
            groups.youngest > groups.oldest[later]
        )  # nan, an age that is not said, is neither
        others = np.flatnonzero(is_earlier)
        if not len(others):
            continue
        alike = scale.likelihood_ratio(
            groups.centres[others] @ groups.centres[later],
            groups.sizes[others],
            groups.sizes[later],
            is_stray=groups.is_stray[others] | groups.is_stray[later],
        )
        there = max(int(seen_in.get(int(groups.first[later]), 1)), 2)
        prior = LIVE_ON / there
        place = np.minimum(place_of[others], place_of[later]).sum(axis=1)
        hour = np.minimum(hour_of[others], hour_of[later]).sum(axis=1)
        speaks = alike * tells.place[_bin(place)] * tells.hour[_bin(hour)]
        speaks *= [_sexes(groups.sex[later], groups.sex[other]) for other in others]
        odds = prior / (1 - prior) * speaks
        chance = RIGHT_MAX * odds / (1 + odds + _rivals(groups, others, scale, prior) @ odds)
        found += [
            Linked(later, int(other), float(p), float(a), float(b))
            for other, p, a, b in zip(others, chance, place, hour, strict=True)
        ]
    return sorted(found, key=lambda one: (-one.p, own[one.later], own[one.earlier]))


def _rivals(groups: Groups, others: npt.NDArray[np.int64], scale: Scale, prior: float) -> Array:
    """(n, n) chance that two of the earlier ones are two deer: then the later one is not both."""
    alike = scale.likelihood_ratio(
        groups.centres[others] @ groups.centres[others].T,
        groups.sizes[others, None],
        groups.sizes[others],
        is_stray=groups.is_stray[others, None] | groups.is_stray[others],
    )
    odds = prior / (1 - prior) * alike
    apart = 1 / (1 + odds)
    np.fill_diagonal(apart, 0.0)
    return np.asarray(apart)


def learned(visits: pl.DataFrame) -> Tells:
    """From the halves of deer's years; visits: as `Groups` has them."""
    enough = visits.filter(pl.len().over("individual_id", "year") >= VISITS_MIN)
    turn = pl.int_range(pl.len()).over("individual_id", "year")
    half = (2 * turn >= pl.len().over("individual_id", "year")).cast(pl.Int8)
    halved = enough.sort("individual_id", "year", "started_at").with_columns(half.alias("half"))
    whole = halved.select("individual_id", "year").unique().sort("individual_id", "year")
    if whole.height < HALVES_MIN:
        return Tells(np.ones(3), np.ones(3))
    names = [f"{who}|{year}" for who, year in whole.iter_rows()]
    keyed = halved.with_columns(pl.format("{}|{}", "individual_id", "year").alias("individual_id"))
    told = []
    for table in _habits(keyed):
        kinds = table["what"].unique().sort().to_list()
        sides = [_shares(table.filter(pl.col("half") == side), names, kinds) for side in (0, 1)]
        likeness = np.minimum(sides[0][:, None], sides[1][None]).sum(axis=2)
        whose = whole["individual_id"].to_numpy()
        same = _bin(np.diag(likeness))
        other = _bin(likeness[whose[:, None] != whose[None]])
        told.append(_ratio(same, other))
    return Tells(*told)


def _habits(visits: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same visits with `what`: the camera, the time of day."""
    hours = pl.col("started_at").dt.hour() // _HOURS
    return (
        visits.with_columns(pl.col("camera").alias("what")),
        visits.with_columns(hours.cast(pl.String).alias("what")),
    )


def _shares(table: pl.DataFrame, names: list[str], kinds: list[str]) -> Array:
    """(len(names), len(kinds)) the share of each one's visits; rows without any are zero."""
    column_of = {what: k for k, what in enumerate(kinds)}
    row_of = {name: k for k, name in enumerate(names)}
    counts = np.zeros((len(names), len(kinds)))
    for who, what in table.select("individual_id", "what").iter_rows():
        if who in row_of:
            counts[row_of[who], column_of[what]] += 1
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))


def _bin(likeness: Array) -> npt.NDArray[np.int64]:
    return np.digitize(likeness, _BINS)


def _ratio(same: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> Array:
    n_same, n_other = (np.bincount(part, minlength=3).astype(float) for part in (same, other))
    usual = (n_other + 1) / (n_other + 1).sum()
    shares = (n_same + _DRAWN * usual) / (n_same.sum() + _DRAWN)
    return np.asarray(np.clip(shares / usual, 1 / _TELLS_MAX, _TELLS_MAX))


def _sexes(a: str, b: str) -> float:
    known = {Sex.MALE, Sex.FEMALE}
    return SEXES_CONFUSED if a != b and {a, b} <= known else 1.0
