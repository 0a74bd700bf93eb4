"""The glossary and the explanation, for reading where there is no network; a figure's "?" leads here."""

from __future__ import annotations

import keys
import streamlit as st
import ui

from thumper_core import say
from thumper_core.questions import documents

_KEYS = "keys"


def page() -> None:
    """Show the page: one part where the address names it, else the whole of a document."""
    ui.header(say("Help"))
    name = st.query_params.get("document", "glossary")
    if name not in (*documents.TITLES, _KEYS):
        name = "glossary"
    with st.container(horizontal=True, gap="medium"):
        for other, title in {**documents.TITLES, _KEYS: "Keys"}.items():
            mark = ":material/radio_button_checked:" if other == name else ":material/menu_book:"
            st.page_link(
                ui.page_of("help"), label=say(title), icon=mark, query_params={"document": other}
            )
    if name == _KEYS:
        st.markdown("\n".join(_key_table()))
        return
    parts = documents.parts(name)
    if not parts:
        st.info(
            say(
                "This document was not installed with Thumper; it is in the folder docs of its source."
            )
        )
        return
    at = st.query_params.get("at")
    chosen = next((part for part in parts if part.anchor == at), None)
    contents, text = st.columns([1, 3], gap="large")
    with text, st.container(width=820):
        for part in (chosen,) if chosen else parts:
            st.header(part.title, anchor=part.anchor) if part.level == 1 else st.subheader(
                part.title, anchor=part.anchor
            )
            st.markdown(part.text)
    with contents, st.container(key="help-contents", gap="xsmall"):
        for part in parts:
            st.page_link(
                ui.page_of("help"),
                label=ui.plain(part.title),
                query_params={"document": name, "at": part.anchor},
            )


def _key_table() -> list[str]:
    """The lines of a Markdown table of all keys."""
    rows = [f"| **{say(one.key)}** | {say(one.means)} | {say(one.where)} |" for one in keys.TABLE]
    return [f"| {say('Key')} | {say('What it does')} | {say('Where')} |", "|---|---|---|", *rows]
