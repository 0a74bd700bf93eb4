"""A deer's name and notes as a form, of which only what its user changed is written.

Another window may have changed the deer since the form was filled: what this one's user left alone is never
written back, and what both changed is refused with a warning (`decisions.record.Conflict`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import streamlit as st
import ui
from cached import Pages

from thumper_core import say
from thumper_core.decisions import kinds

_FIELDS: Final = {"name": "text", "notes": "note"}
"""Columns of a card -> what the keys of their fields begin with."""


def show(source: Pages, card: dict[str, Any], theme: str) -> None:
    """Show it. theme: which a new name is noted with."""
    who = card["individual_id"]
    filled = _filled(card)
    with st.form(f"name-{who}", border=False):
        text = st.text_input(say("Name"), max_chars=40, key=f"text-{who}")
        note = st.text_area(
            say("Notes"),
            max_chars=kinds.NOTE_CHARS_MAX,
            height=90,
            placeholder=say("Antlers, scars, habits …"),
            key=f"note-{who}",
        )
        if st.form_submit_button(say("Save"), type="primary", disabled=not ui.may_edit()):
            _save(source, card, filled, {"name": text.strip(), "notes": note}, theme)


def fill_name_again(who: str) -> None:
    """Let the form show the name as it is now: it was changed beside it."""
    st.session_state.setdefault(f"fill-{who}", set()).add("name")


def _filled(card: dict[str, Any]) -> dict[str, str]:
    """What the fields were filled with, by column; they are filled here where they were not, or are to be."""
    who = card["individual_id"]
    filled: dict[str, str] = st.session_state.setdefault(f"filled-{who}", {})
    again: set[str] = st.session_state.pop(f"fill-{who}", set())
    for column, begins in _FIELDS.items():
        key = f"{begins}-{who}"
        if key not in st.session_state or column in again:
            st.session_state[key] = filled[column] = card[column] or ""
    return filled


def _save(
    source: Pages, card: dict[str, Any], filled: dict[str, str], typed: dict[str, str], theme: str
) -> None:
    who = card["individual_id"]
    touched = {column for column in _FIELDS if typed[column] != filled[column]}

    def changed() -> Iterator[kinds.Decision]:
        if "notes" in touched:
            yield kinds.Note(who, typed["notes"], expected=filled["notes"] or None)
        if "name" in touched:
            yield kinds.Name(who, typed["name"] or None, theme, expected=filled["name"] or None)

    is_saved = bool(ui.decide(source, lambda: list(changed()), say("Saved"), as_one=True))
    # What is refused stays typed; having been told what is there now, its user may save it over that.
    for column in touched if not is_saved else ():
        filled[column] = card[column] or ""
    st.session_state[f"fill-{who}"] = set(_FIELDS) - (set() if is_saved else touched)
    st.rerun()
