"""One deer's page: what is least sure is taken away with one click, and every decision can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.app.test_pages import fine, texts
from thumper_core.decisions import kinds
from thumper_core.decisions.record import record
from thumper_core.questions.about_deer import least_sure
from thumper_core.workspace import Workspace

Open = Callable[..., Any]
WHO = "deer-001"


def test_what_one_shows_a_friend_is_there(open_page: Open, herd: Workspace) -> None:
    at = open_page(herd.root, "herd", deer=WHO)
    assert fine(at)
    shown = {one.value for one in at.subheader}
    wanted = {"Best by side and season", "Calendar", "Cameras", "Hours", "Company", "Least sure"}
    assert wanted | {"Decisions", "Looks alike"} <= shown
    assert "**Summer 2026**" in texts(at)
    assert "Nothing has been decided about this deer yet." in texts(at)
    links = {one.label: one.query_string for one in at.get("page_link")}
    assert links["Its photos by night"] == f"individual={WHO}&light=night"


@pytest.mark.slow
def test_a_picture_is_not_this_deer_with_one_click(open_page: Open, own_herd: Workspace) -> None:
    row = least_sure(own_herd, WHO, 1).row(0, named=True)
    at = open_page(own_herd.root, "herd", deer=WHO)
    at.button(key=f"not-{WHO}-{row['detection_id']}").click().run()
    assert fine(at)
    said = own_herd.ledger.decisions()[-1]
    assert (said.kind, said.payload["photo_id"]) == ("move", row["photo_id"])
    assert said.payload["to"] is None


def test_a_decision_about_it_is_undone(open_page: Open, own_herd: Workspace) -> None:
    number = record(own_herd.ledger, kinds.Name(WHO, "Bo"), "Kim")
    at = open_page(own_herd.root, "herd", deer=WHO)
    assert "**named**: Bo" in texts(at) or "Bo" in texts(at)
    assert "Kim, " in texts(at)
    at.button(key=f"undo-{number}").click().run()
    assert fine(at)
    assert (
        own_herd.sql(f"select name from individuals where individual_id = '{WHO}'").item() is None
    )
