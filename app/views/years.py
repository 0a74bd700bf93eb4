"""Year against year: how many, ratios, who lived on, who is new or missing, and who is who between years."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import follow
import languages
import polars as pl
import streamlit as st
import ui
import years_ahead
from cached import Pages

from thumper_core import csv_text, say
from thumper_core.questions import words
from thumper_core.questions.in_no_herd import waiting_words
from thumper_core.questions.part_of_herd import PartOfHerd, periods_of_herd, untold
from thumper_core.questions.year_rows import frame, rows
from thumper_core.questions.year_standings import known_by_year
from thumper_core.questions.years_of_herd import YearOfHerd, growing, sentences
from views import deer_years, year_pairs, year_standings


def page() -> None:
    """Show the page."""
    ui.header(say("Years"))
    if not (ui.root() / "ledger.sqlite").is_file():
        ui.nothing_yet(
            say("No years yet"), say("There is no workspace yet."), "overview", say("Start here")
        )
        return
    source = ui.pages()
    follow.herd_follows(source)
    if source.versions.herd_id is None:
        ui.nothing_yet(
            say("No years yet"),
            say("No deer have been told apart yet."),
            "process",
            say("Process the photos"),
        )
        return
    with st.spinner(say("Looking through the years …")):
        told, years = years_ahead.told(source), years_ahead.years(source)
    if not years:
        ui.nothing_yet(
            say("No years yet"), say("No deer is told apart on a photo whose day is known.")
        )
        return
    _lead(source, years)
    for year in years:
        if year.n_waiting:
            told_of = waiting_words(year.n_waiting, year.label)
            st.warning(ui.prose(told_of), icon=":material/hourglass_top:")
    why = untold(source.ask("totals").size)
    if why:
        st.warning(ui.plain(why), icon=":material/visibility_off:")
        st.markdown(
            say(
                "What holds all the same: how long the cameras stood, how many visits of deer they saw, and "
                "bucks and fawns for each doe over visits, where the photos say which is which. Answer "
                "questions on Review: people who compare pictures can tell the deer apart."
            )
        )
    _compare(source, years, why)
    if why:
        return
    if len(years) > 1:
        with st.container(border=True):
            year_pairs.show(source, told)
    with st.container(border=True):
        _standings(source, told, years)
    with st.container(border=True):
        _side_by_side(source, told)


def _lead(source: Pages, years: Sequence[YearOfHerd]) -> None:
    seasons = source.workspace.settings.seasons
    first = seasons.first_day(years[-1].year)
    last = seasons.first_day(years[-1].year + 1) - timedelta(days=1)
    st.caption(
        say(
            "A deer year runs from one spring to the next: {season} from {first} to {last}. The day is a "
            "setting.",
            season=years[-1].label,
            first=words.day(first),
            last=words.day(last),
        )
    )
    if len(years) == 1:
        st.info(
            say(
                "There are photos of one deer year only, {season}, so nothing can be compared yet. With the "
                "first photos of the next year come here: who lived on, who is new or missing, whether "
                "the herd grew, and questions whether a deer is one of the year before. Two periods of "
                "this year can be compared now.",
                season=years[0].label,
            ),
            icon=":material/calendar_month:",
        )


def _compare(source: Pages, years: Sequence[YearOfHerd], why: str) -> None:
    with st.container(border=True):
        st.subheader(say("One against another"), anchor=False)
        modes = {"years": say("Deer years"), "periods": say("Two periods")}
        mode = st.segmented_control(
            say("Compare"),
            list(modes),
            default="years",
            required=True,
            key="years-mode",
            format_func=lambda key: modes[key],
        )
        parts: Sequence[PartOfHerd] = (
            _chosen_years(years) if mode == "years" else _chosen_periods(source)
        )
        if not parts:
            return
        if len(parts) > 1 and not why:
            st.markdown(f"**{ui.plain(growing(*parts))}**")
        _table(parts, f"{mode}-table", why)
        st.download_button(
            say("CSV of this table"),
            languages.in_english(lambda: csv_text(frame(parts)).encode()),
            file_name="years.csv",
            mime="text/csv",
            icon=":material/download:",
            key="years-csv",
            on_click="ignore",
        )


def _chosen_years(years: Sequence[YearOfHerd]) -> list[PartOfHerd]:
    if len(years) == 1:
        return list(years)
    names = {year.label: year for year in years}
    chosen = []
    for place, label, key, at in zip(
        st.columns(2, gap="small"),
        (say("One year"), say("The other")),
        ("years-one", "years-other"),
        (len(years) - 2, len(years) - 1),
        strict=True,
    ):
        with place:
            one = st.selectbox(label, list(names), index=at, key=key)
        chosen.append(names[str(one)])
    # In the order of time, so that growth and "from the year before" read as they are meant.
    first, second = sorted(chosen, key=lambda year: year.year)
    return [first] if first is second else [first, second]


def _chosen_periods(source: Pages) -> list[PartOfHerd]:
    """The two periods, by their dates; at first the two halves of the last year that has photos."""
    days = years_ahead.days(source)
    of_last = days.filter(pl.col("year") == days["year"].max())["day"]
    first, last = of_last.min(), of_last.max()
    if not isinstance(first, date) or not isinstance(last, date):
        st.caption(say("No camera has photos whose day is known."))
        return []
    middle = first + (last - first) // 2
    halves = ((first, middle), (min(middle + timedelta(days=1), last), last))
    dates = []
    for place, label, key, usual in zip(
        st.columns(2, gap="small"),
        (say("One period"), say("The other period")),
        ("period-one", "period-other"),
        halves,
        strict=True,
    ):
        with place:
            one = st.date_input(label, usual, key=key)
        dates.append(tuple(one) if isinstance(one, tuple) else (one, one))
    if any(len(one) < 2 for one in dates):
        st.caption(say("Choose the last day of the period as well."))
        return []
    found: list[PartOfHerd] = source.keep(
        ("years", "periods", *dates),
        lambda: periods_of_herd(source.workspace, years_ahead.told(source), days, dates),
    )
    return found


def _table(parts: Sequence[PartOfHerd], key: str, said: str) -> None:
    """The rows beside each other, and below why some have no figure; said: what was said of it already."""
    made = rows(parts)
    head = f"| | {' | '.join(ui.plain(part.label) for part in parts)} |"
    lines = [head, "|:--|" + "--:|" * len(parts)]
    lines += [
        f"| {ui.plain(row.name)} | {' | '.join(ui.plain(cell.text) for cell in row.cells)} |"
        for row in made
    ]
    with st.container(key=key):
        st.markdown("\n".join(lines))
    if any(cell.interval for row in made for cell in row.cells):
        st.caption(say("In brackets: the 95% interval."))
    why: dict[str, list[str]] = {}
    for row in made:
        for cell in row.cells:
            if cell.reason not in ("", said) and row.name not in why.setdefault(cell.reason, []):
                why[cell.reason].append(row.name)
    for reason, names in why.items():
        st.caption(f"{ui.plain(words.listed(names))}: {ui.prose(reason)}")


def _standings(source: Pages, told: pl.DataFrame, years: Sequence[YearOfHerd]) -> None:
    st.subheader(say("Who is new, and who is not there"), anchor=False)
    if len(years) == 1:
        st.caption(say("That can be said from the second year on."))
        return
    places = {year.label: place for place, year in enumerate(years) if place}
    label = st.selectbox(say("Year"), list(places), index=len(places) - 1, key="standings-of")
    place = places[str(label)]
    year_standings.show(source, told, years[place].year)
    for sentence in sentences(list(years[: place + 1]), told):
        st.caption(ui.plain(sentence))


def _side_by_side(source: Pages, told: pl.DataFrame) -> None:
    """One deer by year; the address may name it."""
    st.subheader(say("A deer's years side by side"), anchor=False)
    several = [who for sex in ("male", "female", "unknown") for who in known_by_year(told, sex, 2)]
    if not several:
        st.caption(say("No deer is known from two years or more."))
        return
    labels = dict(told.select("individual_id", "label").iter_rows())
    wanted = st.query_params.get("deer")
    who = st.selectbox(
        say("Deer"),
        several,
        index=several.index(wanted) if wanted in several else 0,
        key="years-of",
        format_func=lambda one: labels[one],
    )
    deer_years.show(source, told, who, "by-year")
    st.page_link(
        ui.page_of("herd"),
        label=say("The page of {deer}", deer=ui.plain(labels[who])),
        icon=":material/arrow_forward:",
        query_params={"deer": who},
    )
