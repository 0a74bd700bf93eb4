"""Kept experiments as a table and side by side."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from thumper_core.questions import experiments
from thumper_core.questions.experiments import FIGURES, SETTINGS, compared, shown, table, told
from thumper_core.workspace import Workspace

GIVEN = {
    "threshold": 0.5,
    "conf_min": 0.4,
    "burst_gap_s": 10.0,
    "detector": "demo",
    "embedder": "own",
}
MEASURED = dict.fromkeys(FIGURES) | {
    "groups": 12,
    "animals": 9.6,
    "animals_low": 8.0,
    "animals_high": 14.0,
    "assignment_rate": 0.5,
}


@pytest.fixture
def ranch(tmp_path: Path) -> Workspace:
    workspace = Workspace.create(tmp_path)
    ledger = workspace.ledger
    ledger.add_experiment("Ann", "first", "r1", "abc", GIVEN, MEASURED)
    ledger.add_experiment("Ben", "", "r1", "abd", GIVEN | {"threshold": 0.9}, MEASURED)
    return workspace


def test_the_newest_is_on_top_and_has_every_column(ranch: Workspace) -> None:
    rows = table(ranch)
    assert rows["experiment_id"].to_list() == [2, 1]
    assert rows["threshold"].to_list() == [0.9, 0.5]
    assert rows["author"].to_list() == ["Ben", "Ann"]
    assert set(FIGURES) | set(SETTINGS) <= set(rows.columns)
    assert rows["groups"].dtype == pl.Int64


def test_none_yet_has_the_same_columns(tmp_path: Path, ranch: Workspace) -> None:
    empty = Workspace.create(tmp_path / "other")
    assert table(empty).schema == table(ranch).schema


def test_two_side_by_side(ranch: Workspace) -> None:
    first, second = ranch.ledger.experiments()
    rows = compared(first, second)
    assert rows.filter("differs").rows() == [("Threshold", "0.500", "0.900", True)]
    assert rows.filter(pl.col("what") == "Assigned")["first"].item() == "50.0%"
    assert not compared(first, first)["differs"].any()


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("precision", None, "not known"),
        ("recall", 0.123, "12.3%"),
        ("groups", 1200, "1,200"),
        ("animals", 9.6, "10"),
        ("embedder", "own", "own"),
    ],
)
def test_values_in_words(name: str, value: object, text: str) -> None:
    assert shown(name, value) == text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "Experiment 3: 12 groups, about 10 deer (8 to 14)."),
        ({"animals_low": None}, "Experiment 3: 12 groups, about 10 deer."),
        ({"animals": None}, "Experiment 3: 12 groups; how many deer they come to is not known."),
    ],
)
def test_one_in_a_sentence(changed: dict[str, None], words: str) -> None:
    assert told(3, MEASURED | changed) == words


def test_every_figure_has_a_heading() -> None:
    assert set(experiments.SHARES) <= set(FIGURES)
