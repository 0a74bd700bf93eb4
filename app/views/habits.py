"""When the herd, one deer or two deer come: sun, moon, weather, the ground of one, one beside another."""

from __future__ import annotations

import empty_herd
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import figures, language, say
from thumper_core.questions import deer_habits, habit_words, pair_habits, words
from thumper_core.questions.deer_habits import DeerHabits
from thumper_core.questions.habit_record import Record
from thumper_core.questions.pair_habits import PairHabits

_WIDE = 260


def page() -> None:
    """Show the page."""
    ui.header(say("Habits"), say("When deer come, in what weather, where, and who after whom."))
    if not (ui.root() / "ledger.sqlite").is_file():
        ui.nothing_yet(
            say("No habits yet"), say("There is no workspace yet."), "overview", say("Start here")
        )
        return
    source = ui.pages()
    cards: pl.DataFrame = source.ask("cards").filter(pl.col("n_visits") > 0)
    if cards.is_empty():
        if not empty_herd.show(source):
            ui.nothing_yet(
                say("No deer have been told apart yet"),
                say("The photos are processed: identify the deer in them."),
                "process",
                say("Identify the herd"),
            )
        return
    who, beside = _chosen(cards)
    record: Record = source.ask("habit_record")
    if who and beside:
        _pair(source, record, who, beside)
    else:
        found = source.keep(("habits", who), lambda: deer_habits.habits_in(record, who or None))
        _one_or_all(found)
    _told(record)


def _chosen(cards: pl.DataFrame) -> tuple[str, str]:
    """Whose habits, and beside whom; kept in the address. Empty: the herd, nobody."""
    labels = dict(cards.select("individual_id", "label").iter_rows())
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        who = st.selectbox(
            say("Deer"),
            ["", *labels],
            key="habits-of",
            width=_WIDE,
            format_func=lambda one: labels.get(one) or say("The whole herd"),
            bind="query-params",
        )
        others = ["", *(one for one in labels if one != who)]
        beside = ""
        if who:
            beside = st.selectbox(
                say("Beside"),
                others,
                key="habits-beside",
                width=_WIDE,
                format_func=lambda one: labels.get(one) or say("No other deer"),
                bind="query-params",
            )
    return str(who or ""), str(beside or "")


def _one_or_all(found: DeerHabits) -> None:
    if found.who is not None:
        seen = words.period(found.first_seen, found.last_seen)
        st.markdown(ui.plain(say("{deer} was seen {period}.", deer=found.label, period=seen)))
        _to_its_page(found)
    _light(found)
    _compared(found)
    if found.who is not None:
        with st.container(border=True):
            st.subheader(say("Its ground"), anchor=False)
            st.markdown(ui.plain(habit_words.of_ground(found)))
            if found.ground is not None:
                ui.chart(figures.ground_map(found.cameras, found.ground), "ground")


def _to_its_page(found: DeerHabits, label: str = "") -> None:
    st.page_link(
        ui.page_of("herd"),
        label=label or say("Its page"),
        icon=":material/arrow_forward:",
        query_params={"deer": str(found.who)},
    )


def _light(found: DeerHabits) -> None:
    """How visits fall on day and night; of the herd each deer's share."""
    if found.lights is None or found.lights.is_empty():
        return
    with st.container(border=True):
        st.subheader(say("By the sun"), anchor=False)
        st.markdown(ui.plain(habit_words.of_light(found)))
        if found.who is not None:
            return
        if found.lights["daylight"].drop_nulls().len():
            ui.chart(figures.lights(found.lights), "lights")
        with st.expander(say("All deer")):
            st.dataframe(
                found.lights.select("label", "n_visits", "n_daylight", "n_twilight", "n_dark"),
                hide_index=True,
                column_config={
                    "label": say("Deer"),
                    "n_visits": say("Visits"),
                    "n_daylight": say("Daylight"),
                    "n_twilight": say("Twilight"),
                    "n_dark": say("Dark"),
                },
            )


