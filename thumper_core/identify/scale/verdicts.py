"""How far the model's chances are off, by what people answered.

Questions are asked where an answer teaches most, so the pairs that have one are no fair sample of all
pairs: nothing about how alike animals are may be read off them. What may be read off is how often the
answer was "same" where the model gave a chance p, because given p it does not matter why a pair was
picked (selection on the covariate: Zadrozny 2004, ICML). So the chances are corrected by a logistic
curve, logit P(same) = shift + slope logit p (Platt 1999), drawn towards shift 0 and slope 1 as long as
few answered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.decisions.kinds.who import About

Array = npt.NDArray[np.float64]

SHIFT_SD: Final = 1.5
SLOPE_SD: Final = 0.05
SUREST: Final = float(np.log(1e6))
"""Log odds of one in a million: answers against them must be able to turn them."""
FAINT: Final = 1e-3
"""What a unit of log odds beyond SUREST counts: what is surer still comes first."""
SLOPE_MIN: Final = 0.05
ROUNDS_MAX: Final = 50


@dataclass(frozen=True)
class Correction:
    """logit P(same) = shift + slope * logit of the model's chance; doubt: standard error of the shift."""

    shift: float = 0.0
    slope: float = 1.0
    doubt: float = 0.0

    @property
    def is_heard(self) -> bool:
        """Whether anybody answered a question of this kind."""
        return 0 < self.doubt < SHIFT_SD - 1e-6

    def moved(self, errors: float) -> Correction:
        """With the shift so many standard errors away."""
        return replace(self, shift=self.shift + errors * self.doubt)

    def of(self, log_odds: npt.ArrayLike) -> Array:
        """Corrected log odds; a model that is surer than SUREST counts as hardly surer."""
        said = np.asarray(log_odds, np.float64)
        kept = np.clip(said, -SUREST, SUREST)
        kept = kept + FAINT * (said - kept)
        return np.asarray(self.shift + self.slope * kept)


@dataclass(frozen=True)
class Answers:
    """chance: (V,) what the model, uncorrected, gave for "same" when it was asked; same: (V,) bool;
    about: (V,) `About`, what was compared. The kinds are never mixed: which of the merges that were made
    hold says little of those that were not, and pictures that stand alone are no sample of the others.
    """

    chance: Array
    same: npt.NDArray[np.bool_]
    about: npt.NDArray[np.str_]

    @classmethod
    def none(cls) -> Answers:
        """Nobody was asked."""
        return cls(np.zeros(0), np.zeros(0, bool), np.zeros(0, np.dtype("U8")))

    def on(self, about: About) -> Answers:
        """Those of one kind."""
        which = self.about == about
        return Answers(self.chance[which], self.same[which], self.about[which])


def log_odds(chance: npt.ArrayLike) -> Array:
    """The logit of a chance, between -SUREST and SUREST."""
    p = np.clip(np.asarray(chance, np.float64), 1e-12, 1 - 1e-12)
    return np.asarray(np.clip(np.log(p / (1 - p)), -SUREST, SUREST))


def correction(answers: Answers) -> Correction:
    """The most likely curve given the answers and the prior, by Newton's method."""
    x = np.column_stack([np.ones(len(answers.chance)), log_odds(answers.chance)])
    y = answers.same.astype(np.float64)
    prior, trust = np.array([0.0, 1.0]), np.array([SHIFT_SD, SLOPE_SD]) ** -2
    curve = prior.copy()
    for _ in range(ROUNDS_MAX):
        p = 1 / (1 + np.exp(-np.clip(x @ curve, -30, 30)))
        gradient = x.T @ (y - p) - trust * (curve - prior)
        curvature = (x * (p * (1 - p))[:, None]).T @ x + np.diag(trust)
        step = np.linalg.solve(curvature, gradient)
        # a step of Newton's may overshoot where the answers surprise: half a logit at most a round
        step *= min(1.0, 0.5 / max(float(np.abs(step).max()), 1e-12))
        curve = curve + step
        if np.abs(step).max() < 1e-8:
            break
    doubt = float(np.sqrt(np.linalg.inv(curvature)[0, 0]))
    return Correction(float(curve[0]), max(float(curve[1]), SLOPE_MIN), doubt)
