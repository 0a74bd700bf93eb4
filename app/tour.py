"""A short tour of the pages, on the demo herd: one stop a page, each told in two sentences."""

from __future__ import annotations

from typing import Final

import streamlit as st
import ui

STOPS: Final = (
    (
        "overview",
        "The number that leads is an estimate with an interval. Groups of pictures are no count "
        "of deer: one deer whose pictures were poor can be several groups.",
    ),
    (
        "herd",
        "Each group by its best picture. Open one to name it, to look at its visits, or to move "
        "a picture that shows another deer.",
    ),
    (
        "photos",
        "Every photo that the cameras took, filtered by camera, day and what is in it. A wrong "
        "box or class is put right here, and nothing in the file is changed.",
    ),
    (
        "review",
        "Two pictures: are they one deer? The questions whose answers change most come first, "
        "and one key answers each.",
    ),
    (
        "new",
        "After the first herd, a new card brings the question who is on it. Known deer are "
        "offered with a chance, and you say whether it is so.",
    ),
    (
        "process",
        "What is to be done now, in a sentence, with one button; below it, what was done before. "
        "Add your own photos here when you have seen enough.",
    ),
)
_AT: Final = "tour-at"


def offer() -> None:
    """In the sidebar of the demo: a button that begins the tour."""
    if _AT in st.session_state:
        return
    if st.button("Take the tour", icon=":material/tour:", key="tour-begin"):
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
        there = "" if page == name else f" (on the page {ui.page_of(name).title})"
        st.markdown(f":material/tour: **Stop {at + 1} of {len(STOPS)}**{there}: {text}")
        with st.container(horizontal=True, gap="small"):
            if st.button("Back", key="tour-back", icon=":material/arrow_back:", disabled=at == 0):
                _go_to(at - 1)
            is_last = at == len(STOPS) - 1
            if not is_last and st.button(
                "On", key="tour-on", icon=":material/arrow_forward:", type="primary"
            ):
                _go_to(at + 1)
            if st.button("End the tour", key="tour-end", type="primary" if is_last else "tertiary"):
                del st.session_state[_AT]
                st.rerun()


def _go_to(at: int) -> None:
    st.session_state[_AT] = at
    st.switch_page(ui.page_of(STOPS[at][0]))
