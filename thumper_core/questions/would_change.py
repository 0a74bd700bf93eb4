"""What a threshold would do to the herd that is shown: to named deer, and what comes first on either side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from thumper_core.herd.match_ids import match_individuals
from thumper_core.identify.chain import cut_again
from thumper_core.questions.tuning import Change, Owners, Tuning, changes
from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class Step:
    """The nearest threshold in one direction at which something more happens, and what."""

    threshold: float
    changes: tuple[Change, ...]


def worth_trying(
    tuning: Tuning, *also: float | None, text: Callable[[float], str] = repr
) -> list[float]:
    """Thresholds of the sweep of which each makes another number of groups than the one below, rising.

    also: those that go before others, such as the one in use; None: left out; text: how a threshold is
    shown: of several that are shown alike only one is among them.
    """
    swept = tuning.found.thresholds.sweep.filter(pl.col("threshold").is_finite()).sort("threshold")
    differ = swept.filter(pl.col("profiles") != pl.col("profiles").shift(1, fill_value=-1))
    of_text: dict[str, float] = {}
    for one in (*also, *differ["threshold"]):
        if one is not None:
            of_text.setdefault(text(one), one)
    return sorted(of_text.values())


def steps(
    tuning: Tuning, threshold: float, thresholds: list[float], herd: Owners
) -> tuple[Step | None, Step | None]:
    """What comes first when the threshold falls, and when it rises; None: nothing on that side.

    thresholds: to try, rising. What happens at `threshold` already is left out.
    """
    here = {_key(change) for change in changes(tuning, tuning.labels(threshold), herd)}

    def first(kind: str, candidates: list[float]) -> Step | None:
        for at in candidates:
            found = changes(tuning, tuning.labels(at), herd)
            new = tuple(c for c in found if c.kind == kind and _key(c) not in here)
            if new:
                return Step(at, new)
        return None

    lower = [at for at in reversed(thresholds) if at < threshold]
    return first("merge", lower), first("split", [at for at in thresholds if at > threshold])


def _key(change: Change) -> tuple[str, tuple[str, ...], int]:
    return change.kind, tuple(sorted(change.who)), len(change.parts)


def preview(workspace: Workspace, tuning: Tuning, threshold: float) -> list[dict[str, Any]]:
    """What becomes of each named deer if the threshold is applied.

    Rows: individual_id, name, outcome (`kept`, `absent`), n_before, n_after, joined (labels of deer
    that it would take in), parts (how many other profiles get some of its pictures).
    """
    herd = workspace.sql(
        "select d.detection_id, d.photo_id, d.x1, d.y1, d.x2, d.y2, a.individual_id, i.name, i.label "
        "from assignments a join detections d using (detection_id) "
        "join individuals i using (individual_id)"
    )
    cut = cut_again(tuning.found, tuning.frame, threshold)
    boxes = tuning.frame.select("detection_id", "photo_id", "x1", "y1", "x2", "y2")
    named = herd.drop_nulls("name").unique("individual_id").sort("name")
    match = match_individuals(
        cut.tables.assignments.join(boxes, on="detection_id"),
        herd,
        taken=workspace.ledger.individual_ids(),
        anchored=named["individual_id"].to_list(),
    )
    label = dict(herd.select("individual_id", "label").iter_rows())
    before = dict(herd.group_by("individual_id").len().iter_rows())
    sizes = dict(cut.tables.assignments.group_by("profile_id").len().iter_rows())
    after = {who: sizes.get(profile, 0) for profile, who in match.individual_of.items()}
    joined = {
        merge.individual_id: [
            label.get(p.individual_id, p.individual_id)
            for p in merge.parts
            if p.individual_id != merge.individual_id
        ]
        for merge in match.merges
    }
    parts = {split.individual_id: len(split.parts) - 1 for split in match.splits}
    return [
        {
            "individual_id": who,
            "name": name,
            "outcome": "absent" if who in match.absent else "kept",
            "n_before": before.get(who, 0),
            "n_after": after.get(who, 0),
            "joined": joined.get(who, []),
            "parts": parts.get(who, 0),
        }
        for who, name in named.select("individual_id", "name").iter_rows()
    ]
