"""What was done here, newest first, in plain words; the details of each folded away."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import streamlit as st
import ui
from cached import Pages

from thumper_core import say
from thumper_core.questions import words
from thumper_core.work import launches, log
from thumper_core.work.log import Entry

SHOWN: Final = 6
_MARKS: Final = {
    "ok": ":green[:material/check_circle:]",
    "note": ":orange[:material/info:]",
    "error": ":red[:material/error:]",
    "busy": ":material/hourglass_top:",
}


def show(source: Pages) -> None:
    """Show the panel."""
    found = log.work_log(source.workspace.root)
    with st.container(border=True, height="stretch"):
        st.subheader(say("What was done"), anchor=False)
        if not found:
            st.caption(say("Nothing yet."))
            return
        for number, entry in enumerate(found[:SHOWN]):
            _entry(source, entry, number)
        if len(found) > SHOWN and st.toggle(
            f"{words.counted(len(found) - SHOWN, 'earlier entry', 'earlier entries')}",
            key="log-whole",
        ):
            for number, entry in enumerate(found[SHOWN:], SHOWN):
                _entry(source, entry, number)


def _entry(source: Pages, entry: Entry, number: int) -> None:
    with st.container(gap="xxsmall"):
        st.markdown(f"{_MARKS[entry.level]} **{ui.plain(entry.title)}**")
        took = (
            f", {ui.duration((entry.ended - entry.at).total_seconds())}"
            if entry.ended and entry.ended > entry.at
            else ""
        )
        told = f": {ui.plain(entry.text)}" if entry.text else ""
        st.caption(f"{_when(entry.at)}{took}{told}")
        for text in (entry.reason, entry.next_step):
            if text:
                st.markdown(ui.prose(text))
        if entry.launch is not None and entry.level == "error":
            tail = launches.log_tail(source.workspace.root, entry.launch.launch_id)
            if tail:
                with st.popover(
                    say("Details"), icon=":material/notes:", key=f"log-details-{number}"
                ):
                    st.code(tail, language=None)


def _when(at: datetime) -> str:
    """`today, 14:05 UTC`, else the day."""
    utc = at.astimezone(UTC)
    today = datetime.now(UTC).date()
    name = say("today") if utc.date() == today else words.day(utc.date())
    return say("{name}, {utc:%H:%M} UTC", name=name, utc=utc)
