"""Sex and age class by vote."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tests.identify.links.frames import frame
from thumper_core.identify.votes import CONFIDENCE_FALLBACK, PERSON_BOXES, trusted_confidence, vote

BOX = (0, 0, 10, 10)


def rows(*votes: tuple[str, float, str]) -> list[dict[str, object]]:
    return [
        {"photo": f"p{k}", "box": BOX, "sex": sex, "confidence": c, "source": source}
        for k, (sex, c, source) in enumerate(votes)
    ]


CASES = {
    "one": ([("male", 0.8, "model")], "male", 1.0, False),
    "confidence outweighs number": (
        [("male", 0.9, "model"), ("female", 0.3, "model"), ("female", 0.3, "model")],
        "male", 0.6, False,
    ),
    "unknown abstains": ([("unknown", 0.9, "model"), ("female", 0.1, "model")], "female", 1, False),
    "nobody voted": ([("unknown", 0.9, "model")], "unknown", 0.0, False),
    "tie": ([("male", 0.5, "model"), ("female", 0.5, "model")], "unknown", 0.5, False),
    "a person wins": (
        [("male", 1.0, "model"), ("male", 1.0, "model"), ("female", 0.1, "human")],
        "female", 1.0, True,
    ),
    "people who disagree leave it open": (
        [("male", 0.9, "human"), ("female", 0.1, "human")], "unknown", 0.5, True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_election(name: str) -> None:
    votes, sex, share, human = CASES[name]
    made = vote(frame(rows(*votes)), np.zeros(len(votes), int)).row(0, named=True)
    assert (made["sex"], made["sex_human"]) == (sex, human)
    assert made["sex_share"] == pytest.approx(share)
    assert made["age_class"] == "adult"


@pytest.mark.parametrize(
    ("said", "detected", "sex"),
    [
        ([], [("female", 0.9)] * 20, "female"),
        (["male"], [("female", 0.9)] * 8, "male"),
        (["male"], [("female", 0.9)] * 30, "female"),  # one of many: perhaps another animal
        (["male"] * 3, [("female", 0.9)] * 30, "male"),
        (["male", "female"], [("female", 0.9)], "female"),
        (["male", "female"], [], "unknown"),
        (["male"], [("unknown", 0.9)] * 50, "male"),  # who says nothing has no vote
    ],
)
def test_what_people_said_of_boxes_weighs_against_the_rest_of_the_profile(
    said: list[str], detected: list[tuple[str, float]], sex: str
) -> None:
    votes = [(word, 0.1, "human") for word in said]
    votes += [(word, confidence, "model") for word, confidence in detected]
    made = vote(frame(rows(*votes)), np.zeros(len(votes), int), person_boxes=PERSON_BOXES)
    assert made["sex"].to_list() == [sex]
    assert made["sex_human"].to_list() == [bool(said)]


def test_groups_rows_left_out_and_empty_groups() -> None:
    table = frame(rows(("male", 0.9, "model"), ("female", 0.9, "model"), ("male", 0.9, "model")))
    made = vote(table, np.array([2, -1, 0]), 4)
    assert made["sex"].to_list() == ["male", "unknown", "male", "unknown"]
    assert vote(frame([]), np.zeros(0, int)).is_empty()
    with pytest.raises(ValueError, match="1 indices for 3"):
        vote(table, np.array([0]))


@pytest.mark.parametrize(("error", "expected"), [(0.0, 0.5), (0.02, 0.8), (0.5, 0.8)])
def test_trust_is_learned_from_disagreement(error: float, expected: float) -> None:
    """Above 0.7 votes are right; below, wrong with probability `error`."""
    rng = np.random.default_rng(0)
    votes = []
    for k in range(400):
        sure = k % 2 == 0
        for _ in range(3):
            wrong = not sure and rng.random() < error
            votes.append(("female" if wrong else "male", 0.8 if sure else 0.5, "model"))
    floor = trusted_confidence(frame(rows(*votes)), np.repeat(np.arange(400), 3))
    assert floor == pytest.approx(expected)


def test_trust_without_evidence() -> None:
    table = frame(rows(("male", 0.9, "model")))
    assert trusted_confidence(table, np.array([0])) == CONFIDENCE_FALLBACK
    assert trusted_confidence(frame([]), np.zeros(0, int)) == CONFIDENCE_FALLBACK
    # every tracklet torn, at one confidence: nothing can be trusted
    torn = frame(rows(*[(s, 0.9, "model") for s in ("male", "female")] * 60))
    assert trusted_confidence(torn, np.repeat(np.arange(60), 2)) > 1


HEADS = {
    "one look": ([0.9], ["model"], ["unknown"], "male", 0.9),
    "below the chance": ([0.7], ["model"], ["unknown"], "unknown", 0.0),
    "two looks that agree are worth more": ([0.75, 0.75], ["model"] * 2, ["unknown"] * 2, "male", 0.81),
    "two that do not are worth nothing": ([0.95, 0.05], ["model"] * 2, ["male", "female"], "unknown", 0.0),
    "female": ([0.1], ["model"], ["female"], "female", 0.9),
    "a detector's word comes first": ([0.99, None], ["model"] * 2, ["male", "female"], "female", 1.0),
    "a person's too": ([0.99, None], ["model", "human"], ["male", "female"], "female", 1.0),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADS)
def test_heads_are_asked_where_nobody_else_speaks(name: str) -> None:
    p, sources, sexes, sex, share = HEADS[name]
    table = frame(rows(*((s, 0.9, source) for s, source in zip(sexes, sources, strict=True))))
    table = table.with_columns(
        pl.Series("p_male", p, pl.Float32), pl.lit(0.8).alias("sex_chance_min")
    )
    index = np.zeros(len(p), int)
    made = vote(table, index).row(0, named=True)
    assert made["sex"] == sex
    assert made["sex_share"] == pytest.approx(share, abs=0.01)
    if None not in p:
        assert vote(table, index, heads=False)["sex"].to_list() == ["unknown"]
        assert trusted_confidence(table, index) == CONFIDENCE_FALLBACK
