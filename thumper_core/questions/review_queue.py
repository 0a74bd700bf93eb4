"""What to ask a person next: the questions whose answers would teach most, first.

A question about a pair is worth the pairs of detections that hang on it times the uncertainty of the
merge, p (1 - p), in the dendrogram that the threshold cuts. Doubts about a class come from tracklets
whose frames disagree and from weak detections.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from thumper_core.contracts import NOT_ANIMALS
from thumper_core.decisions import kinds
from thumper_core.decisions.box_places import moved_boxes
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.table import decisions_frame
from thumper_core.store.herd_summary import CalibrationFigures
from thumper_core.workspace import Workspace

if TYPE_CHECKING:
    from thumper_core.questions.tuning import Tuning

PICTURES_PER_SIDE: Final = 3
UNSURE: Final = (0.02, 0.98)
"""Outside, an answer is as good as known."""


@dataclass(frozen=True)
class Question:
    """Are these two one animal? left, right: detection IDs, the first of each is what is asked.

    p: probability that they are, as of now; weight: what an answer is worth, detection pairs.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]
    p: float
    weight: float
    sizes: tuple[int, int]


def questions(
    tuning: Tuning, asked: set[tuple[str, str]], threshold: float | None, limit: int = 40
) -> list[Question]:
    """Pairs of groups near the threshold, the most telling first.

    asked: pairs of detection IDs (in either order) that have a verdict already; threshold: the one
    in use (None: the recommended).
    """
    tree, judgement = tuning.found.clustering.tree, tuning.found.thresholds.judgement
    if judgement is None or not len(judgement.p):
        return []
    p = np.nan_to_num(judgement.p, nan=1.0)
    worth = np.where(np.isfinite(tree.similarity), p * (1 - p) * judgement.pairs, 0.0)
    if threshold is not None:
        cut = tuning.similarity(threshold)
        # A merge far from the cut would not change the herd, whatever the answer.
        worth = worth * np.exp(-(((tree.similarity - cut) / 0.1) ** 2))
    leaves = _Leaves(tuning)
    found: list[Question] = []
    for merge in np.argsort(-worth):
        if worth[merge] <= 0 or len(found) >= limit:
            break
        if not UNSURE[0] <= p[merge] <= UNSURE[1]:
            continue
        sides = [leaves.best(int(node)) for node in tree.children[merge]]
        pair = (sides[0][0], sides[1][0])
        if pair in asked or pair[::-1] in asked:
            continue
        sizes = tuple(leaves.size(int(node)) for node in tree.children[merge])
        found.append(
            Question(sides[0], sides[1], float(p[merge]), float(worth[merge]), (sizes[0], sizes[1]))
        )
    return found


def asked_pairs(workspace: Workspace) -> set[tuple[str, str]]:
    """Pairs of detection IDs of the shown run on which a verdict stands.

    A verdict names photos and boxes; the detection is the one whose box is the verdict's.
    """
    rows = workspace.sql(
        "select payload from decisions where not undone and list_contains(?, kind)",
        [list(kinds.VERDICTS)],
    )
    keys = [
        (BoxKey.of(value["a"]), BoxKey.of(value["b"])) for value in map(json.loads, rows["payload"])
    ]
    photo_ids = sorted({key.photo_id for pair in keys for key in pair})
    if not photo_ids:
        return set()
    boxes = workspace.sql(
        "select detection_id, photo_id, x1, y1, x2, y2 from detections "
        "where list_contains(?, photo_id)",
        [photo_ids],
    )
    # A box that was moved since has another place now; the verdict still names the old one.
    before = moved_boxes(
        boxes.with_columns(pl.lit("").alias("run_id"), pl.lit(1.0).alias("confidence")),
        decisions_frame(workspace.ledger),
    ).places
    known = {
        str(BoxKey(photo_id, (x1, y1, x2, y2))): detection_id
        for frame in (before, boxes)
        for detection_id, photo_id, x1, y1, x2, y2 in frame.select(boxes.columns).iter_rows()
    }
    return {(known.get(str(a), ""), known.get(str(b), "")) for a, b in keys}


