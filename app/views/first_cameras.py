"""First start, step 2: which folder names the camera, shown on the real folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st
import ui

from thumper_core import mark, say
from thumper_core.questions import camera_ways, words
from thumper_core.questions.camera_ways import Way

if TYPE_CHECKING:
    from views.first_start import First

SHOWN: Final = 4
"""Cameras of a way that are shown with a picture."""
_PX: Final = 320
_LEVELS: Final = {
    1: mark("The first folder below it names the camera"),
    2: mark("The second folder below it names the camera"),
    3: mark("The third folder below it names the camera"),
    4: mark("The fourth folder below it names the camera"),
    -1: mark("The folder that holds a photo names the camera"),
    0: mark(
        "All photos are of one camera, named by the folder, or by the one above where it is called card"
    ),
}


def show(first: First) -> None:
    """Show the step."""
    seen = first.ways[0].seen
    st.markdown(ui.plain(seen.sentences[0]))
    st.caption(
        say(
            "A camera is a place with a name. These are the names that the folders could give; "
            "folders that a camera or a card makes (DCIM, 100RECNX, SD 2) and dates are passed over."
        )
    )
    for number, way in enumerate(first.ways):
        with st.container(border=True, gap="small"):
            left, right = st.columns([4, 1], vertical_alignment="center")
            likely = f" :green-badge[{say('Likely')}]" if way.is_likely else ""
            left.markdown(f"**{say(_LEVELS[way.seen.level])}**{likely}  \n{ui.plain(way.title)}")
            if right.button(
                say("Use these names"),
                key=f"way-{way.seen.level}",
                type="primary" if way.is_likely else "secondary",
                width="stretch",
            ):
                first.way, first.step = way, 2
                first.places, first.centre, first.is_located, first.width_m = {}, None, False, 0.0
                st.rerun()
            _pictures(first, way, number)


def _pictures(first: First, way: Way, number: int) -> None:
    cameras = list(way.seen.cameras.items())[:SHOWN]
    with st.container(horizontal=True, gap="small", key=f"way-pictures-{number}"):
        for camera, n_files in cameras:
            with st.container(width=150, gap="xsmall"):
                jpeg = _picture(first, way, camera)
                if jpeg is not None:
                    st.image(
                        jpeg,
                        width="stretch",
                        alt=say("A photo of {camera}", camera=ui.readable(camera)),
                    )
                st.caption(f"{ui.plain(camera)}  \n{words.counted(n_files, 'file')}")


def _picture(first: First, way: Way, camera: str) -> bytes | None:
    """A camera's picture, read once in this tab."""
    files = way.files[camera]
    key = str(files[0])
    if key not in first.pictures:
        first.pictures[key] = camera_ways.picture(files, _PX)
    return first.pictures[key]
