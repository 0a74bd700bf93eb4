"""A camera survey: planned, run, and what it says of the herd."""

from __future__ import annotations

from datetime import date
from typing import Final

import languages
import streamlit as st
import ui
from cached import Pages

from thumper_core import mark, say
from thumper_core.decisions.kinds import KeptSurvey
from thumper_core.questions import kept_surveys, words
from views import survey_plan, survey_result, survey_run

_PARTS: Final = {"plan": mark("Plan"), "run": mark("Run"), "result": mark("Result")}
_FIRST: Final = {
    kept_surveys.PLANNED: "plan",
    kept_surveys.UNDER_WAY: "run",
    kept_surveys.DONE: "result",
}
"""Which part is shown first, by how the survey stands."""
_STATES: Final = {
    kept_surveys.PLANNED: mark("planned"),
    kept_surveys.UNDER_WAY: mark("under way"),
    kept_surveys.DONE: mark("done"),
}
_NEW: Final = ""


def page() -> None:
    """Show the page."""
    lead = say("How many deer, how many bucks for each doe, and how wrong that may be.")
    ui.header(say("Survey"), lead)
    if not (ui.root() / "ledger.sqlite").is_file():
        ui.nothing_yet(
            say("Nothing to survey yet"),
            say("There is no workspace yet."),
            "overview",
            say("Start here"),
        )
        return
    source = ui.pages()
    kept: list[KeptSurvey] = source.ask("surveys")
    chosen = _choose(kept)
    if chosen is None:
        survey_plan.show(source, None)
        return
    state = kept_surveys.state_of(chosen, date.today())
    part = st.segmented_control(
        say("Part"),
        list(_PARTS),
        default=_FIRST[state],
        required=True,
        key=f"survey-part-{chosen.subject}",
        format_func=languages.in_words(_PARTS),
        label_visibility="collapsed",
    )
    st.caption(_told(source, chosen, state))
    if part == "plan":
        survey_plan.show(source, chosen)
    elif part == "run":
        survey_run.show(source, chosen)
    else:
        survey_result.show(source, chosen)


def _choose(kept: list[KeptSurvey]) -> KeptSurvey | None:
    """The survey that is looked at; None: a new one."""
    names = [one.name for one in kept]
    if not names:
        return None
    # A survey that was just kept is the one to look at.
    if st.session_state.get("survey-kept") in names:
        st.session_state["survey"] = st.session_state.pop("survey-kept")
    if st.session_state.get("survey", _NEW) not in (*names, _NEW):
        del st.session_state["survey"]
    name = st.selectbox(
        say("Which survey"),
        [*names, _NEW],
        key="survey",
        format_func=lambda one: one or say("A new one"),
        bind="query-params",
        width=360,
    )
    return next((one for one in kept if one.name == name), None)


def _told(source: Pages, chosen: KeptSurvey, state: str) -> str:
    """Days, cameras and how it stands, in a line."""
    n_cameras = len(chosen.cameras)
    cameras = words.counted(n_cameras, "camera") if n_cameras else say("all cameras")
    return say(
        "{first} to {last}, {cameras}: {state}",
        first=words.day(chosen.first),
        last=words.day(chosen.last),
        cameras=cameras,
        state=say(_STATES[state]),
    )
