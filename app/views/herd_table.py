"""The herd as a table: sorted, with the columns that one wants, rows to choose and to work on, and as CSV."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import languages
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import csv_text, say
from thumper_core.questions import words
from thumper_core.questions.herd_list import COLUMNS, USUAL, table
from views import herd_bulk

PER_PAGE = 60
PICTURE_PX = 120
ROW_PX = 56


def show(source: Pages, shown: pl.DataFrame) -> None:
    """Show a page of the groups that are wanted, and what can be done with those that are chosen."""
    is_telling = source.ask("totals").size.is_telling
    columns = st.pills(
        say("Columns"),
        [one for one in COLUMNS if is_telling or one != "sure"],  # a chance means nothing else
        selection_mode="multi",
        default=[one for one in USUAL if is_telling or one != "sure"],
        key="herd-columns",
        format_func=languages.in_words(COLUMNS),
        bind="query-params",
        persist_state="session",
    )
    if shown.is_empty():
        st.caption(say("No group is like that."))
        return
    columns = ["deer", *(one for one in columns if one != "deer")]
    offset = ui.pager("herd-table-page", shown.height, PER_PAGE)
    page = shown.slice(offset, PER_PAGE)
    place = st.container()
    rows = table(page, columns).insert_column(0, pictures(source, page))
    # Of other rows, or in another order, a choice would be of others: the table is a new one then.
    of = hashlib.blake2b(",".join(page["individual_id"]).encode(), digest_size=8).hexdigest()
    state: Any = st.dataframe(
        rows,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"herd-table-{of}",
        row_height=ROW_PX,
        height=min(ROW_PX * page.height + 40, 700),
        alt=say("The herd: a row for each group of pictures."),
        column_config=_config(columns),
    )
    chosen = page[list(state.selection.rows)] if state.selection.rows else page.clear()
    with place:
        herd_bulk.show(source, chosen)
    st.download_button(
        say("CSV of {rows}", rows=words.counted(shown.height, "row")),
        languages.in_english(lambda: csv_text(table(shown, columns)).encode()),
        file_name="herd.csv",
        mime="text/csv",
        icon=":material/download:",
        key="herd-csv",
        on_click="ignore",
        help=say("The rows that the filters leave, in this order, with these columns."),
    )


def pictures(source: Pages, page: pl.DataFrame) -> pl.Series:
    """The best picture of each, as the browser takes it inside a table."""
    best = source.ask("best", 1)
    rows = page.select("individual_id").join(
        best, on="individual_id", how="inner", maintain_order="left"
    )
    jpegs = dict(zip(rows["individual_id"], source.jpegs(rows, PICTURE_PX), strict=True))
    found = [
        "data:image/jpeg;base64," + base64.b64encode(jpegs[who]).decode() if who in jpegs else None
        for who in page["individual_id"]
    ]
    return pl.Series("picture", found, pl.String)


def _config(columns: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {name: say(COLUMNS[name]) for name in columns}
    made["picture"] = st.column_config.ImageColumn(say("Picture"), width=80)
    for name in ("first_seen", "last_seen"):
        made[name] = st.column_config.DateColumn(say(COLUMNS[name]), format="D MMM YYYY")
    made["cameras"] = st.column_config.TextColumn(say(COLUMNS["cameras"]), width=150)
    made["sure"] = st.column_config.NumberColumn(
        say(COLUMNS["sure"]),
        format="percent",
        help=say(
            "The chance, by the herd's own calibration, that a picture of the group belongs to the rest of "
            "it, on average. A group of one burst has none."
        ),
    )
    return made
