"""What could be learned from the corrections of this workspace, and the button that learns it."""

from __future__ import annotations

import progress
import streamlit as st
import ui
from cached import Pages

from thumper_core import say
from thumper_core.questions import words
from thumper_core.work import launches


def show(source: Pages) -> None:
    """The panel, below what is processed."""
    found = source.ask("ready_to_learn")
    n_new = max(one.n_new for one in found)
    with st.container(border=True):
        st.subheader(say("Learn from corrections"), anchor=False)
        st.caption(
            say(
                "From the boxes that you drew, moved and deleted, from the classes that you set, "
                "and from your "
                "answers of who is who. A new model is tried beside the one in use, on what was "
                "kept back from "
                "it, and is used only where it is better."
            )
        )
        for one in found:
            mark = ":material/check_circle:" if one.is_enough else ":material/hourglass_empty:"
            st.markdown(f"{mark} **{one.called.capitalize()}** · {ui.plain(one.sentence)}")
        if st.button(
            say("Learn from {corrections}", corrections=words.counted(n_new, "correction")),
            icon=":material/school:",
            key="learn",
            disabled=progress.working() or not ui.may_edit() or not any(o.is_enough for o in found),
        ):
            ui.act(lambda: launches.start(source.workspace.root, "learn", {}), say("Started"))
            st.rerun()
