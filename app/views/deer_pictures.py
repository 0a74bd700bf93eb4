"""One animal's pictures: the best by side and season, all of them, and those that are least sure."""

from __future__ import annotations

from typing import Any

import album
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import language, say
from thumper_core.decisions import kinds, regroup
from thumper_core.questions import words
from thumper_core.questions.about_deer import chance, season_of
from thumper_core.questions.review_queue import verdict_key
from views import dialogs

PICTURES = 24
LEAST_SURE = 6


def by_side_and_season(source: Pages, who: str) -> None:
    """The best picture of each side in each season, the newest season first."""
    rows: pl.DataFrame = source.ask("sides_and_seasons", who)
    with st.container(border=True):
        st.subheader(say("Best by side and season"), anchor=False)
        for _, part in rows.group_by("season", "season_year", maintain_order=True):
            st.markdown(f"**{season_of(part.row(0, named=True))}**")
            album.picture_rows(source, part, _side_caption, columns=4)


def _side_caption(row: dict[str, Any]) -> str:
    side = language.capital(words.flank_words(row["flank"]))
    return say(
        "**{side}**, of {n_pictures:,}  \n{short_moment}",
        side=side,
        n_pictures=row["n_pictures"],
        short_moment=album.short_moment(row),
    )


def least_sure(source: Pages, who: str, members: pl.DataFrame) -> None:
    """The pictures of which the herd is least sure, to take away with one click."""
    rows: pl.DataFrame = source.ask("least_sure", who, LEAST_SURE)
    with st.container(border=True):
        st.subheader(say("Least sure"), anchor=False)
        if rows.is_empty():
            st.caption(
                say(
                    "There is no probability yet: it was seen in one burst only, or there are too "
                    "few photos to "
                    "calibrate by."
                )
                if members.height
                else say("No picture of the shown herd is of this deer.")
            )
            return
        st.caption(
            say(
                "The probability is that of being the same animal as its other pictures, on average, as the "
                "herd's calibration has it: low ones are worth a look, and high ones can be wrong as well."
            )
        )

        def below(row: dict[str, Any]) -> None:
            if st.button(
                say("Not this deer"),
                key=f"not-{who}-{row['detection_id']}",
                width="stretch",
                disabled=not ui.may_edit(),
            ):
                dialogs.at_once(
                    source,
                    lambda: regroup.move(members, row["detection_id"], None),
                    say("Noted: not this deer"),
                )

        album.picture_rows(
            source,
            rows,
            lambda row: f"**{chance(row['p_same'])}**  \n{album.short_moment(row)}",
            below=below,
        )


def all_of_them(source: Pages, card: dict[str, Any], members: pl.DataFrame) -> None:
    """Every picture, newest first; some of them to split off, or one to stand for the deer."""
    who = card["individual_id"]
    with st.container(border=True):
        st.subheader(say("Pictures ({height:,})", height=members.height), anchor=False)
        offset = ui.pager(f"pictures-{who}", members.height, PICTURES)
        rows = members.reverse().slice(offset, PICTURES)
        chosen = st.session_state.setdefault(f"leaving-{who}", set())

        def below(row: dict[str, Any]) -> None:
            key = f"pick-{row['detection_id']}"
            (chosen.add if st.checkbox(say("Another deer"), key=key) else chosen.discard)(
                row["detection_id"]
            )

        album.picture_rows(source, rows, _caption, below=below)
        with st.container(horizontal=True, gap="small"):
            if st.button(
                say("Split {n} off", n=len(chosen)) if chosen else say("Split off"),
                icon=":material/call_split:",
                disabled=not chosen or not ui.may_edit(),
                key=f"split-{who}",
                help=say("Tick the pictures that show another deer."),
            ):
                dialogs.split(source, card, members, tuple(sorted(chosen)))
            if st.button(
                say("Use as best picture"),
                icon=":material/star:",
                key=f"best-{who}",
                disabled=len(chosen) != 1 or not ui.may_edit(),
            ):
                row = members.row(
                    by_predicate=pl.col("detection_id") == next(iter(chosen)), named=True
                )
                ui.decide(
                    source,
                    lambda: kinds.BestPhoto(who, verdict_key(row)),
                    say("Kept as the picture that stands for this deer"),
                )
                st.rerun()


def _caption(row: dict[str, Any]) -> str:
    """When, where, and which side is seen where that is known."""
    side = "" if row["flank"] == "unknown" else f" · {words.flank_words(row['flank'])}"
    return f"{album.short_moment(row)}{side}"
