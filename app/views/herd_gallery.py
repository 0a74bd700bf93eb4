"""The herd by its best pictures: a card for each deer, and on it the small groups that it may be, too."""

from __future__ import annotations

from typing import Any

import album
import kin_ahead
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import say
from thumper_core.questions import words
from thumper_core.questions.splinters import Splinter
from views import hit_list, kin

PER_PAGE = 24
COLUMNS = 4
BESIDE_PX = 120
_BESIDE = 3  # small pictures on a card
_BESIDE_PX = 50  # as wide as they are shown there: three fit beside each other


def show(source: Pages, listed: pl.DataFrame) -> None:
    """Show a page of the groups; those that probably are a deer of the list stand under it."""
    found = kin_ahead.kin(source)
    if found.wait is not None:
        ui.wait_for(
            "kin", found.wait, say("Looking for small groups that may be one of these deer …")
        )
    under = found.under(listed["individual_id"].to_list())
    nested = [one.who for part in under.values() for one in part]
    shown = listed.filter(~pl.col("individual_id").is_in(nested))
    if nested:
        groups = words.counted(len(nested), "small group")
        st.caption(
            say(
                "{groups} stands under the deer that it probably is: look at the pictures, then join "
                "them or keep them apart."
                if len(nested) == 1
                else "{groups} stand under the deer that they probably are: look at the pictures, then "
                "join them or keep them apart.",
                groups=groups,
            )
        )
    offset = ui.pager("herd-page", shown.height, PER_PAGE)
    chosen = shown.slice(offset, PER_PAGE)
    best = source.ask("best", 1)
    jpegs = _pictures(source, best, chosen["individual_id"].to_list(), album.CROP_PX)
    beside = [one.who for who in chosen["individual_id"] for one in under.get(who, [])[:_BESIDE]]
    small = _pictures(source, best, beside, BESIDE_PX)
    for start in range(0, chosen.height, COLUMNS):
        for place, row in zip(
            st.columns(COLUMNS, gap="small"),
            chosen.slice(start, COLUMNS).to_dicts(),
            strict=False,
        ):
            with place, st.container(border=True, height="stretch", gap="xsmall"):
                _card(row, jpegs.get(row["individual_id"]))
                if proposed := under.get(row["individual_id"]):
                    _under(source, row, proposed, small)


def _pictures(source: Pages, best: pl.DataFrame, who: list[str], size: int) -> dict[str, bytes]:
    """The best picture of each of these."""
    wanted = pl.DataFrame({"individual_id": who}, schema={"individual_id": pl.String})
    rows = wanted.join(best, on="individual_id", how="inner", maintain_order="left")
    return dict(zip(rows["individual_id"], source.jpegs(rows, size), strict=True))


def _card(row: dict[str, Any], picture: bytes | None) -> None:
    if picture:
        st.image(picture, width="stretch", alt=row["label"])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link(
            ui.page_of("herd"),
            label=f"**{ui.plain(row['label'])}**",
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params={"deer": row["individual_id"]},
            width="stretch",
        )
        ui.category_badge(row["category"])
        hit_list.badges(row)
    visits = words.counted(row["n_visits"], "visit")
    st.caption(
        f"{visits} · {words.counted(row['n_detections'], 'picture')}  \n"
        f"{words.period(row['first_seen'], row['last_seen']).removeprefix('from ')}"
    )


def _under(
    source: Pages, row: dict[str, Any], proposed: list[Splinter], small: dict[str, bytes]
) -> None:
    """The small groups under a deer: their pictures with the chance, and what opens them."""
    labels = dict(source.ask("cards").select("individual_id", "label").iter_rows())
    with st.container(horizontal=True, gap="xsmall"):
        for one in proposed[:_BESIDE]:
            with st.container(width=_BESIDE_PX, gap="xxsmall"):
                if one.who in small:
                    st.image(small[one.who], width=_BESIDE_PX, alt=labels.get(one.who, one.who))
                st.caption(ui.plain(one.chance))
    kin.button(source, row, proposed)
