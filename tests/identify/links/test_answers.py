"""Answers among decisions: standing verdicts on questions about this run, and nothing else."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from tests.identify.links.frames import decisions
from thumper_core.contracts import UsageError
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Different, Same, Unknowable
from thumper_core.decisions.kinds.who import About, Asked
from thumper_core.identify.links.answers import answers_in

A, B, C = (BoxKey(photo, (0, 0, 9, 9)) for photo in "pqr")


def payload(
    *, chance: float = 0.7, run: str = "r1", about: About = About.PROFILES, other: BoxKey = B
) -> dict[str, Any]:
    return Same(A, other, Asked(chance, run, about)).payload()


@pytest.mark.parametrize("said", [None, decisions([]).clear()], ids=["none", "empty"])
def test_no_decisions_no_answers(said: pl.DataFrame | None) -> None:
    found = answers_in(said, "r1")
    assert found.chance.tolist() == found.same.tolist() == found.about.tolist() == []


def test_each_verdict_with_the_chance_it_was_asked_at() -> None:
    said = decisions(
        [
            ("same", payload(chance=0.25)),
            ("different", payload(chance=0.75, about=About.STRAY, other=C)),
        ]
    )
    found = answers_in(said, "r1")
    assert found.chance.tolist() == [0.25, 0.75]
    assert found.same.tolist() == [True, False]
    assert found.about.tolist() == ["profiles", "stray"]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("same", Same(A, B).payload()),
        ("same", payload(run="another run")),
        ("unknowable", Unknowable(A, B).payload()),
        ("merge", payload()),
        ("different", payload() | {"asked": None}),
    ],
    ids=["nobody asked", "another run", "cannot tell", "not a verdict", "empty"],
)
def test_what_is_no_answer_about_this_run(kind: str, told: dict[str, Any]) -> None:
    assert answers_in(decisions([(kind, told)]), "r1").chance.tolist() == []


def test_what_was_taken_back_is_no_answer() -> None:
    said = decisions([("same", payload()), ("different", payload(other=C))])
    taken = said.with_columns(pl.Series("undone", [True, False]))
    assert answers_in(taken, "r1").same.tolist() == [False]


def test_what_was_answered_again_counts_once_and_as_it_was_answered_last() -> None:
    said = decisions([("same", payload(chance=0.3)), ("different", payload(chance=0.3))])
    assert answers_in(said, "r1").same.tolist() == [False]


def test_a_verdict_says_what_was_asked_and_what_was_left() -> None:
    told = Different(A, B, Asked(0.4, "r1"), ((A, B),)).payload()
    assert told["asked"] == {"chance": 0.4, "run_id": "r1", "about": "profiles"}
    assert told["kept"] == [{"a": A.payload(), "b": B.payload()}]
    assert set(Same(A, B).payload()) == {"a", "b"}


@pytest.mark.parametrize("chance", [-0.1, 1.1, float("nan")])
def test_what_is_no_chance_is_refused(chance: float) -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        Asked(chance, "r1")
