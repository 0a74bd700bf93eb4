"""Calibration, clustering and sweep of all thresholds, against one clustering per threshold.

    python benchmarks/sweep.py [--detections 10000 20000 40000 80000] [--dim 512] [--thresholds 100]
        [--sklearn-tracklets 3000] [--sklearn-thresholds 5] [--json FILE]
    python benchmarks/sweep.py --sizes-only --detections 100000 300000 1000000

Each size runs in a process of its own, so that its peak memory is its own. Recall: of the pairs of
200 tracklets with all others that lie at or above the level of the first candidates, by float64,
the share that were candidates; "-" where a matrix held all pairs. ARI: with the animals, at the
recommended threshold.

The comparisons (left out with --sizes-only) run on
the same tracklet means, in the same run: scikit-learn's AgglomerativeClustering once per threshold
(at a size that it can hold, with the product timed at that size too) and the greedy
nearest-profile rule once per threshold (at the largest size, extrapolated from a few thresholds).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np

from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.scale.calibrate import calibrate
from thumper_core.identify.scale.probability import judge
from thumper_core.identify.space.similarity import group_means
from thumper_core.identify.tree import merge_rounds
from thumper_core.identify.tree.cluster import average_linkage
from thumper_core.identify.tree.greedy import greedy_profiles
from thumper_core.identify.tree.stability import draw_bursts
from thumper_core.identify.tree.sweep import Facts, probe, recommend, sweep

FRAMES = 3
RECALL_TRACKLETS = 200


def synthetic_herd(
    detections: int, dim: int, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Vectors (N, D) float32, tracklet (N,), event (T,), cannot-link pairs (K, 2), animal (T,).

    Tracklets of three frames; an animal has about a hundred tracklets; a vector is the animal's
    mean, a shift of its tracklet and noise of its frame; every fourth event shows two animals.
    """
    rng = np.random.default_rng(seed)
    count = detections // FRAMES
    animals = max(4, count // 100)
    animal = rng.integers(0, animals, count)
    event = np.arange(count)
    second = np.arange(3, count, 4)
    event[second] = second - 1
    animal[second] = np.where(
        animal[second] == animal[second - 1], (animal[second] + 1) % animals, animal[second]
    )
    cannot = np.column_stack([second - 1, second]).astype(np.int32)
    event = np.unique(event, return_inverse=True)[1].astype(np.int32)
    means = rng.standard_normal((animals, dim), np.float32)
    centre = means[animal] + rng.standard_normal((count, dim), np.float32)
    vectors = np.repeat(centre, FRAMES, axis=0)
    for part in np.array_split(vectors, max(1, len(vectors) // 50_000)):  # in place, by parts
        part += 0.5 * rng.standard_normal(part.shape, np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    index = np.repeat(np.arange(count, dtype=np.int32), FRAMES)
    return vectors, index, event, cannot, animal


def constraints_of(count: int, cannot: np.ndarray) -> Constraints:
    words = np.full(len(cannot), "same_photo")
    none = Constraints.none(count)
    return Constraints(
        count,
        cannot,
        words,
        np.ones(len(cannot), np.float32),
        none.must,
        none.must_kind,
        none.must_trust,
        none.group,
        none.group_trust,
    )


class Candidates:
    """Keeps of the first candidates what touches some tracklets, and the seconds all of them took."""

    def __init__(self, count: int) -> None:
        self.rows = np.sort(
            np.random.default_rng(1).choice(count, min(count, RECALL_TRACKLETS), replace=False)
        )
        self.seconds = 0.0
        self.pairs: merge_rounds.Pairs | None = None
        self.level = np.nan
        self._find = merge_rounds.strongest_pairs
        merge_rounds.strongest_pairs = self._watched

    def _watched(self, groups: merge_rounds.Groups, most: int) -> tuple[merge_rounds.Pairs, float]:
        start = time.perf_counter()
        pairs, level = self._find(groups, most)
        self.seconds += time.perf_counter() - start
        if self.pairs is None:
            near = np.isin(pairs.left, self.rows) | np.isin(pairs.right, self.rows)
            self.pairs, self.level = pairs.pick(near), level
        return pairs, level

    def recall(self, means: np.ndarray, cannot: np.ndarray) -> float:
        """NaN where there were no candidates, because all pairs were held."""
        if self.pairs is None:
            return float("nan")
        wide = means.astype(np.float64)
        held = set(zip(self.pairs.left.tolist(), self.pairs.right.tolist(), strict=True))
        barred = set(map(tuple, np.sort(cannot, axis=1).tolist()))
        found = wanted = 0
        for row in self.rows.tolist():
            for other in np.flatnonzero(wide @ wide[row] >= self.level).tolist():
                pair = (min(row, other), max(row, other))
                if other != row and pair not in barred:
                    wanted += 1
                    found += pair in held
        return found / max(wanted, 1)


def run_size(detections: int, dim: int, thresholds: int, queue: Any) -> None:
    """Time the product at one size; put the figures, seconds and bytes, into the queue."""
    from sklearn.metrics import adjusted_rand_score

    vectors, index, event, cannot, animal = synthetic_herd(detections, dim)
    laps = [time.perf_counter()]
    means = group_means(vectors, index)
    limits = constraints_of(len(means), cannot)
    calibration = calibrate(vectors, index, means, event, limits)
    laps.append(time.perf_counter())
    candidates = Candidates(len(means))
    tree = average_linkage(means, limits.cannot).dendrogram
    laps.append(time.perf_counter())
    facts = Facts(np.full(len(means), FRAMES), event, np.zeros(len(means), np.int8))
    assert calibration.groups is not None
    judgement = judge(tree, means, event, facts.sizes, calibration.groups)
    burst = np.arange(len(means), dtype=np.int32)
    draws = draw_bursts(means, event, burst, limits)
    table = sweep(tree, facts, judgement, probe(vectors, index, event, cannot), draws, n=thresholds)
    found = recommend(table, judgement)
    laps.append(time.perf_counter())
    assert found.cut.similarity is not None
    labels = tree.cut(found.cut.similarity)
    steps = np.diff(laps)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    queue.put(
        {
            "detections": detections,
            "tracklets": len(means),
            "calibration_s": steps[0],
            "clustering_s": steps[1],
            "candidates_s": candidates.seconds,
            "candidate_recall": candidates.recall(means, cannot),
            "sweep_s": steps[2],
            "total_s": steps.sum(),
            "peak_bytes": peak,
            "thresholds": thresholds,
            "profiles": int(labels.max()) + 1,
            "animals": len(np.unique(animal)),
            "ari": adjusted_rand_score(animal, labels),
            "broken_links": int((labels[cannot[:, 0]] == labels[cannot[:, 1]]).sum()),
        }
    )


def run_sklearn(tracklets: int, dim: int, thresholds: int, tried: int) -> dict[str, float]:
    """Product and scikit-learn on the same means: all thresholds, seconds."""
    from sklearn.cluster import AgglomerativeClustering

    vectors, index, *_ = synthetic_herd(tracklets * FRAMES, dim)
    means = group_means(vectors, index)
    start = time.perf_counter()
    tree = average_linkage(means).dendrogram
    cuts = [tree.cut(t) for t in np.linspace(0.1, 0.9, thresholds)]
    own_s = time.perf_counter() - start
    differing = 0
    start = time.perf_counter()
    distance = 1 - means @ means.T
    for t in np.linspace(0.1, 0.9, tried):
        model = AgglomerativeClustering(
            n_clusters=None, metric="precomputed", linkage="average", distance_threshold=1 - t
        )
        labels = model.fit_predict(distance)
        differing += int(labels.max() != tree.cut(t).max())
    theirs_s = (time.perf_counter() - start) / tried * thresholds
    return {
        "tracklets": tracklets,
        "thresholds": len(cuts),
        "thresholds_timed": tried,
        "thumper_s": own_s,
        "sklearn_s": theirs_s,
        "ratio": theirs_s / own_s,
        "cuts_with_another_number_of_groups": differing,
    }


def run_greedy(detections: int, dim: int, thresholds: int, tried: int) -> dict[str, float]:
    """The greedy rule at some thresholds on the largest size, scaled to all: seconds."""
    vectors, index, _, cannot, _ = synthetic_herd(detections, dim)
    means = group_means(vectors, index)
    broken = 0
    start = time.perf_counter()
    for t in np.linspace(0.2, 0.6, tried):
        labels = greedy_profiles(means, float(t))
        broken += int((labels[cannot[:, 0]] == labels[cannot[:, 1]]).sum())
    greedy_s = (time.perf_counter() - start) / tried * thresholds
    return {
        "detections": detections,
        "greedy_s": greedy_s,
        "thresholds_timed": tried,
        "broken_links_mean": broken / tried,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--detections", type=int, nargs="+", default=[10_000, 20_000, 40_000, 80_000]
    )
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--thresholds", type=int, default=100)
    parser.add_argument("--sklearn-tracklets", type=int, default=3_000)
    parser.add_argument("--sklearn-thresholds", type=int, default=5)
    parser.add_argument("--greedy-thresholds", type=int, default=3)
    parser.add_argument("--sizes-only", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    rows = []
    print(
        f"{'detections':>10} {'calibrate':>10} {'cluster':>9} {'(pairs)':>9} {'sweep':>7} "
        f"{'total':>8} {'peak GB':>8} {'recall':>7} {'profiles':>9} {'animals':>8} {'ARI':>6} "
        f"{'broken':>7}"
    )
    for size in options.detections:
        queue = context.Queue()
        child = context.Process(
            target=run_size, args=(size, options.dim, options.thresholds, queue)
        )
        child.start()
        row = queue.get()
        child.join()
        rows.append(row)
        print(
            f"{size:>10} {row['calibration_s']:>9.1f}s {row['clustering_s']:>8.1f}s "
            f"{row['candidates_s']:>8.1f}s {row['sweep_s']:>6.1f}s {row['total_s']:>7.1f}s "
            f"{row['peak_bytes'] / 1e9:>8.2f} "
            f"{'-' if np.isnan(row['candidate_recall']) else round(row['candidate_recall'], 4)!s:>7} "
            f"{row['profiles']:>9} {row['animals']:>8} {row['ari']:>6.3f} {row['broken_links']:>7}",
            flush=True,
        )
    result: dict[str, Any] = {"sizes": rows}
    if len(rows) > 1:
        growth = np.log(rows[-1]["total_s"] / rows[0]["total_s"]) / np.log(
            rows[-1]["detections"] / rows[0]["detections"]
        )
        result["growth_exponent"] = growth
        print(f"growth: time ~ detections^{growth:.2f}")
    if not options.sizes_only:
        compare(options, rows, result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=2, default=float), "utf-8")


def compare(
    options: argparse.Namespace, rows: list[dict[str, float]], result: dict[str, Any]
) -> None:
    """scikit-learn and the greedy rule, printed and put into the result."""
    sklearn = run_sklearn(
        options.sklearn_tracklets, options.dim, options.thresholds, options.sklearn_thresholds
    )
    result["sklearn"] = sklearn
    print(
        f"{sklearn['tracklets']} tracklets, {options.thresholds} thresholds: scikit-learn "
        f"{sklearn['sklearn_s']:.1f}s, Thumper {sklearn['thumper_s']:.2f}s: "
        f"{sklearn['ratio']:.0f} times as fast"
    )
    greedy = run_greedy(
        rows[-1]["detections"], options.dim, options.thresholds, options.greedy_thresholds
    )
    greedy["ratio"] = greedy["greedy_s"] / rows[-1]["total_s"]
    result["greedy"] = greedy
    print(
        f"{greedy['detections']} detections, {options.thresholds} thresholds: greedy rule "
        f"{greedy['greedy_s']:.1f}s, {greedy['ratio']:.1f} times the whole of the above, with "
        f"{greedy['broken_links_mean']:.0f} cannot-links broken at a threshold"
    )


if __name__ == "__main__":
    main()
