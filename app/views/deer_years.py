"""One deer's years side by side: its best picture of each, how old it was, and what its antlers were."""

from __future__ import annotations

from typing import Any

import album
import polars as pl
import streamlit as st
from cached import Pages

from thumper_core import language, mark, say
from thumper_core.questions import words
from thumper_core.questions.year_standings import pictured

AGES = {
    "fawn": mark("fawn"),
    "yearling": mark("yearling"),
    "adult": mark("grown"),
    "unknown": mark("age not known"),
}
_ANTLERS = (
    ("velvet", mark("in velvet {when}")),
    ("hard", mark("hard antlers {when}")),
    ("shed", mark("antlers shed {when}")),
)
COLUMNS = 4


def show(source: Pages, told: pl.DataFrame, who: str, key: str, *, columns: int = COLUMNS) -> None:
    """Show the years of one deer, the first first; key: of the place on the page."""
    own = pictured(told, who)
    rows = own.select("detection_id", "season", "age_class", "n_visits", *(k for k, _ in _ANTLERS))
    pictures: pl.DataFrame = source.ask("detections", tuple(own["detection_id"]))
    shown = rows.join(
        pictures.drop("age_class"), on="detection_id", how="inner", maintain_order="left"
    )
    with st.container(key=key):
        album.picture_rows(source, shown, caption, columns=columns, size=520)


def caption(row: dict[str, Any]) -> str:
    """`**2026/27** · grown, 12 visits`, and what people noted of the antlers."""
    age = say(AGES[row["age_class"] or "unknown"])
    lines = [
        f"**{row['season']}** · {age}, {words.counted(row['n_visits'], 'visit')}",
        album.short_moment(row),
    ]
    lines += [language.capital(say(told, when=row[key])) for key, told in _ANTLERS if row.get(key)]
    return "  \n".join(lines)
