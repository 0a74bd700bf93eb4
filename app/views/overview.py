"""The first page: the herd in numbers, what is new, and what needs a person."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

import empty_herd
import follow
import helps
import polars as pl
import progress
import streamlit as st
import ui
from cached import Pages

from thumper_core import ThumperError, figures, language, mark, say
from thumper_core.questions import overview, tables, words

_OPEN = {
    "photos": mark("Open photos"),
    "process": mark("Open process"),
    "review": mark("Open review"),
    "health": mark("Open health"),
}
_ICONS = {"error": ":material/error:", "warning": ":material/warning:", "info": ":material/info:"}


def _first_start() -> ModuleType:
    """The steps of an empty workspace: most pages that are opened need none of them."""
    return import_module("views.first_start")


def page() -> None:
    """Show the page."""
    if not (ui.root() / "ledger.sqlite").is_file():
        _first_start().welcome()
        return
    source = ui.pages()
    totals: tables.Totals = source.ask("totals")
    period = words.period(totals.first_photo_at, totals.last_photo_at)
    photos, cameras = (
        words.counted(totals.n_photos, "photo"),
        words.counted(totals.n_cameras, "camera"),
    )
    lead = say("{photos} of {cameras} {period}", photos=photos, cameras=cameras, period=period)
    ui.header(say("Overview"), lead if totals.n_photos else "")
    progress.show(compact=True)
    follow.herd_follows(source)
    if totals.n_photos == 0:
        if not progress.working():
            _first_start().show(
                say("There are no photos yet"),
                say(
                    "Add a folder with trail-camera photos: they stay "
                    "where they are, nothing in them is changed."
                ),
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
        clocks, is_quiet = _attention(source)
    left, right = st.columns([3, 2], gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.subheader(say("When they come"), anchor=False)
        ui.chart(figures.activity_by_hour(sightings), "activity", height=330)
    with right, st.container(border=True, height="stretch"):
        st.subheader(say("Where the cameras are"), anchor=False)
        ui.chart(figures.camera_map(source.ask("places")), "map", height=330)
        for finding in source.ask("place_findings"):
            st.caption(f":material/warning: {ui.plain(f'{finding.camera}: {finding.message}')}")
    with st.container(border=True):
        st.subheader(say("Photos of each camera"), anchor=False)
        ui.chart(figures.photos_per_camera(source.ask("effort")), "effort")
    with clocks:  # last: every photo is looked at for it
        wrong = source.ask("clock_warnings")
        _told(wrong)
        if not wrong and is_quiet:
            st.caption(say("Nothing. Every photo is processed and nothing contradicts itself."))


def _numbers(totals: tables.Totals, sightings: pl.DataFrame) -> None:
    """How many deer, the groups that this rests on, and the newest visits."""
    recent = overview.recent_visits(sightings)
    size = totals.size
    with st.container(key="numbers"):
        columns = st.columns([1.3, 1.5, 1.7], gap="small")
        _figure(
            columns[0],
            say("Deer, estimated"),
            size.figure,
            size.held,
            helps.of("deer"),
        )
        _figure(
            columns[1],
            say("Groups"),
            language.figure(size.n_groups, ","),
            words.herd_counts(totals) if totals.n_deer and size.is_telling else "",
            helps.of("groups"),
        )
        with columns[2], st.container(border=True, height="stretch", gap="xsmall"):
            st.caption(say("Visits in the last"), help=helps.of("visits"))
            for column, (name, value) in zip(st.columns(3), recent.items(), strict=True):
                column.metric(say(name), language.figure(value, ","))


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
        st.subheader(say("Newest visits"), anchor=False)
        rows = source.ask("newest_visits", 8)
        if rows.is_empty():
            st.caption(say("No deer have been told apart yet."))
            st.page_link(
                ui.page_of("process"),
                label=say("Process the photos"),
                icon=":material/arrow_forward:",
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


def _attention(source: Pages) -> tuple[Any, bool]:
    """What needs a person; gives the place for what is found later, and whether nothing was."""
    with st.container(border=True, height="stretch"):
        st.subheader(say("Needs attention"), anchor=False)
        try:
            found = source.ask("attention")
        except ThumperError as error:
            st.error(str(error))
            return st.container(), False
        busy = progress.working()
        found = [one for one in found if not (one.is_idle and busy)]
        _told(found)
        later = st.container()
        for advice in source.ask("advice"):
            if advice.action != "nothing":
                st.markdown(f":material/lightbulb: {ui.plain(advice.reason)}")
                st.page_link(
                    ui.page_of("process"),
                    label=say("Process, about {duration}", duration=ui.duration(advice.seconds)),
                    icon=":material/arrow_forward:",
                )
        herd_id, run_id = source.versions.herd_id, source.versions.run_id
        st.caption(
            say(
                "Shown: herd {herd_id} of run {run_id}",
                herd_id=herd_id or "–",
                run_id=run_id or "–",
            )
        )
    return later, not found


def _told(found: list[overview.Attention]) -> None:
    for one in found:
        with st.container(gap=None):
            st.markdown(f"{_ICONS[one.level]} **{ui.plain(one.title)}**")
            st.caption(ui.plain(one.detail))
            st.page_link(
                ui.page_of(one.page),
                label=say(_OPEN[one.page]),
                icon=":material/arrow_forward:",
            )
