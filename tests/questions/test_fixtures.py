"""Places where the same came back: as sentences, as JSON, by command and on Health."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.repeats.ranches import made
from tests.repeats.sights import sights, visits
from thumper_core.cli import app
from thumper_core.contracts import UsageError
from thumper_core.questions import fixtures
from thumper_core.upkeep.health import health
from thumper_core.workspace import Workspace


@pytest.fixture
def ranch(tmp_path: Path) -> Workspace:
    return made(tmp_path / "ranch", sights(visits(3), 1, name="stump"))


def _ask(workspace: Workspace, *words: str) -> Any:
    result = CliRunner().invoke(app, ["-w", str(workspace.root), *words])
    return result.exit_code, result.output


def test_a_place_is_told_in_a_sentence_and_as_json(ranch: Workspace) -> None:
    (place,) = fixtures.places(ranch)
    assert place.message == (
        "in infrared the same came back at one place in 18 photos on 3 days (100% of its photos in that "
        "time). It is taken for a feeder, a stump or a lamp, and left out."
    )
    told = health(ranch)["fixtures"]
    assert json.loads(json.dumps(told)) == told == [place.as_dict()]
    assert fixtures.crops(ranch)["place_id"].to_list() == [place.place_id] == ["stump0000"]


def test_a_place_is_found_by_how_its_id_begins(ranch: Workspace) -> None:
    assert fixtures.place(ranch, "stump").n_photos == 18
    for wrong in ("tree", ""):
        with pytest.raises(UsageError, match="thumper cameras fixtures"):
            fixtures.place(ranch, wrong)


def test_commands_list_places_and_take_answers_which_can_be_undone(ranch: Workspace) -> None:
    code, said = _ask(ranch, "cameras", "fixtures")
    assert code == 0 and "stump0000" in said and "18 photos" in said
    code, said = _ask(ranch, "health")
    for command in ("cameras fixture stump0000", "cameras fixture stump0000 --animal"):
        assert f"thumper -w {ranch.root} {command}\n" in said
    assert (
        f"thumper -w {ranch.root} cameras fixture stump0000\n"
        in _ask(ranch, "cameras", "fixtures")[1]
    )
    code, said = _ask(ranch, "cameras", "fixture", "stump", "--animal", "--by", "kim")
    assert code == 0 and f"thumper -w {ranch.root} herd undo 1" in said
    assert "An animal rests there, a person said" in _ask(ranch, "cameras", "fixtures")[1].replace(
        "\n", " "
    )
    assert "cameras fixture" not in _ask(ranch, "health")[1]
    _ask(ranch, "herd", "undo", "1", "--later")
    code, said = _ask(ranch, "cameras", "fixtures", "--json")
    assert [place["said"] for place in json.loads(said)] == [None]
    code, said = _ask(ranch, "cameras", "fixture", "stump", "--json")
    assert json.loads(said) == {"decision_id": 3, "place_id": "stump0000"}
    assert fixtures.places(ranch)[0].said == "fixture"


def test_a_workspace_in_which_nothing_came_back_says_so(tmp_path: Path) -> None:
    workspace = made(tmp_path / "ranch", sights(visits(1), None))
    assert "Nothing came back" in _ask(workspace, "cameras", "fixtures")[1]
    assert health(workspace)["fixtures"] == []
