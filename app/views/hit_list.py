"""The hit list on a deer's page: watch it or not, and what became of it."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import streamlit as st
import ui
from cached import Pages

from thumper_core import language, say
from thumper_core.decisions import kinds
from thumper_core.questions import hit_list, words


def badges(card: dict[str, Any]) -> None:
    """Whether the deer is watched, and what became of it, as small coloured words."""
    if card["watched"]:
        st.badge(say("Hit list"), icon=":material/visibility:", color="red")
    if status := words.status_of(card):
        st.badge(ui.plain(status[0].upper() + status[1:]), color="gray")


def show(source: Pages, card: dict[str, Any]) -> None:
    """Show the controls."""
    who = card["individual_id"]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader(say("Hit list"), anchor=False, width="stretch")
            watched = st.toggle(
                say("Watch for it"),
                value=card["watched"],
                key=f"watch-{who}-{source.versions.n_decisions}",
                disabled=not ui.may_edit(),
                help=say(
                    "It stands first among the new pictures, and a notice is sent when it is seen, where "
                    "the settings say (`ops.notify_command`, `ops.notify_webhook`)."
                ),
            )
        if watched != card["watched"]:
            ui.decide(
                source,
                partial(hit_list.watching, source.workspace, who, watched=watched),
                say("On the hit list") if watched else say("Off the hit list"),
                as_one=True,
            )
            st.rerun()
        _status(source, card)


def _status(source: Pages, card: dict[str, Any]) -> None:
    who = card["individual_id"]
    with st.form(f"status-of-{who}", border=False):
        status = st.segmented_control(
            say("Status"),
            list(kinds.STATUSES),
            default=card["status"],
            required=True,
            key=f"status-{who}",
            format_func=lambda word: language.capital(words.status(word)),
        )
        since, hunter = st.columns(2, gap="small")
        on: date | None = since.date_input(
            say("Since, or taken on"),
            value=card["status_on"],
            key=f"since-{who}",
            format="YYYY-MM-DD",
        )
        by = hunter.text_input(
            say("Taken by"),
            value=card["status_by"] or "",
            max_chars=kinds.HUNTER_CHARS_MAX,
            key=f"hunter-{who}",
        )
        if st.form_submit_button(say("Save the status"), disabled=not ui.may_edit()):
            said = (str(status), on, by.strip() or None)
            if said != (card["status"], card["status_on"], card["status_by"]):
                ui.decide(source, lambda: kinds.Status(who, *said), say("Saved"))
            st.rerun()