def _compared(found: DeerHabits) -> None:
    """What makes a difference, and how far to believe it; a figure of each condition that can be told."""
    with st.container(border=True):
        st.subheader(say("What makes a difference"), anchor=False)
        st.markdown(ui.plain(habit_words.many_looked_at(found)))
        for sentence in habit_words.standing_out(found):
            st.markdown(f":material/priority_high: {ui.plain(sentence)}")
        told = dict.fromkeys(one.factor for one in found.told)
        for pair in _by_two(list(told)):
            for column, factor in zip(st.columns(2, gap="medium"), pair, strict=False):
                with column:
                    st.markdown(f"**{say(habit_words.TITLES[factor])}**")
                    ui.chart(figures.ratios(found.of(factor)), f"ratios-{factor}")
        less = habit_words.too_little(found)
        for text in filter(None, (less, habit_words.how_compared() if told else "")):
            st.caption(ui.plain(text))
        if found.told:
            with st.expander(say("All comparisons as a table")):
                _table(found)


def _by_two(names: list[str]) -> list[list[str]]:
    return [names[at : at + 2] for at in range(0, len(names), 2)]


def _table(found: DeerHabits) -> None:
    rows = [
        {
            say("Hours"): f"{say(habit_words.TITLES[one.factor])}: {say(one.level)}",
            say("Visits"): language.figure(one.n_visits, ","),
            say("Expected"): language.figure(one.n_expected, ",.0f"),
            say("Times as many"): habit_words.times(one.ratio),
            say("95% interval"): ""
            if one.ratio is None
            else say(
                "{low} to {high}", low=habit_words.times(one.low), high=habit_words.times(one.high)
            ),
            say("What to think"): habit_words.verdict(one),
        }
        for one in found.effects
    ]
    st.dataframe(rows, hide_index=True)


def _pair(source: Pages, record: Record, who: str, beside: str) -> None:
    """Two deer beside each other."""
    found: PairHabits = source.keep(
        ("habits", who, beside), lambda: pair_habits.pair_in(record, who, beside)
    )
    for one, side in zip((found.first, found.second), st.columns(2, gap="medium"), strict=True):
        with side, st.container(border=True, height="stretch"):
            _to_its_page(one, ui.plain(one.label))
            visits = words.counted(int(one.cameras["n_visits"].sum()), "visit")
            seen = words.period(one.first_seen, one.last_seen)
            st.markdown(ui.plain(f"{visits}, {seen}"))
            if light := habit_words.of_light(one):
                st.caption(ui.plain(light))
    with st.container(border=True):
        st.subheader(say("Hours and company"), anchor=False)
        for sentence in found.sentences[:2]:
            st.markdown(ui.plain(sentence))
        if found.overlap is not None:
            figure = figures.hours(
                found.overlap, found.first.label, found.second.label, by_sun=found.by_sun
            )
            ui.chart(figure, "hours")
    left, right = st.columns([3, 2], gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.subheader(say("Who follows whom"), anchor=False)
        for sentence in found.sentences[2:]:
            st.markdown(ui.plain(sentence))
    with right, st.container(border=True, height="stretch"):
        st.subheader(say("Cameras"), anchor=False)
        st.dataframe(
            found.cameras,
            hide_index=True,
            column_config={
                "camera": say("Camera"),
                "n_first": found.first.label,
                "n_second": found.second.label,
            },
        )


def _told(record: Record) -> None:
    """What is missing and how to give it, and what is taken for granted."""
    unsure = habit_words.groups_not_deer(record)
    if not (record.missing or record.remarks or unsure):
        return
    with st.container(border=True, gap="xsmall"):
        st.subheader(say("What this rests on"), anchor=False)
        for text in filter(None, (unsure, *record.missing)):
            st.markdown(f":material/info: {ui.prose(text)}")
        for text in record.remarks:
            st.caption(ui.prose(text))