def doubts(workspace: Workspace, limit: int) -> pl.DataFrame:
    """Detections whose class a person should look at, the most doubtful first.

    Columns: detection_id, reason (words). Detections that a person classed already, or whose photo
    says nothing of an animal (people, vehicles), are left out.
    """
    rows = workspace.sql(
        """
        with votes as (
            select d.detection_id, d."class", d.confidence, d.sex, d.age_class, d.source,
                d.species, coalesce(a.tracklet_id, d.detection_id) as tracklet_id
            from detections d left join assignments a using (detection_id)
        ),
        shares as (
            select tracklet_id, "class", sum(confidence) as weight from votes group by all
        ),
        agreed as (
            select tracklet_id, arg_max("class", weight) as usual,
                max(weight) / sum(weight) as share from shares group by tracklet_id
        )
        select v.detection_id, v."class", v.confidence, a.usual, a.share
        from votes v join agreed a using (tracklet_id)
        where v.source = 'model' and not list_contains(?, v.species)
            and (v."class" <> a.usual or v.confidence < 0.6)
        order by (v."class" <> a.usual) desc, v.confidence, v.detection_id limit ?
        """,
        [list(NOT_ANIMALS), limit],
    )
    reason = (
        pl.when(pl.col("class") != pl.col("usual"))
        .then(pl.format("{} here, {} in the other frames", "class", "usual"))
        .otherwise(
            pl.format(
                "{} with only {}% confidence",
                "class",
                (100 * pl.col("confidence")).round(0).cast(pl.Int32),
            )
        )
    )
    return rows.select("detection_id", reason.alias("reason"))


def decisions_in_force(workspace: Workspace, limit: int) -> pl.DataFrame:
    """Decisions that stand, newest first: decision_id, kind, author, made_at, payload (JSON)."""
    return workspace.sql(
        "select decision_id, kind, author, made_at, payload from decisions where not undone "
        "and kind <> ? order by decision_id desc limit ?",
        [kinds.Undo.kind, limit],
    )


def moved(workspace: Workspace) -> pl.DataFrame:
    """How verdicts moved the calibration: one row per identification, oldest first.

    Columns: herd_id, created_at, n_verdicts (that stood when it was made), recommended, profiles,
    equal_error_rate (null: not known).
    """
    decisions = workspace.sql(
        "select made_at::timestamp as made_at from decisions where not undone "
        "and list_contains(?, kind)",
        [list(kinds.COMPARED)],
    )["made_at"]
    rows = []
    for herd in workspace.ledger.herds():
        at = herd.created_at.replace(tzinfo=None)
        calibration = herd.summary.calibration or CalibrationFigures()
        rows.append(
            (
                herd.herd_id,
                at,
                int((decisions < at).sum()),
                herd.summary.cut.recommended,
                herd.summary.counts.n_profiles,
                calibration.equal_error_rate,
            )
        )
    return pl.DataFrame(
        rows,
        schema={
            "herd_id": pl.String,
            "created_at": pl.Datetime("us"),
            "n_verdicts": pl.Int64,
            "recommended": pl.Float64,
            "profiles": pl.Int64,
            "equal_error_rate": pl.Float64,
        },
        orient="row",
    )


def verdict_key(row: dict[str, Any]) -> BoxKey:
    """The box of a detection's row as decisions name it."""
    return BoxKey(row["photo_id"], (row["x1"], row["y1"], row["x2"], row["y2"]))


class _Leaves:
    """The tracklets below each node of the dendrogram, as runs of its leaf order."""

    def __init__(self, tuning: Tuning) -> None:
        tree = tuning.found.clustering.tree
        place = np.empty(tree.n, np.int64)
        place[tree.order] = np.arange(tree.n)
        nodes = tree.n + len(tree.children)
        self._low = np.empty(nodes, np.int64)
        self._high = np.empty(nodes, np.int64)
        self._low[: tree.n], self._high[: tree.n] = place, place + 1
        for k, (left, right) in enumerate(tree.children):
            self._low[tree.n + k] = min(self._low[left], self._low[right])
            self._high[tree.n + k] = max(self._high[left], self._high[right])
        self._order = tree.order
        self._best = tuning.found.tables.tracklets["best_detection_id"].to_list()
        self._sizes = tuning.sizes

    def _tracklets(self, node: int) -> Any:
        return self._order[self._low[node] : self._high[node]]

    def best(self, node: int) -> tuple[str, ...]:
        """One detection each of its largest tracklets."""
        tracklets = self._tracklets(node)
        largest = tracklets[np.argsort(-self._sizes[tracklets], kind="stable")]
        return tuple(str(self._best[t]) for t in largest[:PICTURES_PER_SIDE])

    def size(self, node: int) -> int:
        """Its detections."""
        return int(self._sizes[self._tracklets(node)].sum())
