"""Fit heads on what people said of a workspace's animals, and use them from then on.

Nothing is processed again: heads read the vectors that are stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from thumper_core.contracts import ThumperError
from thumper_core.evaluate.head_scores import Scores, scores
from thumper_core.heads.fit import (
    CORRECT_MORE,
    calibrated,
    fit_line,
    logits_left_out,
    require_enough,
)
from thumper_core.heads.head import KINDS, Head, Kind
from thumper_core.heads.shelf import keep_head
from thumper_core.workspace import Workspace

_SAID = """
select p.camera, d.is_deer, d.sex, d.age_class, e.vector, r.embedder,
    r.config->'embedder'->>'weights_sha256' as weights_sha256
from detections d
join photos p using (photo_id)
join embeddings e using (detection_id)
join runs r on r.run_id = d.run_id
where d.source = 'human' and d.species <> 'animal'
order by d.detection_id
"""


@dataclass(frozen=True)
class FittedHead:
    """A head that was written, and how it did on cameras left out: all together, and each."""

    head: Head
    file: str
    together: Scores
    by_camera: dict[str, Scores]


@dataclass(frozen=True)
class HeadTraining:
    """What came of a training; missing: why there is no head of a kind."""

    fitted: tuple[FittedHead, ...]
    missing: dict[Kind, str]

    @property
    def why_missing(self) -> str:
        """The reasons as one text, nothing said twice."""
        return _told(self.missing)


def train_heads(workspace: Workspace, kinds: Sequence[Kind] = KINDS) -> HeadTraining:
    """Fit a head of each kind on the shown run's corrected classes and write it to the workspace.

    ThumperError, naming what is missing, where no kind has enough of both.
    """
    frame = workspace.sql(_SAID)
    fitted: list[FittedHead] = []
    missing: dict[Kind, str] = {}
    for kind in kinds:
        try:
            fitted.append(_fit(workspace, kind, frame))
        except ThumperError as error:
            missing[kind] = str(error)
    if not fitted:
        raise ThumperError(_told(missing))
    return HeadTraining(tuple(fitted), missing)


def _told(missing: Mapping[Kind, str]) -> str:
    reasons = dict.fromkeys(reason.removesuffix(CORRECT_MORE) for reason in missing.values())
    may_mend = any(reason.endswith(CORRECT_MORE) for reason in missing.values())
    return " ".join(reasons) + (CORRECT_MORE if may_mend else "")


def _fit(workspace: Workspace, kind: Kind, frame: pl.DataFrame) -> FittedHead:
    if kind == "sex":
        adult = pl.col("is_deer") & (pl.col("age_class") != "fawn")
        rows = frame.filter(adult & pl.col("sex").is_in(["male", "female"]))
        positive = (rows["sex"] == "male").to_numpy()
    else:
        rows, positive = frame, frame["is_deer"].to_numpy()
    camera = rows["camera"].fill_null("").to_numpy().astype(np.str_)
    require_enough(kind, positive, camera)
    sha256 = rows["weights_sha256"][0]
    if sha256 is None:
        raise ThumperError(
            f"The vectors of this run are of {rows['embedder'][0]}, whose weights are not known by "
            "their hash: no head could be told to belong to them. `thumper run --embedder NAME` with "
            "an embedder of one network makes some that do."
        )
    vectors = np.stack(rows["vector"].to_list()).astype(np.float32)
    left_out = logits_left_out(vectors, positive, camera)
    line, odds = calibrated(fit_line(vectors, positive), left_out, positive)
    p, known = 1 / (1 + np.exp(-odds)), np.isfinite(odds)
    together = scores(p[known], positive[known])
    by_camera = {
        str(name): scores(p[part], positive[part])
        for name in np.unique(camera[known])
        if (part := known & (camera == name)).any()
    }
    about = {
        "data": "classes that people corrected in this workspace",
        "made_by": "thumper train head",
        "n": [together.n_positive, together.n_negative],
        "cameras_left_out": {"auc": together.auc, "ece": together.ece},
    }
    head = Head(
        f"own-{kind}", kind, workspace.settings.species, rows["embedder"][0], sha256,
        line.coefficients, line.bias, about,
    )  # fmt: skip
    return FittedHead(head, str(keep_head(workspace.root, head)), together, by_camera)
