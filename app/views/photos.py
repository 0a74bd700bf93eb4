"""All photos by filter, one of them in full, and what could not be read."""

from __future__ import annotations

import helps
import languages
import polars as pl
import progress
import streamlit as st
import ui
from cached import Pages

from thumper_core import csv_text, say
from thumper_core.questions import photo_list, words
from thumper_core.questions.photo_filter import NOBODY, PhotoFilter
from thumper_core.questions.photo_list import PhotoCounts
from thumper_core.work import launches
from views import photo_filters, photo_grid, photo_open, verdicts


def page() -> None:
    """Show one photo where the address names it, else the browser."""
    if not (ui.root() / "ledger.sqlite").is_file():
        ui.header(say("Photos"))
        ui.nothing_yet(
            say("No photos yet"), say("There is no workspace yet."), "overview", say("Start here")
        )
        return
    source = ui.pages()
    photo_id = st.query_params.get("photo")
    if photo_id:
        facts = source.ask("photo", photo_id)
        if facts is not None:
            photo_open.show(source, facts)
            return
    ui.header(say("Photos"), say("Every photo the cameras took, newest first."))
    if photo_id:
        st.warning(say("There is no such photo in this workspace."))
    if source.ask("totals").n_photos == 0:
        ui.nothing_yet(
            say("No photos yet"),
            say("Add a folder with photos first."),
            "process",
            say("Add photos"),
        )
        return
    tabs = st.tabs([say("Browse"), say("Not readable")], key="photo-tabs", on_change="rerun")
    if tabs[0].open:
        with tabs[0]:
            _browse(source)
    if tabs[1].open:
        with tabs[1]:
            _failures(source)


def _browse(source: Pages) -> None:
    chosen, row = photo_filters.choose(source)
    counts: PhotoCounts = source.ask("photo_counts", chosen)
    if counts.n_photos == 0:
        with row:
            _undo(source)
        st.info(say("No photo passes these filters."))
        return
    with row:
        boxes = f" · {words.counted(counts.n_boxes, 'box', 'boxes')}" if counts.n_boxes else ""
        weak = say(", {n:,} weak", n=counts.n_weak) if counts.n_weak else ""
        # The events of one deer are its visits, and are called so wherever it is.
        visits = words.counted(counts.n_events, "visit")
        events = words.counted(counts.n_events, "event")
        st.markdown(
            say(
                "**{photos}** in {visits}{boxes}",
                photos=words.counted(counts.n_photos, "photo"),
                visits=visits if _of_one(chosen) else events,
                boxes=f"{boxes}{weak}",
            ),
            width="content",
            help=helps.of("boxes"),
        )
        _tables(source, chosen)
        _undo(source)
    photo_grid.show(source, chosen, counts)


def _undo(source: Pages) -> None:
    if verdicts.undo_last(source):
        st.rerun()


def _tables(source: Pages, chosen: PhotoFilter) -> None:
    """What is shown, as tables for a spreadsheet."""
    of_one = (say("Visits (CSV)"), "visits")
    events = of_one if _of_one(chosen) else (say("Events (CSV)"), "events")
    for label, name, ask in (
        (*events, photo_list.event_table),
        (say("Photos (CSV)"), "photos", photo_list.photo_table),
    ):
        st.download_button(
            label,
            languages.in_english(lambda ask=ask: csv_text(ask(source.workspace, chosen))),
            file_name=f"{name}.csv",
            mime="text/csv",
            key=f"photos-csv-{name}",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )


def _of_one(chosen: PhotoFilter) -> bool:
    """Whether photos of one known deer are asked for."""
    return chosen.individual_id not in (None, NOBODY)


def _failures(source: Pages) -> None:
    reasons: pl.DataFrame = source.ask("reasons")
    if reasons.is_empty():
        st.success(
            say("Every photo that was looked at could be read."), icon=":material/check_circle:"
        )
        return
    st.dataframe(
        reasons.with_columns(
            pl.col("error_code").map_elements(words.reason, return_dtype=pl.String)
        ).select("error_code", "n_photos", "status", "message"),
        hide_index=True,
        column_config={
            "error_code": say("Reason"),
            "n_photos": say("Photos"),
            "message": say("For example"),
            "status": st.column_config.TextColumn(
                say("Used"), help=say("partial: what decoded was used")
            ),
        },
    )
    rows: pl.DataFrame = source.ask("failures", 500)
    st.dataframe(
        rows.select("camera", "path", "status", "message"),
        hide_index=True,
        height=380,
        column_config={
            "camera": say("Camera"),
            "path": say("File"),
            "status": say("Outcome"),
            "message": say("Why"),
        },
    )
    st.caption(
        say(
            "Looks at the folders again, so that files that were mended or copied anew are found, and "
            "tries the others once more."
        )
    )
    if st.button(
        say("Try again"),
        icon=":material/refresh:",
        key="retry",
        disabled=progress.working() or not ui.may_edit(),
    ):
        root, roots = source.workspace.root, source.workspace.ledger.roots()
        ui.act(
            lambda: launches.start(root, "process", {"paths": roots, "retry_failed": True}),
            say("Looking at the folders again"),
        )
        st.switch_page(ui.page_of("process"))
