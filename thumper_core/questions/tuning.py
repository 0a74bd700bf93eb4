"""The herd at any threshold, from the one dendrogram: what it would merge and split, and of whom.

`prepare` is the slow part and is done once for each state of run, decisions and settings; everything
else works on tracklets and answers within a slider's move.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.herd.load import load_deer
from thumper_core.identify.outcome import Identification
from thumper_core.identify.scale.calibrate import Calibration
from thumper_core.identify.tree.density import density_profiles
from thumper_core.identify.tree.greedy import broken_links, greedy_profiles
from thumper_core.identify.tree.stability import Stability, stability
from thumper_core.language import mark
from thumper_core.pipeline.newest import newest_complete_run
from thumper_core.workspace import Workspace

PART_MIN: Final = 2  # detections below which a moved part is not worth a person's look
METHODS: Final = {
    "average": mark("Constrained average linkage"),
    "greedy": mark("Greedy (the old rule)"),
    "hdbscan": "HDBSCAN",
}


@dataclass(frozen=True)
class Tuning:
    """A run's deer with everything needed to cut them at any threshold.

    frame: one row per detection, in the order of `found.clustering.index`; found: the identification;
    event: (T,) int32 code of each tracklet's event; sizes: (T,) its detections.
    """

    run_id: str
    frame: pl.DataFrame
    found: Identification
    event: npt.NDArray[np.int32]
    sizes: npt.NDArray[np.int64]

    def similarity(self, threshold: float) -> float:
        """The similarity at which a threshold (calibrated chance) cuts."""
        judgement = self.found.thresholds.judgement
        return judgement.scale.similarity(threshold) if judgement else threshold

    def labels(self, threshold: float) -> npt.NDArray[np.int32]:
        """(T,) profile of each tracklet at the threshold."""
        return self.found.clustering.tree.cut(self.similarity(threshold))

    def stability(self, threshold: float) -> Stability:
        """What bursts drawn anew leave of the profiles at the threshold."""
        return stability(
            self.labels(threshold), self.found.clustering.draws, self.similarity(threshold)
        )


@dataclass(frozen=True)
class Counts:
    """A grouping in numbers; assigned: share of detections in a profile seen in two events."""

    profiles: int
    bucks: int
    does: int
    fawns: int
    unknown: int
    assigned: float
    singletons: int
    broken: int  # pairs that cannot be one animal in one profile


@dataclass(frozen=True)
class Change:
    """What a threshold does to individuals of the shown herd.

    merge: `who` become one profile; split: who[0] falls apart; parts: detections of each; pictures:
    one detection of each part, for a crop; p: chance that the largest part and the one that fits the
    change least are one animal, None where nothing was calibrated.
    """

    kind: Literal["merge", "split"]
    who: tuple[str, ...]
    parts: tuple[int, ...]
    pictures: tuple[str, ...]
    p: float | None = None

    @property
    def sureness(self) -> float:
        """How sure it is that the change is right, in [0, 1]; 0: nobody can say."""
        if self.p is None:
            return 0.0
        return self.p if self.kind == "merge" else 1 - self.p


def prepare(workspace: Workspace, run_id: str | None) -> Tuning:
    """Load a run's deer (None: of the newest complete run) and cluster them once.

    Raises ThumperError where no run is complete.
    """
    run_id = run_id or newest_complete_run(workspace).run_id
    settings = workspace.settings.replace("identify", threshold="auto", method="average")
    from thumper_core.herd.build import sweep_run  # here: pages that only show do without

    found = sweep_run(workspace, run_id=run_id, settings=settings)
    frame, _ = load_deer(workspace, run_id, settings.identify.class_conf_min)
    sizes = found.tables.tracklets["n_detections"].to_numpy().astype(np.int64)
    return Tuning(run_id, frame, found, found.clustering.event, sizes)


def counts(tuning: Tuning, labels: npt.NDArray[np.int32]) -> Counts:
    """A grouping of the tracklets in numbers. A profile's sex is its tracklets' majority."""
    n = int(labels.max(initial=-1)) + 1
    fawn = (tuning.found.tables.tracklets["age_class"] == "fawn").to_numpy()
    sex = tuning.found.tables.tracklets["sex"]
    votes = [
        np.bincount(labels, tuning.sizes * mask, n)
        for mask in (
            ~fawn & (sex == "male").to_numpy(),
            ~fawn & (sex == "female").to_numpy(),
            fawn,
        )
    ]
    best = np.where(sum(votes) > 0, np.argmax(votes, axis=0), 3) if n else np.zeros(0, int)
    kinds = np.bincount(best, minlength=4)
    width = int(tuning.event.max(initial=0)) + 1
    events = np.bincount(
        np.unique(labels.astype(np.int64) * width + tuning.event) // width, None, n
    )
    total = max(int(tuning.sizes.sum()), 1)
    links = tuning.found.constraints.constraints
    return Counts(
        n,
        int(kinds[0]),
        int(kinds[1]),
        int(kinds[2]),
        int(kinds[3]),
        float(tuning.sizes[events[labels] >= 2].sum() / total) if n else 0.0,
        int((np.bincount(labels, minlength=n) == 1).sum()),
        broken_links(labels, links.cannot, links.group),
    )


@dataclass(frozen=True)
class Owners:
    """The individual of each tracklet in a herd: (T,) int32 indices into names, -1: none."""

    names: tuple[str, ...]
    of: npt.NDArray[np.int32]


def owners(tuning: Tuning, shown: pl.DataFrame) -> Owners:
    """Whose each tracklet is in the shown herd: that of its best detection.

    shown: `detection_id, individual_id` of the shown herd, of the same run.
    """
    own = shown.select("detection_id", "individual_id").unique("detection_id")
    wanted = tuning.found.tables.tracklets.select(pl.col("best_detection_id").alias("detection_id"))
    whose = wanted.join(own, on="detection_id", how="left", maintain_order="left")["individual_id"]
    names = whose.drop_nulls().unique().sort()
    codes = whose.replace_strict(names, np.arange(len(names)), default=-1, return_dtype=pl.Int32)
    return Owners(tuple(names), codes.fill_null(-1).to_numpy())


def changes(tuning: Tuning, labels: npt.NDArray[np.int32], herd: Owners) -> list[Change]:
    """Which individuals of the shown herd a grouping merges or splits, the surest first, then by size."""
    known = np.flatnonzero(herd.of >= 0)
    width = int(labels.max(initial=-1)) + 1
    # One part for each individual and profile: its detections, and its largest tracklet.
    keys = herd.of[known].astype(np.int64) * width + labels[known]
    part, at = np.unique(keys, return_inverse=True)
    sizes = np.bincount(at, tuning.sizes[known], len(part)).astype(np.int64)
    order = np.lexsort((-tuning.sizes[known], at))
    largest = known[order[np.searchsorted(at[order], np.arange(len(part)))]]
    means = tuning.found.clustering.means
    sums = np.zeros((len(part), means.shape[1]), np.float32)
    np.add.at(sums, at, means[known])
    count = np.bincount(at, minlength=len(part))
    kept = sizes >= PART_MIN
    mean, count = (sums / np.maximum(count, 1)[:, None])[kept], count[kept]
    who, label = part[kept] // max(width, 1), part[kept] % max(width, 1)
    best = tuning.found.tables.tracklets["best_detection_id"]
    parts = list(zip(sizes[kept].tolist(), who.tolist(), largest[kept].tolist(), strict=True))
    found = []
    for kind, group in (("merge", label), ("split", who)):
        several = np.bincount(group)[group] > 1 if len(group) else np.zeros(0, bool)
        together: dict[int, list[tuple[int, str, str, int]]] = {}
        for row in np.flatnonzero(several):
            n, owner, tracklet = parts[row]
            one = (n, herd.names[owner], str(best[tracklet]), int(row))
            together.setdefault(int(group[row]), []).append(one)
        for rows in together.values():
            ordered = sorted(rows, reverse=True)
            of = [row for *_, row in ordered]
            found.append(_change(kind, ordered, _chance(tuning, kind, mean[of], count[of])))
    return sorted(found, key=lambda c: (-round(c.sureness, 3), -sum(c.parts[1:]), c.who))


def compare_methods(tuning: Tuning, threshold: float) -> dict[str, Counts]:
    """What each method makes of the same tracklets at the same threshold."""
    cut = tuning.similarity(threshold)
    means = tuning.found.clustering.means
    groupings = {
        "average": tuning.found.clustering.tree.cut(cut),
        "greedy": greedy_profiles(means, cut),
        "hdbscan": density_profiles(means),
    }
    return {method: counts(tuning, labels) for method, labels in groupings.items()}


def scores(calibration: Calibration) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Similarities of pairs of one animal and of two, redrawn from the calibration's ROC.

    (n_must,) and (n_cannot,) quantiles of the two distributions that the curve's at most 500 points
    describe: the shape and the numbers are the calibration's, a single value is not a single pair.
    """
    curve = calibration.roc.drop_nans().sort("similarity")
    if curve.is_empty():
        return np.zeros(0), np.zeros(0)
    s = curve["similarity"].to_numpy()
    n_same = max(calibration.n_must, 1)
    n_different = max(calibration.n_cannot, 1)
    below_same = np.maximum.accumulate(curve["miss_rate"].to_numpy())
    below_different = np.maximum.accumulate(1 - curve["false_match_rate"].to_numpy())
    return (
        np.interp((np.arange(n_same) + 0.5) / n_same, below_same, s),
        np.interp((np.arange(n_different) + 0.5) / n_different, below_different, s),
    )


