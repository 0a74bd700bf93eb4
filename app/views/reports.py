"""Reports to keep and to send: written into the workspace, downloaded from here."""

from __future__ import annotations

import io

import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core.report import html, words


def page() -> None:
    """Show the page."""
    ui.header("Reports", "What the herd looks like, on one page that needs no network.")
    if not (ui.root() / "ledger.sqlite").is_file():
        ui.nothing_yet("Nothing to report yet", "There is no workspace yet.", "overview",
                       "Start here")  # fmt: skip
        return
    source = ui.pages()
    if source.ask("totals").n_photos == 0:
        ui.nothing_yet("Nothing to report yet", "There are no photos yet.", "process", "Add photos")
        return
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        _report(source)
    with right, st.container(border=True, height="stretch"):
        _tables(source)
    with st.container(border=True):
        st.subheader("In short", anchor=False)
        for sentence in words.summary(
            source.ask("totals"), source.ask("cards"), source.ask("sightings")
        ):
            st.markdown(ui.plain(sentence).replace("\\`", "`"))


def _report(source: Pages) -> None:
    st.subheader("Herd report", anchor=False)
    st.caption("Every deer with its pictures, figures, cameras and failures: one HTML file.")
    path = source.workspace.reports_dir / html.FILE_NAME
    if st.button("Write the report", type="primary", icon=":material/summarize:", key="write-report",
                 disabled=not ui.may_edit()):  # fmt: skip
        with st.spinner("Writing"):
            ui.act(lambda: html.report(source.workspace), "The report is written")
        st.rerun()
    if path.is_file():
        size = path.stat().st_size / 1e6
        st.download_button(f"Download ({size:.1f} MB)", path.read_bytes(), file_name=path.name,
                           mime="text/html", icon=":material/download:")  # fmt: skip


def _tables(source: Pages) -> None:
    st.subheader("Tables", anchor=False)
    st.caption("As CSV, for a spreadsheet or a script.")
    tables = {
        "Individuals": source.ask("cards").with_columns(pl.col("cameras").list.join("; ")),
        "Sightings": source.ask("sightings"),
        "Cameras": source.ask("effort"),
    }
    for name, table in tables.items():
        buffer = io.BytesIO()
        table.write_csv(buffer)
        st.download_button(
            f"{name} ({table.height:,} rows)", buffer.getvalue(), icon=":material/download:",
            file_name=f"{name.lower()}.csv", mime="text/csv", key=f"csv-{name}",
        )  # fmt: skip
