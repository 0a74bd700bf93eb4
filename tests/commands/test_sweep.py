"""`sweep --keep`, `--kept` and `--use`: experiments from a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.generated import EMBEDDER, Size, build
from thumper_core.questions import trials
from thumper_core.settings import Settings

Call = Callable[..., tuple[int, str]]


def test_tried_listed_used(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = build(tmp_path, Size(photos=30, animals=3, cameras=2, days=4))
    at = ("-w", workspace.root, "sweep")
    assert "No experiment is kept" in call(*at, "--kept")[1]
    code, told = call(*at, "--keep", "a note", "--threshold", "auto,0.9", "--by", "Ann")
    assert code == 0
    assert "Experiment 1: " in told
    assert "Experiment 2: " in told
    code, told = call(*at, "--keep", "more", "--embedder", EMBEDDER, "--threshold", "0.5", "--json")
    (row,) = json.loads(told)
    assert (row["experiment_id"], row["note"], row["embedder"]) == (3, "more", EMBEDDER)
    rows = json.loads(call(*at, "--kept", "--json")[1])
    assert [r["experiment_id"] for r in rows] == [3, 2, 1]
    assert [r["author"] for r in rows[1:]] == ["Ann", "Ann"]
    assert "a note" in call(*at, "--kept")[1]
    # refused: each in a sentence, and nothing is kept
    monkeypatch.setattr(trials, "weakest_stored", lambda run: 0.25)
    for words, said in (
        (("--threshold", "0.5"), "belong to --keep"),
        (("--keep", "x", "--conf", "some"), "--conf takes numbers"),
        (("--keep", "x", "--embedder", "other"), "No complete run has the embedder other"),
        (("--keep", "x", "--conf", "0.1"), "thumper run --conf 0.1"),
        (("--use", "9"), "no experiment 9"),
    ):
        code, told = call(*at, *words)
        assert code == 2
        assert said in " ".join(told.split())
    assert len(workspace.ledger.experiments()) == 3
    code, told = call(*at, "--use", "2")
    assert code == 0
    assert f"thumper identify --run {row['run_id']}" in told
    assert Settings.load(workspace.settings_file).identify.threshold == 0.9