def nearest(
    tuning: Tuning, herd: Owners, individual_id: str, limit: int = 6
) -> list[tuple[str, float | None]]:
    """The individuals that look most like one: (individual_id, P(one animal) or None), best first."""
    names = herd.names
    if individual_id not in names:
        return []
    kept = herd.of >= 0
    sums = np.zeros((len(names), tuning.found.clustering.means.shape[1]), np.float32)
    np.add.at(sums, herd.of[kept], tuning.found.clustering.means[kept])
    n = np.bincount(herd.of[kept], minlength=len(names))
    mean = sums / n[:, None]
    me = names.index(individual_id)
    similarity = mean @ mean[me]
    judgement = tuning.found.thresholds.judgement
    p = judgement.scale.posterior(similarity, n, n[me]) if judgement else similarity
    order = [i for i in np.argsort(-p) if i != me][:limit]
    return [(names[i], float(p[i]) if judgement else None) for i in order]


def _change(kind: Any, parts: list[tuple[int, str, str, int]], p: float | None) -> Change:
    numbers, who, pictures, _ = zip(*parts, strict=True)
    return Change(kind, who if kind == "merge" else who[:1], numbers, pictures, p)


def _chance(
    tuning: Tuning, kind: str, means: npt.NDArray[np.floating], n: npt.NDArray[np.int64]
) -> float | None:
    """P(one animal) of the first of some parts and the one that fits the change least.

    means: (k, d) of their tracklets' vectors; n: (k,) tracklets.
    """
    judgement = tuning.found.thresholds.judgement
    if judgement is None:
        return None
    p = judgement.scale.posterior(means[1:] @ means[0], n[1:], n[0])
    return float(p.min() if kind == "merge" else p.max())
