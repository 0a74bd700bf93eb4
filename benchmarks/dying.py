"""Do the survey's 95% intervals hold the truth when cameras die in the middle of it?

    python benchmarks/dying.py [--surveys 100] [--seed 23000] [--dying 0.3] [--json FILE]

The surveys of `survey.py` (`_simulated_survey.py`), in which each camera is dead with a chance of 30% for
4 to 9 days in a row from one of the days 2 to 9 on. Density and visits for a camera-day are asked with
three efforts: every day of the survey (the rule before), the days that `survey.worked` counts from nothing
but the visits, and the days on which the cameras truly worked. Ratios and the number of deer use no days;
they are asked too.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from _simulated_survey import DAYS, Survey, simulate
from survey import camera_days, of_fenced, show

from thumper_core.herd.abundance.estimate import Result
from thumper_core.survey.density import density
from thumper_core.survey.rates import rate
from thumper_core.survey.worked import COUNTED, SAID, SHOT, STAYS, judged

FIRST = date(2026, 9, 1)
DEAD_DAYS = (4, 9)
BEGINS = (2, 9)
FENCED = (
    ("bucks per doe", "  with bucks photographed 1.0-1.9"),
    ("fawns per doe", "visits, by camera-day and animal"),
    ("deer in all", "known deer, errors counted in"),
)
"""Of `survey.of_fenced` those that are decided from."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--surveys", type=int, default=100)
    parser.add_argument("--seed", type=int, default=23_000)
    parser.add_argument("--dying", type=float, default=0.3, help="chance of each camera")
    parser.add_argument("--json", type=Path)
    said = parser.parse_args()
    results: dict[tuple[str, str], list[tuple[Result, float]]] = defaultdict(list)
    lost = np.zeros((2, 2), dtype=int)  # (dead, counted)
    for seed in range(said.seed, said.seed + said.surveys):
        fenced, _ = dying(simulate(seed, fenced=True), seed, said.dying)
        answers = of_fenced(fenced)
        for key in FENCED:
            results[key].append(answers[key])
        whole = simulate(seed, fenced=False)
        wide, alive = dying(whole, seed, said.dying)
        counted = by_rule(wide)
        np.add.at(lost, ((~alive).astype(int).ravel(), counted.astype(int).ravel()), 1)
        efforts = {
            "all days (before)": np.full(alive.shape, True),
            "days that count": counted,
            "true days": alive,
        }
        # What all cameras would have seen on a day, had none died: its mean over surveys is the truth.
        truth = whole.visits.height / alive.size
        visits = by_camera(wide)
        counts = camera_days(wide)
        for name, days in efforts.items():
            effort = np.maximum(days.sum(axis=1), counts.max(axis=0, initial=0.0)).astype(float)
            seen = rate(visits, effort)
            found = density(counts, wide.traps, effort, wide.stated)
            results["deer per km2", name].append((found, wide.density_per_km2))
            results["visits per day", name].append((seen, truth))
    print(f"{said.surveys} surveys, seeds from {said.seed}, {said.dying:.0%} of cameras die")
    print(
        f"dead camera-days that do not count: {lost[1, 0] / max(lost[1].sum(), 1):.0%} of {lost[1].sum():,}; "
        f"working ones that do not: {lost[0, 0] / max(lost[0].sum(), 1):.1%} of {lost[0].sum():,}"
    )
    show(results, said.json)


def dying(survey: Survey, seed: int, chance: float) -> tuple[Survey, np.ndarray]:
    """The survey without the visits of dead days, and (K, DAYS) whether each camera worked."""
    rng = np.random.default_rng([seed, 1])
    alive = np.full((len(survey.traps), DAYS), True)
    for camera in np.flatnonzero(rng.random(len(alive)) < chance):
        begins, n = rng.integers(*BEGINS, endpoint=True), rng.integers(*DEAD_DAYS, endpoint=True)
        alive[camera, begins : begins + n] = False
    camera, day = _where(survey)
    return replace(survey, visits=survey.visits.filter(pl.Series(alive[camera, day]))), alive


def by_rule(survey: Survey) -> np.ndarray:
    """(K, DAYS) whether each camera is held to have worked, from its visits alone."""
    names = [f"camera {k}" for k in range(len(survey.traps))]
    last = FIRST + timedelta(days=DAYS - 1)
    stays = pl.DataFrame([(n, n, FIRST, last) for n in names], schema=STAYS, orient="row")
    shot = survey.visits.select(pl.col("camera").alias("deployment"), "camera", "day").unique()
    found = judged(stays, shot.cast(dict(SHOT)), pl.DataFrame(schema=SAID))
    counted = np.full((len(names), DAYS), False)
    for camera, day, state in found.select("camera", "day", "state").iter_rows():
        counted[names.index(camera), (day - FIRST).days] = state in COUNTED
    return counted


def by_camera(survey: Survey) -> np.ndarray:
    """(K,) visits of each camera."""
    return np.bincount(_where(survey)[0], minlength=len(survey.traps)).astype(float)


def _where(survey: Survey) -> tuple[np.ndarray, np.ndarray]:
    """Camera and day of each visit, as indices."""
    camera = survey.visits["camera"].str.strip_prefix("camera ").cast(pl.Int64).to_numpy()
    day = (survey.visits["day"] - FIRST).dt.total_days().to_numpy()
    return camera, day


if __name__ == "__main__":
    main()
