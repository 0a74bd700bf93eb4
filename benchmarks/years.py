"""How well deer are followed from year to year, against a truth that is known.

Two parts. Told: stories of three years (`thumper demo --years 3`) without a picture, every sighting given to
the right deer, or, with --broken, a share of deer that are taken for new ones in the next year: how often
the 95% intervals of survival and of fawns per doe hold the truth. Rendered: with --folder, a demo of several
years that was made by `thumper demo --years`: what identification joined from year to year by itself; what is
proposed where each year is identified by itself (every group cut at the years), right and wrong; and the
same estimates before and after a reviewer who knows the truth has answered Review and what is proposed. The
answers stay in the demo: the next measurement needs another.

    python benchmarks/years.py --seeds 20
    thumper demo herd --years 3 --deer 10 --cameras 3 --photos 420
    python benchmarks/years.py --folder herd
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from _year_reviewer import answer_pairs, answer_years, owners

from thumper_core.evaluate.demo import matched_deer
from thumper_core.herd.abundance.estimate import Estimate, Result
from thumper_core.herd.abundance.occasions import capture_matrix
from thumper_core.herd.abundance.ratios import ratio_of_individuals
from thumper_core.herd.kept_space import load_known
from thumper_core.questions.year_links import groups_of, pictures_of
from thumper_core.questions.years_of_herd import years_of_herd
from thumper_core.seasons.links import links
from thumper_core.seasons.survival import survival
from thumper_core.workspace import Workspace
from thumper_demo.plan import DemoPlan, Script, write_script

LEAST = 0.5


def told(seeds: int, photos: int, deer: int, cameras: int, broken: float) -> dict[str, Any]:
    """Coverage over stories of three years; broken: share of deer that count as new in the next year."""
    held: dict[str, list[bool]] = defaultdict(list)
    for seed in range(seeds):
        plan = DemoPlan(seed=seed, n_deer=deer, n_cameras=cameras, n_photos=photos, n_years=3)
        script = write_script(plan)
        seen = _sightings(script, np.random.default_rng(seed), broken)
        years = sorted({life.year for life in script.lives})
        for before, year in pairwise(years):
            known = seen.filter(pl.col("year") == before)["individual_id"].unique().to_list()
            after = capture_matrix(seen.filter(pl.col("year") == year))
            _hold(held["survival"], survival(known, after), _lived_on(script.lives_of(before)))
        for year in years:
            kinds = {life.deer.name: life.deer.kind for life in script.lives_of(year)}
            names = seen.filter(pl.col("year") == year)["who"].unique()
            found = [kinds[name] for name in names]
            ratio = ratio_of_individuals(found.count("fawn"), found.count("doe"), "fawns per doe")
            whole = list(kinds.values())
            _hold(held["fawns per doe"], ratio, whole.count("fawn") / whole.count("doe"))
    return {name: {"covered": float(np.mean(got)), "of": len(got)} for name, got in held.items()}


def _sightings(script: Script, rng: np.random.Generator, broken: float) -> pl.DataFrame:
    rows, names = {}, {}
    for photo in script.photos:
        year = photo.taken_at.year - (photo.taken_at.month < 5)
        for one in photo.subjects:
            if one.individual:
                key = (one.individual, year)
                if key not in names:
                    earlier = names.get((one.individual, year - 1), one.individual)
                    names[key] = f"{one.individual}+{year}" if rng.random() < broken else earlier
                rows[names[key], one.individual, year, photo.event] = photo.taken_at
    told_rows = [(who, own, year, at) for (who, own, year, _), at in rows.items()]
    columns = ["individual_id", "who", "year", "started_at"]
    return pl.DataFrame(told_rows, schema=columns, orient="row")


def _lived_on(lives: list[Any]) -> float:
    return sum(life.died_at is None for life in lives) / len(lives)


def _hold(held: list[bool], result: Result | None, truth: float) -> None:
    if isinstance(result, Estimate):
        held.append(result.low <= truth <= result.high)


def rendered(folder: Path, most: int) -> dict[str, Any]:
    """A rendered demo of several years; what the reviewer answers is recorded in its workspace.

    most: answers on Review before those about what is proposed from year to year.
    """
    workspace = Workspace.open(folder)
    true = matched_deer(workspace, folder / "truth.parquet").select("detection_id", "who")
    result: dict[str, Any] = {"before any answer": _years(workspace, folder)}
    result["joined by identification"] = _joined(workspace, true)
    result["proposed, each year by itself"] = _by_year(workspace, true)
    result["answers on Review"] = answer_pairs(workspace, true, most)
    result["answers between years"] = answer_years(workspace, true)
    result["after the answers"] = _years(workspace, folder)
    return result


def _years(workspace: Workspace, folder: Path) -> dict[str, Any]:
    """Each year's estimates beside the truth."""
    lived = pl.read_parquet(folder / "truth_years.parquet")
    result = {}
    for year in years_of_herd(workspace):
        of_year = lived.filter(pl.col("year") == year.year)
        grown = of_year.filter(pl.col("class") != "fawn")
        n_does = of_year.filter(pl.col("class") == "doe").height
        truth: dict[str, Any] = {
            "fawns per doe": of_year.filter(pl.col("class") == "fawn").height / max(n_does, 1),
            "bucks per doe": (grown.height - n_does) / max(n_does, 1),
        }
        before = lived.filter(pl.col("year") == year.year - 1)
        if before.height:
            truth["survival"] = before["died_on"].is_null().mean()
        result[year.label] = {
            name: {"truth": true, "value": r.estimate, "low": r.low, "high": r.high}
            for name, true in truth.items()
            if isinstance(r := getattr(year, name.replace(" ", "_")), Estimate)
        } | {"groups": year.n_deer, "deer": of_year.height}
    return result


