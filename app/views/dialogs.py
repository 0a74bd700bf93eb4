"""Merge and split, with the evidence side by side before anything is decided."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core.decisions import journal, regroup
from thumper_core.questions import words
from thumper_core.work import launches

SHOWN = 6


@st.dialog("One deer or two?", width="large")
def merge(source: Pages, into: str, other: str) -> None:
    """Ask whether two individuals are one; write the merge, keeping the first one's ID and name."""
    cards = source.ask("cards")
    members = source.ask("members", None)
    for column, who in zip(st.columns(2, gap="medium"), (into, other), strict=True):
        row = cards.row(by_predicate=pl.col("individual_id") == who, named=True)
        with column:
            st.markdown(f"**{ui.plain(row['label'])}**")
            st.caption(
                f"{words.counted(row['n_visits'], 'visit')}, "
                f"{words.counted(row['n_detections'], 'picture')}"
            )
            best = source.ask("best", SHOWN).filter(pl.col("individual_id") == who)
            ui.picture_rows(source, best, ui.short_moment, columns=3)
    label = cards.row(by_predicate=pl.col("individual_id") == into, named=True)["label"]
    st.caption(f"Merged, they are called {ui.plain(label)}. It can be undone on the Review page.")
    with st.container(horizontal=True, gap="small"):
        if st.button("Merge", type="primary", icon=":material/merge:", disabled=not ui.may_edit()):
            decide(
                source,
                lambda: journal.record(
                    source.workspace.ledger, regroup.merge(members, into, (other,)), ui.author()
                ),
                "Merged",
            )
        if st.button("They differ", icon=":material/close:", disabled=not ui.may_edit()):
            from thumper_core.decisions.kinds import Different
            from thumper_core.questions.review_queue import verdict_key

            pair = [
                verdict_key(
                    source.ask("best", 1).row(
                        by_predicate=pl.col("individual_id") == who, named=True
                    )
                )
                for who in (into, other)
            ]
            ui.act(
                lambda: journal.record(
                    source.workspace.ledger, Different(pair[0], pair[1]), ui.author()
                ),
                "Kept apart",
            )
            st.rerun()


@st.dialog("Split", width="large")
def split(
    source: Pages, card: dict[str, Any], members: pl.DataFrame, leaving: tuple[str, ...]
) -> None:
    """Show what leaves beside what stays; write the split."""
    left, right = st.columns(2, gap="medium")
    goes = pl.col("detection_id").is_in(leaving)
    with left:
        st.markdown(f"**Stays {ui.plain(card['label'])}**")
        ui.picture_rows(source, members.filter(~goes).head(SHOWN), ui.short_moment, columns=3)
    with right:
        st.markdown(f"**Becomes another deer** ({len(leaving)})")
        ui.picture_rows(source, members.filter(goes).head(SHOWN), ui.short_moment, columns=3)
    if st.button("Split", type="primary", icon=":material/call_split:", disabled=not ui.may_edit()):
        st.session_state.pop(f"leaving-{card['individual_id']}", None)
        decide(
            source,
            lambda: journal.record(
                source.workspace.ledger,
                regroup.split(members, card["individual_id"], leaving),
                ui.author(),
            ),
            "Split",
        )


def decide(source: Pages, write: Any, done: str) -> None:
    """Write a decision that changes who is who, and bring the herd in line with it."""
    if ui.act(write, done):
        follow(source, done)
    st.rerun()


def follow(source: Pages, done: str) -> None:
    """Let decisions take effect: at once for those they touch, else by identifying the whole herd."""
    from thumper_core import recut

    applied: list[recut.Applied | None] = []
    with st.spinner("Bringing the herd in line …"):
        if not ui.act(lambda: applied.append(recut.apply_to_touched(source.workspace)), done):
            return
    if applied[0] is None:
        ui.act(
            lambda: launches.start(source.workspace.root, "identify", {}),
            f"{done}. The herd is being identified again with it.",
        )
