"""Beside the map: what is doubtful before anything is chosen, and what can be said of what is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import album
import polars as pl
import streamlit as st
import ui
from background import in_background
from cached import Pages

from thumper_core import ThumperError, deer_map, say
from thumper_core.decisions import kinds
from thumper_core.questions import pair_questions, words
from thumper_core.questions.pair_questions import Question
from thumper_core.questions.review_queue import verdict_key
from views import dialogs

SHOWN = 24
PAIRS = 5
SURE_P = 0.02  # a chance as near to 0 or 1 is no doubt
OUTLIERS = 12
CROP_PX = 260
HEIGHT = 760


def show(
    source: Pages, points: pl.DataFrame, selected: tuple[str, ...], shown: tuple[str, ...]
) -> None:
    """The panel: of the detections in `selected`, else of the individuals in `shown`, else of what is
    doubtful.
    """
    with st.container(border=True, height=HEIGHT, key="map-side"):
        if selected:
            _selection(source, selected)
        elif shown:
            _individuals(source, points, shown)
        else:
            _before(source, points)


def _before(source: Pages, points: pl.DataFrame) -> None:
    """What is useful before a click."""
    tabs = st.tabs(
        [say("Doubtful pairs"), say("Outliers"), "HDBSCAN"], key="map-tabs", on_change="rerun"
    )
    for tab, part in zip(tabs, (_doubtful, _outliers, _beside), strict=True):
        if tab.open:
            with tab:
                part(source, points)


def _doubtful(source: Pages, _: pl.DataFrame) -> None:
    """The pairs of which nobody knows whether they are one deer, the most doubtful first."""
    ready = source.identification(as_shown=True)
    if not ready.done():
        ui.wait_for("map-pairs", ready, say("Looking for the most doubtful pairs …"))
        return
    try:
        found = ready.result()
    except ThumperError as error:
        st.caption(ui.plain(error))
        return
    herd = source.workspace.ledger.herd(source.versions.herd_id or "")
    threshold = herd.threshold if herd else None
    asked = source.keep(
        ("doubtful", id(found), threshold),
        lambda: in_background(lambda: pair_questions.review(source.workspace, found, threshold)),
    )
    if not asked.done():
        ui.wait_for("map-asked", asked, say("Looking for the most doubtful pairs …"))
        return
    review = asked.result()
    if review is None:
        st.caption(say("Too few photos to say how sure a pair is."))
        return
    doubtful = [one for one in review.questions if SURE_P <= one.p <= 1 - SURE_P]
    if doubtful:
        st.caption(say("Whether these are one deer is open. An answer in Review settles it."))
    else:
        st.caption(say("No pair is in doubt. What Review would ask next to make sure:"))
    for question in sorted(doubtful or review.questions, key=lambda one: abs(one.p - 0.5))[:PAIRS]:
        _pair_of(source, question)
    st.page_link(
        ui.page_of("review"), label=say("Answer them in Review"), icon=":material/arrow_forward:"
    )


def _pair_of(source: Pages, question: Question) -> None:
    rows: pl.DataFrame = source.ask("detections", (question.left[0], question.right[0]))
    if rows.height != 2:
        return
    who = list(dict.fromkeys(rows["individual_id"].drop_nulls()))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            say("**{percent}** that it is one deer", percent=words.percent(question.p)),
            width="stretch",
        )
        st.button(
            say("On the map"),
            key=f"on-map-{question.left[0]}-{question.right[0]}",
            icon=":material/my_location:",
            type="tertiary",
            disabled=not who,
            on_click=lambda: st.session_state.update({"map-deer": who}),
        )
    album.picture_rows(source, rows, _caption, columns=2, size=CROP_PX)


def _outliers(source: Pages, points: pl.DataFrame) -> None:
    ids = deer_map.outliers(points, OUTLIERS)
    if not ids:
        st.caption(say("Every picture lies in a group of HDBSCAN."))
        return
    n = points.filter(pl.col("hdbscan").is_null()).height
    st.caption(
        say(
            "{pictures} in no group of HDBSCAN. Below, those that lie furthest from the others "
            "of their own deer: often poor pictures, sometimes another deer.",
            pictures=words.counted(n, "picture"),
        )
    )
    album.picture_rows(
        source, source.ask("detections", tuple(ids)), _caption, columns=3, size=CROP_PX
    )


def _beside(_: Pages, points: pl.DataFrame) -> None:
    """What HDBSCAN, which knows no photos and no people, makes of the same pictures."""
    n_groups = points["hdbscan"].drop_nulls().n_unique()
    rows = deer_map.beside(points)
    st.caption(
        say(
            "HDBSCAN sees {groups} on this map where the herd has {height:,}. Where both agree, "
            "a deer has one group and shares it with none.",
            groups=words.counted(n_groups, "group"),
            height=rows.height,
        )
    )
    st.dataframe(
        rows.select(
            pl.col("label").alias("Deer"),
            pl.col("n").alias("Pictures"),
            pl.col("groups").alias("In groups"),
            pl.col("shared").alias("Shared with"),
            pl.col("noise").alias("In none"),
        ),
        hide_index=True,
        height=560,
        column_config={"In none": st.column_config.NumberColumn(format="percent")},
    )


def _individuals(source: Pages, points: pl.DataFrame, shown: tuple[str, ...]) -> None:
    """What is known of the deer that were looked for: the pages of each, and its pictures."""
    mine = points.filter(pl.col("individual_id").is_in(shown))
    beside = {row["individual_id"]: row for row in deer_map.beside(mine).to_dicts()}
    for who in shown:
        row = beside.get(who)
        if row is None:
            continue
        _links(source, [who], mine)
        scattered = (
            say(", in {groups} of HDBSCAN", groups=words.counted(row["groups"], "group"))
            if row["groups"] > 1
            else ""
        )
        st.caption(f"{words.counted(row['n'], 'picture')}{scattered}.")
        part = mine.filter(pl.col("individual_id") == who)
        # evenly over the map, so that the far ones are seen too
        ids = part.sort("x")["detection_id"].gather_every(max(1, part.height // 6)).head(6)
        album.picture_rows(
            source, source.ask("detections", tuple(ids)), _caption, columns=3, size=CROP_PX
        )


def _links(source: Pages, who: Sequence[str], points: pl.DataFrame) -> None:
    """Links to the pages of individuals."""
    names = dict(points.select("individual_id", "label").iter_rows())
    with st.container(horizontal=True, gap="small"):
        for one in who:
            st.page_link(
                ui.page_of("herd"),
                label=f"**{ui.plain(names.get(one) or one)}**",
                icon=":material/arrow_forward:",
                icon_position="right",
                query_params={"deer": one},
            )


def _selection(source: Pages, selected: tuple[str, ...]) -> None:
    rows: pl.DataFrame = source.ask("detections", selected[:SHOWN])
    who = (
        source.ask("labels")
        .filter(pl.col("detection_id").is_in(selected))
        .unique("individual_id")
        .sort("label")
    )
    st.subheader(say("{n:,} chosen", n=len(selected)), anchor=False)
    _links(source, who["individual_id"].to_list()[:8], who)
    with st.container(horizontal=True, gap="xsmall"):
        _actions(source, rows, selected, who["individual_id"].to_list())
    album.picture_rows(source, rows, _caption, columns=3, size=CROP_PX)
    if len(selected) > SHOWN:
        st.caption(say("… and {n:,} more", n=len(selected) - SHOWN))


def _caption(row: dict[str, Any]) -> str:
    return f"**{ui.plain(row['label'] or say(words.UNGROUPED))}**  \n{album.short_moment(row)}"


def _actions(source: Pages, rows: pl.DataFrame, selected: tuple[str, ...], who: list[str]) -> None:
    """What can be said about the chosen pictures."""
    off = not ui.may_edit()

    def button(label: str, icon: str, disabled: bool) -> bool:
        return st.button(
            label, icon=f":material/{icon}:", disabled=disabled or off, key=f"map-{label}"
        )

    if button(say("Same"), "check", len(selected) != 2):
        _write(source, lambda: _pair(kinds.Same, rows))
    if button(say("Different"), "close", len(selected) != 2):
        _write(source, lambda: _pair(kinds.Different, rows))
    if button(say("Merge"), "merge", len(who) != 2):
        dialogs.merge(source, who[0], who[1])
    if button(say("Split off"), "call_split", len(who) != 1):
        members = source.ask("members", who[0])
        card = source.ask("cards").row(by_predicate=pl.col("individual_id") == who[0], named=True)
        dialogs.split(source, card, members, selected)
    if button(say("Not an animal"), "block", len(selected) > SHOWN):
        _write(source, lambda: [kinds.NotAnimal(verdict_key(row)) for row in rows.to_dicts()])


def _pair(kind: type[kinds.Same] | type[kinds.Different], rows: pl.DataFrame) -> kinds.Decision:
    first, second = rows.to_dicts()
    return kind(verdict_key(first), verdict_key(second))


def _write(source: Pages, make: Callable[[], kinds.Decision | Sequence[kinds.Decision]]) -> None:
    dialogs.at_once(source, make, say("Noted"))
