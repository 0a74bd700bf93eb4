"""Sex and age class of a group of detections by confidence-weighted vote.

A group is a tracklet or a profile: anything that a dense index tells apart. A person's word about a
detection stands in place of the detector's. Of a tracklet, which is one animal for certain, it counts
before every model vote; of a profile, which may hold another animal, it weighs as much as several of
the detector's. A detector's word goes before a head's: heads are asked where nobody else says
anything, and give chances, which are put together as such.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.heads.votes import combined

IntArray = npt.NDArray[np.integer]

SEXES: Final = ("male", "female")
AGES: Final = ("adult", "fawn")

VOTES_NEEDED: Final = 50
"""Fewer repeated votes than this say nothing about how far confidence can be trusted."""
CONFIDENCE_FALLBACK: Final = 0.6
PERSON_BOXES: Final = 10.0
"""A person's word about one box of a profile weighs as much as the detector's, wholly sure, about this
many: about three bursts, whose frames err together."""


def vote(
    frame: pl.DataFrame,
    index: IntArray,
    n_groups: int | None = None,
    *,
    heads: bool = True,
    person_boxes: float | None = None,
) -> pl.DataFrame:
    """Elect sex and age class of each group.

    frame: one row per detection with `confidence, sex, age_class, source`; index: (N,) integers in
    [0, n_groups), the group of each row, or negative for a row that is left out. Returns n_groups
    rows in group order: `sex, sex_share` (Float32, the winner's share of the weight of all votes, 0
    without votes), `sex_confidence` (mean confidence of the winner's votes), `sex_human` (a
    person said so), and the same for `age_class`. "unknown" is an abstention; a tie is unknown.

    Where the frame has `p_male` (null or NaN where a head has no say) and `sex_chance_min`, a group
    that nothing else gives a sex has the one of its heads' chances together, from that chance on;
    share and confidence are then that chance. heads False: they are not asked. person_boxes: how many
    sure boxes a person's word about one weighs; None: it counts before all of them.
    """
    index = np.asarray(index)
    if len(index) != frame.height:
        raise ValueError(f"{len(index)} indices for {frame.height} detections")
    n = int(n_groups if n_groups is not None else index.max(initial=-1) + 1)
    human = (frame["source"] == "human").to_numpy()
    weight = frame["confidence"].cast(pl.Float64).fill_null(0).fill_nan(0).clip(1e-6, 1).to_numpy()
    columns: dict[str, pl.Series] = {}
    by_head = _said_by_head(frame)
    for name, words in (("sex", SEXES), ("age_class", AGES)):
        said = _codes(frame[name], words)
        if name == "sex":
            said = np.where(by_head, 2, said)
        winner, share, confidence, by_human = _elect(said, weight, human, index, n, person_boxes)
        if name == "sex" and heads and by_head.any():
            chance = head_chances(frame, index, n)
            asked = (share == 0) & np.isfinite(chance)
            sure = np.maximum(chance, 1 - chance)
            firm = asked & (sure >= float(frame["sex_chance_min"].max()))  # type: ignore[arg-type]
            winner = np.where(firm, np.where(chance >= 0.5, 0, 1), winner)
            share, confidence = (np.where(firm, sure, own) for own in (share, confidence))
        labels = np.array([*words, "unknown"])[winner]
        columns[name] = pl.Series(labels, dtype=pl.String)
        short = name.removesuffix("_class")
        columns[f"{short}_share"] = pl.Series(share, dtype=pl.Float32)
        columns[f"{short}_confidence"] = pl.Series(confidence, dtype=pl.Float32)
        columns[f"{short}_human"] = pl.Series(by_human, dtype=pl.Boolean)
    return pl.DataFrame(columns)


def head_chances(frame: pl.DataFrame, index: IntArray, n_groups: int) -> npt.NDArray[np.float64]:
    """(n_groups,) P(male) of each group by what heads say of its detections; NaN where none does."""
    chance = np.where(_said_by_head(frame), _p_male(frame), np.nan)
    return combined(chance, np.asarray(index), n_groups)


def _said_by_head(frame: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """(N,) Whether a head is the only one that speaks of a detection's sex."""
    known: npt.NDArray[np.bool_] = np.isfinite(_p_male(frame))
    return known


