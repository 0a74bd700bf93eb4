"""Fit heads on what people said of a workspace's animals, and use those that are better than what is there.

Nothing is processed again: heads read the vectors that are stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import FloatArray, ThumperError
from thumper_core.counting import counted
from thumper_core.evaluate.head_scores import Scores, scores
from thumper_core.evaluate.paired import Figure, chance_margin
from thumper_core.flows.trial import Trial
from thumper_core.heads.fit import (
    Floats,
    Labels,
    calibrated,
    fit_line,
    logits_left_out,
    require_enough,
)
from thumper_core.heads.head import KINDS, Head, Kind
from thumper_core.heads.shelf import keep_head, matching, shelf
from thumper_core.identify.links.pairs import weighted_auc
from thumper_core.learning.cards import keep_card
from thumper_core.learning.classes import corrected_classes, labels_of, why_none
from thumper_core.workspace import Workspace

LAST: Final = "last_correction"
"""Where a head says up to which decision it was fitted."""


@dataclass(frozen=True)
class FittedHead:
    """A head that was fitted, how it did on cameras left out, all together and each, and beside the head
    that was in use; file: where it was written, None where that one stays.
    """

    head: Head
    file: str | None
    together: Scores
    by_camera: dict[str, Scores]
    trial: Trial


@dataclass(frozen=True)
class HeadTraining:
    """What came of a training; missing: why there is no head of a kind."""

    fitted: tuple[FittedHead, ...]
    missing: dict[Kind, str]

    @property
    def why_missing(self) -> str:
        """The reasons as one text, nothing said twice."""
        return why_none(self.missing)


def train_heads(workspace: Workspace, kinds: Sequence[Kind] = KINDS) -> HeadTraining:
    """Fit a head of each kind on the shown run's corrected classes; write it where it is better.

    Better than the head in use, or than guessing where there is none, on cameras that neither saw. What
    came of it is kept as a card. ThumperError, naming what is missing, where no kind has enough of both.
    """
    frame = corrected_classes(workspace)
    fitted: list[FittedHead] = []
    missing: dict[Kind, str] = {}
    for kind in kinds:
        try:
            fitted.append(_fit(workspace, kind, frame))
        except ThumperError as error:
            missing[kind] = str(error)
    if not fitted:
        raise ThumperError(why_none(missing))
    card = {
        LAST: int(frame["last_said"].max() or 0),  # type: ignore[arg-type]
        "trials": [one.trial.as_dict() for one in fitted],
        "heads": {one.head.kind: one.head.source for one in fitted},
        "missing": missing,
    }
    keep_card(workspace.root, "heads", card)
    return HeadTraining(tuple(fitted), missing)


def _fit(workspace: Workspace, kind: Kind, frame: pl.DataFrame) -> FittedHead:
    rows, positive = labels_of(frame, kind)
    camera = rows["camera"].to_numpy().astype(np.str_)
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
        LAST: int(rows["last_said"].max() or 0),  # type: ignore[arg-type]
    }
    head = Head(
        f"own-{kind}", kind, workspace.settings.species, rows["embedder"][0], sha256,
        line.coefficients, line.bias, about,
    )  # fmt: skip
    in_use = _in_use(workspace, head)
    before = _of_head(in_use, rows, vectors, positive, camera)
    trial = replace(_tried(kind, before, left_out, positive, rows), is_first=in_use is None)
    file = str(keep_head(workspace.root, head)) if trial.is_better else None
    return FittedHead(head, file, together, by_camera, trial)


def _in_use(workspace: Workspace, head: Head) -> Head | None:
    """The head that answers such questions now."""
    config: dict[str, Any] = {"embedder": {"weights_sha256": head.weights_sha256}}
    return matching(shelf(workspace.root).heads, head.embedder, config, head.species).get(head.kind)


def _of_head(
    head: Head | None,
    rows: pl.DataFrame,
    vectors: FloatArray,
    positive: Labels,
    camera: npt.NDArray[np.str_],
) -> Floats:
    """(N,) what the head in use says, the larger the surer of the positive kind.

    One that was fitted here knows these cameras: what it was fitted on is fitted anew without each.
    Without a head, and where it cannot be asked fairly, it is the same of all: guessing.
    """
    if head is None:
        return np.zeros(len(vectors))
    if LAST not in head.about:
        return head.read(vectors).astype(np.float64)
    first = rows["first_said"].fill_null(0).to_numpy()
    return logits_left_out(vectors, positive, camera, among=first <= head.about[LAST])


def _tried(
    kind: Kind, before: Floats, after: Floats, positive: Labels, rows: pl.DataFrame
) -> Trial:
    """Both on the same rows: those of which both could say something on a camera that they did not see."""
    known = np.isfinite(before) & np.isfinite(after)
    yes = positive[known]

    def figure(said: Floats) -> Figure:
        return lambda weight: weighted_auc(said[known], yes, weight)

    old, new = figure(before), figure(after)
    n_cameras = rows.filter(pl.Series(known))["camera"].n_unique()
    return Trial(
        what=f"{kind} head",
        measure="AUC",
        before=old(None),
        after=new(None),
        n_held_out=int(known.sum()),
        held_out=f"{counted(n_cameras, 'camera')}, each in turn,",
        margin=chance_margin(old, new, rows["event_id"].to_numpy()[known]),
    )
