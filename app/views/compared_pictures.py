"""The two pictures of a verdict, small, each with its place and time and the way to its photo."""

from __future__ import annotations

import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import say
from thumper_core.questions import words

SMALL_PX = 160
_SHOWN_PX = 110


def show(source: Pages, rows: pl.DataFrame) -> None:
    """Show the pictures of one decision, as `compared.compared` has them."""
    with st.container(horizontal=True, gap="small"):
        for row, jpeg in zip(rows.to_dicts(), source.jpegs(rows, SMALL_PX), strict=True):
            when = words.when(row["taken_at"], row["taken_at_precision"])
            with st.container(width=_SHOWN_PX, gap="xxsmall"):
                st.image(
                    jpeg,
                    width=_SHOWN_PX,
                    alt=say("A picture from {camera}, {when}", camera=row["camera"], when=when),
                )
                st.page_link(
                    ui.page_of("photos"),
                    label=f"{ui.plain(row['camera'])}, {when}",
                    query_params={"photo": row["photo_id"]},
                )
