"""The answers that people gave to questions, with the chance that the model gave then."""

from __future__ import annotations

import json

import numpy as np
import polars as pl

from thumper_core.decisions.kinds import Different, Same
from thumper_core.decisions.kinds.who import Asked
from thumper_core.decisions.superseded import standing_verdicts
from thumper_core.identify.scale.verdicts import Answers


def answers_in(decisions: pl.DataFrame | None, run_id: str) -> Answers:
    """Standing verdicts that answer a question about this run; others say nothing of its chances.

    decisions: `decision_id, kind, payload, made_at, undone`, or None.
    """
    if decisions is None or decisions.is_empty():
        return Answers.none()
    replaced = standing_verdicts(decisions).replaced
    said = decisions.filter(
        pl.col("kind").is_in([Same.kind, Different.kind])
        & ~pl.col("undone")
        & ~pl.col("decision_id").is_in(replaced)
    ).select("kind", "payload")
    chance, same, about = [], [], []
    for kind, payload in said.iter_rows():
        asked = Asked.of(json.loads(payload))
        if asked is not None and asked.run_id == run_id:
            chance.append(asked.chance)
            same.append(kind == Same.kind)
            about.append(asked.about)
    return Answers(
        np.array(chance, np.float64), np.array(same, bool), np.array(about, np.dtype("U8"))
    )
