"""Every threshold from one dendrogram, and the one to use.

A threshold is a probability on the calibrated scale (`scale.Scale.probability`), so that the same
figure means the same after the embedder changes; each has its similarity beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import FloatArray
from thumper_core.identify.sampling import whole_groups
from thumper_core.identify.scale.probability import Judgement, expected_errors
from thumper_core.identify.space.similarity import IntArray, group_means
from thumper_core.identify.tree.cluster import average_linkage
from thumper_core.identify.tree.dendrogram import Dendrogram
from thumper_core.identify.tree.stability import Draw, stability

PROBE_TRACKLETS = 3_000


@dataclass(frozen=True)
class Facts:
    """What the sweep knows of each tracklet: all (T,).

    sizes: detections; event: int32 code; sex: int8, 0 unknown, 1 male, 2 female, by vote.
    """

    sizes: npt.NDArray[np.int64]
    event: IntArray
    sex: npt.NDArray[np.int8]


@dataclass(frozen=True)
class Recommendation:
    """threshold: P on the calibrated scale; similarity: the cut; reason: a sentence for people.

    Both are None where nothing could be calibrated.
    """

    threshold: float | None
    similarity: float | None
    reason: str


@dataclass(frozen=True)
class Probe:
    """A clustering without constraints, every tracklet cut in two, to see what it gets wrong.

    must, cannot: (K, 2) pairs of its leaves: the halves of a tracklet, and tracklets known to be
    two animals.
    """

    tree: Dendrogram
    must: IntArray
    cannot: IntArray

    def rates(self, similarity: float) -> tuple[float, float]:
        """Share of must-link pairs split and of cannot-link pairs merged; NaN without pairs."""
        labels = self.tree.groups(similarity)
        split, merged = (
            float((labels[p[:, 0]] == labels[p[:, 1]]).mean()) if len(p) else float("nan")
            for p in (self.must, self.cannot)
        )
        return 1 - split, merged


def probe(
    vectors: FloatArray, index: IntArray, event: IntArray, cannot: IntArray, *, seed: int = 0
) -> Probe:
    """Cluster half tracklets with no constraint, of whole events drawn up to 3,000 tracklets.

    vectors: (N, D) float32; index: (N,) tracklet of each; event: (T,) codes; cannot: (K, 2) pairs
    of tracklets, each tried on both first halves.
    """
    count = len(event)
    used = whole_groups(event, PROBE_TRACKLETS, np.random.default_rng(seed))
    rows = np.flatnonzero(used[index])
    rows = rows[np.argsort(index[rows], kind="stable")]
    sizes = np.bincount(index[rows], minlength=count)
    rank = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    key = 2 * index[rows].astype(np.int64) + rank % 2
    leaves, leaf = np.unique(key, return_inverse=True)
    means = group_means(vectors[rows], leaf.astype(np.int32), len(leaves))
    place = np.full(2 * count, -1)
    place[leaves] = np.arange(len(leaves))
    halved = np.flatnonzero(place[1::2] >= 0)
    must = np.column_stack([place[2 * halved], place[2 * halved + 1]])
    kept = cannot[used[cannot].all(axis=1)]
    return Probe(
        average_linkage(means).dendrogram,
        must.astype(np.int32),
        place[2 * kept.astype(np.int64)].astype(np.int32).reshape(-1, 2),
    )


def sweep(
    tree: Dendrogram,
    facts: Facts,
    judgement: Judgement,
    checks: Probe,
    draws: tuple[Draw, ...],
    thresholds: npt.ArrayLike | None = None,
    *,
    n: int = 100,
) -> pl.DataFrame:
    """One row per threshold, rising.

    thresholds: similarities; None: `n` evenly spaced ones that cover what can be asked for.
    Columns: `threshold` (calibrated P), `similarity`, `profiles`, `assignment_rate` (share of
    detections in a profile of at least two events), `singletons` (profiles of one tracklet),
    `must_split_rate` and `cannot_merged_rate` (by a clustering without constraints), `mixed_sex`
    (profiles with tracklets of both sexes by vote), `ari_next` (agreement with the next row's
    grouping of detections, 1 in the last), `stability` (how much of a profile is found again when
    bursts are drawn anew, `stability.stability`; NaN where every profile is one tracklet),
    `expected_false_merge`, `expected_false_split`, `expected_pairwise_error`
    (`scale.expected_errors`).
    """
    at = grid(tree, judgement, n) if thresholds is None else np.sort(np.asarray(thresholds, float))
    rows = [_row(tree, facts, checks, draws, float(t)) for t in at]
    made = np.searchsorted(-tree.similarity, -at, side="right")
    errors = expected_errors(judgement.p, judgement.pairs, judgement.within_pairs)
    table = pl.DataFrame(rows).with_columns(
        pl.Series("expected_false_merge", errors[0][made]),
        pl.Series("expected_false_split", errors[1][made]),
        pl.Series("expected_pairwise_error", errors[2][made]),
    )
    joined = judgement.within_pairs + np.concatenate([[0.0], np.cumsum(judgement.pairs)])[made]
    return table.with_columns(
        pl.Series("threshold", judgement.scale.probability(at)),
        pl.Series("ari_next", nested_ari(joined, float(facts.sizes.sum()))),
    ).select(COLUMNS)


COLUMNS = (
    "threshold",
    "similarity",
    "profiles",
    "assignment_rate",
    "singletons",
    "must_split_rate",
    "cannot_merged_rate",
    "mixed_sex",
    "ari_next",
    "stability",
    "expected_false_merge",
    "expected_false_split",
    "expected_pairwise_error",
)


INTEGER_COLUMNS = ("profiles", "singletons", "mixed_sex")


def empty_sweep() -> pl.DataFrame:
    """The sweep of nothing: its columns and no row."""
    return pl.DataFrame(
        schema={c: pl.Int64 if c in INTEGER_COLUMNS else pl.Float64 for c in COLUMNS}
    )


def grid(tree: Dendrogram, judgement: Judgement, n: int) -> npt.NDArray[np.float64]:
    """`n` similarities, rising, from where all is one animal to where nothing is."""
    finite = tree.similarity[np.isfinite(tree.similarity)]
    low = judgement.scale.different_mean
    high = max(judgement.scale.same_mean, float(np.quantile(finite, 0.95)) if len(finite) else 1.0)
    return np.linspace(low, max(high, low + 1e-3), n)


def _row(
    tree: Dendrogram, facts: Facts, checks: Probe, draws: tuple[Draw, ...], similarity: float
) -> dict[str, float]:
    labels = tree.groups(similarity)
    count = int(labels.max(initial=-1)) + 1
    tracklets = np.bincount(labels, minlength=count)
    # a group was seen again where its first and its last event differ
    first, last = np.full(count, np.iinfo(np.int32).max), np.full(count, -1)
    np.minimum.at(first, labels, facts.event)
    np.maximum.at(last, labels, facts.event)
    again = facts.sizes[(last > first)[labels]].sum()
    males, females = (np.bincount(labels[facts.sex == s], minlength=count) for s in (1, 2))
    split, merged = checks.rates(similarity)
    return {
        "similarity": similarity,
        "profiles": count,
        "assignment_rate": float(again / max(facts.sizes.sum(), 1)),
        "singletons": int((tracklets == 1).sum()),
        "must_split_rate": split,
        "cannot_merged_rate": merged,
        "mixed_sex": int(((males > 0) & (females > 0)).sum()),
        "stability": stability(labels, draws, similarity).mean,
    }


def nested_ari(joined: npt.NDArray[np.float64], n: float) -> npt.NDArray[np.float64]:
    """Adjusted Rand index (Hubert & Arabie 1985) of each grouping with the next, finer one.

    joined: (K,) pairs inside groups, thresholds rising; n: detections. In nested groupings the
    pairs joined by both are those that the finer one joins: it takes no contingency table.
    """
    coarse, fine = joined[:-1], joined[1:]
    chance = coarse * fine / max(n * (n - 1) / 2, 1)
    spread = (coarse + fine) / 2 - chance
    ari = np.where(spread > 1e-9, (fine - chance) / np.where(spread > 1e-9, spread, 1), 1.0)
    return np.append(ari, 1.0)[: len(joined)]


def recommend(table: pl.DataFrame, judgement: Judgement) -> Recommendation:
    """The threshold of least expected pairwise error, in words those of the sweep's nearest row.

    How many profiles a herd has, and how many were seen again, its own counts say: those of a row
    beside the cut would be others.
    """
    best = judgement.best
    row = table.row(int((table["similarity"] - best).abs().arg_min() or 0), named=True)
    threshold = float(judgement.scale.probability(best))
    return Recommendation(
        threshold,
        best,
        f"least expected pairwise error ({row['expected_pairwise_error']:.1%}): of the pairs "
        f"joined there, {row['expected_false_merge']:.1%} are expected to be two animals, and "
        f"{row['expected_false_split']:.1%} of the pairs of one animal to be apart",
    )
