"""`evaluate effort`: its table, its JSON and its page, on a folder of known individuals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import thumper_core.evaluate.reid as reid
import thumper_core.vision.variants as variants
from tests.evaluate.test_effort_cases import album
from thumper_core.evaluate.effort import ORDERS


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder per individual, whose vectors are made up instead of embedded."""
    made, vectors = album(8, 5, 3)
    folder = tmp_path / "zoo"
    for k, name in enumerate(made.individual):
        path = folder / str(name) / f"{made.sighting[k].split('/')[1]}_{k:03d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.setattr(variants, "open_variant", lambda name, registry: name)
    monkeypatch.setattr(reid, "embed_album", lambda album, embedder: np.asarray(vectors))
    return folder


def test_json_is_a_point_for_each_batch(call, zoo: Path) -> None:  # type: ignore[no-untyped-def]
    words = ("evaluate", "effort", zoo, "--sighting", r"(\d+)_", "--answers", 30, "--json")
    code, printed = call(*words)
    assert code == 0
    points = json.loads(printed[printed.index("[") : printed.rindex("]") + 1])
    assert points[0]["answers"] == 0
    assert len(points) >= 2
    assert all(p["true_deer"] == 8 for p in points)
    assert set(points[0]["holds"]) == {"wrong", "missed", "animals"}
    assert set(points[0]["animals"]) == {"value", "low", "high"}


def test_the_table_fits_a_terminal(call, zoo: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("COLUMNS", "80")
    code, printed = call("evaluate", "effort", zoo, "--sighting", r"(\d+)_", "--answers", 30)
    assert code == 0
    assert "8 true deer" in printed
    assert max(map(len, printed.splitlines())) <= 80
    rows = [line for line in printed.splitlines() if "%" in line]
    assert len(rows) >= 2  # a batch is one line
    assert "The interval of deer held the truth in" in printed


def test_the_page_names_the_command_that_made_it(call, zoo: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    page = tmp_path / "effort.html"
    code, printed = call(
        "evaluate", "effort", zoo, "--sighting", r"(\d+)_", "--answers", 12, "--order", "random",
        "--seed", 3, "--html", page,
    )  # fmt: skip
    assert code == 0
    assert str(page) in printed.replace("\n", "")
    text = page.read_text("utf-8")
    assert "--order random" in text
    assert "--seed 3" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--order", "best"), f"--order is one of {', '.join(ORDERS)}, not 'best'"),
        (("--error-rate", "0.9"), "less than or equal to 0.5"),
    ],
)
def test_what_cannot_be_asked_is_refused(call, zoo: Path, words, said: str) -> None:  # type: ignore[no-untyped-def]
    code, printed = call("evaluate", "effort", zoo, *words)
    assert code == 2
    assert said in " ".join(printed.split())


@pytest.mark.parametrize("words", [(), ("--sighting", r"_(\d+)")], ids=["by itself", "named"])
def test_sightings_of_one_photo_each_are_said_before_anything_is_embedded(  # type: ignore[no-untyped-def]
    call, zoo: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(reid, "embed_album", lambda *_: pytest.fail("embedded"))
    code, printed = call("evaluate", "effort", zoo, *words)
    told = " ".join(printed.split())
    assert code == 2 and "has one photo" in told
    assert ("--sighting names" in told) is not bool(words)
