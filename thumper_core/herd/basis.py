"""What a herd was made from: the decisions that it heard, and the space that it was cut in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from thumper_core.decisions.kinds import IDENTIFIED_WITH
from thumper_core.files import write_whole
from thumper_core.identify.links.constraints import ConstraintReport
from thumper_core.identify.scale.probability import Scale
from thumper_core.identify.space.project import SpaceMap
from thumper_core.identify.tree.recut import Known
from thumper_core.store.herd_summary import DecisionsHeard
from thumper_core.workspace import Workspace

SPACES_KEPT: Final = 3


def heard(decisions: pl.DataFrame) -> DecisionsHeard:
    """Which decisions a herd is made with."""
    said = decisions.filter(pl.col("kind").is_in(IDENTIFIED_WITH))
    return DecisionsHeard(
        int(decisions["decision_id"].max() or 0),  # type: ignore[arg-type]
        tuple(said.filter(pl.col("undone"))["decision_id"]),
    )


def changed_since(decisions: pl.DataFrame, before: DecisionsHeard) -> pl.DataFrame:
    """Decisions about who is who that were made, taken back or restored since `heard`."""
    number = pl.col("decision_id")
    stood = (number <= before.last) & ~number.is_in(list(before.undone))
    return decisions.filter(pl.col("kind").is_in(IDENTIFIED_WITH) & (stood == pl.col("undone")))


def boxes_named(decisions: pl.DataFrame) -> list[dict[str, Any]]:
    """Every `{"photo_id": ..., "box": ...}` in the payloads, once each."""
    found = {
        json.dumps(box, sort_keys=True): box
        for payload in decisions["payload"]
        for box in _boxes(json.loads(payload))
    }
    return list(found.values())


def _boxes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _boxes(item)
    elif isinstance(value, dict):
        if "photo_id" in value and "box" in value:
            yield {"photo_id": value["photo_id"], "box": value["box"]}
        for item in value.values():
            yield from _boxes(item)


def set_aside(report: ConstraintReport) -> set[int]:
    """Decisions that contradict what holds and are left out."""
    return {number for c in report.contradictions for number in c.set_aside}


def save_known(workspace: Workspace, herd_id: str, known: Known) -> None:
    """Keep the space of a herd beside those of the last few; it can be computed again."""
    folder = workspace.cache_dir / "spaces"
    folder.mkdir(parents=True, exist_ok=True)
    facts = {
        "similarity": known.similarity,
        "scale": asdict(known.scale) if known.scale else None,
        "contrast": list(known.contrast),
    }
    arrays: dict[str, Any] = {
        "vectors": known.vectors,
        "detection_ids": np.array(known.detection_ids, np.str_),
        "facts": np.array(json.dumps(facts)),
        **known.mapping.arrays(),
    }

    def write(path: Path) -> None:
        with path.open("wb") as file:  # given a name, savez would add a suffix to it
            np.savez(file, **arrays)

    write_whole(folder / f"{herd_id}.npz", write)
    for old in sorted(folder.glob("h*.npz"))[:-SPACES_KEPT]:
        old.unlink(missing_ok=True)


def load_known(workspace: Workspace, herd_id: str) -> Known | None:
    """The space of a herd; None where it was not kept, or was kept by another version."""
    path = workspace.cache_dir / "spaces" / f"{herd_id}.npz"
    try:
        with np.load(path, allow_pickle=False) as stored:
            facts = json.loads(str(stored["facts"]))
            return Known(
                stored["detection_ids"].tolist(),
                stored["vectors"],
                (facts["contrast"][0], facts["contrast"][1]),
                facts["similarity"],
                Scale(**facts["scale"]) if facts["scale"] else None,
                SpaceMap.from_arrays(stored),
            )
    except (OSError, ValueError, KeyError, TypeError):
        return None
