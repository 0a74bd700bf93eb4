"""One deer's page: what is least sure is taken away with one click, and every decision can be undone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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


def about(ranch: Workspace) -> tuple[str | None, str | None]:
    """Name and notes as they stand."""
    rows = ranch.sql("select name, notes from individuals where individual_id = ?", [WHO])
    name, notes = rows.row(0)
    return name, notes


slow = partial(pytest.param, marks=pytest.mark.slow)
FORMS = [
    # (what it was before both windows opened, what the other says, what is typed here, what stands then)
    ((None, None), kinds.Name(WHO, "Alpha"), {"note": "limps"}, ("Alpha", "limps")),
    ((None, "old"), kinds.Note(WHO, "limps"), {"text": "Alpha"}, ("Alpha", "limps")),
    slow(("Bo", "old"), kinds.Name(WHO, None), {}, (None, "old")),
    slow(("Bo", "old"), kinds.Name(WHO, "Alpha"), {"text": "", "note": ""}, ("Alpha", "old")),
    ((None, None), kinds.Name(WHO, "Alpha"), {"text": "Beta", "note": "limps"}, ("Alpha", None)),
    slow(("Bo", None), kinds.Note(WHO, "limps"), {"note": "fat"}, ("Bo", "limps")),
]


@pytest.mark.parametrize(("before", "other", "typed", "then"), FORMS)
def test_a_form_writes_only_what_its_user_changed(
    open_page: Open, own_herd: Workspace, before: Any, other: Any, typed: Any, then: Any
) -> None:
    ledger = own_herd.ledger
    name, notes = before
    if name:
        record(ledger, kinds.Name(WHO, name), "Kim")
    if notes:
        record(ledger, kinds.Note(WHO, notes), "Kim")
    at = open_page(own_herd.root, "herd", deer=WHO)
    record(ledger, other, "Bob")  # another window
    for field, text in typed.items():
        element = at.text_input if field == "text" else at.text_area
        element(key=f"{field}-{WHO}").set_value(text)
    save(at)
    assert fine(at)
    assert about(own_herd) == then
    both = (isinstance(other, kinds.Name) and "text" in typed) or (
        isinstance(other, kinds.Note) and "note" in typed
    )
    told = [one.value for one in at.error]
    assert [("meanwhile" in one) for one in told] == [True] * both
    if not both:  # the form shows what the other window said
        assert (at.text_input(key=f"text-{WHO}").value, at.text_area(key=f"note-{WHO}").value) == (
            then[0] or "",
            then[1] or "",
        )
        return
    # What was typed is still there, and is written by whoever was told and saves it once more.
    save(at)
    assert fine(at) and not at.error
    wanted = {"text": then[0], "note": then[1]} | {key: text or None for key, text in typed.items()}
    assert about(own_herd) == (
        wanted["text"],
        wanted["note"] or (None if "note" not in typed else ""),
    )


def save(at: Any) -> None:
    """Press the form's button."""
    next(one for one in at.button if one.label == "Save").click().run()
