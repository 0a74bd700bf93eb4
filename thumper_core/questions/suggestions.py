"""How good suggestions were: the chance that the likeliest one had then, against what people said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from thumper_core.identify.scale.calibrate import reliability_curve
from thumper_core.questions import words

_SURE: Final = 0.95


@dataclass(frozen=True)
class Told:
    """sentences: what the answers say; curve: `predicted, observed, n`, as `figures.reliability` draws it."""

    sentences: tuple[str, ...]
    curve: pl.DataFrame


def told(answers: pl.DataFrame) -> Told:
    """What answers say of the suggestions that were shown with them.

    answers: `first` (the chance that the likeliest of all had then, in [0, 1]), `was_right`, `rank` (of
    what was said among those shown, null: not among them), `said`; as `who.record_so_far` gives them.
    """
    first, right = answers["first"].to_numpy(), answers["was_right"].cast(pl.Float64).to_numpy()
    ece, curve = reliability_curve(first, right)
    if answers.is_empty():
        empty = (
            "No answers yet: with the first ones it is shown here how good the suggestions were."
        )
        return Told((empty,), curve)
    n_right = int(right.sum())
    sentences = [
        f"Of {words.counted(answers.height, 'answer')}, the likeliest suggestion was right in {n_right:,} "
        f"({words.percent(n_right / answers.height)}). What it said was off by {words.percent(ece)} on "
        "average."
    ]
    sure = answers.filter(pl.col("first") >= _SURE)
    if sure.height:
        n_sure = int(sure["was_right"].sum())
        sentences.append(
            f"Where it was sure ({words.percent(_SURE)} or more), it was right in {n_sure:,} of "
            f"{sure.height:,}."
        )
    known = answers.filter(pl.col("said") == "known")
    if known.height:
        n_shown = known["rank"].is_not_null().sum()
        sentences.append(
            f"Of {words.counted(known.height, 'known deer', 'known deer')} that people named, "
            f"{n_shown:,} stood among those shown."
        )
    return Told(tuple(sentences), curve)
