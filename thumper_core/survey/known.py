"""How many deer there are, from known ones seen again, with the errors of knowing them carried through.

Chao's estimate of the animals never seen, from those seen on one and on two occasions (it lets animals
differ in how easily they are photographed), on frequencies corrected for wrong splits, and enlarged
by wrong merges. The interval comes from draws: of the error rates, and with each of the whole survey
again (a parametric bootstrap). Chao's estimate is a lower bound, so the upper end is taken from draws of
the improved one (Chiu, Wang, Walther & Chao 2014, Biometrics 70: 671-682).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from thumper_core.herd.abundance.chao import OCCASIONS_GOOD
from thumper_core.herd.abundance.estimate import CONFIDENCE, Estimate, Refused, Result
from thumper_core.language import mark, say
from thumper_core.survey.misidentified import Array, Errors, true_frequencies

DRAWS: Final = 4000
METHOD: Final = "Known deer seen again, errors counted in"
TOO_MANY: Final = mark(
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
        return Refused(METHOD, say("Only {n} days with photos; it takes three.", n=n_occasions))
    if len(times_seen) == 0:
        return Refused(METHOD, say("No identified deer was seen."))
    if errors.are_too_many:
        return Refused(METHOD, say(TOO_MANY))
    observed = np.bincount(times_seen.astype(int), minlength=n_occasions + 1)[1:].astype(float)
    if observed[1:].sum() == 0:
        return Refused(METHOD, say("No deer was seen on two days: survey longer."))
    central = true_frequencies(observed, errors.split.value)
    unseen = float(_unseen(central, n_occasions))
    estimate = (float(central.sum()) + unseen) / (1 - errors.merged.value)
    bound, improved = _drawn(observed, n_occasions, errors, np.random.default_rng(seed))
    tail = (1 - CONFIDENCE) / 2
    low, high = float(np.quantile(bound, tail)), float(np.quantile(improved, 1 - tail))
    cautions = []
    if n_occasions < OCCASIONS_GOOD:
        cautions.append(
            say("{n} days are few; {good} or more are advised.", n=n_occasions, good=OCCASIONS_GOOD)
        )
    if central[0] > central.sum() / 2:
        cautions.append(say("Most deer were seen on one day only, so there may be many more."))
    return Estimate(
        method=METHOD,
        estimate=estimate,
        low=min(low, estimate),
        high=max(high, estimate),
        assumptions=(
            say("No deer is born, dies, comes or goes during the survey."),
            say(
                "Deer may differ in how often they are photographed, but each keeps its own chance."
            ),
            say("A wrong split makes a group that is seen on one day."),
        ),
        source=say(
            "Chao 1987, Biometrics 43: 783-791, on frequencies corrected after Link et al. 2010, "
            "Biometrics 66: 178-185"
        ),
        std_error=float(bound.std()),
        cautions=tuple(cautions),
    )


def _drawn(
    observed: Array, n_occasions: int, errors: Errors, rng: np.random.Generator
) -> tuple[Array, Array]:
    """DRAWS numbers of deer that the data and the errors allow, by either estimate of the unseen."""
    rates, merged = errors.drawn(DRAWS, rng)
    levels = np.quantile(rates, (np.arange(_RATES) + 0.5) / _RATES)
    which = np.minimum((np.argsort(np.argsort(rates)) * _RATES) // DRAWS, _RATES - 1)
    true = np.array([true_frequencies(observed, rate) for rate in levels])
    ghosts = np.maximum(observed.sum() - true.sum(axis=1), 0.0)[which]
    more = rng.poisson(ghosts) - ghosts  # how many there were is itself a draw
    surely = np.maximum(true.sum(axis=1)[which] - more, 1.0)  # those that were seen are there
    found = []
    for unseen in (_unseen, _unseen_improved):
        # The survey again, of as many deer as it held there to be.
        never = unseen(true, n_occasions)
        deer = true.sum(axis=1) + never
        shares = np.column_stack([never, true]) / deer[:, None]
        again = rng.multinomial(np.round(deer).astype(int)[which], shares[which]).astype(float)
        again[:, 1] = np.maximum(again[:, 1] + more, 0.0)  # ghosts pass for deer seen once
        came_out = again[:, 1:].sum(axis=1) + unseen(again[:, 1:], n_occasions)
        came_out = np.maximum(came_out, surely)
        found.append(came_out + rng.poisson(came_out * merged / (1 - merged)))
    return found[0], found[1]


def _unseen(frequencies: Array, n_occasions: int) -> Array:
    """Chao's bias-corrected number never seen (Chao & Colwell 2017, equation 5): (..., K) -> (...)."""
    k = (n_occasions - 1) / n_occasions
    once, twice = frequencies[..., 0], frequencies[..., 1]
    unseen: Array = k * np.maximum(once * (once - 1), 0.0) / (2 * (twice + 1))
    return unseen


def _unseen_improved(frequencies: Array, n_occasions: int) -> Array:
    """The same with what deer seen three and four times add (Chiu et al. 2014, equation 15), no more than
    doubled.
    """
    unseen, t = _unseen(frequencies, n_occasions), n_occasions
    if t < 4:
        return unseen
    once, twice, thrice = (frequencies[..., i] for i in range(3))
    fall = thrice / np.maximum(frequencies[..., 3], 1.0)
    left = np.maximum(once - (t - 3) / (2 * (t - 1)) * twice * fall, 0.0)
    more: Array = unseen + np.minimum((t - 3) / (4 * t) * fall * left, unseen)
    return more
