"""A run's herd as its answers have it now.

It follows every answer at once: the tracklets of the profiles that an answer speaks of are grouped again
under what is known now, the rest stays as the last identification left it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.decisions.table import ALL_DECISIONS
from thumper_core.identify.links.answers import answers_in
from thumper_core.identify.links.constraints import ConstraintReport, build_constraints
from thumper_core.identify.links.flanks import sides_of, sides_seen
from thumper_core.identify.review.standing import Standing
from thumper_core.identify.tree.cluster import part_linkage
from thumper_core.identify.tree.dendrogram import canonical
from thumper_core.workspace import Workspace

if TYPE_CHECKING:
    from thumper_core.identify.links.constraint_set import Constraints
    from thumper_core.questions.tuning import Tuning


@dataclass(frozen=True)
class Stood:
    """A standing, the constraints that it was grouped under, and the decisions that these came from."""

    standing: Standing
    report: ConstraintReport
    decisions: pl.DataFrame


def standing_of(workspace: Workspace, tuning: Tuning, threshold: float | None) -> Stood | None:
    """The herd with every decision so far; None: not calibrated.

    threshold: the one in use (None: the recommended).
    """
    judgement = tuning.found.thresholds.judgement
    if judgement is None or not tuning.frame.height:
        return None
    decisions = workspace.sql(ALL_DECISIONS)
    tracklets, clustering = tuning.found.tables.tracklets, tuning.found.clustering
    report = build_constraints(
        tracklets,
        tuning.frame,
        clustering.index,
        decisions,
        workspace.sql("from cameras"),
        workspace.settings.identify,
    )
    links = report.constraints
    cut = judgement.best if threshold is None else tuning.similarity(threshold)
    standing = Standing(
        clustering.means,
        tuning.sizes,
        regrouped(tuning, links, cut),
        links,
        judgement.scale.uncorrected().corrected(answers_in(decisions, tuning.run_id)),
        clustering.event,
        sides_seen(sides_of(tuning.frame), clustering.index, len(clustering.event)),
    )
    return Stood(standing, report, decisions)


def regrouped(tuning: Tuning, links: Constraints, cut: float) -> npt.NDArray[np.int32]:
    """(T,) profiles at the cut with what became known since: only what that touches is grouped again."""
    clustering, before = tuning.found.clustering, tuning.found.constraints.constraints
    labels = clustering.tree.cut(cut)
    changed = [np.flatnonzero(links.group != before.group)]
    for now, then in ((links.must, before.must), (links.cannot, before.cannot)):
        rows = np.concatenate([now, then])
        pairs, n = np.unique(rows, axis=0, return_counts=True)
        changed.append(pairs[n == 1].ravel())
    touched = np.unique(labels[np.concatenate(changed).astype(np.int64)])
    part = np.flatnonzero(np.isin(labels, touched))
    if not len(part):
        return labels
    whole = labels.astype(np.int64)
    whole[part] = len(labels) + part_linkage(clustering.means, part, links).cut(cut)
    return canonical(whole)
