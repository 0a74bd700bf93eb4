"""Merge and split, with the evidence side by side before anything is decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import album
import follow
import languages
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import following, mark, matches, say
from thumper_core.decisions import regroup
from thumper_core.decisions.kinds import Decision, Different
from thumper_core.questions import words
from thumper_core.questions.review_queue import verdict_key
from thumper_core.work import launches

SHOWN = 6
PATIENCE_S = 3.0  # a person waits that long for a herd; a larger one follows when it is ready


@languages.dialog(mark("One deer or two?"), width="large")
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
            album.picture_rows(source, best, album.short_moment, columns=3)
    if st.toggle(say("Show what matches"), key=f"matches-{into}-{other}"):
        found = source.keep(
            ("matches", into, other),
            lambda: matches.show_most_alike(source.workspace, into, other),
        )
        if found.jpeg is not None:
            st.image(found.jpeg)  # as large as it is: a narrow crop blown up shows nothing
        st.caption(ui.prose(found.text))
    label = cards.row(by_predicate=pl.col("individual_id") == into, named=True)["label"]
    st.caption(
        say(
            "Merged, they are called {label}. It can be undone on the Review page.",
            label=ui.plain(label),
        )
    )
    with st.container(horizontal=True, gap="small"):
        if st.button(
            say("Merge"), type="primary", icon=":material/merge:", disabled=not ui.may_edit()
        ):
            at_once(source, lambda: regroup.merge(members, into, (other,)), say("Merged"))
        if st.button(say("They differ"), icon=":material/close:", disabled=not ui.may_edit()):
            pair = [
                verdict_key(
                    source.ask("best", 1).row(
                        by_predicate=pl.col("individual_id") == who, named=True
                    )
                )
                for who in (into, other)
            ]
            ui.decide(source, lambda: Different(pair[0], pair[1]), say("Kept apart"))
            st.rerun()


@languages.dialog(mark("Split"), width="large")
def split(
    source: Pages, card: dict[str, Any], members: pl.DataFrame, leaving: tuple[str, ...]
) -> None:
    """Show what leaves beside what stays; write the split."""
    left, right = st.columns(2, gap="medium")
    goes = pl.col("detection_id").is_in(leaving)
    with left:
        st.markdown(say("**Stays {label}**", label=ui.plain(card["label"])))
        album.picture_rows(source, members.filter(~goes).head(SHOWN), album.short_moment, columns=3)
    with right:
        st.markdown(say("**Becomes another deer** ({n})", n=len(leaving)))
        album.picture_rows(source, members.filter(goes).head(SHOWN), album.short_moment, columns=3)
    if st.button(
        say("Split"), type="primary", icon=":material/call_split:", disabled=not ui.may_edit()
    ):
        at_once(
            source,
            lambda: regroup.split(members, card["individual_id"], leaving),
            say("Split"),
            then=partial(st.session_state.pop, f"leaving-{card['individual_id']}", None),
        )


def at_once(
    source: Pages,
    make: Callable[[], Decision | Sequence[Decision]],
    done: str,
    *,
    then: Callable[[], object] = lambda: None,
) -> None:
    """Record what changes who is who, as one step; the page shows the herd with it, or that it is on its way.

    Where that takes a whole identification, it is begun in the background. then: called when it is recorded.
    """
    now = following(source.workspace)
    with st.spinner(say("Bringing the herd in line …")):
        numbers = ui.decide(source, make, done, as_one=True)
        if numbers:
            then()
        if numbers and now.wait(PATIENCE_S):
            if now.state().waits:
                ui.act(
                    lambda: launches.start(source.workspace.root, "identify", {}),
                    say("{done}. The herd is being identified again with it.", done=done),
                )
            else:
                st.session_state["flash"] = ("ok", f"{done}. {follow.what_changed(source)}".strip())
    st.rerun()
