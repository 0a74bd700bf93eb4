from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.workspaces import Deer, restate
from thumper_core.questions import words
from thumper_core.questions.overview import attention
from thumper_core.questions.quality import quality
from thumper_core.questions.tables import totals
from thumper_core.report.pages.sections import quality_section
from thumper_core.store.herd_summary import Interval
from thumper_core.workspace import Workspace


def test_what_the_identification_recorded(small: Workspace) -> None:
    found = quality(small)
    assert (found.threshold, found.recommended) == (0.5, 0.62)
    assert found.reason == "Fewest wrong pairs are expected there."
    assert found.false_merge == Interval(0.064)
    assert found.false_split == Interval(0.012, 0.004, 0.031)
    assert found.assignment_rate == Interval(9 / 11)
    assert found.calibration == (
        ("must link pairs", "812"),
        ("cannot link pairs", "90"),
        ("verdict pairs", "0"),
        ("equal error rate", "0.0712"),
    )
    assert found.warnings == ("The two youngest bucks look alike.",)
    assert found.sweep.height == 40
    assert (found.detector, found.embedder) == ("fake-detector", "fake-embedder")
    assert found.fingerprint == "0123456789abcdef"


@pytest.mark.parametrize("text", ["{}", '{"recommendation": null, "sweep": null}'])
def test_a_herd_of_an_older_version_has_what_it_recorded(
    build: Callable[..., Workspace], text: str
) -> None:
    workspace = build([])
    with workspace.ledger.transaction() as c:
        c.execute("update herds set summary = ?", (text,))
    found = quality(workspace)
    assert (found.recommended, found.reason, found.threshold) == (None, None, 0.5)
    assert (found.assignment_rate, found.profiles, found.false_merge) == (None, None, None)
    assert found.warnings == () and found.calibration == () and found.sweep.is_empty()


def test_stability_and_who_is_shaky(build: Callable[..., Workspace]) -> None:
    workspace = restate(
        build([Deer("buck", 3, "Old Crooked"), Deer("doe", 2)]),
        lambda said: replace(
            said,
            trust=replace(
                said.trust,
                stability=0.81,
                profiles_low=1.6,
                profiles_high=2.4,
                unstable=("deer-002", "deer-001", "deer-009"),
            ),
        ),
    )
    found = quality(workspace)
    assert (found.stability, found.profiles) == (0.81, Interval(2, 1.6, 2.4))
    assert found.unstable == ("deer-002", "Old Crooked", "deer-009")
    (text,) = [t for t in _texts(workspace) if "drawn anew" in t]
    assert "81% of a group comes together again, in 2 to 2 groups where there are 2." in text
    assert "Old Crooked" in text
    (one,) = [a for a in attention(workspace) if "shaky" in a.title]
    assert one.title == "3 groups are shaky"
    assert one.detail.endswith("deer-002, Old Crooked, deer-009.")


def test_without_a_stability_nothing_is_said(build: Callable[..., Workspace]) -> None:
    workspace = build([Deer("doe", 1)])  # a single picture cannot be drawn anew
    assert quality(workspace).stability is None
    assert not any("drawn anew" in t for t in _texts(workspace))
    assert not any("shaky" in a.title for a in attention(workspace))


BACKGROUND = {
    "herd_id": "h0001",
    "n_crops": 600,
    "by_profile": {"whole_auc": {"value": 0.9}, "masked_auc": {"value": 0.7}},
    "by_truth": None,
    "text": "Without the animal, crops keep half.",
}


def test_the_background_test_or_that_there_was_none(build: Callable[..., Workspace]) -> None:
    workspace = build([Deer("doe", 2)])
    assert words.BACKGROUND_UNTESTED in _texts(workspace)
    path = workspace.cache_dir / f"background-{workspace.ledger.promoted('run')}.json"
    path.write_text(json.dumps(BACKGROUND | {"herd_id": workspace.ledger.promoted("herd")}))
    assert BACKGROUND["text"] in _texts(workspace)
    path.write_text(json.dumps(BACKGROUND | {"herd_id": "h0099"}))
    assert f"{BACKGROUND['text']} (Tested on herd h0099.)" in _texts(workspace)
    assert words.BACKGROUND_UNTESTED not in _texts(workspace)
    facts = dict(quality_section(quality(workspace), totals(workspace), None, None).facts)
    assert facts["Told apart within a camera"].startswith("90% with the deer, 70% without")


def test_the_background_test_in_figures() -> None:
    assert words.background(None) is None
    by_truth = {"whole_auc": {"value": 0.8}, "masked_auc": {"value": 0.6}}
    told = words.background(BACKGROUND | {"by_truth": by_truth})
    assert told == "80% with the deer, 60% without (50% is chance)"
    nothing = {"whole_auc": {"value": None}, "masked_auc": {"value": None}}
    assert words.background(BACKGROUND | {"by_profile": nothing}) is None


def _texts(workspace: Workspace) -> tuple[str, ...]:
    return quality_section(quality(workspace), totals(workspace), None, None).texts


def test_before_any_identification(build: Callable[..., Workspace]) -> None:
    found = quality(build([], identified=False))
    assert found.herd_id is None and found.threshold is None
    assert found.detector == "fake-detector"
