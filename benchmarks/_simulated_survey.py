"""Camera surveys of herds that are known: deer unequally easy to photograph, and not all told apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from thumper_core.store.herd_summary import Interval
from thumper_core.survey.misidentified import Errors
from thumper_core.survey.resampled import KINDS

SIDE = 4  # cameras a side
SPACING_M = 800.0  # one camera for 64 ha
DAYS = 14
SIGMA_M = 350.0
BUCK_FACTOR = (1.0, 1.9)
SPLIT = (0.0, 0.1)  # chance of a visit to be a deer that there is not
MERGED = (0.0, 0.1)  # share of deer that are taken for another


@dataclass(frozen=True)
class Survey:
    """What a survey saw, and the truth. visits: `camera, day, animal, kind`, as identified."""

    visits: pl.DataFrame
    traps: np.ndarray  # (K, 2) metres
    n: dict[str, int]  # deer of each kind inside the fence (fenced), or in all
    density_per_km2: float

    @property
    def stated(self) -> Errors:
        """What the methods are told: the range that rates are drawn from, not the rates; of a day on
        which a deer was seen instead of a visit.
        """
        days = self.visits.select("animal", "day").n_unique()
        low, high = (end * self.visits.height / days for end in SPLIT)
        return Errors(Interval((low + high) / 2, low, high), Interval(sum(MERGED) / 2, *MERGED))


def simulate(seed: int, *, fenced: bool, factor: float | None = None) -> Survey:
    """One survey. fenced: deer live among the cameras only; else also around them, 4 sigma wide.

    factor: how many times as often as a doe a buck is photographed; drawn where it is None.
    """
    rng = np.random.default_rng(seed)
    side_m = SIDE * SPACING_M
    axis = (np.arange(SIDE) + 0.5) * SPACING_M
    traps = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    edge_m = 0.0 if fenced else 4 * SIGMA_M
    more = ((side_m + 2 * edge_m) / side_m) ** 2
    n_does = rng.integers(25, 60)
    n = {
        "bucks": round(n_does * rng.uniform(0.3, 0.9) * more),
        "does": round(n_does * more),
        "fawns": round(n_does * rng.uniform(0.3, 0.9) * more),
    }
    buck = rng.uniform(*BUCK_FACTOR) if factor is None else factor
    ease = {"bucks": buck, "does": 1.0, "fawns": 1.0}
    kinds = np.repeat(KINDS, [n[k] for k in KINDS])
    centres = rng.uniform(-edge_m, side_m + edge_m, (len(kinds), 2))
    distance2 = ((centres[:, None] - traps[None]) ** 2).sum(axis=2)
    rate = (
        0.13 * np.array([ease[k] for k in kinds])[:, None] * np.exp(-distance2 / (2 * SIGMA_M**2))
    )
    rate *= rng.lognormal(-(0.3**2) / 2, 0.3, (len(kinds), 1))  # some deer are bolder
    rate *= rng.lognormal(-(0.4**2) / 2, 0.4, (1, len(traps)))  # some places are better
    weather = rng.lognormal(-(0.3**2) / 2, 0.3, DAYS)
    visits = rng.poisson(rate[:, :, None] * weather)
    animal, camera, day = np.nonzero(visits)
    animal, camera, day = (np.repeat(v, visits[visits > 0]) for v in (animal, camera, day))
    name = _identified(animal, kinds, rng)
    first = date(2026, 9, 1)
    frame = pl.DataFrame(
        {
            "camera": [f"camera {k}" for k in camera],
            "day": [first + timedelta(days=int(d)) for d in day],
            "animal": name,
            "kind": kinds[animal],
        }
    )
    area_km2 = ((side_m + 2 * edge_m) / 1000) ** 2
    return Survey(frame, traps, n, len(kinds) / area_km2)


def _identified(animal: np.ndarray, kinds: np.ndarray, rng: np.random.Generator) -> list[str]:
    """The groups that visits are put into: some deer in another's, some visits on their own."""
    split, merged = rng.uniform(*SPLIT), rng.uniform(*MERGED)
    own = np.arange(len(kinds))
    for hidden in np.flatnonzero(rng.random(len(kinds)) < merged):
        others = np.flatnonzero((kinds == kinds[hidden]) & (np.arange(len(kinds)) != hidden))
        if len(others):
            own[hidden] = own[rng.choice(others)]
    astray = rng.random(len(animal)) < split
    return [
        f"ghost {i}" if lost else f"deer {own[a]}"
        for i, (a, lost) in enumerate(zip(animal, astray, strict=True))
    ]
