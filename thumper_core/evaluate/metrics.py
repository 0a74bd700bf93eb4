"""Scores of a partition against the truth, with intervals from resampling.

A resample draws the events (or queries, or individuals) anew with replacement; a row then counts as
often as its event was drawn. Detections of one event are no independent evidence, so resampling
single detections would give intervals that are too narrow.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Metric = dict[str, float | None]
Weights = npt.NDArray[np.float64]
Labels = npt.NDArray[Any]

LEVEL: Final = 0.95
N_RESAMPLES: Final = 200
UNKNOWN_SHARE: Final = 0.25
"""Share of the individuals that the reference set does not hold, where known and new are told apart."""
NEW: Final = "\0new"
"""What a prediction says of an animal that it holds for none of the known."""


def metric(value: float, samples: npt.ArrayLike = ()) -> Metric:
    """`{"value", "low", "high"}` with the 95% percentile interval of `samples`.

    NaN, "cannot be measured here", becomes None, as JSON has no NaN; so do the ends of an interval
    without samples.
    """
    drawn = np.asarray(samples, np.float64)
    drawn = drawn[np.isfinite(drawn)]
    low, high = (math.nan, math.nan)
    if len(drawn) and math.isfinite(value):
        low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    ends = {"value": value, "low": low, "high": high}
    return {k: float(v) if math.isfinite(v) else None for k, v in ends.items()}


def resamples(units: Labels, n_resamples: int = N_RESAMPLES, seed: int = 0) -> Iterator[Weights]:
    """Row weights, (N,) float64 whole numbers, of each resample of the units.

    units: (N,), the unit of each row, any sortable labels.
    """
    names, codes = np.unique(units, return_inverse=True)
    rng = np.random.default_rng(seed)
    for _ in range(n_resamples if len(names) else 0):
        drawn = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))
        yield drawn[codes].astype(np.float64)


def resampled_mean(values: npt.ArrayLike, units: Labels, seed: int = 0) -> Metric:
    """Mean of (N,) values, resampling units; not measurable when empty."""
    array = np.asarray(values, np.float64)
    if len(array) == 0:
        return metric(math.nan)
    draws = [w @ array / w.sum() for w in resamples(units, seed=seed) if w.sum() > 0]
    return metric(float(array.mean()), draws)


@dataclass(frozen=True)
class PairCounts:
    """Pairs of rows by whether the truth and the partition join them."""

    both: float
    found_only: float
    truth_only: float
    neither: float

    @property
    def precision(self) -> float:
        """Of the pairs that were joined, the share that is one animal; NaN when none was."""
        return _ratio(self.both, self.both + self.found_only)

    @property
    def recall(self) -> float:
        """Of the pairs that are one animal, the share that was joined; NaN when there is none."""
        return _ratio(self.both, self.both + self.truth_only)

    @property
    def f1(self) -> float:
        """Harmonic mean of both; NaN where neither joins anything."""
        return _ratio(2 * self.both, 2 * self.both + self.found_only + self.truth_only)

    @property
    def ari(self) -> float:
        """Adjusted Rand index (Hubert & Arabie 1985, eq. 5), in [-1, 1]; 1 for equal partitions."""
        a, b, c, d = self.both, self.found_only, self.truth_only, self.neither
        if b == 0 and c == 0:
            return 1.0
        return 2 * (a * d - b * c) / ((a + c) * (c + d) + (a + b) * (b + d))


class Contingency:
    """How often each true label meets each found label, re-countable when units are redrawn.

    truth, found: (N,) labels of any sortable kind; units: (N,), what is redrawn; None: every row.
    A unit that is drawn w times counts w times against other units, but its own rows meet each
    other w times, not w x w: a copy of an event is no second sighting.
    """

    def __init__(self, truth: Labels, found: Labels, units: Labels | None = None) -> None:
        if len(truth) != len(found):
            raise ValueError(f"{len(truth)} true labels for {len(found)} found ones")
        self.truth = np.unique(truth, return_inverse=True)[1]
        self.found = np.unique(found, return_inverse=True)[1]
        names = np.arange(len(truth)) if units is None else units
        self.unit = np.unique(names, return_inverse=True)[1]
        n_found, n_units = (int(c.max(initial=-1) + 1) for c in (self.found, self.unit))
        codes, count = np.unique(
            (self.truth * n_found + self.found) * n_units + self.unit, return_counts=True
        )
        pair, self._u = np.divmod(codes, max(n_units, 1))
        self._n = count.astype(np.float64)  # rows of each (truth, found, unit) that occurs
        self._cell = np.unique(pair, return_inverse=True)[1]
        self._row, self._column = np.divmod(pair, max(n_found, 1))
        self.n_units = n_units

    def pairs(self, weight: Weights | None = None) -> PairCounts:
        """Pair counts; weight: (n_units,) how often each unit was drawn, in the labels' order."""
        w = np.ones(self.n_units) if weight is None else weight
        nothing = np.zeros_like(self._cell)
        both, rows, columns, total = (
            self._joined(label, w) for label in (self._cell, self._row, self._column, nothing)
        )
        return PairCounts(both, columns - both, rows - both, total - rows - columns + both)

    def _joined(self, label: npt.NDArray[np.int64], w: Weights) -> float:
        """Weighted number of pairs with one label."""
        whole = np.bincount(label, w[self._u] * self._n)
        codes, place = np.unique(label * max(self.n_units, 1) + self._u, return_inverse=True)
        n = np.bincount(place, self._n)
        unit = w[codes % max(self.n_units, 1)]
        across = float(whole @ whole) - float((unit * n) @ (unit * n))
        return (across + float(unit @ (n * (n - 1)))) / 2

    def bcubed(self, weight: Weights | None = None) -> tuple[float, float]:
        """B-cubed precision and recall (Bagga & Baldwin 1998): each row's own, averaged.

        A row's precision is the share of its found group that is its animal, itself included.
        """
        w = np.ones(self.n_units) if weight is None else weight
        each = w[self._u] * self._n
        if each.sum() == 0:
            return math.nan, math.nan
        cell, row, column = (self._met(label, w) for label in (self._cell, self._row, self._column))
        drawn = each > 0
        precision = (each[drawn] * cell[drawn] / column[drawn]).sum() / each.sum()
        recall = (each[drawn] * cell[drawn] / row[drawn]).sum() / each.sum()
        return float(precision), float(recall)

    def _met(self, label: npt.NDArray[np.int64], w: Weights) -> Weights:
        """Rows with its label that a row of each entry meets: other units' copies, its own once."""
        whole = np.bincount(label, w[self._u] * self._n)
        place = np.unique(label * max(self.n_units, 1) + self._u, return_inverse=True)[1]
        own = np.bincount(place, self._n)[place]
        return np.asarray(whole[label] + (1 - w[self._u]) * own, np.float64)

    def ami(self, rows: npt.NDArray[np.bool_] | None = None) -> float:
        """Adjusted mutual information (Vinh, Epps & Bailey 2010), arithmetic mean of entropies."""
        from sklearn.metrics import adjusted_mutual_info_score

        kept = np.ones(len(self.truth), bool) if rows is None else rows
        if not kept.any():
            return math.nan
        with warnings.catch_warnings():
            # many singletons are a partition like any other here, not a mistaken regression target
            warnings.filterwarnings("ignore", message="The number of unique classes is greater")
            return float(adjusted_mutual_info_score(self.truth[kept], self.found[kept]))


