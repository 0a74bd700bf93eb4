"""What people decided about one animal, by whom and when, each to take back."""

from __future__ import annotations

import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import say
from thumper_core.decisions import kinds
from thumper_core.questions import words
from views import compared_pictures, dialogs, verdicts

SHOWN = 8


def show(source: Pages, who: str) -> None:
    """Show them, newest first."""
    rows: pl.DataFrame = source.ask("decided_about", who)
    with st.container(border=True):
        st.subheader(
            say("Decisions ({height:,})", height=rows.height) if rows.height else say("Decisions"),
            anchor=False,
        )
        if rows.is_empty():
            st.caption(say("Nothing has been decided about this deer yet."))
            return
        whole = rows.height <= SHOWN or st.toggle(
            say("Show all {height:,}", height=rows.height), key=f"said-{who}"
        )
        shown = rows.head(rows.height if whole else SHOWN)
        pictures: pl.DataFrame = source.ask("compared", tuple(shown["decision_id"]))
        for row in shown.to_dicts():
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                about = f": {ui.plain(row['about'])}" if row["about"] else ""
                st.markdown(f"**{ui.plain(row['what'])}**{about}", width="stretch")
                st.caption(
                    say(
                        "{author}, {moment} UTC",
                        author=ui.plain(row["author"]),
                        moment=words.moment(row["made_at"]),
                    )
                )
                if verdicts.undo_button(row["decision_id"]):
                    number = row["decision_id"]
                    dialogs.at_once(source, lambda n=number: kinds.Undo(n), say("Taken back"))
            compared_pictures.show(
                source, pictures.filter(pl.col("decision_id") == row["decision_id"])
            )
