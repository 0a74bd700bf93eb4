"""One photo in full, with the ones before and after it in the list, and its burst and visit below."""

from __future__ import annotations

from typing import Any

import album
import keys
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import say
from thumper_core.questions import words
from views import boxes, photo_filters

STRIP = 24


def show(source: Pages, facts: dict[str, Any]) -> None:
    """Show the photo of these facts."""
    photo_filters.come_back()
    photo_id = facts["photo_id"]
    _way_back()
    _way_on(source, photo_id)
    boxes.show(source, facts)
    _strip(source, photo_id)


def _way_back() -> None:
    """To the question of Review that this photo was opened from."""
    question = st.query_params.get("question")
    if question and st.button(
        say("Back to the question"),
        icon=":material/arrow_back:",
        shortcut=keys.WHOLE,
        key="photo-question",
    ):
        back = {"review-tabs": say("Right class?"), "question": question}
        st.switch_page(ui.page_of("review"), query_params=back)


def _way_on(source: Pages, photo_id: str) -> None:
    """To the photo before and after this one among those that pass the filter."""
    chosen, _ = photo_filters.of_address(source)
    at = source.ask("photo_beside", chosen, photo_id)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        newer = st.button(
            say("Newer"),
            icon=":material/chevron_left:",
            shortcut=keys.NEWER,
            key="photo-newer",
            disabled=at is None or at.newer is None,
        )
        older = st.button(
            say("Older"),
            icon=":material/chevron_right:",
            icon_position="right",
            shortcut=keys.OLDER,
            key="photo-older",
            disabled=at is None or at.older is None,
        )
        if st.button(
            say("The list"), icon=":material/grid_view:", shortcut=keys.THE_LIST, key="photo-list"
        ):
            del st.query_params["photo"]
            st.query_params.pop("question", None)
            st.rerun()
        if at is None:
            st.caption(say("This photo does not pass the filters of the list any more."))
        else:
            st.caption(say("{place:,} of {total:,} in the list", place=at.place, total=at.total))
    if at is not None and (newer or older):
        st.query_params["photo"] = at.newer if newer else at.older
        st.rerun()


def _strip(source: Pages, photo_id: str) -> None:
    """The photos of the same event, oldest first; those of the same burst are marked."""
    rows: pl.DataFrame = source.ask("event_strip", photo_id, STRIP)
    if rows.height < 2:
        return
    n_event, n_burst = rows.select("n_in_event", "n_in_burst").row(0)
    st.subheader(say("The event"), anchor=False)
    st.caption(
        say(
            "{photos} of this event at the camera, {n_burst:,} of this burst",
            photos=words.counted(n_event, "photo"),
            n_burst=n_burst,
        )
        + (
            say("; the {height} nearest are shown.", height=rows.height)
            if n_event > rows.height
            else "."
        )
    )
    jpegs = source.jpegs(album.whole_photos(rows), 240)
    with st.container(horizontal=True, gap="small", key="photo-strip"):
        for row, jpeg in zip(rows.to_dicts(), jpegs, strict=True):
            with st.container(width=136, gap="xsmall"):
                st.image(jpeg, width="stretch")
                _link(row, photo_id)


def _link(row: dict[str, Any], photo_id: str) -> None:
    known = row["taken_at_precision"] not in ("unknown", "day")
    text = f"{row['taken_at']:%H:%M:%S}" if known else say("time unknown")
    if row["same_burst"]:
        text += say(" · burst")
    if row["photo_id"] == photo_id:
        st.caption(say("**{text}**  \nthis one", text=text))
        return
    st.page_link(
        ui.page_of("photos"),
        label=text,
        query_params={**photo_filters.parts(), "photo": row["photo_id"]},
    )
