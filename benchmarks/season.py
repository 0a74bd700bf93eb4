"""A season week by week: the page New beside rebuilding the herd, and beside pair questions alone.

    python benchmarks/season.py DEMO [DEMO ...] [--json FILE]

DEMO: a demo's workspace, processed, with its truth. The first three fifths of the visits are known. Then,
after each week: New (a truthful reviewer answers what is asked; as `evaluate who` has it), the same where
nobody looks, the herd identified anew without an answer, and that herd after as many answers on the
Review page as New took. F1: pairs of visits for New, pairs of bursts for the herd. moved: share of the
detections that an identification anew gave to another deer than the one before, the deer matched as well
as can be. On New nobody moves whom no answer is about: the herd grows by what is new
(tests/herd/test_grow.py).
"""

from __future__ import annotations

import argparse
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.optimize import linear_sum_assignment
from sklearn.metrics.cluster import contingency_matrix

from thumper_core import Workspace
from thumper_core.evaluate.effort import Case, simulate
from thumper_core.evaluate.effort_cases import majority
from thumper_core.evaluate.weeks import WEEK_DAYS, weeks
from thumper_core.evaluate.who import PAST, asked_of
from thumper_core.evaluate.who_cases import Season, demo_season
from thumper_core.identify.chain import identify_frame

KNOWN = 0.999
"""Nobody is kept out of the gallery: who is new came later, as in a real season."""


def main() -> None:
    """Go through each season, print a row a week."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("demo", type=Path, nargs="*")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not options.demo:
        print("Name a demo's workspace.")
    report = {str(demo): season_of(demo) for demo in options.demo}
    if options.json:
        options.json.write_text(json.dumps(report, indent=2))


def season_of(demo: Path) -> list[dict[str, Any]]:
    """The rows of one demo."""
    season = demo_season(Workspace.open(demo), demo / "truth.parquet")
    asked = asked_of(season, KNOWN, 0)
    told = weeks(asked.known, asked.asked, asked.model)
    begun = season.frame.group_by("event_id").agg(pl.col("taken_at").min()).sort("taken_at")
    first_new = begun["taken_at"][int(PAST * begun.height)]
    rows: list[dict[str, Any]] = []
    before: pl.DataFrame | None = None
    print(demo.name)
    for week in told:
        until = first_new + timedelta(days=WEEK_DAYS * week.week)
        part = season.frame.select(pl.col("taken_at") < pl.lit(until)).to_series()
        case, now = _rebuilt(season, part)
        points = list(simulate(case, answers=week.answers))
        row = {
            "week": week.week,
            "deer": week.deer,
            "answers": week.answers,
            "answers_a_deer": week.answers / week.deer,
            "wrong_sure": week.wrong_sure,
            "f1_new": week.f1,
            "f1_nobody_looks": week.f1_alone,
            "f1_rebuilt": points[0].f1,
            "f1_pairs": points[-1].f1,
            "pair_answers": points[-1].answers,
            "moved": None if before is None else _moved(before, now),
        }
        before = now
        rows.append(row)
        shown = {k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()}
        print("  " + "  ".join(f"{name} {value}" for name, value in shown.items()), flush=True)
    return rows


def _rebuilt(season: Season, part: pl.Series) -> tuple[Case, pl.DataFrame]:
    """The photos until then, identified, each burst counting once; and the deer of each detection."""
    rows = part.to_numpy()
    frame = season.frame.filter(part)
    found = identify_frame(frame, season.vectors[rows], season.settings, None, season.cameras)
    judgement, clustering = found.thresholds.judgement, found.clustering
    if judgement is None:
        raise SystemExit(f"Nothing could be calibrated: {found.thresholds.calibration.reason}.")
    who = majority(season.who[rows], clustering.index)
    bursts = np.arange(len(who), dtype=np.int32)
    links = found.constraints.constraints
    case = Case(clustering.means, bursts, links, judgement, clustering.event, who, who)
    return case, found.tables.assignments.select("detection_id", "profile_id")


def _moved(before: pl.DataFrame, after: pl.DataFrame) -> float:
    """Share of the detections of both that another deer has now, the deer matched as well as can be."""
    both = before.join(after, on="detection_id", suffix="_now")
    table = contingency_matrix(both["profile_id"], both["profile_id_now"])
    rows, columns = linear_sum_assignment(table, maximize=True)
    return 1 - float(table[rows, columns].sum()) / both.height


if __name__ == "__main__":
    main()
