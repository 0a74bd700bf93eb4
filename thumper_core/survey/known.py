"""How many deer there are, from known ones seen again, with the errors of knowing them carried through.

Chao's estimate of the animals never seen, from those seen on one and on two occasions (it lets animals
differ in how easily they are photographed), on frequencies corrected for wrong splits, and enlarged
by wrong merges. The interval comes from draws: of the error rates, of how many ghosts there then were,
and of the unseen (log-normal, Chao 1987).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from thumper_core.herd.abundance.chao import OCCASIONS_GOOD
from thumper_core.herd.abundance.estimate import CONFIDENCE, Estimate, Refused, Result
from thumper_core.survey.misidentified import Array, Errors, ghosts_of, true_frequencies

DRAWS: Final = 4000
METHOD: Final = "Known deer seen again, errors counted in"
TOO_MANY: Final = (
    "Too many groups are held to be part of another deer, or to hold several: answer questions on the "
    "Review page first."
)
_RATES: Final = 40  # different split rates among the draws: each is a matrix to solve


def abundance_of_known(
    times_seen: Array, n_occasions: int, errors: Errors, seed: int = 0
) -> Result:
    """Deer in all, from on how many occasions each known one was seen.

    times_seen: (n,) days on which each was seen, 1..n_occasions; errors: what is known of wrong
    splits and merges. Refused below three occasions, where no deer was seen twice, and where errors
    are too many to be corrected.
    """
    if n_occasions < 3:
        return Refused(METHOD, f"Only {n_occasions} days with photos; it takes three.")
    if len(times_seen) == 0:
        return Refused(METHOD, "No identified deer was seen.")
    if errors.are_too_many:
        return Refused(METHOD, TOO_MANY)
    observed = np.bincount(times_seen.astype(int), minlength=n_occasions + 1)[1:].astype(float)
    if observed[1:].sum() == 0:
        return Refused(METHOD, "No deer was seen on two days: survey longer.")
    central = true_frequencies(observed, errors.split.value)
    unseen, _ = _unseen(central[0], central[1], central.sum(), n_occasions)
    estimate = (central.sum() + float(unseen)) / (1 - errors.merged.value)
    drawn = _drawn(observed, n_occasions, errors, np.random.default_rng(seed))
    tail = (1 - CONFIDENCE) / 2
    low, high = (float(v) for v in np.quantile(drawn, [tail, 1 - tail]))
    cautions = []
    if n_occasions < OCCASIONS_GOOD:
        cautions.append(f"{n_occasions} days are few; {OCCASIONS_GOOD} or more are advised.")
    if central[0] > central.sum() / 2:
        cautions.append("Most deer were seen on one day only, so there may be many more.")
    return Estimate(
        method=METHOD,
        estimate=estimate,
        low=min(low, estimate),
        high=max(high, estimate),
        assumptions=(
            "No deer is born, dies, comes or goes during the survey.",
            "Deer may differ in how often they are photographed, but each keeps its own chance.",
            "A wrong split makes a group that is seen on one day.",
        ),
        source=(
            "Chao 1987, Biometrics 43: 783-791, on frequencies corrected after Link et al. 2010, "
            "Biometrics 66: 178-185"
        ),
        std_error=float(drawn.std()),
        cautions=tuple(cautions),
    )


def _drawn(observed: Array, n_occasions: int, errors: Errors, rng: np.random.Generator) -> Array:
    """DRAWS numbers of deer that the data and the errors allow."""
    rates, merged = errors.drawn(DRAWS, rng)
    levels = np.quantile(rates, (np.arange(_RATES) + 0.5) / _RATES)
    once, twice, ghosts, seen = np.array([_corrected(observed, n_occasions, r) for r in levels]).T
    which = np.minimum((np.argsort(np.argsort(rates)) * _RATES) // DRAWS, _RATES - 1)
    # How many ghosts there were is itself a draw: those expected, and chance.
    more = rng.poisson(ghosts[which]) - ghosts[which]
    f1 = np.maximum(once[which] - more, 0.0)
    deer = np.maximum(seen[which] - more, 1.0)
    unseen, variance = _unseen(f1, twice[which], deer, n_occasions)
    spread = np.sqrt(np.log1p(variance / np.maximum(unseen, 1e-9) ** 2))
    never = np.where(unseen > 0, unseen * np.exp(rng.standard_normal(DRAWS) * spread), 0.0)
    found = deer + never
    hidden = rng.poisson(found * merged / (1 - merged))
    return found + hidden


def _corrected(
    observed: Array, n_occasions: int, split: float
) -> tuple[float, float, float, float]:
    """Animals seen once and twice, ghosts expected, animals seen at all."""
    true = true_frequencies(observed, split)
    made = ghosts_of(n_occasions, split).sum(axis=0) if split > 0 else np.ones(n_occasions)
    return true[0], true[1], float(((made - 1) * true).sum()), float(true.sum())


def _unseen(once: Array, twice: Array, seen: Array, n_occasions: int) -> tuple[Array, Array]:
    """Chao's bias-corrected number never seen, and its variance (Chao & Colwell 2017, eqs 5, 9)."""
    k = (n_occasions - 1) / n_occasions
    f1, f2 = np.maximum(once, 0.0), np.maximum(twice, 0.0)
    unseen = k * np.maximum(f1 * (f1 - 1), 0.0) / (2 * (f2 + 1))
    variance = (
        k * np.maximum(f1 * (f1 - 1), 0.0) / (2 * (f2 + 1))
        + k**2 * f1 * (2 * f1 - 1) ** 2 / (4 * (f2 + 1) ** 2)
        + k**2 * f1**2 * f2 * np.maximum(f1 - 1, 0.0) ** 2 / (4 * (f2 + 1) ** 4)
    )
    return unseen, variance
