"""A short tour of the pages, on the demo herd: one stop a page, each told in two sentences."""

from __future__ import annotations

from typing import Final

import streamlit as st
import ui

from thumper_core import mark, say

STOPS: Final = (
    (
        "overview",
        mark(
            "The number that leads is an estimate with an interval. Groups of pictures are no count "
            "of deer: one deer whose pictures were poor can be several groups."
        ),
    ),
    (
        "herd",
        mark(
            "Each group by its best picture. Open one to name it, to look at its visits, or to move "
            "a picture that shows another deer."
        ),
    ),
    (
        "photos",
        mark(
            "Every photo that the cameras took, filtered by camera, day and what is in it. A wrong "
            "box or class is put right here, and nothing in the file is changed."
        ),
    ),
    (
        "review",
        mark(
            "Two pictures: are they one deer? The questions whose answers change most come first, "
            "and one key answers each."
        ),
    ),
    (
        "new",
        mark(
            "After the first herd, a new card brings the question who is on it. Known deer are "
            "offered with a chance, and you say whether it is so."
        ),
    ),
    (
        "process",
        mark(
            "What is to be done now, in a sentence, with one button; below it, what was done before. "
            "Add your own photos here when you have seen enough."
        ),
    ),
)
_AT: Final = "tour-at"


def offer() -> None:
    """In the sidebar of the demo: a button that begins the tour."""
    if _AT in st.session_state:
        return
    if st.button(say("Take the tour"), icon=":material/tour:", key="tour-begin"):
        _go_to(0)


def show(page: str) -> None:
    """Above the page: the stop of the tour, while it is taken.

    page: the page that is shown; somebody who goes elsewhere by the menu takes the tour along.
    """
    at = st.session_state.get(_AT)
    if at is None:
        return
    name, text = STOPS[at]
    with st.container(border=True, key="tour"):
        there = "" if page == name else say(" (on the page {title})", title=ui.page_of(name).title)
        st.markdown(
            say(
                ":material/tour: **Stop {at} of {n}**{there}: {text}",
                at=at + 1,
                n=len(STOPS),
                there=there,
                text=text,
            )
        )
        with st.container(horizontal=True, gap="small"):
            if st.button(
                say("Back"), key="tour-back", icon=":material/arrow_back:", disabled=at == 0
            ):
                _go_to(at - 1)
            is_last = at == len(STOPS) - 1
            if not is_last and st.button(
                say("On"), key="tour-on", icon=":material/arrow_forward:", type="primary"
            ):
                _go_to(at + 1)
            if st.button(
                say("End the tour"), key="tour-end", type="primary" if is_last else "tertiary"
            ):
                del st.session_state[_AT]
                st.rerun()


def _go_to(at: int) -> None:
    st.session_state[_AT] = at
    st.switch_page(ui.page_of(STOPS[at][0]))
