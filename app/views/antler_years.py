"""One deer's age and antlers by year, as people judged them, with its pictures to judge."""

from __future__ import annotations

from typing import Any

import album
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import mark, say
from views import antlers

PICTURES = 8
_GROWN = {
    "fawn": mark("a fawn"),
    "yearling": mark("a yearling"),
    "adult": mark("grown"),
}


def show(source: Pages, who: str) -> None:
    """Show them, the newest year first."""
    years: pl.DataFrame = source.ask("deer_years", who)
    if years.is_empty():
        return
    with st.container(border=True):
        st.subheader(say("Age and antlers"), anchor=False)
        for row in years.iter_rows(named=True):
            _year(row)
        seasons = dict(years.select("season", "year").iter_rows())
        season = next(iter(seasons))
        if len(seasons) > 1:
            chosen = st.segmented_control(
                say("Pictures of"), list(seasons), default=season, key=f"antlers-of-{who}"
            )
            season = chosen or season
        rows: pl.DataFrame = source.ask("pictures_of_year", who, seasons[season], PICTURES)

        def below(row: dict[str, Any]) -> None:
            if st.button(
                say("Judge"),
                key=f"judge-{row['detection_id']}",
                icon=":material/straighten:",
                width="stretch",
                help=say("Its age, its points, and marks on its antlers"),
            ):
                antlers.judge(row["detection_id"])

        album.picture_rows(source, rows, album.short_moment, columns=4, below=below)


def _year(row: dict[str, Any]) -> None:
    """One line a year: what people judged, what boxes show, when antlers were seen how."""
    told = [row["judged"] or say("nothing judged yet")]
    if row["age_class"] in _GROWN:
        told.append(say("by its boxes {age}", age=say(_GROWN[row["age_class"]])))
    worn = ((mark("in velvet {when}"), "velvet"), (mark("hard {when}"), "hard"))
    told += [
        say(text, when=row[state])
        for text, state in (*worn, (mark("shed {when}"), "shed"))
        if row[state]
    ]
    st.markdown(f"**{ui.plain(row['season'])}**: {ui.plain(' · '.join(told))}")
    if row["no_score"] and row["score_in"] is None and row["marked_pictures"]:
        st.caption(ui.plain(say("No score yet: {why}.", why=row["no_score"])))
    if row["age_conflict"]:
        st.warning(ui.plain(row["age_conflict"]), icon=":material/warning:")
