"""The folders of the photos: which there are, one more, and a look for what is new in them."""

from __future__ import annotations

import progress
import streamlit as st
import ui
from cached import Pages

from thumper_core import UsageError, Workspace, expanded, say
from thumper_core.work import launches
from views import bring_in


def show(source: Pages | None) -> None:
    """Show the panel; None: there is no workspace yet."""
    with st.container(border=True, height="stretch"):
        st.subheader(say("Photos"), anchor=False)
        roots = source.workspace.ledger.roots() if source else []
        for folder in roots:
            st.code(ui.readable(folder), language=None, wrap_lines=True)
        st.caption(say("Photos stay where they are; nothing in these folders is ever changed."))
        busy = progress.working() or not ui.may_edit()
        with st.form("add-photos", border=False):
            text = st.text_input(say("Folder on this machine"), placeholder="/home/me/ranch/cards")
            if st.form_submit_button(say("Add folder"), icon=":material/add:", disabled=busy):
                ui.act(lambda: _start([text]))
                st.rerun()
        if roots and st.button(
            say("Look for new photos"), icon=":material/refresh:", disabled=busy
        ):
            ui.act(lambda: _start(roots))
            st.rerun()
        bring_in.show(source)


def _start(folders: list[str]) -> None:
    wanted = [expanded(text.strip()) for text in folders if text.strip()]
    for folder in wanted:
        if not folder.is_absolute() or not folder.is_dir():
            told = say(
                "{folder} is no folder on this machine. Write its whole path.", folder=folder
            )
            raise UsageError(told)
    if not wanted:
        raise UsageError(say("Write the path of a folder with photos."))
    root = st.session_state["base"]  # never the demo: its truth knows its own photos only
    Workspace.create(root)
    launches.start(root, "add", {"paths": [str(folder) for folder in wanted]})
