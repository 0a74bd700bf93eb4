"""Do deer keep their IDs, names and decisions through everything that is identified again?

    python benchmarks/identity.py [WORKSPACE] [--deer 24] [--photos 1200] [--seed 7]
        [--steps photos embedder all] [--json FILE]

WORKSPACE: a finished demo (`thumper demo`), of which a copy is used; without it a herd is rendered
and processed first. Steps, each from the herd that the one before left:

- photos: the herd is first identified without the newest fifth of the photos, then with all;
- embedder: the crops are embedded again, by another embedder, and identified
  (`thumper reprocess --clear-mode embeddings --embedder ...`). The other is
  `efficientnet_lite0`: a smaller network with plain pooling;
- all: everything is detected, embedded and identified anew (`--clear-mode all`).

Before the first step every true animal's main individual gets a name and a note, and a dozen
decisions are made that the truth knows to be right. After a step: of the true animals that had an
individual of their own (of which they are the most), how many have the same one as before as that which
holds most of their detections; how many names are on the animal that they were given to; how many
decisions hold.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from thumper_core.decisions import kinds, regroup
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.record import record
from thumper_core.evaluate.demo import matched_deer
from thumper_core.flows.reprocess import reprocess
from thumper_core.herd.build import build_herd
from thumper_core.pipeline.launch import open_models
from thumper_core.store.ledger import FileRow
from thumper_core.workspace import Workspace
from thumper_demo import DemoPlan
from thumper_demo.chain import run_demo

STEPS = ("photos", "embedder", "all")
OTHER_EMBEDDER = "efficientnet_lite0"
NEW_SHARE = 0.2
_MEMBERS = (
    "select a.individual_id, a.tracklet_id, d.detection_id, d.photo_id, d.x1, d.y1, d.x2, d.y2, "
    "d.confidence from assignments a join detections d using (detection_id) order by detection_id"
)


@dataclass
class Said:
    """What was decided, by the truth: animal -> name; pairs of boxes that are one, or two."""

    names: dict[str, str] = field(default_factory=dict)
    same: list[tuple[BoxKey, BoxKey]] = field(default_factory=list)
    different: list[tuple[BoxKey, BoxKey]] = field(default_factory=list)
    merged: list[tuple[str, str]] = field(default_factory=list)


def main() -> None:
    """Run the steps, print the table, and end with code 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workspace", nargs="?", type=Path)
    parser.add_argument("--deer", type=int, default=24)
    parser.add_argument("--photos", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "herd"
        if asked.workspace is None:
            plan = DemoPlan(seed=asked.seed, n_deer=asked.deer, n_photos=asked.photos)
            run_demo(root, plan, lambda *_: None, threading.Event())
        else:
            shutil.copytree(asked.workspace, root)
        rows = measure(Workspace.open(root), asked.steps)
    print(f"{'step':10} {'IDs kept':>14} {'names':>14} {'decisions':>14} {'seconds':>8}")
    for row in rows:
        shares = [f"{row[k][0]}/{row[k][1]}" for k in ("ids", "names", "decisions")]
        print(f"{row['step']:10} " + " ".join(f"{s:>14}" for s in shares) + f" {row['s']:8.1f}")
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=2), "utf-8")
    missed = [r["step"] for r in rows if not reached(r)]
    if missed:
        raise SystemExit(f"Below 95% of IDs, or a name or decision lost: {', '.join(missed)}")


def reached(row: dict[str, Any]) -> bool:
    """Whether at least 95% of the IDs and all names and decisions survived a step."""
    return bool(
        row["ids"][0] >= 0.95 * row["ids"][1]
        and all(row[key][0] == row[key][1] for key in ("names", "decisions"))
    )


def measure(workspace: Workspace, steps: list[str]) -> list[dict[str, Any]]:
    """One row for each step: `step`, `ids`, `names`, `decisions` (kept, of how many), `s`."""
    hidden = hide_newest(workspace) if "photos" in steps else []
    build_herd(workspace)
    said = decide(workspace)
    build_herd(workspace)
    rows = []
    work: dict[str, Callable[[], object]] = {
        "photos": lambda: (workspace.ledger.upsert_files(hidden), build_herd(workspace)),
        "embedder": lambda: _reprocess(workspace, "embeddings", OTHER_EMBEDDER),
        "all": lambda: _reprocess(workspace, "all", None),
    }
    for step in steps:
        before, own, started = owners(workspace), animals(workspace), time.monotonic()
        work[step]()
        seconds = time.monotonic() - started
        after = owners(workspace)
        known = [who for who in before if who in after and own[before[who]] == who]
        kept = sum(before[animal] == after[animal] for animal in known)
        rows.append(
            {
                "step": step,
                "ids": (kept, len(known)),
                "names": names_kept(workspace, said),
                "decisions": decisions_kept(workspace, said),
                "s": round(seconds, 1),
            }
        )
    return rows


def owners(workspace: Workspace) -> dict[str, str]:
    """True animal -> the individual that holds most of its detections (animals of two and more)."""
    first = _largest(workspace, "who", "group").filter(pl.col("len") >= 2)
    return dict(first.select("who", "group").iter_rows())


def animals(workspace: Workspace) -> dict[str, str]:
    """Individual -> the true animal that most of its detections are."""
    return dict(_largest(workspace, "group", "who").select("group", "who").iter_rows())


