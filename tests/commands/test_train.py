"""`thumper train head`: what it refuses, and the head made of words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.workspaces import Deer
from thumper_core.flows import zero_shot
from thumper_core.heads.head import Head
from thumper_core.workspace import Workspace


def test_a_head_of_words_names_them(
    build: Callable[..., Workspace],
    call: Callable[..., tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = build([Deer("buck", 2)], drawn=False).root
    asked: list[list[str]] = []

    def made(workspace: Workspace, others: list[str]) -> tuple[Head, str]:
        asked.append(list(others))
        about = {"words": ["deer", *others]}
        return Head(
            "words", "species", "elk", "clip", "0", np.ones((3, 2)), 0.0, about, 1
        ), "x.json"

    monkeypatch.setattr(zero_shot, "head_from_words", made)
    code, printed = call("-w", root, "train", "head", "--zero-shot", "--others", "hog,goat")
    assert (code, asked) == (0, [["hog", "goat"]])
    assert "in x.json: deer; against hog, goat." in " ".join(printed.split())
    code, printed = call("-w", root, "train", "head", "--zero-shot", "--json")
    assert json.loads(printed)["words"] == ["deer", *zero_shot.OTHERS] == ["deer", *asked[1]]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--others", "hog"], "--others is for `--zero-shot`"),
        (["--kind", "age"], "takes sex, species or both"),
        (["--zero-shot"], "No run is shown"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    call: Callable[..., tuple[int, str]], tmp_path: Path, options: list[str], says: str
) -> None:
    Workspace.create(tmp_path / "empty")
    code, printed = call("-w", tmp_path / "empty", "train", "head", *options)
    assert (code, says in " ".join(printed.split())) == (2, True), printed
