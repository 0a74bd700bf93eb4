"""`thumper habits` and `thumper weather`: the herd, one deer, two deer; weather taken in, none fetched."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from tests.workspaces import copied
from thumper_core.workspace import Workspace


@pytest.fixture
def ranch(six_deer: Workspace, tmp_path: Path) -> Workspace:
    return copied(six_deer, tmp_path)


def test_the_herd_one_deer_and_two(ranch: Workspace, call) -> None:  # type: ignore[no-untyped-def]
    code, told = call("-w", ranch.root, "habits")
    assert code == 0
    assert "By the sun" in told and "There are too few visits to compare anything." in told
    code, told = call("-w", ranch.root, "habits", "old crooked")
    assert code == 0
    assert told.startswith("Old Crooked: seen from ") and "too few for an area" in told
    code, told = call("-w", ranch.root, "habits", "deer-001", "deer-002")
    assert code == 0
    assert "Cameras" in told and "cannot be told" in told
    code, told = call("-w", ranch.root, "habits", "deer-001", "deer-001")
    assert (code, "these are one" in told) == (2, True)
    assert call("-w", ranch.root, "habits", "Nobody at all")[0] == 3


def test_json(ranch: Workspace, call) -> None:  # type: ignore[no-untyped-def]
    found = json.loads(call("-w", ranch.root, "habits", "--json")[1])
    assert found["individual_id"] is None
    assert {one["factor"] for one in found["effects"]} == {"light", "moon"}
    pair = json.loads(call("-w", ranch.root, "habits", "deer-001", "deer-002", "--json")[1])
    assert pair["first"]["individual_id"] == "deer-001"
    assert set(pair["second_follows"]) == {"n_first", "n_second", "n_days"}


def test_weather_is_taken_in(ranch: Workspace, call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert "There is no weather yet" in call("-w", ranch.root, "weather")[1]
    file = tmp_path / "autumn.csv"
    file.write_text("time,temperature_c\n2026-09-28 01:00,15\n2026-09-28 02:00,14\n")
    code, told = call("-w", ranch.root, "weather", file)
    assert (code, "2 times from 2026-09-28 01:00" in told, "New: 2" in told) == (0, True, True)
    assert "the cameras' clocks" in call("-w", ranch.root, "weather")[1]
    code, told = call("-w", ranch.root, "weather", file, "--timezone", "-06:00")
    assert (code, "--replace" in told) == (2, True)
    code, told = call("-w", ranch.root, "weather", file, "--timezone", "-06:00", "--replace")
    assert (code, "(UTC)" in told) == (0, True)
    file.write_text("time,temperature_c\n2026-09-28 01:00,hot\n")
    code, told = call("-w", ranch.root, "weather", file)
    assert (code, "line 2" in told) == (2, True)
    assert call("-w", ranch.root, "weather", tmp_path / "none.csv")[0] == 2
    assert call("-w", ranch.root, "weather", "--replace")[0] == 2


def test_nothing_is_fetched_without_a_yes(ranch: Workspace, call, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    def never(*asked: object, **options: object) -> object:
        raise AssertionError("a host was contacted")

    monkeypatch.setattr(urllib.request, "urlopen", never)
    monkeypatch.setattr("typer.confirm", lambda *asked, **options: False)
    code, told = call("-w", ranch.root, "weather", "fetch")
    assert (code, "Nothing was sent." in told) == (0, True)
    assert "tells it one place, 30.1, -98.2" in told
    call("-w", ranch.root, "habits")
    assert call("-w", ranch.root, "weather", "x.csv", "--service", "http://127.0.0.1")[0] == 2
