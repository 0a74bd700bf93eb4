"""What of a deer leaves the workspace: one choice of places and people for its card and its page to print."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from tests.app.test_pages import fine, texts
from tests.workspaces import Deer, build
from thumper_core.contracts import ThumperError
from thumper_core.questions import blurred
from thumper_core.workspace import Workspace

Open = Callable[..., Any]
WHO = "deer-001"


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Any, bool]]:
    """What each button would write, and whether it is disabled, by its label."""
    found: dict[str, tuple[Any, bool]] = {}

    def button(label: str, data: Any, **options: Any) -> bool:
        found[label] = (data, bool(options.get("disabled")))
        return False

    monkeypatch.setattr(st, "download_button", button)
    return found


def test_card_and_page_are_made_with_the_same_places_and_people(
    open_page: Open,
    own_herd: Workspace,
    offered: dict[str, tuple[Any, bool]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hidden = Workspace(own_herd.root)
    monkeypatch.setattr(blurred, "blurring", lambda _: (hidden, ("People are blurred.",)))
    at = open_page(own_herd.root, "herd", deer=WHO)
    at.toggle(key=f"share-blur-{WHO}").set_value(True)
    at.toggle(key=f"share-places-{WHO}").set_value(True).run()
    assert fine(at) and "People are blurred." in texts(at)
    for label in ("Card to share", "Page to print"):
        offer, is_off = offered[label]
        made = offer.__wrapped__  # in English, whoever downloads it
        assert made.args == (hidden, WHO) and made.keywords == {"places": True} and not is_off


@pytest.mark.slow
def test_without_blurring_nothing_is_written_where_it_was_asked_for(
    open_page: Open,
    own_herd: Workspace,
    offered: dict[str, tuple[Any, bool]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(_: Workspace) -> None:
        raise ThumperError("Nobody looked for people.")

    monkeypatch.setattr(blurred, "blurring", refused)
    at = open_page(own_herd.root, "herd", deer=WHO)
    at.toggle(key=f"share-blur-{WHO}").set_value(True).run()
    assert [error.value for error in at.error] == ["Nobody looked for people."]
    assert offered["Card to share"][1] and offered["Page to print"][1]


@pytest.mark.slow
def test_of_a_deer_without_pictures_nothing_is_shared(
    open_page: Open, tmp_path: Path, offered: dict[str, tuple[Any, bool]]
) -> None:
    ranch = build(tmp_path, [Deer("buck", 3), Deer("doe", 0, "Elsa")])
    at = open_page(ranch.root, "herd", deer="deer-002")
    assert fine(at) and "Elsa" in at.title[0].value
    assert offered["Card to share"][1] and offered["Page to print"][1]
    assert at.toggle(key="share-blur-deer-002").disabled
    assert "one burst only" not in texts(at)
    assert "No picture of the shown herd is of this deer." in texts(at)
