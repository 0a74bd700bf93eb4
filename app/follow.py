"""What became of decisions: whether the herd is in line with them yet, and what they did to it."""

from __future__ import annotations

import streamlit as st
from cached import Pages

from thumper_core import following, say
from thumper_core.questions.changed import change_told


def herd_follows(source: Pages) -> None:
    """Say that the herd is being brought in line with what was decided, and show it when it is."""
    now = following(source.workspace)
    if now.state().is_busy:

        @st.fragment(run_every=0.5, key="herd-follows")
        def look() -> None:
            if not now.state().is_busy:
                st.rerun()
            st.caption(say(":material/hourglass_top: The herd is being brought in line …"))

        look()


def what_changed(source: Pages) -> str:
    """What was decided here last did to the herd, in words; empty where nothing is known of it."""
    state = following(source.workspace).state()
    if state.trouble:
        return state.trouble
    if state.waits:
        return say("What you decided takes effect when the herd is identified again.")
    return change_told(state.applied) if state.applied else ""
