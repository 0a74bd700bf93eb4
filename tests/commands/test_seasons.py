"""`thumper seasons`: the table of years, one deer's years, antlers, and answers that nothing waits for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.workspaces import copied
from thumper_core.workspace import Workspace


@pytest.fixture
def ranch(years_ranch: Workspace, tmp_path: Path) -> Workspace:
    """A copy: what the commands say stays in it."""
    return copied(years_ranch, tmp_path / "own")


def test_the_table_of_years(ranch: Workspace, call, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("COLUMNS", "120")
    code, said = call("-w", ranch.root, "seasons")
    assert code == 0
    for words in (
        "2023/24",
        "2025/26",
        "Bucks per doe",
        "Lived on from the year before",
        "Missing in",
    ):
        assert words in said
    code, said = call("-w", ranch.root, "seasons", "--json")
    told = json.loads(said)
    assert [year["season"] for year in told["years"]] == ["2023/24", "2024/25", "2025/26"]
    assert told["years"][1]["n_missing"] == 1
    assert set(told["years"][1]["survival"]) == {"value", "low", "high"}
    assert told["years"][0]["survival"] is None
    assert told["links"] == []


def test_the_years_of_one_deer(ranch: Workspace, call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    who = ranch.ledger.individual_ids()[0]
    sheet = tmp_path / "years.png"
    code, said = call("-w", ranch.root, "seasons", who, "--sheet", sheet, "--json")
    assert code == 0
    assert {row["individual_id"] for row in json.loads(said[: said.rindex("]") + 1])} == {who}
    with Image.open(sheet) as picture:
        assert picture.width >= 3 * 320
    code, said = call("-w", ranch.root, "herd", "antlers", who, "velvet")
    assert (code, "Noted: velvet. Decision 1" in said) == (0, True)
    assert "on" in call("-w", ranch.root, "seasons", who)[1]
    for words in ("dead", "gone"):
        code, said = call("-w", ranch.root, "herd", words, who, "--on", "2025-12-01")
        assert (code, f"{who} is {words} since 1 Dec 2025." in said) == (0, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--sheet", "x.png"), "--sheet needs a deer"),
        (("--same", "a", "--different", "b"), "Say either --same or --different."),
        (("--same", "deer-001"), "Nothing is proposed of deer-001"),
        (("nobody",), "There is no individual 'nobody'"),
    ],
)
def test_what_makes_no_sense_is_refused(ranch: Workspace, call, options, said: str) -> None:  # type: ignore[no-untyped-def]
    code, words = call("-w", ranch.root, "seasons", *options)
    assert code in (2, 3)
    assert said in " ".join(words.split())
