"""First start, step 3: where the cameras stand, from EXIF or by a click on a flat map; it can be skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import components
import streamlit as st
import ui

from thumper_core import say
from thumper_core.questions import camera_ways, plane, words

if TYPE_CHECKING:
    from views.first_start import First

_PART = "plane"


def show(first: First) -> None:
    """Show the step."""
    assert first.way is not None
    cameras = list(first.way.seen.cameras)
    if not first.is_located:
        with st.spinner(say("Looking for positions in the photos …")):
            first.said = camera_ways.positions(first.way.files)
        first.places = dict(first.said)
        first.is_located = True
        if first.places:
            first.centre = plane.middle(first.places.values())
    st.markdown(say("Where do the cameras stand?"))
    st.caption(
        say(
            "With positions, no deer is held to be at two cameras further apart than it runs in the "
            "time between, and reports have a map. It can be left out, and written on the page "
            "Settings later. Nothing leaves this machine: the map has no tiles."
        )
    )
    n_known = sum(camera in first.places for camera in cameras)
    if n_known:
        st.caption(
            say(
                "{n_known:,} of {cameras} have a position.",
                n_known=n_known,
                cameras=words.counted(len(cameras), "camera"),
            )
        )
    if first.centre is None:
        with st.form("map-centre", border=False):
            text = st.text_input(
                say("A point near the cameras: latitude, longitude"),
                placeholder="30.1234, -98.5678",
                help=say(
                    "The middle of the map, such as the gate: copied from any map program or a telephone."
                ),
                key="centre-text",
            )
            if st.form_submit_button(say("Show the map"), icon=":material/map:"):
                with ui.said():
                    first.centre = plane.place_of(text)
                    st.rerun()
    else:
        _map(first, cameras, first.centre)
    with st.container(horizontal=True, gap="small"):
        if st.button(
            say("Go on") if first.places else say("Skip this"),
            type="primary",
            icon=":material/arrow_forward:",
            key="places-done",
        ):
            first.step = 3
            st.rerun()
        if first.centre is not None and st.button(
            say("Another middle of the map"), key="centre-again", type="tertiary"
        ):
            first.centre, first.width_m = None, 0.0
            st.rerun()


def _map(first: First, cameras: list[str], centre: plane.Place) -> None:
    wide = first.width_m = first.width_m or plane.width_m(centre, first.places.values())
    data: dict[str, Any] = {
        "width_m": wide,
        "editable": ui.may_edit(),
        "cameras": [_at(first, camera, centre) for camera in cameras],
    }
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.caption(say("{wide:g} km across, north up", wide=wide / 1000), width="content")
        for label, factor, icon in (
            (say("Closer"), 0.5, "zoom_in"),
            (say("Wider"), 2.0, "zoom_out"),
        ):
            if st.button(label, key=f"map-{label}", icon=f":material/{icon}:", type="tertiary"):
                first.width_m = min(max(wide * factor, 250.0), 64_000.0)
                st.rerun()

    def placed() -> None:
        told = st.session_state[_PART].placed
        if told["name"] in cameras:
            if told["east"] is None:
                first.places.pop(told["name"], None)
            else:
                first.places[told["name"]] = plane.degrees(centre, told["east"], told["north"])

    components.mount("plane", _PART, data, on_placed_change=placed)
    if first.places:
        st.caption(
            " · ".join(
                f"{ui.plain(camera)} {first.places[camera][0]:.5f}, {first.places[camera][1]:.5f}"
                for camera in cameras
                if camera in first.places
            )
        )


def _at(first: First, camera: str, centre: plane.Place) -> dict[str, Any]:
    if camera not in first.places:
        return {"name": camera, "east": None, "north": None}
    east, north = plane.metres(centre, first.places[camera])
    return {"name": camera, "east": east, "north": north}
