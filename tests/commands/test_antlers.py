"""`herd age`, `points` and `judged`: said of a deer's year or of a picture, listed, taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.questions.test_seasons import DEER
from tests.ranch_years import built
from thumper_core.questions.deer_years import pictures_of_year
from thumper_core.workspace import Workspace


@pytest.fixture(scope="module")
def ranch(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return built(tmp_path_factory.mktemp("judged"), DEER[:2])


def test_ages_and_points_are_said_listed_and_put_together(
    ranch: Workspace,
    call,  # type: ignore[no-untyped-def]
    tmp_path: Path,
) -> None:
    who = ranch.sql("select individual_id from individuals where sex = 'male'").item()
    code, said = call("-w", ranch.root, "herd", "age", who, "3.5", "--by", "Ann")
    assert (code, f"Noted for {who} in 2025/26: 3.5 years. Decision 1" in said) == (0, True)
    assert (
        call("-w", ranch.root, "herd", "age", who, "2.5", "--year", "2024", "--by", "Ann")[0] == 0
    )
    code, said = call(
        "-w", ranch.root, "herd", "points", who, "5", "4", "--typical", "--year", "2024/25"
    )
    assert (code, "in 2024/25: 5+4, typical." in said) == (0, True)
    code, said = call("-w", ranch.root, "herd", "judged", "--json")
    rows = json.loads(said)
    assert [(row["season"], row["said"], row["counts"]) for row in rows] == [
        ("2025/26", "3.5 years", True),
        ("2024/25", "2.5 years", True),
        ("2024/25", "5+4, typical", True),
    ]
    file = tmp_path / "judged.csv"
    assert call("-w", ranch.root, "herd", "judged", who, "--csv", file)[0] == 0
    assert file.read_text().count("\n") == 4
    code, said = call("-w", ranch.root, "seasons", who)
    assert "2.5 years (1 person), 5+4 points (1 person)" in " ".join(said.split())
    code, said = call("-w", ranch.root, "seasons", who, "--json")
    assert [row["age"] for row in json.loads(said)] == [None, 2.5, 3.5]
    assert call("-w", ranch.root, "herd", "undo", "1", "--later")[0] == 0
    code, said = call("-w", ranch.root, "seasons", who, "--json")
    assert [row["age"] for row in json.loads(said)] == [None, 2.5, None]


def test_a_word_may_be_about_one_picture(ranch: Workspace, call) -> None:  # type: ignore[no-untyped-def]
    who = ranch.sql("select individual_id from individuals where sex = 'male'").item()
    picture = pictures_of_year(ranch, who, 2023, 3)["detection_id"][1]
    code, said = call("-w", ranch.root, "herd", "points", picture, "1", "0")
    assert (code, "in 2023/24: 1+0." in said) == (0, True)
    code, said = call("-w", ranch.root, "herd", "points", picture, "1", "0", "--year", "2024")
    assert (code, "is a picture of 2023/24, not of 2024" in " ".join(said.split())) == (3, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("age", "deer-001", "3"), "An age is one of 0.5, 1.5"),
        (("age", "deer-001", "3.5", "--year", "1999"), "was not seen in 1999: it was seen in 20"),
        (("points", "deer-001", "40", "2"), "0 to 30 points"),
        (("age", "nobody", "3.5"), "There is no individual 'nobody'"),
    ],
)
def test_what_makes_no_sense_is_refused(
    ranch: Workspace,
    call,  # type: ignore[no-untyped-def]
    words: tuple[str, ...],
    said: str,
) -> None:
    before = len(ranch.ledger.decisions())
    code, told = call("-w", ranch.root, "herd", *words)
    assert code in (2, 3)
    assert said in " ".join(told.split())
    assert len(ranch.ledger.decisions()) == before


def test_where_nothing_is_judged_a_way_is_shown(tmp_path: Path, call) -> None:  # type: ignore[no-untyped-def]
    empty = Workspace.create(tmp_path / "ranch")
    code, said = call("-w", empty.root, "herd", "judged")
    assert (code, "thumper herd age DEER 3.5" in said) == (0, True)
