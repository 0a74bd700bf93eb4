"""Who is new, born, back, missing, unsure or lost in a year, as pictures that lead to the deer's page."""

from __future__ import annotations

from typing import Any

import album
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import say
from thumper_core.questions import words
from thumper_core.questions.year_standings import STANDINGS, stands
from views.deer_years import AGES

PER_PAGE = 12
COLUMNS = 6


def show(source: Pages, told: pl.DataFrame, year: int) -> None:
    """Show those of one year."""
    found = stands(told, year)
    if not found:
        st.caption(say("The same deer as in the year before, as far as they are known."))
        return
    shown = [one for one in STANDINGS if one.key in found]
    chosen = st.segmented_control(
        say("Who"),
        [one.key for one in shown],
        default=shown[0].key,
        required=True,
        key=f"standing-{year}",
        label_visibility="collapsed",
        format_func=lambda key: next(
            f"{say(one.title)} ({found[key].height})" for one in shown if one.key == key
        ),
    )
    one = next((one for one in shown if one.key == chosen), shown[0])
    st.caption(say(one.means))
    rows = found[one.key]
    offset = ui.pager(f"standing-page-{year}-{one.key}", rows.height, PER_PAGE)
    part = rows.slice(offset, PER_PAGE)
    pictures: pl.DataFrame = source.ask("detections", tuple(part["detection_id"]))
    own = part.drop("label", "sex", "age_class")
    with_pictures = own.join(
        pictures.drop("individual_id"), on="detection_id", how="inner", maintain_order="left"
    ).join(
        part.select("individual_id", grown="age_class"), on="individual_id", maintain_order="left"
    )

    def below(row: dict[str, Any]) -> None:
        st.page_link(
            ui.page_of("herd"),
            label=f"**{ui.plain(row['label'] or row['individual_id'])}**",
            query_params={"deer": row["individual_id"]},
        )

    album.picture_rows(source, with_pictures, _caption, columns=COLUMNS, below=below)


def _caption(row: dict[str, Any]) -> str:
    """When it was seen how often, and what people said of it."""
    visits = words.counted(row["n_visits"], "visit")
    age = say(AGES[row["grown"] or "unknown"])
    told = say("{age}, {visits} in {season}", age=age, visits=visits, season=row["season"])
    if row["standing"] in ("harvested", "dead", "gone"):
        return f"{words.status(row['standing'])}  \n{told}"
    if row["standing"] in ("missing", "unseen"):
        return say("{told}  \nlast seen {day}", told=told, day=words.day(row["last_seen"]))
    return told
