"""First start, step 5: what was chosen, what it will take, and the button that begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import helps
import polars as pl
import streamlit as st
import ui

from thumper_core import Workspace, camera_table, save_cameras, say
from thumper_core.questions import words
from thumper_core.work import cost, launches

if TYPE_CHECKING:
    from thumper_core.questions.plane import Place
    from views.first_start import First


def show(first: First) -> None:
    """Show the step."""
    assert first.way is not None
    seen = first.way.seen
    base = st.session_state["base"]
    lines = (
        (
            say("Photos"),
            say(
                "{files} in {folder}", files=words.counted(seen.n_files, "file"), folder=seen.folder
            ),
        ),
        (say("Cameras"), first.way.title),
        (say("Positions"), _positions(first)),
        (say("Detector"), first.detector),
        (say("Species"), first.species),
    )
    for title, text in lines:
        st.markdown(f"**{title}**: {ui.plain(text)}")
    seconds = cost.usual_seconds(seen.n_files)
    st.markdown(
        say(
            "It will take about **{duration}**: a guess, because nothing was processed here yet.",
            duration=ui.duration(seconds),
        ),
        help=helps.of("cost"),
    )
    if st.button(
        say("Find the deer"),
        type="primary",
        icon=":material/play_arrow:",
        key="start-season",
        disabled=not ui.may_edit(),
        help=say(
            "Adds the photos, finds the animals, tells the deer apart and writes the report: the "
            "command `thumper start`. The photos stay where they are; nothing in them is changed."
        ),
    ):
        plan: dict[str, Any] = {
            "photos": str(seen.folder),
            "camera_level": seen.level,
            "species": first.species,
            "detector": first.detector,
        }

        def begin() -> None:
            # What EXIF says is read from the photos themselves.
            placed = {name: at for name, at in first.places.items() if first.said.get(name) != at}
            if placed:
                _keep(Workspace.create(base), placed)
            launches.start(base, "start", plan)

        if ui.act(begin, say("Started")):
            del st.session_state["first"]
        st.rerun()


def _positions(first: First) -> str:
    assert first.way is not None
    n_known = sum(camera in first.places for camera in first.way.seen.cameras)
    of = words.counted(len(first.way.seen.cameras), "camera")
    return (
        say("of {n_known:,} of {of}", n_known=n_known, of=of)
        if n_known
        else say("none yet; the page Settings takes them later")
    )


def _keep(workspace: Workspace, placed: dict[str, Place]) -> None:
    """Write the places beside what is written of cameras already."""
    new = pl.DataFrame(
        [(name, *place) for name, place in sorted(placed.items())],
        schema={"name": pl.String, "latitude": pl.Float64, "longitude": pl.Float64},
        orient="row",
    )
    written = camera_table(workspace)
    kept = written.update(new, on="name", how="left")
    added = new.join(written, on="name", how="anti")
    save_cameras(workspace, pl.concat([kept, added], how="diagonal_relaxed"))
