"""Is everything well: photos by state, cameras, failures, disk, the machine, readiness."""

from __future__ import annotations

from typing import Any

import helps
import plotly.graph_objects as go
import polars as pl
import progress
import streamlit as st
import ui
from cached import Pages, machine

from thumper_core import ClockFix, Gpu, doctor, figures, history, language, readiness, say, theme
from thumper_core.questions import words
from views import clocks, fixtures

_MARKS = {
    "ok": ":green[:material/check_circle:]",
    "note": ":orange[:material/info:]",
    "missing": ":red[:material/error:]",
}


def page() -> None:
    """Show the page."""
    ui.header(
        say("Health"), say("Whether the work, the cameras, the disk and this machine are well.")
    )
    root = ui.root()
    if (root / "ledger.sqlite").is_file():
        source = ui.pages()
        state: dict[str, Any] = source.ask("health")
        _numbers(state)
        progress.show()
        # What is wrong with a camera is said below, beside what mends it.
        for anomaly in state["anomalies"]:
            if anomaly["key"].startswith("camera_"):
                continue
            st.warning(ui.plain(anomaly["message"]), icon=":material/warning:")
        left, right = st.columns([3, 2], gap="medium")
        with left, st.container(border=True, height="stretch"):
            _cameras(source, state)
        with right, st.container(border=True, height="stretch"):
            _failures(source)
        fixtures.show(source)
        left, right = st.columns([3, 2], gap="medium")
        with left, st.container(border=True, height="stretch"):
            _new_profiles(state)
        with right, st.container(border=True, height="stretch"):
            st.subheader(say("Ready for names"), anchor=False)
            with st.container(gap="xsmall"):
                for one in readiness(
                    history.herd_history(source.workspace.ledger.herds())
                ).criteria:
                    st.markdown(f"{_MARKS['ok' if one.met else 'note']} {one.title}: {one.shown}")
    with st.container(border=True):
        st.subheader(say("This machine"), anchor=False)
        with st.skeleton(height=160):
            findings = [*machine(), doctor.examine_disk(root)]
        lines = st.container(gap="xsmall")
        for finding in findings:
            advice = f"  \n{ui.plain(finding.advice)}" if finding.advice else ""
            lines.markdown(
                f"{_MARKS[finding.level]} **{ui.plain(finding.subject)}**: "
                f"{ui.plain(finding.detail)}{advice}"
            )


def _numbers(state: dict[str, Any]) -> None:
    photos = state["photos"]
    rate = state["photos_per_s"]
    values = (
        (say("Photos"), language.figure(photos["total"], ","), helps.of("photos")),
        (say("Waiting"), language.figure(photos["pending"], ","), helps.of("photos")),
        (say("Not readable"), language.figure(photos["failed"], ","), helps.of("not_readable")),
        (say("Photos/s"), "–" if rate is None else language.figure(rate, ".1f"), helps.of("rate")),
        (
            say("Ledger"),
            say("well") if state["ledger"] == "ok" else say("damaged"),
            helps.of("ledger"),
        ),
        (
            say("Disk left"),
            say("{free_bytes:,.0f} GB", free_bytes=state["disk"]["free_bytes"] / 1e9),
            helps.of("disk"),
        ),
    )
    columns = st.columns(len(values), gap="small")
    for column, (name, value, told) in zip(columns, values, strict=True):
        column.metric(name, value, border=True, help=told)
    for gpu in state["gpus"]:
        st.caption(ui.plain(Gpu(**gpu).summary))


def _cameras(source: Pages, state: dict[str, Any]) -> None:
    st.subheader(say("Cameras"), anchor=False)
    for number, finding in enumerate(state["cameras"]):
        st.markdown(
            f"{_MARKS['note']} **{ui.plain(finding['camera'])}**: {ui.plain(finding['message'])}"
        )
        if finding["fix"]:
            fix = ClockFix(**finding["fix"])
            clocks.button(
                source, finding["camera"], fix, say("Correct its clock"), f"fix-{number}", "build"
            )
    for remark in state["remarks"]:
        st.markdown(f"{_MARKS['note']} {ui.plain(remark)}")
    effort: pl.DataFrame = source.ask("effort")
    st.dataframe(
        effort.select("camera", "n_photos", "n_failed", "n_days", "last_at"),
        hide_index=True,
        column_config={
            "camera": say("Camera"),
            "n_photos": say("Photos"),
            "n_failed": say("Not readable"),
            "n_days": say("Days"),
            "last_at": st.column_config.DatetimeColumn(say("Last photo"), format="D MMM YYYY"),
        },
    )
    clocks.show(source, effort["camera"].to_list())


def _failures(source: Pages) -> None:
    st.subheader(say("Failures by reason"), anchor=False)
    reasons: pl.DataFrame = source.ask("reasons")
    for row in reasons.to_dicts():
        with st.container(gap="xxsmall"):
            st.markdown(f"**{words.reason(row['error_code'])}**: {row['n_photos']:,}")
            st.caption(ui.plain(row["message"] or ""))
    if reasons.is_empty():
        st.caption(say("None."))


def _new_profiles(state: dict[str, Any]) -> None:
    st.subheader(say("Deer first seen, by day"), anchor=False)
    days = state["new_profiles"]
    if not days:
        st.caption(say("No deer have been told apart yet."))
        return
    figure = go.Figure()
    figure.add_bar(
        x=list(days), y=list(days.values()), marker_color=theme.GOOD, hovertemplate="%{x}: %{y}"
    )
    figure.update_yaxes(tickformat=",d", rangemode="tozero")
    ui.chart(figures.finish(figure, height=240), "new-profiles")
