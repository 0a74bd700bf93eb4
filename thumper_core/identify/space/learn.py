"""The space in which tracklets are compared, learned from the photos themselves in three steps.

1. Recentring: photos by day and by infrared light each lose their own mean vector, which says how
   the photo was lit and not who is in it. The same herd walks past in either.
2. Whitening from tracklets (`whitening`), which takes out how one animal's frames differ in a burst.
3. A second look: a first clustering says what probably is one animal on other days and in other
   places; whitened again by those differences, animals come apart further.

In the third step hubs may be damped too (`hubs`). That helps where many animals share a look and
harms where there are few animals, so several strengths are tried. What stays is the strongest whose
own calibrated clustering expects hardly more wrong pairs than the best: such an expectation is blind
to animals that a space makes one, and those are what damping is against.

What was learned of how one animal differs from visit to visit (`visit_spread`) is counted into the
second look, which is about just that; where there is none, into the whitening from tracklets. Counted
into both it misled the first clustering.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.sampling import whole_groups
from thumper_core.identify.scale.calibrate import calibrate
from thumper_core.identify.scale.probability import expected_errors, judge
from thumper_core.identify.space.axes import Axes
from thumper_core.identify.space.hubs import Cohort, damp_hubs
from thumper_core.identify.space.lights import Lights
from thumper_core.identify.space.similarity import IntArray, group_means
from thumper_core.identify.space.space_map import SpaceMap
from thumper_core.identify.space.visit_spread import VisitSpread
from thumper_core.identify.space.whitening import (
    DIM_MAX,
    Whitening,
    choose_whitening,
    fit_whitening,
    whitening_of_groups,
)
from thumper_core.identify.tree.cluster import average_linkage
from thumper_core.settings import IdentifySettings

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
    event_name: npt.NDArray[np.str_],
    condition: IntArray | None,
    links: Constraints,
    settings: IdentifySettings,
    spread: VisitSpread | None = None,
) -> Space:
    """Learn the space; see the module.

    vectors: (N, D) float32, L2-normalised; index, photo: (N,) codes of each detection's tracklet and
    photo; event: (T,) code of each tracklet's event, event_name: (T,) its name; condition: (N,) code
    of the light (or None, where nothing is known of it). `settings.whitening`: "off" returns the
    vectors as they are, "on" does not ask whether the first whitening helps. spread: what `train reid`
    learned of how one animal differs from visit to visit, counted in as the module says.
    """
    if settings.whitening == "off" or not len(vectors):
        return Space(vectors, ("whitening off",), SpaceMap())
    base, lights, steps = vectors, None, []
    if condition is not None:
        lights = Lights.fit(vectors, condition)
        base = lights.apply(vectors, condition)
        steps.append("photos in colour and in infrared centred apart")
    axes = Axes.fit(base, DIM_MAX)
    small = axes.apply(base)
    visits = None if spread is None else spread.seen_on(axes)
    if settings.whitening == "on":
        found = fit_whitening(small, index, seed=settings.seed)
        steps.append(
            "whitening on, as set" if found else "too few tracklets to learn whitening from"
        )
    else:
        choice = choose_whitening(small, index, photo, event[index], seed=settings.seed)
        found = choice.whitening
        steps.append(choice.reason)
    firm = (
        None if visits is None else fit_whitening(small, index, seed=settings.seed, spread=visits)
    )
    if spread is not None and firm is not None:
        steps.append(f"{spread.source} counted in for {spread.share:.0%}")
    if found is not None:
        look = _second_look(small, found, index, event, links, settings.seed, visits, firm)
    elif firm is not None:
        look = _Look(firm.apply(small), "no second look: the photos alone say too little", firm)
    else:
        return Space(base, tuple(steps), SpaceMap(lights))
    cohort = None
    if look.damping:
        undamped = look.whitening.apply(small)
        cohort = Cohort.drawn(undamped, index, event_name, settings.seed)
    mapping = SpaceMap(lights, axes, look.whitening, look.damping, cohort)
    return Space(look.vectors, (*steps, look.said), mapping)


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
    """vectors, and the whitening and damping that made them; said: why, for people."""

    vectors: FloatArray
    said: str
    whitening: Whitening
    damping: float = 0.0


def _second_look(
    base: FloatArray,
    first_whitening: Whitening,
    index: IntArray,
    event: IntArray,
    links: Constraints,
    seed: int,
    visits: VisitSpread | None,
    firm: Whitening | None,
) -> _Look:
    """`base` whitened, or whitened again by the groups found with a damping; see the module.

    visits: counted in there; firm: the whitening that they are in, which stands where there is no second
    look to count them into.
    """
    whitened = first_whitening.apply(base)
    used = whole_groups(event, LEARN_TRACKLETS, np.random.default_rng(seed))
    rows = np.flatnonzero(used[index])
    own = (np.cumsum(used) - 1)[index[rows]].astype(np.int32)
    learner = _Learner(rows, own, event[used], links.among(np.flatnonzero(used)), seed)
    error, groups, apart = learner.try_out(whitened)
    alone = firm or first_whitening
    if groups is None:
        said = "no second look: nothing to calibrate a first clustering on"
        return _Look(alone.apply(base), said, alone)
    if apart < SEPARATION_MIN:
        said = f"no second look: animals lie only {apart:.1f} standard deviations apart"
        return _Look(alone.apply(base), said, alone)
    said = "no second look: it would not have lowered the expected error"
    before, best = error, _Look(alone.apply(base), said, alone)
    means = group_means(base, index, len(event))[used]
    for damping in DAMPINGS:
        first = _damped(whitened, index, event, damping, seed)
        labels = learner.try_out(first)[1] if damping else groups
        if labels is None:
            continue
        again = whitening_of_groups(base[rows], means, labels, learner.event, spread=visits)
        if again is None:
            continue
        second = _damped(again.apply(base), index, event, damping, seed)
        found = learner.try_out(second)[0]
        if found < min(before, error + HARDLY_MORE):
            error = min(error, found)
            said = (
                f"whitened again by how animals differ from day to day, hubs damped by "
                f"{damping:.2f}: expected pairwise error {before:.3f} before, {found:.3f} after"
            )
            best = _Look(second, said, again, damping)
    return best


def _damped(
    vectors: FloatArray, index: IntArray, event: IntArray, damping: float, seed: int
) -> FloatArray:
    """The vectors with hubs damped among their own tracklets."""
    return damp_hubs(vectors, index, event, Cohort.drawn(vectors, index, event, seed), damping)
