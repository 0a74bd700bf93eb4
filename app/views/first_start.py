"""An empty workspace leads by the hand: photos, cameras, places, detector, go; each step can be gone back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import progress
import streamlit as st
import ui

from thumper_core import mark, say
from thumper_core.questions.camera_ways import Way
from thumper_core.questions.plane import Place
from thumper_core.work import launches
from views import first_cameras, first_detector, first_folder, first_go, first_places

STEPS: Final = (mark("Photos"), mark("Cameras"), mark("Places"), mark("Detector"), mark("Go"))


@dataclass
class First:
    """What was chosen so far, for as long as the browser's tab is open.

    step: into STEPS; ways: in which the folder can name cameras; way: the one that was chosen; places: of
    the cameras that stand somewhere; said: those that EXIF says; centre, width_m: of the map;
    is_located: whether the photos were asked for positions; detector: a model's name; pictures: of
    cameras, by the path of a file.
    """

    step: int = 0
    ways: tuple[Way, ...] = ()
    way: Way | None = None
    places: dict[str, Place] = field(default_factory=dict)
    said: dict[str, Place] = field(default_factory=dict)
    centre: Place | None = None
    width_m: float = 0.0
    is_located: bool = False
    detector: str = ""
    species: str = ""
    pictures: dict[str, bytes | None] = field(default_factory=dict)


def welcome() -> None:
    """The page of a folder in which there is no workspace yet."""
    ui.header(say("Welcome to Thumper"))
    base = st.session_state["base"]
    if launches.working(base) is not None:
        st.caption(say("You may close this page: the work goes on."))
        progress.show()
        return
    progress.show()
    show(
        say("From a season of trail-camera photos to a herd of known deer"),
        say(
            "Start with your own photos, or look around in a demo herd first: it is rendered on this "
            "machine, every deer in it is known, and so is every mistake."
        ),
    )


def show(title: str, text: str) -> None:
    """The steps, and the demo beside the first; title, text: above the first."""
    first: First = st.session_state.setdefault("first", First())
    if first.step == 0:
        with st.container(border=True, key="nothing-yet"):
            st.subheader(title, anchor=False)
            st.markdown(text)
            own, demo = st.columns([3, 2], gap="medium")
            with own, st.container(border=True, height="stretch"):
                first_folder.show(first)
            with demo, st.container(border=True, height="stretch"):
                _demo()
        return
    with st.container(border=True, key="first-start"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if st.button(say("Back"), icon=":material/arrow_back:", key="first-back"):
                first.step -= 1
                st.rerun()
            st.markdown(
                say(
                    "**Step {step} of {n}: {steps}**",
                    step=first.step + 1,
                    n=len(STEPS),
                    steps=say(STEPS[first.step]),
                )
            )
        steps = (first_cameras, first_places, first_detector, first_go)
        steps[first.step - 1].show(first)


def _demo() -> None:
    base = st.session_state["base"]
    st.markdown(say("**A demo herd**"))
    size = st.select_slider(
        say("Photos"),
        options=[60, 150, 300, 600, 1200],
        value=300,
        key="demo-photos",
        help=say("About two minutes for every 300 photos on two cores."),
    )
    if st.button(
        say("Make the demo herd"),
        icon=":material/play_arrow:",
        key="start-demo",
        disabled=not ui.may_edit(),
    ):
        plan = {
            "directory": "demo",
            "n_photos": size,
            "n_deer": max(6, size // 40),
            "n_cameras": 4 if size < 600 else 6,
        }
        ui.act(lambda: launches.start(base, "demo", plan), say("Started"))
        st.rerun()
    st.caption(
        say(
            "When it is there, a tour of six stops shows what each page is for. Your own photos can "
            "be added at any time."
        )
    )
