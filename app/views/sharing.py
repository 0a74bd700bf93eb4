"""What of a deer leaves the workspace: its card and its page to print, with or without places and people."""

from __future__ import annotations

from functools import partial
from typing import Any

import languages
import streamlit as st
from cached import Pages

from thumper_core import ThumperError, deer_card, deer_sheet, say
from thumper_core.questions import blurred


def show(source: Pages, card: dict[str, Any]) -> None:
    """What is to be on both, and the buttons that write them; card: a row of `tables.herd_cards`."""
    who, none = card["individual_id"], not card["n_visits"]
    workspace, hidden, trouble = source.workspace, tuple[str, ...](), ""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        places = st.toggle(
            say("With its places"),
            key=f"share-places-{who}",
            disabled=none,
            help=say(
                "Its cameras' names, where they stand, and what they print into their pictures; on the page "
                "to print also who decided what."
            ),
        )
        if st.toggle(
            say("Blur people"),
            key=f"share-blur-{who}",
            disabled=none,
            help=say(
                "People, and vehicles as a whole, are made unrecognisable in its pictures for good."
            ),
        ):
            try:
                workspace, hidden = source.keep(
                    ("blurred",), partial(blurred.blurring, source.workspace)
                )
            except ThumperError as error:
                trouble = str(error)
        for make, label, icon, kind, what in (
            (deer_card, say("Card to share"), "share", "image/png", say("A picture of this deer")),
            (
                deer_sheet,
                say("Page to print"),
                "print",
                "application/pdf",
                say("A PDF of this deer on A4"),
            ),
        ):
            st.download_button(
                label,
                languages.in_english(partial(make, workspace, who, places=places)),
                file_name=f"{card['label']}.{kind.rpartition('/')[2]}",
                mime=kind,
                key=f"share-{icon}-{who}",
                icon=f":material/{icon}:",
                on_click="ignore",
                disabled=none or bool(trouble),
                help=say("{what}; no place unless you ask.", what=what)
                if not none
                else say("No picture of the shown herd is of this deer."),
            )
    if trouble:
        st.error(trouble)
    for sentence in hidden:
        st.caption(sentence)
