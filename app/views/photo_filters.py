"""The filters of the page Photos: controls that follow the address, and an address that follows them."""

from __future__ import annotations

from datetime import date
from typing import Any

import helps
import languages
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import say
from thumper_core.questions.photo_filter import (
    IN_ADDRESS,
    LIGHTS,
    NOBODY,
    SHOWS,
    PhotoFilter,
    from_address,
    to_address,
)

_KEPT = "photo-address"  # what the controls stood at when they were last drawn
_OF = "photo-offered"  # the workspace and its days that they were drawn for
_LEFT_OUT = "photo-left-out"
_BACK = "photo-back"  # where the list was left for one photo
PAGE = "page"
_ANY = ""  # a select box that is set to None shows that nothing was chosen
_HOURS: list[int | str] = [_ANY, *range(24)]


def parts() -> dict[str, str]:
    """The parts of the address that say which photos are listed."""
    return {k: v for k, v in st.query_params.items() if k in IN_ADDRESS or k == PAGE}


def of_address(source: Pages) -> tuple[PhotoFilter, str]:
    """What the address asks for, and what of it is left out, as a sentence."""
    offered = source.ask("choices")
    return from_address(
        parts(),
        cameras=offered["cameras"],
        species=offered["species"],
        individuals=_deer(source),
        lights=offered["lights"],
    )


def come_back() -> None:
    """Remember the list, to show it again when the photo is closed by a link without an address."""
    st.session_state[_BACK] = parts()


def choose(source: Pages) -> tuple[PhotoFilter, Any]:
    """Show the controls; what they ask for is in the address then. With it, the row below them."""
    if not parts() and _BACK in st.session_state:
        st.query_params.update(st.session_state[_BACK])
    st.session_state.pop(_BACK, None)
    # Controls that another page, or one photo, stood in place of have forgotten where they were.
    # Of other days, or of another workspace, they would go on asking for those of before.
    offered = source.ask("choices")
    of = (source.workspace.root, offered["first"], offered["last"])
    state = st.session_state
    is_link = (parts(), of) != (state.get(_KEPT), state.get(_OF)) or "photo-show" not in state
    state[_OF] = of
    if is_link:
        chosen, st.session_state[_LEFT_OUT] = of_address(source)
        _set(chosen, source)
    above = st.container()
    controls = st.container()
    beside = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with controls:
        chosen = _controls(source, beside)
    asked = to_address(chosen)
    if asked != {k: v for k, v in parts().items() if k != PAGE}:
        for name in parts():
            del st.query_params[name]
        st.query_params.update(asked)
        if not is_link:  # a control was changed: what the link could not give is told no more
            st.session_state[_LEFT_OUT] = ""
    st.session_state[_KEPT] = parts()
    if told := st.session_state.get(_LEFT_OUT):
        above.warning(ui.plain(told), icon=":material/link_off:")
    return chosen, beside


def turn_to(page: int) -> None:
    """Keep the page of the list in the address; 1 is the first."""
    if page > 1:
        st.query_params[PAGE] = str(page)
    elif PAGE in st.query_params:
        del st.query_params[PAGE]
    st.session_state[_KEPT] = parts()


