"""The space in which tracklets are compared, learned from the photos themselves in three steps.

1. Recentring: photos by day and by infrared light each lose their own mean vector, which says how
   the photo was lit and not who is in it. The same herd walks past in either.
2. Whitening from tracklets (`whitening`), which takes out how one animal's frames differ in a burst.
3. A second look: a first clustering says what probably is one animal on other days and in other
   places; whitened again by those differences, animals come apart further.

In the third step hubs may be damped too: a vector that is similar to everything (a fawn to all fawns,
a blur to all blurs) loses a part of the mean of its nearest neighbours ("localized centering", Hara
et al. 2015, AAAI), so that what is left is what sets it apart. That helps where many animals share a
look and harms where there are few animals, so several strengths are tried. What stays is the strongest
whose own calibrated clustering expects hardly more wrong pairs than the best: such an expectation
is blind to animals that a space makes one, and those are what damping is against.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.calibrate import calibrate
from thumper_core.identify.cluster import average_linkage
from thumper_core.identify.constraints import Constraints
from thumper_core.identify.scale import expected_errors, judge
from thumper_core.identify.similarity import IntArray, group_means, similarity_blocks
from thumper_core.identify.space_map import Axes, Lights, SpaceMap, unit
from thumper_core.identify.whitening import (
    DIM_MAX,
    Whitening,
    choose_whitening,
    fit_whitening,
    whitening_of_groups,
)
from thumper_core.settings import IdentifySettings

COHORT_MAX = 2_000
DAMPINGS = (0.0, 0.4, 0.75)  # weakest first
HARDLY_MORE = 0.05
LEARN_TRACKLETS = 4_000  # a second look at more of them learns nothing new
SEPARATION_MIN = 2.0
"""Least distance of Same and Different, in standard deviations, that a second look is built on."""


@dataclass(frozen=True)
class Space:
    """vectors: (N, d) float32, L2-normalised; steps: what was done and why, for people; mapping: how
    further vectors get in.
    """

    vectors: FloatArray
    steps: tuple[str, ...]
    mapping: SpaceMap


def learn_space(
    vectors: FloatArray,
    index: IntArray,
    photo: IntArray,
    event: IntArray,
    condition: IntArray | None,
    links: Constraints,
    settings: IdentifySettings,
) -> Space:
    """Learn the space; see the module.

    vectors: (N, D) float32, L2-normalised; index, photo: (N,) codes of each detection's tracklet and
    photo; event: (T,) code of each tracklet; condition: (N,) code of the light (or None, where
    nothing is known of it). `settings.whitening`: "off" returns the vectors as they are, "on" does
    not ask whether the first whitening helps.
    """
    if settings.whitening == "off" or not len(vectors):
        return Space(vectors, ("whitening off",), SpaceMap())
    base, lights, steps = vectors, None, []
    if condition is not None:
        lights = Lights.fit(vectors, condition)
        base = lights.apply(vectors, condition)
        steps.append("day and infrared photos centred apart")
    axes = Axes.fit(base, DIM_MAX)
    small = axes.apply(base)
    if settings.whitening == "on":
        found = fit_whitening(small, index, seed=settings.seed)
        steps.append(
            "whitening on, as set" if found else "too few tracklets to learn whitening from"
        )
    else:
        choice = choose_whitening(small, index, photo, event[index], seed=settings.seed)
        found = choice.whitening
        steps.append(choice.reason)
    if found is None:
        return Space(base, tuple(steps), SpaceMap(lights))
    look = _second_look(small, found, index, event, links, settings.seed)
    mapping = SpaceMap(lights, axes, look.whitening, look.damping, look.cohort)
    return Space(look.vectors, (*steps, look.said), mapping)


def recentre(vectors: FloatArray, condition: IntArray) -> FloatArray:
    """Each condition without its mean, again of unit length: (N, D) float32.

    condition: (N,) codes. One with fewer than 50 detections loses the mean of all.
    """
    return Lights.fit(vectors, condition).apply(vectors, condition)


def principal_parts(vectors: FloatArray, dim_max: int = DIM_MAX) -> FloatArray:
    """(N, d) float32: the vectors less their mean on their `dim_max` main axes, not scaled.

    Whitening works in these anyway; taking them once saves a decomposition at each of its steps.
    """
    return Axes.fit(vectors, dim_max).apply(vectors)


def damp_hubs(
    vectors: FloatArray,
    index: IntArray,
    event: IntArray,
    damping: float,
    *,
    seed: int = 0,
) -> FloatArray:
    """Take from each tracklet's vectors `damping` times the mean of its nearest quarter.

    vectors: (N, d) float32; index: (N,) tracklets; event: (T,) codes: neighbours are looked for
    among tracklets of other events, of at most 2,000 drawn. With fewer than eight, as they are.
    """
    means = group_means(vectors, index, len(event))
    cohort = _cohort(len(means), seed)
    near = len(cohort) // 4
    if near < 2 or damping == 0:
        return vectors
    centre = np.empty_like(means)
    others = means[cohort]
    for start, block in similarity_blocks(means, others):
        own = event[start : start + len(block), None] == event[cohort]
        block[own] = -np.inf
        rows = np.argpartition(-block, near, axis=1)[:, :near]
        chosen = np.zeros_like(block)
        np.put_along_axis(chosen, rows, 1.0 / near, axis=1)
        chosen[own] = 0.0
        centre[start : start + len(block)] = chosen @ others
    return unit(vectors - damping * centre[index])


def _cohort(n: int, seed: int) -> npt.NDArray[np.int64]:
    """Rows of the tracklets among which neighbours are looked for."""
    rows = np.arange(n)
    if n > COHORT_MAX:
        rows = np.sort(np.random.default_rng(seed).choice(rows, COHORT_MAX, replace=False))
    return rows


@dataclass(frozen=True)
class _Learner:
    """The tracklets (of whole events, at most LEARN_TRACKLETS) on which spaces are tried."""

    rows: npt.NDArray[np.int64]
    index: IntArray
    event: IntArray
    links: Constraints
    seed: int

    def try_out(self, vectors: FloatArray) -> tuple[float, IntArray | None, float]:
        """(expected pairwise error, groups at the best cut, separation) of a space; see below.

        The error is infinite, and there are no groups, where nothing can be calibrated.
        """
        part = vectors[self.rows]
        means = group_means(part, self.index, len(self.event))
        calibration = calibrate(
            part, self.index, means, self.event, self.links, resamples=0, seed=self.seed
        )
        groups = calibration.groups
        if groups is None:
            return float("inf"), None, 0.0
        links = self.links
        tree = average_linkage(means, links.cannot, links.must, links.group).dendrogram
        found = judge(tree, means, self.event, np.bincount(self.index), groups, seed=self.seed)
        errors = expected_errors(found.p, found.pairs, found.within_pairs)[2]
        error = float(errors[(tree.similarity >= found.best).sum()])
        apart = (groups.same_mean - groups.different_mean) / np.sqrt(groups.different_var)
        return error, tree.cut(found.best), float(apart)


@dataclass(frozen=True)
class _Look:
    """vectors, and the whitening, damping and cohort that made them; said: why, for people."""

    vectors: FloatArray
    said: str
    whitening: Whitening
    damping: float = 0.0
    cohort: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))


def _second_look(
    base: FloatArray,
    first_whitening: Whitening,
    index: IntArray,
    event: IntArray,
    links: Constraints,
    seed: int,
) -> _Look:
    """`base` whitened, or whitened again by the groups found with a damping; see the module."""
    whitened = first_whitening.apply(base)
    used = _whole_events(event, seed)
    rows = np.flatnonzero(used[index])
    own = (np.cumsum(used) - 1)[index[rows]].astype(np.int32)
    learner = _Learner(rows, own, event[used], _part(links, used), seed)
    error, groups, apart = learner.try_out(whitened)
    if groups is None:
        said = "no second look: nothing to calibrate a first clustering on"
        return _Look(whitened, said, first_whitening)
    if apart < SEPARATION_MIN:
        said = f"no second look: animals lie only {apart:.1f} standard deviations apart"
        return _Look(whitened, said, first_whitening)
    said = "no second look: it would not have lowered the expected error"
    before, best = error, _Look(whitened, said, first_whitening)
    means = group_means(base, index, len(event))[used]
    for damping in DAMPINGS:
        first = damp_hubs(whitened, index, event, damping, seed=seed)
        labels = learner.try_out(first)[1] if damping else groups
        if labels is None:
            continue
        again = whitening_of_groups(base[rows], means, labels, learner.event)
        if again is None:
            continue
        twice = again.apply(base)
        second = damp_hubs(twice, index, event, damping, seed=seed)
        found = learner.try_out(second)[0]
        if found < min(before, error + HARDLY_MORE):
            error = min(error, found)
            said = (
                f"whitened again by how animals differ from day to day, hubs damped by "
                f"{damping:.2f}: expected pairwise error {before:.3f} before, {found:.3f} after"
            )
            cohort = group_means(twice, index, len(event))[_cohort(len(event), seed)]
            best = _Look(second, said, again, damping, cohort)
    return best


def _whole_events(event: IntArray, seed: int) -> npt.NDArray[np.bool_]:
    """(T,) bool: tracklets of events drawn up to LEARN_TRACKLETS."""
    if len(event) <= LEARN_TRACKLETS:
        return np.ones(len(event), bool)
    order = np.random.default_rng(seed).permutation(int(event.max()) + 1)
    chosen = order[np.cumsum(np.bincount(event)[order]) <= LEARN_TRACKLETS]
    return np.isin(event, chosen)


def _part(links: Constraints, used: npt.NDArray[np.bool_]) -> Constraints:
    """The constraints between some of the tracklets, renumbered."""
    place = np.where(used, np.cumsum(used) - 1, -1).astype(np.int32)
    cannot, must = place[links.cannot].reshape(-1, 2), place[links.must].reshape(-1, 2)
    c, m = (cannot >= 0).all(axis=1), (must >= 0).all(axis=1)
    return Constraints(
        int(used.sum()),
        cannot[c],
        links.cannot_kind[c],
        links.cannot_trust[c],
        must[m],
        links.must_kind[m],
        links.must_trust[m],
        links.group[used],
        links.group_trust[used],
    )
