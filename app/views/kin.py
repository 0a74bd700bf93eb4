"""Small groups beside the deer that they probably belong to, to join them or to keep them apart."""

from __future__ import annotations

from typing import Any, Final

import album
import kin_ahead
import languages
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import mark, say
from thumper_core.decisions.kinds import Decision
from thumper_core.questions import words
from thumper_core.questions.review_queue import verdict_key
from thumper_core.questions.splinters import Splinter
from views import dialogs

SHOWN: Final = 6
_JOIN, _APART, _LEAVE = mark("Join"), mark("Not this deer"), mark("Leave open")


def button(source: Pages, card: dict[str, Any], found: list[Splinter]) -> None:
    """What opens the proposals of a deer's card."""
    if st.button(
        say("Perhaps also this one")
        if len(found) == 1
        else say("Perhaps also these {n}", n=len(found)),
        key=f"kin-{card['individual_id']}",
        width="stretch",
        help=say(
            "Small groups that are likelier this deer than another or one of their own. Nothing is joined "
            "before you have seen the pictures."
        ),
    ):
        show(source, card, found)


@languages.dialog(mark("Are these one deer?"), width="large")
def show(source: Pages, card: dict[str, Any], found: list[Splinter]) -> None:
    """The deer's pictures beside those of each group, with the chance; answers are saved together."""
    cards = source.ask("cards")
    there = set(cards["individual_id"])
    found = [one for one in found if {one.who, one.deer} <= there]
    if not found:  # the herd changed behind the dialog
        st.info(say("The herd has changed meanwhile: these groups are not there any more."))
        return
    ids = [name for one in found for name in (*one.left, *one.right)]
    rows: pl.DataFrame = source.ask("detections", tuple(dict.fromkeys(ids)))
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.markdown(f"**{ui.plain(card['label'])}**")
        st.caption(_counts(card))
        best = source.ask("best", SHOWN).filter(pl.col("individual_id") == card["individual_id"])
        album.picture_rows(source, best, album.short_moment, columns=2)
    said: dict[str, Splinter] = {}
    apart: dict[str, Splinter] = {}
    with right:
        for one in found:
            other = cards.row(by_predicate=pl.col("individual_id") == one.who, named=True)
            st.markdown(
                say(
                    "**{label}** · {chance} likely {label2}",
                    label=ui.plain(other["label"]),
                    chance=ui.plain(one.chance),
                    label2=ui.plain(card["label"]),
                )
            )
            st.caption(_counts(other))
            shown = rows.filter(pl.col("detection_id").is_in(one.left[:SHOWN]))
            album.picture_rows(source, shown, album.short_moment, columns=3)
            answer = st.segmented_control(
                say("{deer} is", deer=other["label"]),
                [_JOIN, _APART, _LEAVE],
                default=_JOIN,
                required=True,
                format_func=say,
                key=f"kin-of-{one.who}-{one.deer}",
                label_visibility="collapsed",
            )
            if answer == _JOIN:
                said[one.who] = one
            elif answer == _APART:
                apart[one.who] = one
    st.caption(
        say(
            "The chance is the herd's own estimate, and it can be wrong: look at antlers, scars and size. "
            "What you save can be taken back."
        )
    )
    told = _told(len(said), len(apart))
    if st.button(
        told or say("Nothing to save"),
        type="primary",
        icon=":material/check:",
        key="kin-save",
        disabled=not told or not ui.may_edit(),
    ):
        key_of = {row["detection_id"]: verdict_key(row) for row in rows.to_dicts()}

        def decisions() -> list[Decision]:
            same: list[Decision] = [one.same(key_of) for one in said.values()]
            return [*same, *(one.different(key_of) for one in apart.values())]

        dialogs.at_once(
            source,
            decisions,
            _done(len(said), len(apart)),
            then=lambda: kin_ahead.answered((*said, *apart)),
        )


def _counts(card: dict[str, Any]) -> str:
    visits = words.counted(card["n_visits"], "visit")
    return f"{visits}, {words.counted(card['n_detections'], 'picture')}"


def _told(joined: int, apart: int) -> str:
    """What is going to be saved: `Join 2, keep 1 apart`; empty where nothing is."""
    parts = [say("join {n}", n=joined)] if joined else []
    parts += [say("keep {apart} apart", apart=apart)] if apart else []
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


def _done(joined: int, apart: int) -> str:
    """What was saved: `2 groups joined, 1 kept apart`."""
    parts = [say("{groups} joined", groups=words.counted(joined, "group"))] if joined else []
    kept = (
        say("{apart} kept apart", apart=apart)
        if joined
        else say("{groups} kept apart", groups=words.counted(apart, "group"))
    )
    return ", ".join(parts + ([kept] if apart else []))
