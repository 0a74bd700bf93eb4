"""The sure ones on a contact sheet: every deer with the new pictures held to be it, confirmed in bulk."""

from __future__ import annotations

from typing import Final

import album
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import mark, say, who
from thumper_core.questions import hit_list, words
from thumper_core.questions.met import Meeting, Visit

SHEET: Final = 36
_PX: Final = 260
_NEW: Final = mark("New deer")


def show(source: Pages, meeting: Meeting) -> None:
    """Show the sheet."""
    doubted: set[str] = st.session_state.setdefault("doubted", set())
    watched = hit_list.watched(source.workspace)
    left = [visit for visit in meeting.sure if visit.visit_id not in doubted]
    if not left:
        st.success(
            say("All others are confirmed.")
            if meeting.sure
            else say(
                "No visit waits that is sure enough to be confirmed in bulk: each is asked about."
            ),
            icon=":material/check_circle:",
        )
        return
    shown = hit_list.first(left, watched)[:SHEET]
    of_deer: dict[str | None, list[Visit]] = {}
    for visit in shown:
        of_deer.setdefault(visit.individual_id, []).append(visit)
    ids = {visit.detection_id for visit in shown}
    ids |= {one.detection_id for visit in shown for one in visit.candidates[:1]}
    rows = source.ask("detections", tuple(sorted(ids)))
    jpegs = dict(zip(rows["detection_id"], source.jpegs(rows, _PX), strict=True))
    st.markdown(
        say(
            "{visits} of which it is at least 95% sure. Tick those that show another deer: they "
            "are asked about. The rest is confirmed together.",
            visits=words.counted(len(left), "visit"),
        )
    )
    odd: set[str] = set()
    with st.form("sure", border=False):
        for individual_id, visits in of_deer.items():
            odd |= _group(rows, jpegs, individual_id, visits, individual_id in watched)
        with st.container(key="answers"):
            is_said = st.form_submit_button(
                say(
                    "Confirm all that are not ticked, of {visits}",
                    visits=words.counted(len(shown), "visit"),
                ),
                type="primary",
                icon=":material/done_all:",
                disabled=not ui.may_edit(),
            )
        if is_said:
            good = [visit for visit in shown if visit.visit_id not in odd]
            done = ui.act(
                lambda: who.confirm(source.workspace, good, meeting, ui.author()),
                say("{visits} confirmed", visits=words.counted(len(good), "visit")),
            )
            if done:
                doubted |= odd
            st.rerun()


def _group(
    rows: pl.DataFrame,
    jpegs: dict[str, bytes],
    individual_id: str | None,
    visits: list[Visit],
    is_watched: bool,
) -> set[str]:
    """One deer: how it is known, and the new pictures; the visits that were ticked."""
    known = visits[0].candidates[0] if individual_id and visits[0].candidates else None
    ticked: set[str] = set()
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{ui.plain(known.label if known else say(_NEW))}**", width="content")
            if is_watched:
                st.badge(say("Hit list"), icon=":material/visibility:", color="red")
            st.caption(words.counted(len(visits), "visit"), width="content")
        with st.container(horizontal=True, gap="small"):
            if known and known.detection_id in jpegs:
                with st.container(width=150, gap="xsmall", key=f"known-{individual_id}"):
                    st.image(
                        jpegs[known.detection_id],
                        width="stretch",
                        alt=say("{label}, as it is known", label=known.label),
                    )
                    st.caption(say("As it is known"))
            for visit in visits:
                if visit.detection_id not in jpegs:
                    continue
                row = rows.row(
                    by_predicate=pl.col("detection_id") == visit.detection_id, named=True
                )
                with st.container(width=150, gap="xsmall"):
                    st.image(
                        jpegs[visit.detection_id],
                        width="stretch",
                        alt=say("New, from {camera}", camera=row["camera"]),
                    )
                    st.caption(album.short_moment(row))
                    if st.checkbox(say("Another deer"), key=f"odd-{visit.visit_id}"):
                        ticked.add(visit.visit_id)
    return ticked
