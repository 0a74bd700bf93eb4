"""New: who is on the pictures that came since the last look; the sure ones; and how good it guessed."""

from __future__ import annotations

import helps
import progress
import streamlit as st
import ui
from cached import Pages
from visits_ahead import meeting_of

from thumper_core import ThumperError, figures, say, who
from thumper_core.questions import suggestions
from views import sure, visits


def page() -> None:
    """Show the page."""
    ui.header(say("New"))
    if not (ui.root() / "ledger.sqlite").is_file():
        ui.nothing_yet(
            say("Nothing new yet"), say("There is no workspace yet."), "overview", say("Start here")
        )
        return
    source = ui.pages()
    if source.versions.herd_id is None:
        ui.nothing_yet(
            say("Nothing new yet"),
            say("No deer have been told apart yet: only then can new pictures be known ones."),
            "process",
            say("Process the photos"),
        )
        return
    progress.show(compact=True)
    tabs = st.tabs(
        [say("Who is this?"), say("Sure ones"), say("How good are they?")],
        key="new-tabs",
        on_change="rerun",
    )
    for tab, show in zip(tabs, (visits.show, _sure, _so_far), strict=True):
        if tab.open:
            with tab:
                show(source)


def _sure(source: Pages) -> None:
    try:
        with st.spinner(say("Comparing the new pictures with the herd …")):
            meeting = meeting_of(source.workspace)
    except ThumperError as error:
        st.info(str(error))
        return
    sure.show(source, meeting)


def _so_far(source: Pages) -> None:
    """How good the suggestions were, by what people said of them."""
    told = source.keep(
        ("suggestions",), lambda: suggestions.told(who.record_so_far(source.workspace))
    )
    for sentence in told.sentences:
        st.markdown(sentence)
    if told.curve.height:
        ui.chart(figures.reliability(told.curve, of="answers"), "suggestions")
        st.caption(
            say(
                "Each point is the answers for which the first suggestion had about this chance: on the "
                "diagonal it was right as often as it said. Larger points are more answers."
            ),
            help=helps.of("chance"),
        )
