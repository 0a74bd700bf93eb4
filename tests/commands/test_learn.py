"""`thumper learn` and `train detector --from corrections`: what they say, and what they refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.learning.reviewed import move_all, ranch_of
from thumper_core.flows import learn as flow
from thumper_core.flows.trial import Trial

Call = Callable[..., tuple[int, str]]
BETTER = Trial("detector", "average precision of deer", 0.4, 0.7, 40, "2 cameras")


def test_it_looks_first_and_says_what_is_missing(call: Call, tmp_path: Path) -> None:
    root = ranch_of(tmp_path, 2).root
    code, printed = call("-w", root, "learn", "--look")
    told = " ".join(printed.split())
    assert code == 0 and "Detector: 0 corrections. A detector needs 36 deer" in told
    assert "Heads: 0 corrections. A head for species needs" in told
    _, printed = call("-w", root, "learn", "--look", "--json")
    assert [(one["what"], one["is_enough"]) for one in json.loads(printed)] == [
        ("detector", False), ("heads", False), ("reid", False)
    ]  # fmt: skip
    code, printed = call("-w", root, "learn")
    assert code == 0 and "Detector, not tried: 0 corrections" in " ".join(printed.split())


@pytest.mark.parametrize(
    "words",
    [["learn", "--steps", "7"], ["train", "detector", "--from", "corrections", "--steps", "7"]],
)
def test_what_was_learned_is_said(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    ranch = ranch_of(tmp_path)
    move_all(ranch)
    steps = []

    def learned(workspace: object, plan: object, *_: object) -> list[Trial]:
        steps.append(getattr(plan, "steps", None))
        return [BETTER]

    monkeypatch.setattr(flow, "LEARNERS", {"detector": learned})
    code, printed = call("-w", ranch.root, *words)
    told = " ".join(printed.split())
    assert (code, steps) == (0, [7])
    assert "Detector. Better: average precision of deer 0.400 before, 0.700 after" in told
    assert "reprocess --clear-mode all`" in told
    _, printed = call("-w", ranch.root, *words, "--json")
    assert json.loads(printed)["trials"][0]["is_better"] is True


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["learn", "--only", "antlers"], "Nothing here is called 'antlers'"),
        (["train", "detector", "--from", "photos"], "--from takes corrections"),
        (["train", "detector", "--from", "corrections", "--out", "x.onnx"], "neither --out"),
        (["train", "detector"], "Name the file to write"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    call: Call, tmp_path: Path, words: list[str], says: str
) -> None:
    root = ranch_of(tmp_path, 1).root
    code, printed = call("-w", root, *words)
    assert (code, says in " ".join(printed.split())) == (2, True), printed


def test_what_went_wrong_ends_with_its_code(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranch = ranch_of(tmp_path)
    move_all(ranch)  # by a detector whose weights nobody has
    monkeypatch.setattr(flow, "LEARNERS", {"detector": flow.LEARNERS["detector"]})
    code, printed = call("-w", ranch.root, "learn")
    assert (code, "fake-detector" in printed) == (3, True), printed
    assert not (ranch.root / "learned").exists()