def covered(results: list[dict[str, Any]]) -> dict[str, str]:
    """How often the intervals of several ranches hold the truth, before and after the answers."""
    held: dict[str, list[bool]] = defaultdict(list)
    for result in results:
        for when in ("before any answer", "after the answers"):
            for year in result[when].values():
                for name, one in year.items():
                    if isinstance(one, dict):
                        held[f"{name}, {when}"].append(one["low"] <= one["truth"] <= one["high"])
    proposed = [result["proposed, each year by itself"] for result in results]
    sums = {
        name: sum(one.get(name, 0) for one in proposed)
        for name in ("right", "proposed", "expected right", "could be proposed")
    }
    told = {name: f"{sum(got)} of {len(got)}" for name, got in sorted(held.items())}
    return told | {name: f"{value:.0f}" for name, value in sums.items()}


def _joined(workspace: Workspace, true: pl.DataFrame) -> dict[str, int]:
    """Groups of two years in a row: whether most pictures of both years are of one deer."""
    pictures = _cut(pictures_of(workspace))
    owner = owners(pictures, true)
    right = [
        owner[unit] == owner[after]
        for unit in owner
        if (after := "{}|{}".format(unit.split("|")[0], int(unit.split("|")[1]) + 1)) in owner
    ]
    return {"pairs of years": len(right), "right": sum(right)}


def _cut(pictures: pl.DataFrame) -> pl.DataFrame:
    """Every group and tracklet cut at the years."""
    return pictures.with_columns(
        pl.format("{}|{}", "individual_id", "year").alias("individual_id"),
        pl.format("{}|{}", "tracklet_id", "year").alias("tracklet_id"),
    ).sort("individual_id", "tracklet_id", "detection_id")


def _by_year(workspace: Workspace, true: pl.DataFrame) -> dict[str, Any]:
    """What would be proposed had each year been identified by itself."""
    herd = workspace.ledger.promoted_herd()
    known = load_known(workspace, herd.summary.base) if herd else None
    if known is None or known.scale is None:
        return {}
    pictures = _cut(pictures_of(workspace))
    young = (
        pl.when(pl.col("age_class") == "fawn")
        .then(pl.col("confidence"))
        .otherwise(-pl.col("confidence"))
    )
    facts = workspace.sql("select detection_id, age_class, sex, confidence from detections")
    votes = pictures.join(facts, on="detection_id").with_columns(young.alias("young"))
    told = votes.group_by("individual_id").agg(
        pl.when(pl.col("young").sum() > 0).then(pl.col("year").first()).alias("birth_year"),
        pl.col("sex").mode().sort().first(),
        *(pl.lit(None, pl.Float64).alias(name) for name in ("age_low", "age_high")),
    )
    groups = groups_of(pictures, told, known)
    owner = owners(pictures, true)
    whose = [owner.get(name) for name in groups.ids]
    best: dict[int, Any] = {}
    for one in links(groups, known.scale):
        best.setdefault(one.later, one)
    can = [
        later
        for later, who in enumerate(whose)
        if who
        and any(w == who and groups.last[k] < groups.first[later] for k, w in enumerate(whose))
    ]
    proposed = [one for one in best.values() if one.p >= LEAST]
    right = sum(bool(whose[p.later]) and whose[p.later] == whose[p.earlier] for p in proposed)
    return {
        "proposed": len(proposed),
        "right": right,
        "expected right": round(sum(p.p for p in proposed), 1),
        "precision": round(right / max(len(proposed), 1), 3),
        "could be proposed": len(can),
        "recall": round(right / max(len(can), 1), 3),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--photos", type=int, default=900)
    parser.add_argument("--deer", type=int, default=20)
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--broken", type=float, default=0.0)
    parser.add_argument("--folder", type=Path, nargs="+", help="Demos of several years.")
    parser.add_argument("--answers", type=int, default=60, help="Most on Review.")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    if asked.folder:
        every = [rendered(folder, asked.answers) for folder in asked.folder]
        result = {str(f.name): one for f, one in zip(asked.folder, every, strict=True)}
        result["truth in the interval"] = covered(every)
    else:
        result = told(asked.seeds, asked.photos, asked.deer, asked.cameras, asked.broken)
    for name, value in result.items():
        print(f"{name}: {value}")
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
