"""The herd by year as the page has it, and what is proposed between years, found beside the page."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import polars as pl
import streamlit as st
from background import in_background
from cached import Pages

from thumper_core import ThumperError, histories, year_links, years_of_herd
from thumper_core.questions.seasons import days_of_cameras
from thumper_core.questions.year_links import YearLink
from thumper_core.questions.years_of_herd import YearOfHerd

_KEY = "year-links"


def days(source: Pages) -> pl.DataFrame:
    """Every day on which each camera stood."""
    found: pl.DataFrame = source.keep(("years", "days"), lambda: days_of_cameras(source.workspace))
    return found


def told(source: Pages) -> pl.DataFrame:
    """Every deer's history by year."""
    found: pl.DataFrame = source.keep(
        ("years", "told"), lambda: histories(source.workspace, days(source))
    )
    return found


def years(source: Pages) -> list[YearOfHerd]:
    """The table of years."""
    found: list[YearOfHerd] = source.keep(
        ("years", "table"), lambda: years_of_herd(source.workspace, told(source), days(source))
    )
    return found


@dataclass(frozen=True)
class Links:
    """wait: what is computed still; the proposals of before stand meanwhile, so that nothing jumps."""

    proposed: tuple[YearLink, ...]
    wait: Future[Any] | None = None


def links(source: Pages) -> Links:
    """The proposals as far as they are known now, without those that were answered here."""
    rows = told(source)
    found: Future[tuple[YearLink, ...]] = source.keep(
        ("years", "links"), lambda: in_background(lambda: year_links(source.workspace, rows))
    )
    if not found.done():
        root, proposed = st.session_state.get(_KEY, ("", ()))
        there = set(rows["individual_id"])
        same_herd = root == str(source.workspace.root)
        left = [one for one in proposed if {one.later, one.earlier} <= there] if same_herd else []
        return Links(tuple(left), found)
    try:
        made = found.result()
    except ThumperError:
        return Links(())  # Review says what is the matter
    st.session_state[_KEY] = (str(source.workspace.root), made)
    return Links(made)


def answered(one: YearLink) -> None:
    """A proposal that got its answer: it is not shown again while the others are found anew."""
    root, proposed = st.session_state.get(_KEY, ("", ()))
    st.session_state[_KEY] = (root, tuple(other for other in proposed if other != one))
