"""Whether there is enough to learn from, in sentences: nothing, too little, enough, and after an attempt."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.learning.reviewed import move_all, name_all, ranch_of
from thumper_core.learning.cards import keep_card
from thumper_core.learning.ready import NEW_NEEDED, Ready, ready


@pytest.mark.parametrize(
    ("state", "is_enough", "says"),
    [
        (Ready("detector", True, 0, "It needs deer."), False, "0 corrections. It needs deer."),
        (Ready("detector", True, 48), True, "48 corrections: enough to learn from."),
        (Ready("detector", True, 47), False, f"47 corrections: {NEW_NEEDED} are worth an attempt"),
        (Ready("detector", False, 1), False, "1 correction since the detector was last tuned"),
        (
            Ready("heads", False, 214),
            True,
            "214 corrections since the heads were last tuned: enough",
        ),
    ],
)
def test_how_it_stands_is_said(state: Ready, is_enough: bool, says: str) -> None:
    assert state.is_enough is is_enough
    assert state.sentence.startswith(says)


def test_a_workspace_before_and_after_it_was_corrected(tmp_path: Path) -> None:
    ranch = ranch_of(tmp_path)
    before = {one.what: one for one in ready(ranch)}
    assert [one.n_new for one in before.values()] == [0, 0, 0]
    assert "needs 36 deer" in before["detector"].missing
    assert "30 males and 30 females" in before["heads"].missing
    n = move_all(ranch)
    found = {one.what: one for one in ready(ranch)}
    assert (found["detector"].n_new, found["detector"].is_enough) == (n, True)
    assert found["heads"].n_new == 0
    keep_card(ranch.root, "detector", {"last_correction": n})
    tried = ready(ranch)[0]
    assert (tried.n_new, tried.is_enough, tried.is_first) == (0, False, False)


def test_classes_are_for_both(tmp_path: Path) -> None:
    ranch = name_all(ranch_of(tmp_path, 24))
    assert [(one.what, one.n_new, one.is_enough) for one in ready(ranch)] == [
        ("detector", 72, True), ("heads", 72, True), ("reid", 0, False)
    ]  # fmt: skip