def _p_male(frame: pl.DataFrame) -> npt.NDArray[np.float64]:
    if "p_male" not in frame.columns:
        return np.full(frame.height, np.nan)
    return frame["p_male"].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def trusted_confidence(
    frame: pl.DataFrame, index: IntArray, *, agreement_min: float = 0.998
) -> float:
    """The lowest confidence from which model votes on an adult's sex can be relied on.

    Learned without labels: a tracklet is one animal, so of two votes in it that differ one is
    wrong. With an error rate e per vote, two votes agree with probability (1-e)^2 + e^2; the
    returned confidence is the lowest c at which the votes of confidence >= c are right, so
    estimated, in at least `agreement_min` of cases. Frames of one burst err together, so this is
    optimistic: it is a floor, not a proof. Returns a value in [0, 1]; CONFIDENCE_FALLBACK with
    fewer than VOTES_NEEDED repeated votes; above 1 where no confidence is enough.
    """
    index = np.asarray(index)
    usable = (
        (
            (frame["source"] != "human")
            & (frame["age_class"] != "fawn")
            & frame["sex"].is_in(SEXES)
        ).to_numpy()
        & (index >= 0)
        & ~_said_by_head(frame)
    )
    if not usable.any():
        return CONFIDENCE_FALLBACK
    confidence = frame["confidence"].cast(pl.Float64).fill_null(0).to_numpy()[usable]
    male = (frame["sex"] == "male").to_numpy()[usable]
    group = index[usable]
    n = int(group.max()) + 1
    total = np.bincount(group, minlength=n)
    males = np.bincount(group[male], minlength=n)
    alike = np.where(male, males[group], total[group] - males[group]) - 1
    others = total[group] - 1
    repeated = others > 0
    if repeated.sum() < VOTES_NEEDED:
        return CONFIDENCE_FALLBACK
    agreement = alike[repeated] / others[repeated]
    order = np.argsort(-confidence[repeated], kind="stable")
    ranked = confidence[repeated][order]
    counted = np.arange(1, len(order) + 1)
    running = np.cumsum(agreement[order]) / counted
    # (1-e)^2 + e^2 = a has the root e = (1 - sqrt(2a - 1)) / 2 below one half
    right = (1 + np.sqrt(np.clip(2 * running - 1, 0, 1))) / 2
    whole = np.append(ranked[1:] != ranked[:-1], True)  # all votes of that confidence are counted
    good = np.flatnonzero((right >= agreement_min) & (counted >= VOTES_NEEDED) & whole)
    return float(ranked[good[-1]]) if len(good) else 1.01


def _codes(values: pl.Series, words: tuple[str, str]) -> npt.NDArray[np.int64]:
    """0 or 1 for the two words, 2 for an abstention."""
    text = values.to_numpy()
    return np.where(text == words[0], 0, np.where(text == words[1], 1, 2))


def _elect(
    said: npt.NDArray[np.int64],
    weight: npt.NDArray[np.float64],
    human: npt.NDArray[np.bool_],
    index: IntArray,
    n: int,
    person_boxes: float | None,
) -> tuple[
    npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.bool_]
]:
    """Winner (0, 1, 2 = unknown), its share, its mean confidence, and whether people voted."""
    votes = (said < 2) & (index >= 0)
    by_human = np.bincount(index[votes & human], minlength=n) > 0
    counts = votes
    if n and person_boxes is None:
        counts = votes & (human | ~by_human[np.where(index >= 0, index, 0)])
    weight = np.where(human, 1.0 if person_boxes is None else person_boxes, weight)
    cell = index[counts] * 2 + said[counts]
    sums = np.bincount(cell, weight[counts], minlength=2 * n).reshape(n, 2)
    numbers = np.bincount(cell, minlength=2 * n).reshape(n, 2)
    total = sums.sum(axis=1)
    best = sums.argmax(axis=1)
    rows = np.arange(n)
    share = np.divide(sums[rows, best], total, out=np.zeros(n), where=total > 0)
    number = numbers[rows, best]
    confidence = np.divide(sums[rows, best], number, out=np.zeros(n), where=number > 0)
    tied = np.isclose(sums[:, 0], sums[:, 1], rtol=1e-9, atol=0)
    return np.where((total > 0) & ~tied, best, 2), share, confidence, by_human
