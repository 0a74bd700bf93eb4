"""How often each animal was really seen, when some visits were given to the wrong one.

Two errors. A *split* gives a visit to a deer that does not exist: such ghosts are mostly seen once, and
they make every estimate of the unseen too large (Yoshizaki, Pollock, Brownie & Webster 2009, Ecology
90: 3-9). A *merge* hides an animal in another's group. The model of splits is that of Link,
Yoshizaki, Bailey & Pollock 2010, Biometrics 66: 178-185: every capture goes astray on its own with the
same chance and founds a ghost that is never seen again. That chance cannot be learned well from the
captures themselves unless deer are seen very often (Yoshizaki et al. 2009; Fraysse et al. 2023), so it
comes from outside: from what a herd knows of its own errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.herd.abundance.estimate import CONFIDENCE
from thumper_core.store.herd_summary import Interval

Array = npt.NDArray[np.float64]

SPLIT_MAX: Final = 0.3
MERGED_MAX: Final = 0.5
"""Beyond these hardly a group is one deer's, and no correction helps."""
_CHANCE_MAX: Final = 0.8  # of a draw
_NONE: Final = Interval(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Errors:
    """What is known of identification errors, each with its 95% interval, in [0, 1).

    split: chance that one capture of an animal founds a group of its own; merged: share of the
    animals that lie hidden in another's group.
    """

    split: Interval = _NONE
    merged: Interval = _NONE

    @classmethod
    def of_herd(cls, observed: Array, animals: Interval) -> Errors:
        """From the number of animals that a herd holds its groups to be.

        observed: (K,) groups that were seen on 1..K days, of the whole herd; animals: the estimate with
        its interval. Only the difference is known: where there are more groups than animals it is
        splits (that chance which leaves so many animals), where there are fewer it is merges.
        """
        from scipy.optimize import brentq  # here: half a second, and most who import this never ask

        n_groups = float(observed.sum())
        if n_groups == 0:
            return cls()
        low, high = (animals.value if end is None else end for end in (animals.low, animals.high))

        def split(n: float) -> float:
            def too_many(chance: float) -> float:
                return float(true_frequencies(observed, chance).sum()) - n

            if n >= n_groups:
                return 0.0
            if too_many(_CHANCE_MAX) > 0:
                return _CHANCE_MAX
            return float(brentq(too_many, 0.0, _CHANCE_MAX, xtol=1e-4))

        def merged(n: float) -> float:
            return max(0.0, 1 - n_groups / n) if n > 0 else 0.0

        return cls(
            Interval(split(animals.value), split(high), split(low)),
            Interval(merged(animals.value), merged(low), merged(high)),
        )

    @property
    def are_too_many(self) -> bool:
        """Whether so many captures are split off, or deer hidden, that no correction helps."""
        return self.split.value > SPLIT_MAX or self.merged.value > MERGED_MAX

    def drawn(self, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Values of each that the intervals allow: two (n,) float64."""
        return _draw(self.split, n, rng), _draw(self.merged, n, rng)


def ghosts_of(n_occasions: int, split: float) -> Array:
    """(K, K) float64: expected groups of each size (rows 1..K) from an animal captured 1..K times.

    Of j captures, g go astray, binomially, and found g groups of one; the rest stay together.
    """
    from scipy.stats import binom

    captures, astray = np.meshgrid(
        np.arange(1, n_occasions + 1), np.arange(n_occasions), indexing="ij"
    )
    chance = binom.pmf(astray, captures, split)
    expected = np.zeros((n_occasions, n_occasions))
    together = astray < captures
    expected[(captures - astray - 1)[together], (captures - 1)[together]] = chance[together]
    expected[0] += split * np.arange(1, n_occasions + 1)
    return expected


def true_frequencies(observed: Array, split: float) -> Array:
    """Animals captured on 1..K occasions, expected, from the groups that were: (K,) both.

    None is negative: the nearest in least squares that are not (Lawson & Hanson 1974).
    """
    if split == 0:
        return observed.astype(np.float64)
    from scipy.optimize import nnls

    found: Array = nnls(ghosts_of(len(observed), split), observed)[0]
    return found


def _draw(value: Interval, n: int, rng: np.random.Generator) -> Array:
    """Half of the draws below the value and half above, evenly, 2.5% of all beyond each end.

    An interval does not say what lies inside: evenly is wider than a normal distribution.
    """
    low = value.value if value.low is None else value.low
    high = value.value if value.high is None else value.high
    u = rng.uniform(-1, 1, n) / CONFIDENCE
    spread = np.where(u < 0, value.value - low, high - value.value)
    return np.clip(value.value + u * spread, 0.0, _CHANCE_MAX)
