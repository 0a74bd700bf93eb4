"""How well deer are followed from year to year, against a truth that is known.

Two parts. Told: stories of three years (`thumper demo --years 3`) without a picture, every sighting given to
the right deer, or, with --broken, a share of deer that are taken for new ones in the next year: how often
the 95% intervals of survival and of fawns per doe hold the truth. Rendered: with --folder, a demo of several
years that was made by `thumper demo --years`: what identification joined from year to year by itself; what is
proposed where each year is identified by itself (every group cut at the years), right and wrong; and the same
estimates after a reviewer who knows the truth has answered what is proposed.

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

from thumper_core.evaluate.demo import matched_deer
from thumper_core.herd.abundance.estimate import Estimate, Result
from thumper_core.herd.abundance.occasions import capture_matrix
from thumper_core.herd.abundance.ratios import ratio_of_individuals
from thumper_core.herd.decide import Effect, decide
from thumper_core.herd.kept_space import load_known
from thumper_core.questions.seasons import histories, years_of_herd
from thumper_core.questions.year_links import groups_of, keys_of, pictures_of, year_links
from thumper_core.seasons.links import links
from thumper_core.seasons.survival import survival
from thumper_core.workspace import Workspace
from thumper_demo.plan import DemoPlan, Script, write_script

ROUNDS_MAX = 10
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


def rendered(folder: Path) -> dict[str, Any]:
    """A rendered demo of several years; what the reviewer answers is recorded in its workspace."""
    workspace = Workspace.open(folder)
    true = matched_deer(workspace, folder / "truth.parquet").select("detection_id", "who")
    result: dict[str, Any] = {"joined by identification": _joined(workspace, true)}
    result["proposed, each year by itself"] = _by_year(workspace, true)
    result["answers"] = _review(workspace, true)
    lived = pl.read_parquet(folder / "truth_years.parquet")
    for year in years_of_herd(workspace):
        of_year = lived.filter(pl.col("year") == year.year)
        n_does = of_year.filter(pl.col("class") == "doe").height
        truth = {"fawns per doe": of_year.filter(pl.col("class") == "fawn").height / max(n_does, 1)}
        before = lived.filter(pl.col("year") == year.year - 1)
        if before.height:
            truth["survival"] = before["died_on"].is_null().mean()
        found = {"fawns per doe": year.fawns_per_doe, "survival": year.survival}
        result[year.label] = {
            name: {"truth": truth[name], "value": r.estimate, "low": r.low, "high": r.high}
            for name, r in found.items()
            if isinstance(r, Estimate) and name in truth
        } | {"groups": year.n_deer, "deer": of_year.height}
    return result


def _owner(pictures: pl.DataFrame, true: pl.DataFrame) -> dict[str, str]:
    """The deer that most pictures of each group show."""
    counts = (
        pictures.join(true, on="detection_id")
        .drop_nulls("who")
        .group_by("individual_id", "who")
        .len()
    )
    order = ["individual_id", "len", "who"]
    best = counts.sort(order, descending=[False, True, False]).unique("individual_id", keep="first")
    return dict(best.select("individual_id", "who").iter_rows())


def _joined(workspace: Workspace, true: pl.DataFrame) -> dict[str, int]:
    """Groups of two years in a row: whether most pictures of both years are of one deer."""
    pictures = _cut(pictures_of(workspace))
    owner = _owner(pictures, true)
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
    owner = _owner(pictures, true)
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


def _review(workspace: Workspace, true: pl.DataFrame) -> dict[str, int]:
    """Answer what is proposed, from the truth, until nothing is."""
    same = n = 0
    for _ in range(ROUNDS_MAX):
        proposed = year_links(workspace, histories(workspace))
        if not proposed:
            break
        owner, keys = _owner(pictures_of(workspace), true), keys_of(workspace, proposed)
        is_same = [owner.get(one.later) == owner.get(one.earlier) for one in proposed]
        said = [
            one.same(keys) if right else one.different(keys)
            for one, right in zip(proposed, is_same, strict=True)
        ]
        decide(workspace, said, "reviewer", effect=Effect.WHOLE)
        same, n = same + sum(is_same), n + len(proposed)
    return {"answers": n, "same deer": same}


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
    parser.add_argument("--folder", type=Path, help="A demo of several years.")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    if asked.folder:
        result = rendered(asked.folder)
    else:
        result = told(asked.seeds, asked.photos, asked.deer, asked.cameras, asked.broken)
    for name, value in result.items():
        print(f"{name}: {value}")
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