def page_asked() -> int:
    """The page that the address asks for; 1 where it asks for none, or for nonsense."""
    text = st.query_params.get(PAGE, "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def _deer(source: Pages) -> dict[str, str]:
    seen = source.ask("cards").filter(pl.col("n_visits") > 0)
    return dict(seen.select("individual_id", "label").iter_rows())


def _set(chosen: PhotoFilter, source: Pages) -> None:
    """Put the controls where the filter is."""
    offered = source.ask("choices")
    state = st.session_state
    state["photo-show"] = chosen.show
    state["photo-camera"] = chosen.camera or _ANY
    state["photo-who"] = chosen.individual_id or _ANY
    state["photo-light"] = chosen.light or _ANY
    state["photo-from"], state["photo-to"] = chosen.hours or (_ANY, _ANY)
    state["photo-species"] = chosen.species or _ANY
    state["photo-sure"] = tuple(round(100 * one) for one in chosen.sure or (0.0, 1.0))
    state["photo-corrected"] = chosen.corrected
    if offered["first"] is not None:
        state["photo-days"] = (
            chosen.first or offered["first"],
            chosen.last or offered["last"],
        )


def _controls(source: Pages, beside: Any) -> PhotoFilter:
    offered, labels = source.ask("choices"), _deer(source)
    show = st.pills(
        say("Show"),
        list(SHOWS),
        required=True,
        format_func=languages.in_words(SHOWS),
        key="photo-show",
        label_visibility="collapsed",
    )
    with st.container(
        horizontal=True, vertical_alignment="bottom", gap="small", key="photo-filters"
    ):
        camera = st.selectbox(
            say("Camera"),
            [_ANY, *offered["cameras"]],
            key="photo-camera",
            width=languages.wide(135),
            format_func=lambda one: one or say("All"),
        )
        who = st.selectbox(
            say("Deer"),
            [_ANY, *labels, NOBODY],
            key="photo-who",
            width=languages.wide(135),
            format_func=lambda one: labels.get(one, say("Of no known deer")) if one else say("Any"),
        )
        light = st.selectbox(
            say("Light"),
            [_ANY, *offered["lights"]],
            key="photo-light",
            width=languages.wide(135),
            format_func=lambda one: say(LIGHTS[one]) if one else say("Any"),
            help=helps.of("light"),
        )
        first, last = _days(offered)
    with beside:
        more = _more(offered)
        if (parts() or any(more.values())) and st.button(
            say("Clear"), icon=":material/filter_alt_off:", key="photo-clear", type="tertiary"
        ):
            for name in parts():
                del st.query_params[name]
            st.session_state.pop(_KEPT, None)
            st.rerun()
    return PhotoFilter(show, camera or None, first, last, who or None, light=light or None, **more)


def _days(offered: dict[str, Any]) -> tuple[date | None, date | None]:
    """Days from and to; None where all are meant."""
    if offered["first"] is None:  # no photo's day is known
        return None, None
    every = (offered["first"], offered["last"])
    found: tuple[date, ...] = st.session_state.get("photo-days", every)
    days = st.date_input(
        say("Days"),
        min_value=min(offered["first"], *found),
        max_value=max(offered["last"], *found),
        key="photo-days",
        width=240,
    )
    if not isinstance(days, tuple) or len(days) != 2:  # the second is still to be chosen
        return None, None
    first, last = days
    return (
        None if first == offered["first"] else first,
        None if last == offered["last"] else last,
    )


def _more(offered: dict[str, Any]) -> dict[str, Any]:
    """What is asked for less often, behind a button that says how much of it is."""
    state = st.session_state
    sure = state.get("photo-sure", (0, 100))
    asked = (
        (state.get("photo-from", _ANY), state.get("photo-to", _ANY)) != (_ANY, _ANY),
        bool(state.get("photo-species")),
        sure != (0, 100),
        bool(state.get("photo-corrected")),
    )
    n = sum(asked)
    with st.popover(
        say("More ({n})", n=n) if n else say("More"), icon=":material/tune:", key="photo-more"
    ):
        with st.container(horizontal=True, gap="small"):
            begin = st.selectbox(
                say("From hour"),
                _HOURS,
                key="photo-from",
                width=languages.wide(130),
                format_func=_hour,
            )
            end = st.selectbox(
                say("Until hour"),
                _HOURS,
                key="photo-to",
                width=languages.wide(130),
                format_func=_hour,
                help=say("Over midnight where it is the smaller one: from 20:00 until 05:00."),
            )
        species = st.selectbox(
            say("Species"),
            [_ANY, *offered["species"]],
            key="photo-species",
            format_func=lambda one: one or say("Any"),
        )
        least, most = st.slider(
            say("Confidence of the box, %"),
            0,
            100,
            key="photo-sure",
            step=5,
            help=helps.of("confidence"),
        )
        corrected = st.toggle(
            say("Corrected only"),
            key="photo-corrected",
            help=say("A person said what is in the photo, that nothing is, or where."),
        )
    whole_day = _ANY in (begin, end) or begin == end
    return {
        "hours": None if whole_day else (begin, end),
        "species": species or None,
        "sure": None if (least, most) == (0, 100) or least == most else (least / 100, most / 100),
        "corrected": corrected,
    }


def _hour(hour: int | str) -> str:
    return say("Any") if hour == _ANY else f"{hour:02d}:00"
