"""The deer of a run as identification takes them: a row each, and their vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from thumper_core.contracts import FloatArray
from thumper_core.workspace import Workspace

_DEER = """
select {more} d.detection_id, d.photo_id, p.burst_id, p.event_id, p.camera, p.taken_at,
    p.taken_at_precision, p.is_time_evidence, p.sequence, p.path, p.latitude, p.longitude,
    p.is_infrared, p.width, p.height,
    d.x1, d.y1, d.x2, d.y2, d.confidence, d."class", d.species, d.sex, d.age_class, d.source, d.flank,
    coalesce(d.sharpness, 0)::float as sharpness,
    case when d.source <> 'human' and d.age_class <> 'fawn'
        and d.sex_source is distinct from 'detector' then d.p_male end as p_male,
    (select sex_chance_min from our_deer) as sex_chance_min
from all_detections d
join photos p using (photo_id)
join all_embeddings e on e.run_id = d.run_id and e.detection_id = d.detection_id
where d.run_id = ? and d.is_deer and (d.confidence >= ? or d.source = 'human')
order by p.taken_at, d.detection_id
"""


def load_deer(
    workspace: Workspace, run_id: str, class_conf_min: float
) -> tuple[pl.DataFrame, FloatArray]:
    """The run's deer, one row each in time order, and their vectors.

    Returns the frame that `identify_frame` takes and (N, D) float32, L2-normalised.

    >>> from thumper_core import Workspace, load_deer, newest_complete_run
    >>> ranch = Workspace.open("ranch")
    >>> frame, vectors = load_deer(ranch, newest_complete_run(ranch).run_id, class_conf_min=0.5)
    >>> frame.height, vectors.shape
    (10, (10, 64))
    """
    frame = workspace.sql(_DEER.format(more="e.vector,"), [run_id, class_conf_min])
    return frame.drop("vector"), _stacked(frame)


def load_deer_alone(workspace: Workspace, run_id: str, class_conf_min: float) -> pl.DataFrame:
    """The frame of `load_deer` without reading a vector, which is most of what a large run holds."""
    return workspace.sql(_DEER.format(more=""), [run_id, class_conf_min])


def vectors_of(workspace: Workspace, run_id: str, detection_ids: Sequence[str]) -> FloatArray:
    """(n, D) float32, L2-normalised: the vectors of detections of a run that have one, in their order."""
    rows = workspace.sql(
        "select detection_id, vector from all_embeddings "
        "where run_id = ? and list_contains(?, detection_id)",
        [run_id, list(detection_ids)],
    )
    order = pl.DataFrame({"detection_id": detection_ids}, schema={"detection_id": pl.String})
    return _stacked(order.join(rows, on="detection_id", how="inner", maintain_order="left"))


def _stacked(frame: pl.DataFrame) -> FloatArray:
    if frame.is_empty():
        return np.zeros((0, 0), np.float32)
    return np.stack(frame["vector"].to_list()).astype(np.float32)
