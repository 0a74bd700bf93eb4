"""`thumper train reid`: what it prints, as text and as JSON, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.workspaces import Deer
from thumper_core.flows import train_reid as flow
from thumper_core.flows.train_reid import Evidence, ReidTraining
from thumper_core.flows.trial import Trial
from thumper_core.identify.space.visit_spread import VisitSpread
from thumper_core.reid.shelf import Learned
from thumper_core.workspace import Workspace


def done(after: float) -> ReidTraining:
    trial = Trial("reid", "precision", 0.8, after, 60, "9 deer")
    spread = VisitSpread(np.zeros((1, 2), np.float32), 51)
    kept = Learned(spread, {"tried_on": "herd"}, Path("ranch/reid/1a2b3c4d.visits.safetensors"))
    return ReidTraining(trial, Evidence(31, 74, 60, 51, 9), 12.3, kept if trial.is_better else None)


@pytest.mark.parametrize("after", [0.9, 0.7])
def test_it_says_what_it_learned_from_and_what_the_trial_found(
    build: Callable[..., Workspace],
    call: Callable[..., tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
    after: float,
) -> None:
    root = build([Deer("buck", 2)], drawn=False).root
    asked: list[Any] = []

    def train(workspace: Workspace, album: Path | None, **options: Any) -> ReidTraining:
        asked.append((album, options["sighting"]))
        options["on_progress"]("trying it", 1, 3)
        return done(after)

    monkeypatch.setattr(flow, "train_reid", train)
    code, printed = call("-w", root, "train", "reid")
    told = " ".join(printed.split())
    assert (
        code == 0
        and "Learned from 31 verdicts, which join 74 bursts on 60 visits of 9 deer" in told
    )
    assert ("Better: precision" in told) == ("`thumper identify` makes the herd" in told)
    assert ("Not better" in told) == (after < 0.8)
    code, printed = call(
        "-w", root, "train", "reid", "--from", "known", "--sighting", r"(\d+)_", "--json"
    )
    found = json.loads(printed)
    assert found["trial"]["is_better"] == (after > 0.8) == (found["metric"] == "1a2b3c4d")
    assert found["is_used"] == (after > 0.8)
    assert found["learned_from"]["verdicts"] == 31 and found["seconds"] == 12.3
    assert asked == [(None, None), (Path("known"), r"(\d+)_")]
    code, printed = call("-w", root, "train", "reid", "--rounds", "3")
    assert code == 2 and "--rounds is for `--tune`" in printed and len(asked) == 2


def test_what_cannot_be_done_is_said(
    build: Callable[..., Workspace], call: Callable[..., tuple[int, str]]
) -> None:
    root = build([Deer("buck", 2)], drawn=False).root
    code, printed = call("-w", root, "train", "reid", "--sighting", "x")
    assert (code, "for `--from DIR`" in " ".join(printed.split())) == (2, True)
    code, printed = call("-w", root, "train", "reid")
    assert (code, "not known by their hash" in " ".join(printed.split())) == (3, True)