def _largest(workspace: Workspace, of: str, part: str) -> pl.DataFrame:
    """For each value of one column that of the other with most detections, and their number, `len`."""
    counts = _matched(workspace).group_by(of, part).len()
    ordered = counts.sort("len", part, descending=[True, False])
    return ordered.group_by(of, maintain_order=True).first()


def names_kept(workspace: Workspace, said: Said) -> tuple[int, int]:
    """Names that are on an individual most of whose detections are the animal they were given to."""
    most = animals(workspace)
    called = dict(
        workspace.sql(
            "select name, individual_id from individuals where name is not null "
            "and notes = 'note of ' || name"
        ).iter_rows()
    )
    right = sum(most.get(called.get(name, "")) == who for who, name in said.names.items())
    return right, len(said.names)


def decisions_kept(workspace: Workspace, said: Said) -> tuple[int, int]:
    """Verdicts that the shown herd obeys: pairs together, pairs apart, merges in one individual."""
    rows = workspace.sql(_MEMBERS)
    held = [_at(rows, a) == _at(rows, b) is not None for a, b in said.same]
    held += [_at(rows, a) != _at(rows, b) for a, b in said.different]
    alive = set(rows["individual_id"])
    held += [into in alive and other not in alive for into, other in said.merged]
    return sum(held), len(held)


def decide(workspace: Workspace) -> Said:
    """Name every animal, and make decisions that the truth knows to be right."""
    said = Said()
    ledger = workspace.ledger
    best = owners(workspace)
    for number, (who, individual) in enumerate(sorted(best.items())):
        name = f"Animal {number}"
        if individual not in [best[w] for w in said.names]:
            record(ledger, kinds.Name(individual, name), "truth")
            record(ledger, kinds.Note(individual, f"note of {name}"), "truth")
            said.names[who] = name
    matched = _matched(workspace)
    members = workspace.sql(_MEMBERS)
    for (who,), rows in matched.sort("detection_id").group_by("who", maintain_order=True):
        parts = rows.group_by("group").len().sort("len", "group", descending=[True, False])
        main = parts["group"][0]
        others = [
            group
            for group in parts["group"][1:]
            if _pure(matched, group, str(who)) and not _side_by_side(members, main, group)
        ]
        if others and len(said.merged) < 4 and main == best.get(str(who)):
            record(ledger, regroup.merge(members, main, (others[0],)), "truth")
            said.merged.append((main, others[0]))
        elif len(said.same) < 4 and rows.height > 10:
            pair = (_key(rows, 0), _key(rows, rows.height - 1))
            record(ledger, kinds.Same(*pair), "truth")
            said.same.append(pair)
    firsts = matched.sort("detection_id").unique("who", keep="first", maintain_order=True)
    for row in range(0, min(8, firsts.height - 1), 2):
        pair = (_key(firsts, row), _key(firsts, row + 1))
        record(ledger, kinds.Different(*pair), "truth")
        said.different.append(pair)
    return said


def hide_newest(workspace: Workspace) -> list[FileRow]:
    """Say that the files of the newest fifth of the photos are gone; returns their rows."""
    times = workspace.sql("select photo_id from photos order by taken_at, photo_id")["photo_id"]
    newest = set(times[int(len(times) * (1 - NEW_SHARE)) :])
    hidden: list[FileRow] = []
    for root in workspace.ledger.roots():
        rows = [
            row
            for row in workspace.ledger.files_under(root)
            if row.photo_id in newest and not row.missing
        ]
        workspace.ledger.mark_missing(root, [row.path_bytes for row in rows])
        hidden += rows
    return hidden


def _reprocess(workspace: Workspace, clear_mode: Any, embedder: str | None) -> None:
    settings = workspace.settings.replace("embed", embedder=embedder)
    models = open_models(workspace, settings)
    result = reprocess(workspace, models, clear_mode=clear_mode, settings=settings, force=True)
    assert result.is_promoted


def _matched(workspace: Workspace) -> pl.DataFrame:
    rows = matched_deer(workspace, workspace.root / "truth.parquet")
    boxes = workspace.sql("select detection_id, photo_id from detections")
    return rows.filter(pl.col("group").is_not_null()).join(boxes, on="detection_id")


def _pure(matched: pl.DataFrame, group: str, who: str) -> bool:
    own = matched.filter(pl.col("group") == group)
    return bool((own["who"] == who).all())


def _side_by_side(members: pl.DataFrame, one: str, other: str) -> bool:
    """Whether a photo has boxes of both: two animals, even where the detector saw one twice."""
    photos = (members.filter(pl.col("individual_id") == i)["photo_id"] for i in (one, other))
    return bool(set.intersection(*map(set, photos)))


def _key(rows: pl.DataFrame, row: int) -> BoxKey:
    found = rows.row(row, named=True)
    return BoxKey(found["photo_id"], tuple(found[c] for c in ("x1", "y1", "x2", "y2")))


def _at(rows: pl.DataFrame, key: BoxKey) -> str | None:
    """The individual at a box, in whatever run is shown."""
    x1, y1, x2, y2 = key.box
    near = rows.filter(pl.col("photo_id") == key.photo_id).with_columns(
        (
            (pl.col("x1") - x1).abs() + (pl.col("y1") - y1).abs()
            + (pl.col("x2") - x2).abs() + (pl.col("y2") - y2).abs()
        ).alias("far")
    )  # fmt: skip
    return None if near.is_empty() else near.sort("far")["individual_id"][0]


if __name__ == "__main__":
    main()
