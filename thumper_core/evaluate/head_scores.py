"""How well a head's probabilities tell two kinds apart, and how far they can be believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.identify.links.pairs import weighted_auc

Labels = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

BINS: Final = 10


@dataclass(frozen=True)
class Bin:
    """One bar of a reliability curve: what was promised and what came of it."""

    n: int
    promised: float
    found: float


@dataclass(frozen=True)
class Scores:
    """Figures of one set of answers. auc: NaN where one kind is missing; balanced: accuracy at one
    half, both kinds weighing alike; ece: expected calibration error, the mean distance of promise
    and outcome over the bins, by size.
    """

    n_positive: int
    n_negative: int
    auc: float
    balanced: float
    ece: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Said:
    """What is said from a chance on: the share of cases, and the share of what is said that is wrong."""

    share: float
    wrong: float
    wrong_positive: float
    wrong_negative: float


def scores(p: Floats, positive: Labels) -> Scores:
    """Figures of (N,) probabilities of the positive kind against what was true.

    The bins count both kinds alike, as the probabilities do: half of all are positive.
    """
    n, m = max(int(positive.sum()), 1), max(int((~positive).sum()), 1)
    weight = np.where(positive, 0.5 / n, 0.5 / m)
    weight = weight / max(float(weight.sum()), 1e-12)
    place = np.minimum((p * BINS).astype(int), BINS - 1)
    bins = []
    ece = 0.0
    for number in range(BINS):
        inside = place == number
        share = float(weight[inside].sum())
        if not inside.any():
            continue
        promised, found = (
            float((weight[inside] * values[inside]).sum()) / share for values in (p, positive)
        )
        bins.append(Bin(int(inside.sum()), promised, found))
        ece += share * abs(promised - found)
    rates = [
        float(right.mean()) for right in (p[positive] >= 0.5, p[~positive] < 0.5) if len(right)
    ]
    return Scores(
        int(positive.sum()), int((~positive).sum()), weighted_auc(p, positive),
        float(np.mean(rates)) if rates else float("nan"), ece, tuple(bins),
    )  # fmt: skip


def said(p: Floats, positive: Labels, chance: float) -> Said:
    """What is said where the chance of one kind or the other reaches `chance`, in (0.5, 1)."""
    yes, no = p >= chance, p <= 1 - chance
    spoken = yes | no
    wrong = (yes & ~positive) | (no & positive)

    def share(part: Labels, of: Labels) -> float:
        return float(part[of].mean()) if of.any() else float("nan")

    return Said(float(spoken.mean()) if len(p) else float("nan"), share(wrong, spoken),
                share(wrong, yes), share(wrong, no))  # fmt: skip
