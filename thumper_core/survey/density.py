"""Deer per square kilometre from where known deer were seen again, with identification errors counted in.

The fit is `scr.fit`; a group that was seen once counts for less the more wrong splits are to be expected
(`misidentified`), and hidden animals are added in proportion. The interval adds, on the scale of
logarithms, what the error rates leave open: density at both ends of what is known of splits, chance in
how many ghosts there were, and both ends of what is known of merges.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from thumper_core.herd.abundance.estimate import Estimate, Refused, Result, Z
from thumper_core.language import say
from thumper_core.store.herd_summary import Interval
from thumper_core.survey import scr
from thumper_core.survey.known import TOO_MANY
from thumper_core.survey.mask import Mask, buffer_mask, squared_distances
from thumper_core.survey.misidentified import Array, Errors, true_frequencies

METHOD: Final = "Spatial capture-recapture"
CAMERAS_MIN: Final = 4
MOVED_MIN: Final = 5
MOVED_GOOD: Final = 20
"""Sightings at another camera than an animal's first: below the first number a range cannot be told at
all, below the second the interval is rough (Efford & Boulanger 2019, Methods Ecol. Evol. 10: 1529-1535,
want about 20 recaptures)."""
BUFFER_SIGMAS: Final = 4.0
_ROUNDS: Final = 4
_FIRST: Final = 1.25  # of the first guess at a range, which cameras that stand few make too small
_HA_PER_KM2: Final = 100.0


def density(counts: Array, traps: Array, effort: Array, errors: Errors) -> Result:
    """Deer per square kilometre.

    counts: (n, K) days on which a camera saw a known deer; traps: (K, 2) metres; effort: (K,) days on
    which each camera worked. Refused below CAMERAS_MIN cameras, below MOVED_MIN sightings at
    another camera, where errors are too many and where the likelihood has no maximum.
    """
    if len(traps) < CAMERAS_MIN:
        return Refused(
            METHOD,
            say(
                "Only {n} cameras have coordinates; it takes {least}.",
                n=len(traps),
                least=CAMERAS_MIN,
            ),
        )
    moved = int(np.maximum((counts > 0).sum(axis=1) - 1, 0).sum()) if len(counts) else 0
    if moved < MOVED_MIN:
        return Refused(
            METHOD,
            say(
                "Known deer were seen at another camera {n} times only; it takes {least} to tell how far "
                "they range.",
                n=moved,
                least=MOVED_MIN,
            ),
        )
    if errors.are_too_many:
        return Refused(METHOD, say(TOO_MANY))
    mask = _mask(counts, traps, effort)
    weights = _weights(counts, errors.split.value)
    found = None if mask is None else scr.fit(counts, traps, effort, mask, weights)
    if mask is None or found is None:
        return Refused(
            METHOD, say("The sightings do not say how far deer range: no density fits best.")
        )
    weighed = float(weights.sum())
    ghosts = max(len(counts) - weighed, 0.0) / weighed**2
    variance = ghosts + _of_merges(errors.merged)
    if errors.split.high:
        variance += _of_splits(counts, traps, effort, mask, errors.split)
    scale = _HA_PER_KM2 / (1 - errors.merged.value)
    low, high = found.interval(0, variance)
    range_low, range_high = found.interval(2)
    cautions = []
    if moved < MOVED_GOOD:
        cautions.append(
            say(
                "Known deer were seen at another camera {n} times; {good} or more are advised.",
                n=moved,
                good=MOVED_GOOD,
            )
        )
    spacing = _spacing_m(traps)
    if spacing > 3 * found.sigma_m:
        cautions.append(
            say("Cameras stand further apart than deer range, so the range is poorly known.")
        )
    return Estimate(
        method=METHOD,
        estimate=found.density_per_ha * scale,
        low=low * scale,
        high=high * scale,
        assumptions=(
            say(
                "Deer live everywhere around the cameras alike, and keep to their range during the survey."
            ),
            say(
                "A camera sees a deer the less the further off its range lies (sigma {sigma:.0f} m, "
                "{low:.0f} to {high:.0f}).",
                sigma=found.sigma_m,
                low=range_low,
                high=range_high,
            ),
            say("Bait, where there is some, does not draw deer from beyond their range."),
        ),
        source=say(
            "Borchers & Efford 2008, Biometrics 64: 377-385; groups weighed after Link et al. 2010, "
            "Biometrics 66: 178-185"
        ),
        cautions=tuple(cautions),
    )


def _mask(counts: Array, traps: Array, effort: Array) -> Mask | None:
    """A mask that reaches BUFFER_SIGMAS ranges beyond the cameras; None where no range can be told."""
    sigma_m = scr.range_start_m(counts, traps)
    if sigma_m is None:
        return None
    sigma_m *= _FIRST
    for _ in range(_ROUNDS):
        mask = buffer_mask(traps, BUFFER_SIGMAS * sigma_m, sigma_m / 2)
        found = scr.fit(counts, traps, effort, mask)
        if found is None:
            return None
        if found.sigma_m <= sigma_m:
            return mask
        sigma_m = found.sigma_m * 1.1
    return None


def _weights(counts: Array, split: float) -> Array:
    """How many animals each history stands for, from how often it was seen: (n,)."""
    total = counts.sum(axis=1).astype(int)
    observed = np.bincount(total)[1:].astype(np.float64)
    true = true_frequencies(observed, split)
    weights: Array = (true / np.maximum(observed, 1.0))[total - 1]
    return weights


def _of_splits(counts: Array, traps: Array, effort: Array, mask: Mask, split: Interval) -> float:
    """Variance of log density that the interval of the split rate leaves."""
    if split.low is None or split.high is None:
        return 0.0
    ends = [
        scr.fit(counts, traps, effort, mask, _weights(counts, rate))
        for rate in (split.low, split.high)
    ]
    logs = [math.log(end.density_per_ha) for end in ends if end is not None]
    return ((max(logs) - min(logs)) / (2 * Z)) ** 2 if len(logs) == len(ends) else math.inf


def _of_merges(merged: Interval) -> float:
    if merged.low is None or merged.high is None:
        return 0.0
    return (math.log((1 - merged.low) / (1 - merged.high)) / (2 * Z)) ** 2


def _spacing_m(traps: Array) -> float:
    """Median distance from a camera to its nearest neighbour."""
    between = np.sqrt(squared_distances(traps, traps))
    np.fill_diagonal(between, np.inf)
    return float(np.median(between.min(axis=1)))
