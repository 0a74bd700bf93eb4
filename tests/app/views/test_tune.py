"""Tune: what the threshold under the slider makes of the herd, and what comes first if it moves."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.app.test_pages import fine, texts
from thumper_core.work import launches
from thumper_core.workspace import Workspace

Open = Callable[..., Any]


def tuned(open_page: Open, workspace: Workspace) -> Any:
    """The page with its slider."""
    at = open_page(workspace.root, "tune")
    deadline = time.monotonic() + 120
    while not at.select_slider and time.monotonic() < deadline:
        time.sleep(0.5)
        at.run()
    return at


def groups(at: Any) -> int:
    return int(next(m.value for m in at.metric if m.label == "Groups"))


def test_the_page_answers_and_keeps_what_is_tried(
    open_page: Open, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(launches, "start", lambda root, kind, more: asked.append((kind, more)))
    shown = own_herd.ledger.promoted_herd()
    assert shown is not None
    at = tuned(open_page, own_herd)
    before = groups(at)
    assert before == shown.summary.counts.n_profiles  # where the slider stands at first
    assert "What comes first if the threshold moves" in texts(at)
    # moved by the page's own buttons
    at.button(key="step-lower").click().run()
    assert "the surest first" in texts(at)
    assert groups(at) < before
    at.select_slider(key="threshold").set_value(shown.threshold).run()
    at.button(key="step-higher").click().run()
    assert groups(at) > before
    at.select_slider(key="threshold").set_value(shown.threshold).run()
    # kept
    assert "Settings side by side" in texts(at)
    at.button(key="keep-experiment").click().run()
    (row,) = own_herd.ledger.experiments()
    assert row.settings["threshold"] == shown.threshold
    assert row.figures["groups"] == before
    assert "Choose one to use its settings" in texts(at)
    # tried by the command, or refused with a reason
    at.text_input(key="try-threshold").set_value("0.3, 0.9")
    at.text_input(key="try-note").set_value("by hand")
    next(b for b in at.button if b.label == "Try them").click().run()
    ((kind, more),) = asked
    assert kind == "command"
    assert more["line"][:5] == ["sweep", "--keep", "by hand", "--threshold", "0.3, 0.9"]
    at.text_input(key="try-threshold").set_value("often")
    next(b for b in at.button if b.label == "Try them").click().run()
    assert "takes numbers with commas between" in texts(at)
    assert len(asked) == 1
    assert fine(at)
