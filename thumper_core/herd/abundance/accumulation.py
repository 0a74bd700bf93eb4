"""How many individuals a survey of so many occasions meets: whether another week adds deer."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
from scipy.special import gammaln

from thumper_core.herd.abundance.chao import unseen_at_least
from thumper_core.herd.abundance.estimate import Refused, Z
from thumper_core.herd.abundance.occasions import Captures

_SCHEMA = {
    "occasions": pl.Int64,
    "expected": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


def accumulation(captures: Captures) -> pl.DataFrame | Refused:
    """The accumulation curve: `occasions` 1..K, `expected` individuals, `low`, `high` (95%).

    Sample-based rarefaction, Colwell, Mao & Chang 2004, Ecology 85: 2717-2727: the mean over all
    orders of the occasions, in closed form, and its variance in a population of which these
    occasions are a sample, with Chao's lower bound for its size. The curve bends flat where the
    herd is nearly known. Refused below two occasions or without individuals.
    """
    n_individuals, n_occasions = captures.seen.shape
    if n_individuals == 0 or n_occasions < 2:
        return Refused("Accumulation curve", "It takes identified deer and two occasions.")
    times, n_with = np.unique(captures.seen.sum(axis=1), return_counts=True)
    h = np.arange(1, n_occasions + 1)[:, None]
    absent = _share_of_orders_without(h, times[None, :], n_occasions)
    expected = n_individuals - absent @ n_with
    once, twice = (int(n_with[times == j].sum()) for j in (1, 2))
    total = n_individuals + unseen_at_least(once, twice, n_occasions)
    variance = ((1 - absent) ** 2) @ n_with - expected**2 / total
    half = Z * np.sqrt(np.maximum(variance, 0))
    return pl.DataFrame(
        {
            "occasions": h[:, 0],
            "expected": expected,
            "low": np.maximum(expected - half, 0),
            "high": expected + half,
        },
        schema=_SCHEMA,
    )


def _share_of_orders_without(h: np.ndarray, j: np.ndarray, n: int) -> np.ndarray:
    """C(n - j, h) / C(n, h): the share of draws of h occasions that miss an animal seen on j."""
    possible = h <= n - j
    rest = np.where(possible, n - h - j, 0)
    logs = gammaln(n - h + 1) + gammaln(n - j + 1) - gammaln(rest + 1) - math.lgamma(n + 1)
    return np.where(possible, np.exp(logs), 0.0)