def partition_scores(
    truth: Labels, found: Labels, units: Labels, *, n_resamples: int = N_RESAMPLES, seed: int = 0
) -> dict[str, Metric]:
    """Every score of a partition, with intervals.

    truth, found: (N,) labels; a detection that belongs to nothing has a label of its own. units:
    (N,), what is resampled, events as a rule. Returns ari, ami, pairwise_precision,
    pairwise_recall, pairwise_f1, bcubed_precision, bcubed_recall, bcubed_f1.
    """
    table = Contingency(truth, found, units)

    def scores(weight: Weights | None) -> dict[str, float]:
        pairs = table.pairs(weight)
        precision, recall = table.bcubed(weight)
        return {
            "ari": pairs.ari if len(truth) else math.nan,
            "pairwise_precision": pairs.precision,
            "pairwise_recall": pairs.recall,
            "pairwise_f1": pairs.f1,
            "bcubed_precision": precision,
            "bcubed_recall": recall,
            "bcubed_f1": _ratio(2 * precision * recall, precision + recall),
        }

    units_once = np.arange(table.n_units)
    draws = [scores(weight) for weight in resamples(units_once, n_resamples, seed)]
    result = {key: metric(v, [d[key] for d in draws]) for key, v in scores(None).items()}
    return result | {"ami": _ami_metric(table, max(20, n_resamples // 8), seed)}


def _ami_metric(table: Contingency, n_draws: int, seed: int) -> Metric:
    """AMI with an interval from random halves of the units.

    Copies of a row are mutual information for nothing, so the bootstrap would flatter AMI. Halves
    drawn without replacement deviate from the whole as much as the whole from the truth (Shao & Wu
    1989, delete-d jackknife with d = n/2); what halving itself shifts is taken out.
    """
    rng = np.random.default_rng(seed)
    value = table.ami()
    half = np.arange(table.n_units) % 2 == 0
    draws = np.array([table.ami(rng.permutation(half)[table.unit]) for _ in range(n_draws)])
    draws = draws[np.isfinite(draws)]
    return metric(value, np.clip(value + draws - np.median(draws), -1, 1) if len(draws) else ())


def balanced_accuracies(
    truth: Labels, predicted: Labels, unknown: Labels, new: Any, units: Labels, *, seed: int = 0
) -> dict[str, Metric]:
    """BAKS and BAUS, the open-set scores of WildlifeReID-10k and AnimalCLEF 2025.

    truth, predicted: (Q,) labels of the queries; unknown: true labels that the reference set does
    not hold; `new`: the label that a prediction uses for "none of the known". BAKS: for every known
    individual the share of its queries that got its label, averaged over individuals. BAUS: for
    every unknown individual the share that got `new`, averaged likewise. Their published summary
    is the geometric mean. units: (Q,), resampled.
    """
    scores = known_and_new_shares(truth, predicted, unknown, new)
    draws = [scores(weight) for weight in resamples(units, seed=seed)]
    return {key: metric(v, [d[key] for d in draws]) for key, v in scores(None).items()}


def known_and_new_shares(
    truth: Labels, predicted: Labels, unknown: Labels, new: Any
) -> Callable[[Weights | None], dict[str, float]]:
    """What gives `baks` and `baus` for weights (Q,) of the queries (None: each counts once).

    Arguments as of `balanced_accuracies`. NaN where no query is of a known, or of a new one.
    """
    is_unknown = np.isin(truth, unknown)
    right = np.where(is_unknown, predicted == new, predicted == truth).astype(np.float64)
    names, codes = np.unique(truth, return_inverse=True)
    unknown_name = np.isin(names, unknown)

    def scores(weight: Weights | None) -> dict[str, float]:
        w = np.ones(len(right)) if weight is None else weight
        total = np.bincount(codes, w, minlength=len(names))
        hits = np.bincount(codes, w * right, minlength=len(names))
        share = np.divide(hits, total, out=np.full(len(names), np.nan), where=total > 0)
        seen = total > 0
        return {
            "baks": _mean(share[seen & ~unknown_name]),
            "baus": _mean(share[seen & unknown_name]),
        }

    return scores


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan


def _mean(values: Weights) -> float:
    return float(values.mean()) if len(values) else math.nan
