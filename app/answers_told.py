"""An answer with its interval, or why there is none, as several pages show it."""

from __future__ import annotations

import streamlit as st
import ui

from thumper_core import say
from thumper_core.questions.estimates import Answer


def show(one: Answer, believe: str = "") -> None:
    """The question, the value with its 95% interval or what is missing; believe: when to, in a sentence."""
    with st.container(gap="xsmall"):
        st.markdown(f"**{ui.plain(one.question)}**")
        if one.value:
            told = say("{value} (95% interval {interval})", value=one.value, interval=one.interval)
            st.markdown(ui.plain(told))
        else:
            st.markdown(f":material/info: {ui.plain(one.reason)}")
        for text in filter(None, [believe if one.value else "", *one.cautions]):
            st.caption(ui.plain(text))
