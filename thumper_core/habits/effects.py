"""Whether deer come more often in some hours than in others, and how far chance alone may be the reason.

Visits are set against effort: hours in which cameras stood, because what is common is seen often. Hours of
one kind are compared with all others at the same camera, the same time of day and in the same month (the
strata), so that a cold night is compared with warmer nights and not with noon: the Mantel-Haenszel ratio
of rates (Rothman, Greenland & Lash 2008, Modern Epidemiology, 3rd ed., ch. 15). Visits of one day are not
independent, and neither are those of days that follow each other, so the interval leaves out stretches of
days with all their cameras, one after the other (delete-one-group jackknife of the ratio's logarithm, with
Student's t). Many ratios are looked at: which of them stand out is judged by Benjamini & Hochberg 1995, J.
Royal Statistical Society B 57: 289-300.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from thumper_core.herd.abundance.estimate import CONFIDENCE

Array = NDArray[np.float64]

STRETCH_DAYS: Final = 3
EXPECTED_MIN: Final = 10.0
"""Visits to expect of a kind of hours, and of all others, were they like each other: fewer say nothing."""
STRETCHES_MIN: Final = 6
"""Stretches of days that must have hours of a kind, and of others."""
FALSE_SHARE: Final = 0.05
"""Of what is said to stand out, the share that may be chance (Benjamini & Hochberg)."""


@dataclass(frozen=True)
class Effect:
    """Visits in hours of one kind, beside those in all others.

    ratio: of the rates, 1: as often; low, high: 95% interval; p: of chance alone; all four null where there
    is too little. n_visits: in hours of the kind; hours: of cameras; n_expected: visits in them, were they
    like the others; n_stretches: of days that have such hours, and others; stands_out: judged among all
    that were looked at.
    """

    factor: str
    level: str
    n_visits: int
    hours: float
    n_expected: float
    n_stretches: int
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    stands_out: bool = False


def effects(
    cells: pl.DataFrame, factor: str, levels: Sequence[str], stretch_days: int = STRETCH_DAYS
) -> list[Effect]:
    """One `Effect` for each level, in their order.

    cells: `day` (Date), `stratum`, `level` (one of levels), `hours` (of cameras), `visits`: what was worked
    and seen; several rows may be of one day, stratum and level. stretch_days: left out together; one is
    enough for what comes and goes within every day.
    """
    used = cells.filter(pl.col("hours") > 0)
    days = used["day"].to_list()
    stretches = _stretches(days, stretch_days)
    strata = used["stratum"].rank("dense").to_numpy().astype(np.int64) - 1 if days else _EMPTY
    hours, visits = (used[name].to_numpy().astype(np.float64) for name in ("hours", "visits"))
    is_level = used["level"].to_numpy()
    return [
        _effect(factor, level, is_level == level, stretches, strata, hours, visits)
        for level in levels
    ]


def judged(found: Sequence[Effect]) -> list[Effect]:
    """The same with `stands_out`, judged among all of them that have a p."""
    ps = [one.p for one in found if one.p is not None]
    if not ps:
        return list(found)
    from scipy import stats  # here: half a second, and most who import this never ask

    adjusted = iter(stats.false_discovery_control(ps))
    return [
        one if one.p is None else replace(one, stands_out=bool(next(adjusted) <= FALSE_SHARE))
        for one in found
    ]


_EMPTY: Final = np.zeros(0, np.int64)


def _effect(
    factor: str,
    level: str,
    is_level: NDArray[np.bool_],
    stretches: NDArray[np.int64],
    strata: NDArray[np.int64],
    hours: Array,
    visits: Array,
) -> Effect:
    n_stretches = int(stretches.max()) + 1 if len(stretches) else 0
    n_strata = int(strata.max()) + 1 if len(strata) else 0
    cell = stretches * n_strata + strata

    def summed(values: Array) -> Array:
        flat = np.bincount(cell, values, minlength=n_stretches * n_strata).astype(np.float64)
        return flat.reshape(n_stretches, n_strata)

    a, t1 = summed(visits * is_level), summed(hours * is_level)
    b, t0 = summed(visits * ~is_level), summed(hours * ~is_level)
    worked, seen = (t1 + t0).sum(axis=0), (a + b).sum(axis=0)
    # Only strata that have both kinds of hours compare anything.
    both = (t1.sum(axis=0) > 0) & (t0.sum(axis=0) > 0)
    expected = float((seen * t1.sum(axis=0) / np.maximum(worked, 1e-9))[both].sum())
    of_others = float(seen[both].sum()) - expected
    groups = min(int((t1.sum(axis=1) > 0).sum()), int((t0.sum(axis=1) > 0).sum()))
    one = Effect(factor, level, int(a.sum()), float(t1.sum()), expected, groups)
    if min(expected, of_others) < EXPECTED_MIN or groups < STRETCHES_MIN:
        return one
    a, b, t1, t0 = a[:, both], b[:, both], t1[:, both], t0[:, both]
    theta = _log_ratio(a.sum(axis=0), b.sum(axis=0), t1.sum(axis=0), t0.sum(axis=0))
    without = _log_ratio(*(x.sum(axis=0) - x for x in (a, b, t1, t0)))
    if not np.isfinite(theta) or not np.isfinite(without).all():
        return one
    n = len(without)
    error = math.sqrt((n - 1) / n * float(((without - without.mean()) ** 2).sum()))
    from scipy import stats

    t = stats.t(groups - 1)
    half = float(t.ppf((1 + CONFIDENCE) / 2)) * error
    value = float(theta)
    return replace(
        one,
        ratio=math.exp(value),
        low=math.exp(value - half),
        high=math.exp(value + half),
        p=float(2 * t.sf(abs(value) / error)) if error > 0 else 1.0,
    )


def _log_ratio(a: Array, b: Array, t1: Array, t0: Array) -> Array:
    """Logarithm of the Mantel-Haenszel ratio over the last axis, the strata; not finite where it has none."""
    total = np.maximum(t1 + t0, 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Array = np.log((a * t0 / total).sum(axis=-1)) - np.log((b * t1 / total).sum(axis=-1))
    return found


def _stretches(days: Sequence[date], stretch_days: int) -> NDArray[np.int64]:
    """Which stretch each day lies in, counted from 0: those with days only."""
    if not days:
        return _EMPTY
    first = min(days)
    which = np.array([(day - first).days // stretch_days for day in days])
    return np.unique(which, return_inverse=True)[1].astype(np.int64)
