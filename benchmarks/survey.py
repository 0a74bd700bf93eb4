"""How often do the survey's 95% intervals hold the truth?

    python benchmarks/survey.py [--surveys 100] [--seed 20000] [--json FILE]

Simulated surveys (`_simulated_survey.py`): 16 cameras, one for 64 ha, 14 days, herds of 40-170 deer;
bucks are photographed 1.0-1.9 times as often as does (another factor in each survey); a visit is given
to a deer that there is not with a chance of 0-10%, and 0-10% of the deer are taken for another; deer,
places and days differ. The methods are told these ranges, not the rates. Ratios, the classic
estimate and abundance are asked of a fenced ranch, density of an open one.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
from _simulated_survey import DAYS, Survey, simulate

from thumper_core.herd.abundance.chao import chao
from thumper_core.herd.abundance.estimate import Refused, Result
from thumper_core.herd.abundance.ratios import jacobson, ratio_of_events
from thumper_core.survey.density import density
from thumper_core.survey.detectability import bucks_per_doe_ranged, herd_ranged
from thumper_core.survey.known import abundance_of_known
from thumper_core.survey.misidentified import Errors
from thumper_core.survey.resampled import KINDS, ratio_of_visits

TARGET = 0.9


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--surveys", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20_000)
    parser.add_argument("--factor", type=float, help="of every survey, instead of 1.0-1.9")
    parser.add_argument("--skip-density", action="store_true")
    parser.add_argument("--json", type=Path)
    said = parser.parse_args()
    results: dict[tuple[str, str], list[tuple[Result, float]]] = defaultdict(list)
    for seed in range(said.seed, said.seed + said.surveys):
        fenced = simulate(seed, fenced=True, factor=said.factor)
        for key, value in of_fenced(fenced).items():
            results[key].append(value)
        if not said.skip_density:
            wide = simulate(seed, fenced=False, factor=said.factor)
            for key, value in of_open(wide).items():
                results[key].append(value)
    print(f"{said.surveys} surveys, seeds from {said.seed}")
    show(results, said.json)


def of_fenced(survey: Survey) -> dict[tuple[str, str], tuple[Result, float]]:
    """Each method's answer and the truth, by question and method."""
    visits, n = survey.visits, survey.n
    deer = float(sum(n.values()))
    bucks_per_doe, fawns_per_doe = n["bucks"] / n["does"], n["fawns"] / n["does"]
    counts = pl.DataFrame(
        {
            "event_id": [str(i) for i in range(visits.height)],
            "camera": visits["camera"],
            **{k: (visits["kind"] == k).cast(pl.Int64) for k in KINDS},
            "unknown": [0] * visits.height,
        }
    )
    n_bucks = visits.filter(pl.col("kind") == "bucks")["animal"].n_unique()
    classic = jacobson(n_bucks, counts)
    seen = visits.select("animal", "day").unique().group_by("animal").len()["len"].to_numpy()
    seen = seen.astype(np.float64)
    ratio = ratio_of_visits(visits, "bucks", "does")
    return {
        ("bucks per doe", "classic: visits, events resampled"): (
            ratio_of_events(counts, "bucks", "does"),
            bucks_per_doe,
        ),
        ("bucks per doe", "visits, by camera-day and animal"): (ratio, bucks_per_doe),
        ("bucks per doe", "  with bucks photographed 1.0-1.9"): (
            bucks_per_doe_ranged(ratio),
            bucks_per_doe,
        ),
        ("fawns per doe", "classic: visits, events resampled"): (
            ratio_of_events(counts, "fawns", "does"),
            fawns_per_doe,
        ),
        ("fawns per doe", "visits, by camera-day and animal"): (
            ratio_of_visits(visits, "fawns", "does"),
            fawns_per_doe,
        ),
        ("deer in all", "classic (Jacobson)"): (classic.total, deer),
        ("deer in all", "  with bucks photographed 1.0-1.9"): (
            herd_ranged(classic.total, n_bucks),
            deer,
        ),
        ("deer in all", "Chao, identities believed"): (chao([int(s) for s in seen], DAYS), deer),
        ("deer in all", "known deer, errors counted in"): (
            abundance_of_known(seen, DAYS, survey.stated),
            deer,
        ),
    }


def of_open(survey: Survey) -> dict[tuple[str, str], tuple[Result, float]]:
    counts = camera_days(survey)
    effort = np.full(len(survey.traps), float(DAYS))
    return {
        ("deer per km2", "spatial, identities believed"): (
            density(counts, survey.traps, effort, Errors()),
            survey.density_per_km2,
        ),
        ("deer per km2", "spatial, errors counted in"): (
            density(counts, survey.traps, effort, survey.stated),
            survey.density_per_km2,
        ),
    }


def camera_days(survey: Survey) -> np.ndarray:
    """(n, K) days on which a camera saw each group."""
    cameras = [f"camera {k}" for k in range(len(survey.traps))]
    days = (
        survey.visits.select("animal", "camera", "day")
        .unique()
        .group_by("animal", "camera")
        .len("n")
    )
    ids = days["animal"].unique().sort()
    counts = np.zeros((len(ids), len(cameras)))
    for animal, camera, n in days.iter_rows():
        counts[ids.search_sorted(animal), cameras.index(camera)] = n
    return counts


def show(results: Mapping[tuple[str, str], list[tuple[Result, float]]], file: Path | None) -> None:
    """Print a row for each question and method; file: for the same as JSON."""
    rows = [scored(question, method, found) for (question, method), found in results.items()]
    print(f"{'question':18}{'method':44}{'holds':>7}{'bias':>8}{'width':>8}{'refused':>9}")
    for row in rows:
        print(
            f"{row['question']:18}{row['method']:44}{row['coverage']:7.0%}{row['bias']:+8.1%}"
            f"{row['width']:8.2f}{row['refused']:9d}"
        )
    if file:
        file.write_text(json.dumps(rows, indent=2))


def scored(question: str, method: str, found: list[tuple[Result, float]]) -> dict[str, object]:
    """Share of intervals that hold the truth; median bias; median of high / low."""
    given = [(r, t) for r, t in found if not isinstance(r, Refused)]
    holds = [r.low <= t <= r.high for r, t in given]
    return {
        "question": question,
        "method": method,
        "coverage": float(np.mean(holds)) if holds else math.nan,
        "bias": float(np.mean([r.estimate / t - 1 for r, t in given])),
        "width": float(np.median([r.high / max(r.low, 1e-9) for r, _ in given])),
        "refused": len(found) - len(given),
    }


if __name__ == "__main__":
    main()
