"""From the similarity of two groups of tracklets to the chance that they are one animal.

One pair of tracklets says little: the same deer by day and by night may look less alike than two
does at noon. Two groups say more, because the accidents of single tracklets average out and what
stays is how alike the animals are. So the similarity h of groups of two animals, of a and b
tracklets, is judged with a variance that shrinks with their sizes towards a part that does not: h is
normal with mean m and variance tau^2 + (v - tau^2) (1/a + 1/b) / 2 (a random-effects model; v is the
variance of a single pair, tau^2 that of groups without end). For one animal the variance is v whatever
the sizes: groups that are still apart are apart because they show different looks of it, by day and
by infrared light, from the left and from behind, and looks do not average out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.decisions.kinds.who import About
from thumper_core.identify.scale.verdicts import Answers, Correction, correction

Array = npt.NDArray[np.float64]

REFERENCE_SIZE: Final = 3
"""Tracklets in each of the two groups that the printed scale speaks of."""

BEYOND: Final = 1e-3
"""Log odds for each unit of similarity beyond the means: what is more alike still comes first."""


@dataclass(frozen=True)
class Scale:
    """Random-effects model of group similarity.

    prior: P(same) of a chance pair of different events; means and variances v of single pairs, for
    one animal (same) and two (different), and the variance tau2 of large groups of two; parts, profiles,
    strays: corrections by what people answered, each kind of question by its own (`About`).
    """

    prior: float
    same_mean: float
    same_var: float
    different_mean: float
    different_var: float
    different_tau2: float
    parts: Correction = field(default_factory=Correction)
    profiles: Correction = field(default_factory=Correction)
    strays: Correction = field(default_factory=Correction)

    def corrected(self, answers: Answers) -> Scale:
        """By answers, each kind of question by its own: see `verdicts`."""
        return replace(
            self,
            parts=correction(answers.on(About.PARTS)),
            profiles=correction(answers.on(About.PROFILES)),
            strays=correction(answers.on(About.STRAY)),
        )

    def moved(self, errors: float) -> Scale:
        """With every correction so many standard errors away."""
        return replace(
            self,
            parts=self.parts.moved(errors),
            profiles=self.profiles.moved(errors),
            strays=self.strays.moved(errors),
        )

    def uncorrected(self) -> Scale:
        """As the photos alone have it."""
        return replace(self, parts=Correction(), profiles=Correction(), strays=Correction())

    def posterior(self, similarity: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
        """P(one animal) of groups of a and b tracklets with this mean similarity; in [0, 1].

        Rises with similarity: what lies above the mean of Same counts hardly more than the mean, and
        below that of Different likewise.
        """
        evidence = self._evidence(similarity, a, b) + np.log(self.prior / (1 - self.prior))
        return np.asarray(1 / (1 + np.exp(-self.parts.of(evidence))))

    def likelihood_ratio(
        self,
        similarity: npt.ArrayLike,
        a: npt.ArrayLike,
        b: npt.ArrayLike,
        *,
        is_stray: npt.ArrayLike = False,
    ) -> Array:
        """How much more likely this similarity is of one animal than of two; as `posterior`.

        is_stray: whether either group was seen seldom.
        """
        evidence = self._evidence(similarity, a, b)
        corrected = np.where(is_stray, self.strays.of(evidence), self.profiles.of(evidence))
        return np.asarray(np.exp(corrected))

    def _evidence(self, similarity: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
        """The logarithm of the ratio, uncorrected; in [-60, 60]."""
        share = (1 / np.asarray(a, np.float64) + 1 / np.asarray(b, np.float64)) / 2
        said = np.asarray(similarity, np.float64)
        h = np.clip(said, self.different_mean, self.same_mean)
        var_diff = self.different_tau2 + (self.different_var - self.different_tau2) * share
        evidence = (
            (h - self.different_mean) ** 2 / var_diff
            - (h - self.same_mean) ** 2 / self.same_var
            + np.log(var_diff / self.same_var)
        ) / 2
        return np.asarray(np.clip(evidence, -60, 60) + BEYOND * (said - h))

    def probability(self, similarity: npt.ArrayLike) -> Array:
        """The printed scale: `posterior` of two groups of REFERENCE_SIZE, strictly rising.

        Above the mean of Same and below that of Different, where the model has no more to say, it
        goes on in a straight line to 1 at a similarity of 1, and to 0 at -1.
        """
        s = np.asarray(similarity, np.float64)
        p = self.posterior(s, REFERENCE_SIZE, REFERENCE_SIZE)
        top = np.clip((s - self.same_mean) / max(1 - self.same_mean, 1e-9), 0, 1)
        bottom = np.clip((self.different_mean - s) / max(1 + self.different_mean, 1e-9), 0, 1)
        return np.asarray((p + (1 - p) * top) * (1 - bottom))

    def similarity(self, p: float) -> float:
        """The similarity at which `probability` reaches p in [0, 1], to the last bit: a threshold that
        was read off a similarity cuts where that similarity does.
        """
        grid = np.linspace(-1, 1, 801)
        after = int(np.searchsorted(self.probability(grid), p).clip(0, len(grid) - 1))
        low, high = float(grid[max(after - 1, 0)]), float(grid[after])
        while low < (middle := (low + high) / 2) < high:
            if self.probability(middle) >= p:
                high = middle
            else:
                low = middle
        return high
