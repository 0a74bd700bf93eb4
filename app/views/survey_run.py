"""How a survey runs: each camera on each day, gaps and what people say of them, bait, cameras to visit."""

from __future__ import annotations

from datetime import date
from typing import Final

import answers_told
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import csv_text, figures, say
from thumper_core.decisions.kinds import CameraWorked, KeptSurvey, Undo
from thumper_core.questions import kept_surveys, survey_run, words
from views import verdicts

SHOWN: Final = 8


def show(source: Pages, kept: KeptSurvey) -> None:
    """Show it."""
    with ui.said():
        run: survey_run.Run = source.ask("survey_run", kept.name, date.today())
        if run.state != kept_surveys.PLANNED:
            st.markdown(ui.plain(run.lead))
        with st.container(border=True):
            st.subheader(say("What each camera did"), anchor=False)
            ui.chart(figures.days_of_cameras(run.calendar), "survey-days")
            _effort(run)
        left, right = st.columns([3, 2], gap="medium")
        with left, st.container(border=True, height="stretch"):
            _gaps(source, run)
        with right:
            with st.container(border=True):
                _visits(run)
            if run.bait:
                with st.container(border=True):
                    _bait(run)
            with st.container(border=True):
                _say(source, run)


def _effort(run: survey_run.Run) -> None:
    """Days of each camera, as a table and to take along."""
    rows = run.effort
    if rows.is_empty():
        return
    names = {
        "camera": say("Camera"),
        "worked": say("Days that count"),
        "not_worked": say("Days that do not"),
        "not_yet": say("Not yet known"),
    }
    with st.expander(say("The same as a table")):
        st.table(rows.rename(names), border="horizontal", hide_index=True)
    st.download_button(
        say("CSV of {rows}", rows=words.counted(run.calendar.height, "row")),
        lambda: csv_text(run.calendar).encode(),
        file_name=f"{run.survey.name}-days.csv",
        mime="text/csv",
        icon=":material/download:",
        key="survey-days-csv",
        on_click="ignore",
    )


def _gaps(source: Pages, run: survey_run.Run) -> None:
    st.subheader(say("Gaps"), anchor=False)
    st.caption(
        say(
            "A silence that a camera's own gaps explain counts as worked. One with a chance below "
            "{chance:.0%} while it works, and more than twice as long as its others, does not. You may know "
            "better.",
            chance=survey_run.CHANCE_MAX,
        )
    )
    if not run.gaps:
        st.caption(say("No camera was silent for {n} days or longer.", n=survey_run.GAP_DAYS_MIN))
        return
    whole = len(run.gaps) <= SHOWN or st.toggle(
        say("Show all {height:,}", height=len(run.gaps)), key="survey-gaps-all"
    )
    for gap in run.gaps if whole else run.gaps[:SHOWN]:
        _gap(source, gap)


def _gap(source: Pages, gap: survey_run.Gap) -> None:
    """One silence, why, and the two answers of a person."""
    key = f"{gap.camera}-{gap.first}"
    with st.container(gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            days = words.counted(gap.days, "day")
            st.markdown(
                f"**{ui.plain(gap.camera)}**, {words.day(gap.first)} – {words.day(gap.last)} ({days})",
                width="stretch",
            )
            if gap.counts:
                st.badge(say("Counts"), icon=":material/check:", color="green")
            else:
                st.badge(say("Does not count"), icon=":material/close:", color="orange")
        st.caption(" ".join([ui.plain(gap.why), *map(ui.plain, gap.reasons)]))
        with st.container(horizontal=True, gap="small"):
            for worked, label in ((True, say("It worked")), (False, say("It was dead"))):
                if st.button(
                    label,
                    key=f"gap-{worked}-{key}",
                    type="tertiary",
                    disabled=not ui.may_edit() or gap.said == worked,
                    help=f"{gap.camera}, {words.day(gap.first)} – {words.day(gap.last)}",
                ):
                    _word(source, gap.camera, gap.first, gap.last, worked=worked)


def _word(source: Pages, camera: str, first: date, last: date, *, worked: bool) -> None:
    ui.decide(source, lambda: CameraWorked(camera, first, last, worked), say("Noted"))
    st.rerun()


def _visits(run: survey_run.Run) -> None:
    st.subheader(say("Cameras to visit"), anchor=False)
    if not run.visits:
        st.caption(say("None: no camera's photos say that something is wrong with it."))
    for visit in run.visits:
        st.markdown(f":material/warning: **{ui.plain(visit.camera)}**: {ui.plain(visit.reason)}")


def _bait(run: survey_run.Run) -> None:
    st.subheader(say("With bait and without"), anchor=False)
    for one in run.bait:
        answers_told.show(one)


def _say(source: Pages, run: survey_run.Run) -> None:
    """What people said of these cameras' days, to take back, and the form to say more."""
    st.subheader(say("What you know of a camera"), anchor=False)
    said: pl.DataFrame = source.ask("said_spans")
    first, last = run.survey.first, run.survey.last
    cameras = run.calendar["camera"].unique(maintain_order=True).to_list()
    mine = said.filter(
        pl.col("camera").is_in(cameras) & (pl.col("first") <= last) & (pl.col("last") >= first)
    )
    for row in mine.reverse().head(SHOWN).iter_rows(named=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            what = say("worked") if row["worked"] else say("was dead")
            st.markdown(
                f"{ui.plain(row['camera'])} {what}, {words.day(row['first'])} – {words.day(row['last'])}",
                width="stretch",
            )
            if verdicts.undo_button(row["decision_id"]):
                number = row["decision_id"]
                ui.decide(source, lambda n=number: Undo(n), say("Taken back"))
                st.rerun()
    if not cameras:
        return
    with st.form("camera-days", border=False):
        camera = st.selectbox(say("Camera"), cameras, key="said-camera")
        begins, ends = st.columns(2, gap="small")
        since = begins.date_input(say("From"), value=first, format="YYYY-MM-DD") or first
        until = ends.date_input(say("To"), value=first, format="YYYY-MM-DD") or first
        worked = st.segmented_control(
            say("Then it"),
            [False, True],
            default=False,
            required=True,
            format_func=lambda one: say("worked") if one else say("was dead"),
        )
        if st.form_submit_button(say("Note it"), disabled=not ui.may_edit()):
            _word(source, str(camera), since, until, worked=bool(worked))  # type: ignore[arg-type]
