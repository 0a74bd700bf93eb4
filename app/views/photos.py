"""All photos by filter, one of them in full with its boxes, and what could not be read."""

from __future__ import annotations

from typing import Any, cast

import polars as pl
import progress
import streamlit as st
import ui
from cached import Pages

from thumper_core.questions import words
from thumper_core.questions.browse import SHOWS, PhotoFilter, PhotoList, Show
from thumper_core.work import launches
from views import boxes

PER_PAGE = 24
COLUMNS = 6


def page() -> None:
    """Show one photo where the address names it, else the browser."""
    if not (ui.root() / "ledger.sqlite").is_file():
        ui.header("Photos")
        ui.nothing_yet("No photos yet", "There is no workspace yet.", "overview", "Start here")
        return
    source = ui.pages()
    photo_id = st.query_params.get("photo")
    if photo_id:
        facts = source.ask("photo", photo_id)
        if facts is not None:
            boxes.show(source, facts)
            return
    ui.header("Photos", "Every photo the cameras took, newest first.")
    if photo_id:
        st.warning("There is no such photo in this workspace.")
    if source.ask("totals").n_photos == 0:
        ui.nothing_yet("No photos yet", "Add a folder with photos first.", "process", "Add photos")
        return
    tabs = st.tabs(["Browse", "Not readable"], key="photo-tabs", on_change="rerun")
    if tabs[0].open:
        with tabs[0]:
            _browse(source)
    if tabs[1].open:
        with tabs[1]:
            _failures(source)


def _browse(source: Pages) -> None:
    chosen = _filter(source)
    mark = f"photos-{hash(chosen)}"
    offset = int(st.session_state.get(mark, 0)) * PER_PAGE
    listed: PhotoList = source.ask("photos", chosen, offset, PER_PAGE)
    if listed.total == 0:
        st.info("No photo passes these filters.")
        return
    ui.pager(mark, listed.total, PER_PAGE)
    whole = listed.rows.with_columns(
        pl.col("photo_id").alias("detection_id"),
        pl.lit(0.0).alias("x1"),
        pl.lit(0.0).alias("y1"),
        pl.col("width").fill_null(1).cast(pl.Float64).alias("x2"),
        pl.col("height").fill_null(1).cast(pl.Float64).alias("y2"),
    )
    jpegs = source.jpegs(whole, 320)
    found = list(zip(listed.rows.to_dicts(), jpegs, strict=True))
    grid = st.container(key="photo-grid")
    for start in range(0, len(found), COLUMNS):
        places = grid.columns(COLUMNS, gap="small")
        for place, (row, jpeg) in zip(places, found[start : start + COLUMNS], strict=False):
            with place, st.container(gap="xsmall"):
                st.image(jpeg, width="stretch")
                st.page_link(
                    ui.page_of("photos"),
                    label=_short_time(row),
                    query_params={"photo": row["photo_id"]},
                )
                st.caption(f"{ui.plain(row['camera'])}  \n{_outcome(row)}")


def _short_time(row: dict[str, Any]) -> str:
    if row["taken_at_precision"] == "unknown":
        return "time unknown"
    return (
        f"{row['taken_at']:{'%-d %b' if row['taken_at_precision'] == 'day' else '%-d %b, %H:%M'}}"
    )


def _outcome(row: dict[str, Any]) -> str:
    if row["status"] is None:
        return "not looked at yet"
    if row["status"] == "error":
        return "not readable"
    if row["duration_s"] is not None:  # its boxes are the best frames of each animal
        return "clip, animals" if row["n_detections"] else "clip, nothing"
    return words.counted(row["n_detections"], "animal") if row["n_detections"] else "nothing"


def _filter(source: Pages) -> PhotoFilter:
    offered = source.ask("choices")
    people = source.ask("cards").filter(pl.col("n_visits") > 0)
    labels = dict(people.select("individual_id", "label").iter_rows())
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        show = st.selectbox(
            "Show", list(SHOWS), format_func=SHOWS.__getitem__, key="photo-show", width=190
        )
        camera = st.selectbox(
            "Camera",
            [None, *offered["cameras"]],
            key="photo-camera",
            width=160,
            format_func=ui.option_names(offered["cameras"], "All cameras"),
        )
        who = st.selectbox(
            "Deer",
            [None, *labels],
            key="photo-who",
            width=160,
            format_func=lambda i: "Anybody" if i is None else labels[i],
        )
        days = st.date_input(
            "Days",
            value=(offered["first"], offered["last"]),
            min_value=offered["first"],
            max_value=offered["last"],
            key="photo-days",
            width=230,
        )
    first, last = days if isinstance(days, tuple) and len(days) == 2 else (None, None)
    whole = (first, last) == (offered["first"], offered["last"])
    return PhotoFilter(
        cast(Show, show), camera, None if whole else first, None if whole else last, who
    )


def _failures(source: Pages) -> None:
    reasons: pl.DataFrame = source.ask("reasons")
    if reasons.is_empty():
        st.success("Every photo that was looked at could be read.", icon=":material/check_circle:")
        return
    st.dataframe(
        reasons.with_columns(
            pl.col("error_code").map_elements(words.reason, return_dtype=pl.String)
        ).select("error_code", "n_photos", "status", "message"),
        hide_index=True,
        column_config={
            "error_code": "Reason",
            "n_photos": "Photos",
            "message": "For example",
            "status": st.column_config.TextColumn("Used", help="partial: what decoded was used"),
        },
    )
    rows: pl.DataFrame = source.ask("failures", 500)
    st.dataframe(
        rows.select("camera", "path", "status", "message"),
        hide_index=True,
        height=380,
        column_config={
            "camera": "Camera",
            "path": "File",
            "status": "Outcome",
            "message": "Why",
        },
    )
    st.caption(
        "Looks at the folders again, so that files that were mended or copied anew are found, and "
        "tries the others once more."
    )
    if st.button(
        "Try again",
        icon=":material/refresh:",
        key="retry",
        disabled=progress.working() or not ui.may_edit(),
    ):
        root, roots = source.workspace.root, source.workspace.ledger.roots()
        ui.act(
            lambda: launches.start(root, "process", {"paths": roots, "retry_failed": True}),
            "Looking at the folders again",
        )
        st.switch_page(ui.page_of("process"))
