"""The page Habits: the herd, one deer, two deer by their address, and the way there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.app.test_pages import fine, texts
from thumper_core.workspace import Workspace

Open = Callable[..., Any]


def test_the_herd(open_page: Open, herd: Workspace) -> None:
    at = open_page(herd.root, "habits")
    assert fine(at), texts(at)
    shown = texts(at)
    assert "What makes a difference" in shown
    assert "`thumper weather FILE`" in shown
    assert at.selectbox(key="habits-of").value == ""


def test_one_deer_and_another_beside_it(open_page: Open, herd: Workspace) -> None:
    at = open_page(herd.root, "habits", **{"habits-of": "deer-001"})
    assert fine(at), texts(at)
    assert "Its ground" in texts(at)
    assert "deer-001" not in at.selectbox(key="habits-beside").options
    at = open_page(herd.root, "habits", **{"habits-of": "deer-001", "habits-beside": "deer-002"})
    assert fine(at), texts(at)
    shown = {one.value for one in at.subheader}
    assert {"Hours and company", "Who follows whom", "Cameras"} <= shown


def test_a_deer_s_page_leads_to_its_habits(open_page: Open, herd: Workspace) -> None:
    at = open_page(herd.root, "herd", deer="deer-002")
    links = {one.label: one.query_string for one in at.get("page_link")}
    assert links["Its habits"] == "habits-of=deer-002"
