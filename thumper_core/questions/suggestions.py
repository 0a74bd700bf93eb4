"""How good suggestions were: the chance that the likeliest one had then, against what people said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from thumper_core.identify.scale.calibrate import reliability_curve
from thumper_core.language import say
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
        empty = say(
            "No answers yet: with the first ones it is shown here how good the suggestions were."
        )
        return Told((empty,), curve)
    n_right = int(right.sum())
    sentences = [
        say(
            "Of {answers}, the likeliest suggestion was right in {n_right:,} ({percent}). What "
            "it said was off by {percent2} on average.",
            answers=words.counted(answers.height, "answer"),
            n_right=n_right,
            percent=words.percent(n_right / answers.height),
            percent2=words.percent(ece),
        )
    ]
    sure = answers.filter(pl.col("first") >= _SURE)
    if sure.height:
        n_sure = int(sure["was_right"].sum())
        sentences.append(
            say(
                "Where it was sure ({percent} or more), it was right in {n_sure:,} of {height:,}.",
                percent=words.percent(_SURE),
                n_sure=n_sure,
                height=sure.height,
            )
        )
    known = answers.filter(pl.col("said") == "known")
    if known.height:
        n_shown = known["rank"].is_not_null().sum()
        sentences.append(
            say(
                "Of {deer} that people named, {n_shown:,} stood among those shown.",
                deer=words.counted(known.height, "known deer", "known deer"),
                n_shown=n_shown,
            )
        )
    return Told(tuple(sentences), curve)
