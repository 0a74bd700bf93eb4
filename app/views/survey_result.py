"""What a survey says of the herd: estimates side by side, each with when to believe it, and files."""

from __future__ import annotations

import json
from datetime import date

import answers_told
import languages
import streamlit as st
import ui
from cached import Pages

from thumper_core import csv_text, figures, say
from thumper_core.decisions.kinds import KeptSurvey
from thumper_core.questions import kept_surveys, survey_answers
from thumper_core.questions.survey import Survey


def show(source: Pages, kept: KeptSurvey) -> None:
    """Show it."""
    with ui.said():
        found: Survey = source.ask("survey_result", kept.name, date.today())
        if found.first is None:
            st.info(say("There are no photos of these days yet."), icon=":material/info:")
            return
        if kept_surveys.state_of(kept, date.today()) != kept_surveys.DONE:
            st.info(
                say("The survey is not over: these are figures of the days so far."),
                icon=":material/info:",
            )
        st.markdown(ui.plain(found.lead))
        if found.covered:
            st.caption(ui.plain(found.covered))
        if found.gaps:
            st.caption(ui.plain(found.gaps))
        questions = survey_answers.asked(found)
        for group in survey_answers.GROUPS:
            _group(questions, group)
        _assumptions(questions)
        _files(kept, found)


def _group(questions: list[survey_answers.Asked], group: str) -> None:
    """The answers of one scale: a picture of those that have a value, and each in words."""
    rows = survey_answers.estimates(questions, group)
    with st.container(border=True):
        st.subheader(say(survey_answers.GROUPS[group]), anchor=False)
        left, right = st.columns([3, 2], gap="medium") if rows.height else (st.container(), None)
        with left:
            for one in questions:
                if one.group == group:
                    answers_told.show(one.answer, one.believe)
        if right is not None:
            with right:
                figure = figures.intervals(rows, axis=say(survey_answers.GROUPS[group]))
                ui.chart(figure, f"survey-{group}")


def _assumptions(questions: list[survey_answers.Asked]) -> None:
    """What the values take for granted, and where the methods come from."""
    with st.expander(say("What these figures take for granted, and where they come from")):
        for one in questions:
            told = one.answer
            if told.value:
                st.markdown(f"**{ui.plain(told.question)}**")
                for text in told.assumptions:
                    st.markdown(f"- {ui.plain(text)}")
                st.caption(ui.plain(told.source))


def _files(kept: KeptSurvey, found: Survey) -> None:
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            say("CSV of the results"),
            languages.in_english(lambda: csv_text(survey_answers.table(found)).encode()),
            file_name=f"{kept.name}.csv",
            mime="text/csv",
            icon=":material/download:",
            key="survey-csv",
            on_click="ignore",
        )
        st.download_button(
            say("JSON of the results"),
            languages.in_english(
                lambda: json.dumps(survey_answers.record(found), default=str, indent=2).encode()
            ),
            file_name=f"{kept.name}.json",
            mime="application/json",
            icon=":material/download:",
            key="survey-json",
            on_click="ignore",
        )
