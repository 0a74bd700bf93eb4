"""Tune: what the threshold under the slider makes of the herd, and what comes first if it moves."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from tests.app.test_pages import fine, texts
from thumper_core import ThumperError
from thumper_core.questions import trials, tuning, would_change
from thumper_core.questions.tuning import Tuning
from thumper_core.settings import Settings
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


@pytest.fixture
def _prepared(own_herd: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dendrogram at once."""
    import cached

    ready: Future[Tuning] = Future()
    ready.set_result(tuning.prepare(own_herd, None))
    monkeypatch.setattr(cached.Pages, "identification", lambda self, as_shown=False: ready)


@pytest.fixture
def _busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other work that began since the page was drawn."""

    def refuse(root: object) -> None:
        raise ThumperError("This workspace is busy.")

    monkeypatch.setattr(launches, "refuse_if_busy", refuse)


@pytest.mark.usefixtures("_prepared")
def test_a_sweep_without_a_threshold_is_said(
    open_page: Open, own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(would_change, "worth_trying", lambda *_, **__: [])
    at = open_page(own_herd.root, "tune")
    assert fine(at)
    assert not at.select_slider


@pytest.mark.usefixtures("_busy")
def test_what_is_applied_while_other_work_goes_on_is_not_saved(own_herd: Workspace) -> None:
    from views import tune

    before = Settings.load(own_herd.settings_file)
    with pytest.raises(ThumperError, match="busy"):
        tune._use(own_herd, 0.123)
    assert Settings.load(own_herd.settings_file) == before


@pytest.mark.usefixtures("_busy")
def test_an_experiment_that_is_used_while_other_work_goes_on_is_not_saved(
    own_herd: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import progress
    import streamlit as st
    import ui
    from views import experiments

    before = Settings.load(own_herd.settings_file)
    choice = trials.Choice(own_herd.ledger.runs()[0].run_id, 0.123, 0.3, 5)
    trials.keep(own_herd, choice, {}, author="me")
    monkeypatch.setattr(st, "button", lambda *_, **__: True)
    monkeypatch.setattr(ui, "act", lambda action, done: action())
    monkeypatch.setattr(progress, "working", lambda: None)
    source: Any = SimpleNamespace(workspace=own_herd)
    with pytest.raises(ThumperError, match="busy"):
        experiments._use(source, own_herd.ledger.experiments()[0])
    assert Settings.load(own_herd.settings_file) == before


@pytest.mark.parametrize(
    ("threshold", "made_with", "moved"),
    [(0.06, 0.05, "it was 0.050"), (0.06, 0.06, ""), (0.06, None, ""), (None, 0.05, "")],
)
def test_what_is_recommended_now_is_told_from_what_was(
    threshold: float | None, made_with: float | None, moved: str
) -> None:
    view: Any = import_module("views.tune")
    told = view.recommended_told(threshold, "the fewest wrong merges and splits", made_with)
    assert "all that was answered so far: the fewest wrong merges and splits." in told
    assert (moved in told) if moved else "it was" not in told
