"""A new model takes the old one's place only where it was shown to be better."""

from __future__ import annotations

import pytest

from thumper_core.flows.trial import Trial


@pytest.mark.parametrize(
    ("before", "after", "n_held_out", "margin", "is_better"),
    [
        (0.5, 0.6, 10, 0.0, True),
        (0.5, 0.5, 10, 0.0, False),
        (0.5, 0.4, 10, 0.0, False),
        (0.5, 0.52, 10, 0.05, False),
        (0.5, float("nan"), 10, 0.0, False),
        (float("nan"), 0.6, 10, 0.0, False),
        (0.5, 0.9, 0, 0.0, False),
    ],
)
def test_only_what_is_better_is_used(before, after, n_held_out, margin, is_better):
    trial = Trial("detector", "average precision", before, after, n_held_out, "2 cameras", margin)
    assert trial.is_better is is_better
    assert trial.said.startswith("Better:" if is_better else "Not better")
    assert trial.as_dict()["is_better"] is is_better


@pytest.mark.parametrize("after", [0.9, 0.5])
def test_where_none_was_in_use_it_is_beside_guessing(after: float) -> None:
    said = Trial("sex head", "AUC", 0.5, after, 9, "2 cameras", is_first=True).said
    assert f"AUC {after:.3f}, where guessing gets 0.500" in said
    assert ("There is still none in use." in said) is (after == 0.5)
