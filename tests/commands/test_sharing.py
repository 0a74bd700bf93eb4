"""Pictures that leave the machine, as they are asked for on the command line."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workspaces import Deer
from thumper_core.questions.blurred import NO_VEHICLES, SAID
from thumper_core.workspace import Workspace

Call = Callable[..., tuple[int, str]]


@pytest.fixture
def ranch(build: Callable[..., Workspace]) -> Workspace:
    return build([Deer("buck", 2, "Old Crooked")], people=1)


def plain(text: str) -> str:
    return " ".join(text.split())


def test_crops_and_photos(ranch: Workspace, tmp_path: Path, call: Call) -> None:
    words = ("-w", ranch.root, "export")
    code, said = call(
        *words, "crops", tmp_path / "deer.zip", "--limit", 1, "--blur-people", "--no-gps"
    )
    assert code == 0
    assert "no position is in them" in plain(said)
    assert "(1 picture of 1 group, and crops.csv)" in plain(said)
    assert plain(SAID) in plain(said) and plain(NO_VEHICLES) in plain(said)
    assert zipfile.ZipFile(tmp_path / "deer.zip").namelist() == [
        "Old Crooked/0001.jpg",
        "crops.csv",
    ]
    code, said = call(*words, "photos", tmp_path / "a.zip", "--no-gps", "--hide-people")
    assert "(2 photos)" in said
    assert "Could not be read: 3 pictures." in plain(said)
    code, said = call(*words, "photos", tmp_path / "b.zip", "--blur-people", "--camera", "Creek")
    assert "1 photo, 0 of them blurred" in plain(said)


@pytest.mark.parametrize("words", [
    ("export", "crops", "OUT.zip"), ("export", "photos", "OUT.zip"), ("report", "--out", "OUT"),
    ("herd", "card", "Old Crooked", "--out", "OUT.png"),
])  # fmt: skip
def test_where_nobody_looked_for_people_nothing_is_written(
    ranch: Workspace, tmp_path: Path, call: Call, words: tuple[str, ...]
) -> None:
    with ranch.ledger.transaction() as c:
        c.execute("delete from class_meanings where species = 'person'")
    out = tmp_path / "out"
    out.mkdir()
    here = [word.replace("OUT", str(out / "it")) for word in words]
    code, said = call("-w", ranch.root, *here, "--blur-people")
    assert code == 3
    assert "does not look for people" in plain(said)
    assert list(out.iterdir()) == []
