"""Reports to keep and to send: written into the workspace, downloaded from here."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import languages
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import REPORT_NAMES, csv_text, language, mark, say, when_made, write_reports
from thumper_core.questions import words

_FORMATS = {
    "html": (mark("Herd report"), "text/html"),
    "pdf": (mark("Herd report to print"), "application/pdf"),
    "xlsx": (
        mark("Workbook for spreadsheets"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "weekly": (mark("Weekly summary"), "text/html"),
    "lease": (mark("Lease report to print"), "application/pdf"),
}


def page() -> None:
    """Show the page."""
    ui.header(say("Reports"), say("What the herd looks like, on pages that need no network."))
    if not (ui.root() / "ledger.sqlite").is_file():
        ui.nothing_yet(
            say("Nothing to report yet"),
            say("There is no workspace yet."),
            "overview",
            say("Start here"),
        )
        return
    source = ui.pages()
    if source.ask("totals").n_photos == 0:
        ui.nothing_yet(
            say("Nothing to report yet"),
            say("There are no photos yet."),
            "process",
            say("Add photos"),
        )
        return
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        _reports(source)
    with right, st.container(border=True, height="stretch"):
        _tables(source)
    with st.container(border=True):
        st.subheader(say("In short"), anchor=False)
        for sentence in words.summary(
            source.ask("totals"),
            source.ask("cards"),
            source.ask("sightings"),
            source.ask("no_deer"),
        ):
            st.markdown(ui.prose(sentence))


def _reports(source: Pages) -> None:
    st.subheader(say("Reports"), anchor=False)
    wanted = st.pills(
        say("Write"),
        list(_FORMATS),
        selection_mode="multi",
        default=["html"],
        key="formats",
        format_func=lambda name: say(_FORMATS[name][0]),
    )
    if st.button(
        say("Write"),
        type="primary",
        icon=":material/summarize:",
        key="write-report",
        disabled=not wanted or not ui.may_edit(),
    ):
        locale = language.current()
        with st.spinner(say("Writing")):
            ui.act(
                languages.in_english(
                    lambda: write_reports(source.workspace, wanted, locale=locale)
                ),
                say("Written"),
            )
        st.rerun()
    herd = source.workspace.ledger.promoted_herd()
    for name, (title, kind) in _FORMATS.items():
        path = _file(source, name)
        if path.is_file():
            size = path.stat().st_size / 1e6
            st.download_button(
                say("{title} ({size:.1f} MB)", title=say(title), size=size),
                path.read_bytes(),
                file_name=path.name,
                mime=kind,
                icon=":material/download:",
                key=f"get-{name}",
            )
            made = when_made(source.workspace.reports_dir / REPORT_NAMES[name])
            st.caption(ui.plain(made.sentence))
            if herd is not None and herd.created_at.replace(tzinfo=UTC) > made.at:
                st.caption(
                    say(
                        ":material/update: The herd has changed since. Write it anew to have what is shown."
                    )
                )


def _file(source: Pages, name: str) -> Path:
    """The file of a report; a summary is a folder with a page in it."""
    path = source.workspace.reports_dir / REPORT_NAMES[name]
    return path / "summary.html" if name == "weekly" else path


def _tables(source: Pages) -> None:
    st.subheader(say("Tables"), anchor=False)
    st.caption(say("As CSV, for a spreadsheet or a script."))
    tables = {
        mark("Individuals"): source.ask("cards").with_columns(pl.col("cameras").list.join("; ")),
        mark("Sightings"): source.ask("sightings"),
        mark("Cameras"): source.ask("effort"),
    }
    for name, table in tables.items():
        st.download_button(
            f"{say(name)} ({words.counted(table.height, 'row')})",
            csv_text(table).encode(),
            icon=":material/download:",
            file_name=f"{name.lower()}.csv",
            mime="text/csv",
            key=f"csv-{name}",
        )
