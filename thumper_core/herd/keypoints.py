"""The keypoints that an identification with local matching will ask for, looked for beforehand."""

from __future__ import annotations

import polars as pl

from thumper_core.decisions.table import ALL_DECISIONS
from thumper_core.herd.load import load_deer
from thumper_core.identify.links.constraints import parted_rows
from thumper_core.identify.links.tracklets import link_tracklets, tracklet_table
from thumper_core.match.collect import Collected, Progress, collect
from thumper_core.pipeline.newest import newest_complete_run
from thumper_core.workspace import Workspace


def collect_keypoints(
    workspace: Workspace, *, run_id: str | None = None, on_progress: Progress | None = None
) -> Collected:
    """Look at the best crop of every tracklet of a run; those looked at before are passed over.

    run_id: default the newest complete run; on_progress: called with the crops done and in all. Raises
    ThumperError where no run is complete or has that ID, or the network is not installed.
    """
    run = workspace.ledger.run(run_id) if run_id else newest_complete_run(workspace)
    frame, vectors = load_deer(workspace, run.run_id, workspace.settings.identify.class_conf_min)
    if frame.is_empty():
        return Collected(0, 0, 0)
    apart = parted_rows(workspace.sql(ALL_DECISIONS), frame)
    tracklets = tracklet_table(frame, link_tracklets(frame, vectors, apart=apart))
    best = tracklets["best_detection_id"].to_list()
    return collect(workspace, frame.filter(pl.col("detection_id").is_in(best)), on_progress)
