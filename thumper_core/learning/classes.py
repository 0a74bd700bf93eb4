"""The classes that people corrected, with the vectors of what they looked at: what heads are fitted on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.heads.fit import CORRECT_MORE
from thumper_core.heads.head import Kind
from thumper_core.workspace import Workspace

_SAID: Final = """
with spoken as (
    select json_extract_string(payload, '$.photo_id') as photo_id, min(decision_id) as first_said,
        max(decision_id) as last_said
    from decisions where not undone and kind in ('class', 'missed_animal') group by all
)
select coalesce(p.camera, '') as camera, p.event_id, d.is_deer, d.sex, d.age_class, r.embedder,
    r.config->'embedder'->>'weights_sha256' as weights_sha256, s.first_said, s.last_said{vector}
from detections d
join photos p using (photo_id)
join embeddings e using (detection_id)
join runs r on r.run_id = d.run_id
left join spoken s using (photo_id)
where d.source = 'human' and d.species <> 'animal'
order by d.detection_id
"""


def corrected_classes(workspace: Workspace, *, with_vectors: bool = True) -> pl.DataFrame:
    """A row for each animal of the shown run whose class people said and that has a vector.

    Columns: camera, event_id, is_deer, sex, age_class, embedder, weights_sha256 (null: not known),
    first_said, last_said (of its photo: the first and the last word on what is in it), vector.
    with_vectors: False to count; reading every vector of a large run takes seconds.
    """
    return workspace.sql(_SAID.format(vector=", e.vector" if with_vectors else ""))


def labels_of(frame: pl.DataFrame, kind: Kind) -> tuple[pl.DataFrame, npt.NDArray[np.bool_]]:
    """The rows that say something of a kind of question, and the answers: male, or a deer."""
    if kind == "sex":
        adult = pl.col("is_deer") & (pl.col("age_class") != "fawn")
        rows = frame.filter(adult & pl.col("sex").is_in(["male", "female"]))
        return rows, (rows["sex"] == "male").to_numpy()
    return frame, frame["is_deer"].to_numpy()


def why_none(missing: Mapping[Kind, str]) -> str:
    """Why there is no head of a kind, as one text, nothing said twice."""
    reasons = dict.fromkeys(reason.removesuffix(CORRECT_MORE) for reason in missing.values())
    may_mend = any(reason.endswith(CORRECT_MORE) for reason in missing.values())
    return " ".join(reasons) + (CORRECT_MORE if may_mend else "")
