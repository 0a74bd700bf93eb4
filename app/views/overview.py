"""The first page: the herd in numbers, what is new, and what needs a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import empty_herd
import follow
import polars as pl
import progress
import streamlit as st
import ui
from cached import Pages

from thumper_core import DEER_NAMES, ThumperError, UsageError, figures, look
from thumper_core.questions import overview, tables, words
from thumper_core.work import launches

_LEVELS = {
    1: "the first folder below it",
    2: "the second folder below it",
    3: "the third folder below it",
    4: "the fourth folder below it",
    -1: "the folder that holds a photo",
    0: "the folder itself",
}
_ICONS = {"error": ":material/error:", "warning": ":material/warning:", "info": ":material/info:"}


def page() -> None:
    """Show the page."""
    if not (ui.root() / "ledger.sqlite").is_file():
        _empty_workspace()
        return
    source = ui.pages()
    totals: tables.Totals = source.ask("totals")
    period = words.period(totals.first_photo_at, totals.last_photo_at)
    photos, cameras = (
        words.counted(totals.n_photos, "photo"),
        words.counted(totals.n_cameras, "camera"),
    )
    lead = f"{photos} of {cameras} {period}"
    ui.header("Overview", lead if totals.n_photos else "")
    progress.show(compact=True)
    follow.herd_follows(source)
    if totals.n_photos == 0:
        if not progress.working():
            _start(
                "There are no photos yet",
                "Add a folder with trail-camera photos: they stay "
                "where they are, nothing in them is changed.",
            )
        return
    if not totals.n_deer and not progress.working():
        empty_herd.show(source)
    sightings = source.ask("sightings")
    if totals.n_deer:
        st.markdown(ui.plain(totals.size.sentence))
    _numbers(totals, sightings)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _newest(source)
    with right:
        _attention(source)
    left, right = st.columns([3, 2], gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.subheader("When they come", anchor=False)
        ui.chart(figures.activity_by_hour(sightings), "activity", height=330)
    with right, st.container(border=True, height="stretch"):
        st.subheader("Where the cameras are", anchor=False)
        ui.chart(figures.camera_map(source.ask("places")), "map", height=330)
        for finding in source.ask("place_findings"):
            st.caption(f":material/warning: {ui.plain(f'{finding.camera}: {finding.message}')}")
    with st.container(border=True):
        st.subheader("Photos of each camera", anchor=False)
        ui.chart(figures.photos_per_camera(source.ask("effort")), "effort")


def _empty_workspace() -> None:
    ui.header("Welcome to Thumper")
    base = st.session_state["base"]
    if launches.working(base) is not None:
        st.caption("You may close this page: the work goes on.")
        progress.show()
        return
    progress.show()
    _start(
        "From a season of trail-camera photos to a herd of known deer",
        "Start with your own photos, or look around in a demo herd first: it is rendered on this "
        "machine, every deer in it is known, and so is every mistake.",
    )


def _start(title: str, text: str) -> None:
    base = st.session_state["base"]
    with st.container(border=True, key="nothing-yet"):
        st.subheader(title, anchor=False)
        st.markdown(text)
        own, demo = st.columns(2, gap="medium")
        with own, st.container(border=True, height="stretch"):
            _own_photos(base)
        with demo, st.container(border=True, height="stretch"):
            st.markdown("**A demo herd**")
            size = st.select_slider(
                "Photos",
                options=[60, 150, 300, 600, 1200],
                value=300,
                key="demo-photos",
                help="About two minutes for every 300 photos on two cores.",
            )
            if st.button(
                "Make the demo herd",
                type="primary",
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
                ui.act(lambda: launches.start(base, "demo", plan), "Started")
                st.rerun()


def _own_photos(base: Path) -> None:
    """A folder, what was seen in it, and the button that makes a herd of it."""
    st.markdown("**Your photos**")
    st.caption(
        "A folder on this machine: one folder for each camera, or as they came off the cards."
    )
    with st.form("look-at-photos", border=False):
        text = st.text_input(
            "Folder with the photos", placeholder="/home/me/ranch/cards", key="start-folder"
        )
        if st.form_submit_button(
            "Look at it", icon=":material/search:", disabled=not ui.may_edit()
        ):
            st.session_state["start-looked"] = text.strip()
            st.session_state.pop("start-level", None)  # it was of another folder
    folder = st.session_state.get("start-looked")
    if folder is None:
        return
    level = st.session_state.get("start-level")
    with ui.said():
        if not Path(folder).expanduser().is_absolute():
            raise UsageError("Write the whole path of the folder, from the first `/` on.")
        seen = look(Path(folder), level)
        for sentence in seen.sentences:
            st.markdown(ui.plain(sentence))
        st.selectbox(
            "The cameras are named by",
            list(_LEVELS),
            index=list(_LEVELS).index(seen.level),
            format_func=_LEVELS.__getitem__,
            key="start-level",
        )
        species = st.selectbox(
            "The species of interest",
            list(DEER_NAMES),
            key="start-species",
            accept_new_options=True,
        )
        if st.button(
            "Find the deer",
            type="primary",
            icon=":material/play_arrow:",
            key="start-season",
            disabled=not ui.may_edit(),
            help="Adds the photos, finds the animals, tells the deer apart and writes the report: the "
            "command `thumper start`. The photos stay where they are; nothing in them is changed.",
        ):
            plan = {"photos": str(seen.folder), "camera_level": seen.level, "species": species}
            ui.act(lambda: launches.start(base, "start", plan), "Started")
            st.rerun()


def _numbers(totals: tables.Totals, sightings: pl.DataFrame) -> None:
    """How many deer, the groups that this rests on, and the newest visits."""
    recent = overview.recent_visits(sightings)
    size = totals.size
    with st.container(key="numbers"):
        columns = st.columns([1.3, 1.5, 1.7], gap="small")
        _figure(
            columns[0],
            "Deer, estimated",
            size.figure,
            size.held,
            "How many deer are in the photos, with the 95% interval: so far the truth may lie from it. Where "
            "these pictures hardly tell one deer from another, the number is not known.",
        )
        _figure(
            columns[1],
            "Groups",
            f"{size.n_groups:,}",
            words.herd_counts(totals) if totals.n_deer and size.is_telling else "",
            "A group is pictures held to show one deer. A deer whose pictures were poor can be several, and "
            "two deer that look alike can be in one: so this is no count of deer.",
        )
        with columns[2], st.container(border=True, height="stretch", gap="xsmall"):
            st.caption("Visits in the last")
            for column, (name, value) in zip(st.columns(3), recent.items(), strict=True):
                column.metric(name, f"{value:,}")


def _figure(place: Any, label: str, value: str, below: str, explained: str) -> None:
    place.metric(
        label,
        value,
        delta=below or None,
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=explained,
    )


def _newest(source: Pages) -> None:
    with st.container(border=True, height="stretch"):
        st.subheader("Newest visits", anchor=False)
        rows = source.ask("newest_visits", 8)
        if rows.is_empty():
            st.caption("No deer have been told apart yet.")
            st.page_link(
                ui.page_of("process"), label="Process the photos", icon=":material/arrow_forward:"
            )
            return
        jpegs = source.jpegs(rows, 300)
        for start in (0, 4):
            chunk = list(zip(rows.to_dicts(), jpegs, strict=True))[start : start + 4]
            for column, (row, jpeg) in zip(st.columns(4, gap="small"), chunk, strict=False):
                with column:
                    st.image(jpeg, width="stretch")
                    st.page_link(
                        ui.page_of("herd"),
                        label=ui.plain(row["label"]),
                        query_params={"deer": row["individual_id"]},
                    )
                    when = words.when(row["started_at"], row["taken_at_precision"])
                    st.caption(f"{when}  \n{ui.plain(row['camera'])}")


def _attention(source: Pages) -> None:
    with st.container(border=True, height="stretch"):
        st.subheader("Needs attention", anchor=False)
        try:
            found = source.ask("attention")
        except ThumperError as error:
            st.error(str(error))
            return
        busy = progress.working()
        found = [one for one in found if not (one.is_idle and busy)]
        for one in found:
            with st.container(gap=None):
                st.markdown(f"{_ICONS[one.level]} **{ui.plain(one.title)}**")
                st.caption(ui.plain(one.detail))
                st.page_link(
                    ui.page_of(one.page), label=f"Open {one.page}", icon=":material/arrow_forward:"
                )
        for advice in source.ask("advice"):
            if advice.action != "nothing":
                st.markdown(f":material/lightbulb: {ui.plain(advice.reason)}")
                st.page_link(
                    ui.page_of("process"),
                    label=f"Process, about {ui.duration(advice.seconds)}",
                    icon=":material/arrow_forward:",
                )
        if not found:
            st.caption("Nothing. Every photo is processed and nothing contradicts itself.")
        herd_id, run_id = source.versions.herd_id, source.versions.run_id
        st.caption(f"Shown: herd {herd_id or '–'} of run {run_id or '–'}")
