"""One animal: all its pictures, where and when it comes, who with, its name, and corrections."""

from __future__ import annotations

from typing import Any

import album
import helps
import polars as pl
import streamlit as st
import ui
import years_ahead
from cached import Pages

from thumper_core import ThumperError, dated, figures, naming, say
from thumper_core.decisions import kinds
from thumper_core.decisions.names_given import last_theme, taken_names
from thumper_core.questions import tuning, words
from thumper_core.questions.name_doubts import name_doubts
from thumper_core.questions.year_standings import pictured
from views import (
    antler_years,
    deer_decisions,
    deer_pictures,
    deer_years,
    dialogs,
    hit_list,
    name_form,
    sharing,
)


def show(source: Pages, card: dict[str, Any]) -> None:
    """Show the page of the animal on a herd card."""
    who = card["individual_id"]
    members: pl.DataFrame = source.ask("members", who)
    st.page_link(ui.page_of("herd"), label=say("Herd"), icon=":material/arrow_back:")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(ui.plain(card["label"]), anchor=False, width="content")
        ui.category_badge(card["category"])
        hit_list.badges(card)
    name = f"{who} · " if card["name"] else ""
    sides = source.ask("sides").get(who)
    st.caption(
        f"{name}{words.counted(card['n_visits'], 'visit')} "
        f"{words.period(card['first_seen'], card['last_seen'])}" + (f" · {sides}" if sides else "")
    )
    st.caption(ui.plain(source.ask("kind_rests", who)), help=helps.of("kinds"))
    ui.flash()
    _ways_on(source, card)
    sharing.show(source, card)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _portrait(source, who)
        _naming(source, card)
        hit_list.show(source, card)
    with right:
        _facts(source, card)
        deer_pictures.by_side_and_season(source, who)
    _years(source, who)
    antler_years.show(source, who)
    _company(source, card)
    deer_pictures.least_sure(source, who, members)
    deer_pictures.all_of_them(source, card, members)
    _similar(source, card)
    deer_decisions.show(source, who)


def _ways_on(source: Pages, card: dict[str, Any]) -> None:
    """To its photos: by night where the sun is known, else in infrared; and to its habits."""
    who = card["individual_id"]
    if "night" in source.ask("choices")["lights"]:
        dark = (say("Its photos by night"), "nightlight", {"light": "night"})
    else:
        dark = (say("Its photos in infrared"), "nightlight", {"light": "infrared"})
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        for label, icon, more in (
            (say("Its photos"), "photo_library", {}),
            dark,
        ):
            st.page_link(
                ui.page_of("photos"),
                label=label,
                icon=f":material/{icon}:",
                query_params={"individual": who, **more},
                width="content",
            )
        st.page_link(
            ui.page_of("habits"),
            label=say("Its habits"),
            icon=":material/schedule:",
            query_params={"habits-of": who},
            width="content",
        )


def _portrait(source: Pages, who: str) -> None:
    best = source.ask("best", 1).filter(pl.col("individual_id") == who)
    if best.height:
        st.image(source.jpegs(best, 760)[0], width="stretch")


def _naming(source: Pages, card: dict[str, Any]) -> None:
    who = card["individual_id"]
    with st.container(border=True):
        st.subheader(say("Name and notes"), anchor=False)
        if not card["name"] and source.ask("totals").size.is_telling:
            links = years_ahead.links(source).proposed
            if doubt := name_doubts(years_ahead.told(source), links).get(who):
                st.caption(say("Before you name it: {doubt}.", doubt=ui.plain(doubt)))
        theme = ui.theme_choice(st, last_theme(source.workspace.ledger))
        turn = int(st.session_state.get(f"turn-{who}", 0))
        ideas = naming.suggest(
            naming.load_theme(theme),
            card["sex"],
            card["age_class"],
            taken_names(source.workspace.ledger),
            n=5,
            seed=turn,
        )
        with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
            for idea in ideas:
                if st.button(ui.plain(idea), key=f"idea-{who}-{idea}", disabled=not ui.may_edit()):
                    _rename(source, card, idea, theme)
            if st.button(
                say("Others"), key=f"others-{who}", icon=":material/casino:", type="tertiary"
            ):
                st.session_state[f"turn-{who}"] = turn + 1
                st.rerun()
        name_form.show(source, card, theme)


def _rename(source: Pages, card: dict[str, Any], name: str, theme: str) -> None:
    who = card["individual_id"]
    name_form.fill_name_again(who)
    ui.decide(
        source,
        lambda: kinds.Name(who, name, theme, expected=card["name"]),
        say("Named {name}", name=name),
    )
    st.rerun()


def _facts(source: Pages, card: dict[str, Any]) -> None:
    who = card["individual_id"]
    sightings = source.ask("sightings").filter(pl.col("individual_id") == who)
    with st.container(border=True):
        st.subheader(say("Calendar"), anchor=False)
        days = (
            dated(sightings)
            .group_by(pl.col("started_at").dt.date().alias("day"))
            .agg(pl.len().alias("n"))
        )
        totals = source.ask("totals")
        figure = figures.calendar(days, first=totals.first_photo_at, last=totals.last_photo_at)
        ui.chart(figure, f"calendar-{who}")
    left, right = st.columns(2, gap="small")
    with left, st.container(border=True, height="stretch"):
        st.subheader(say("Cameras"), anchor=False)
        ui.chart(figures.visits_by_camera(sightings), f"cameras-{who}")
    with right, st.container(border=True, height="stretch"):
        st.subheader(say("Hours"), anchor=False)
        ui.chart(figures.activity_by_hour(sightings), f"hours-{who}", height=240)


def _years(source: Pages, who: str) -> None:
    """Its years side by side, where it is known from several."""
    told = years_ahead.told(source)
    if pictured(told, who).height < 2 or not source.ask("totals").size.is_telling:
        return
    with st.container(border=True):
        st.subheader(say("Its years side by side"), anchor=False)
        deer_years.show(source, told, who, "by-year")


def _company(source: Pages, card: dict[str, Any]) -> None:
    """Who was there in the same visits, the commonest first."""
    with st.container(border=True):
        st.subheader(say("Company"), anchor=False)
        friends: pl.DataFrame = source.ask("companions", card["individual_id"], 6)
        if friends.is_empty():
            st.caption(say("Always alone so far."))
            return
        rows = friends.join(source.ask("best", 1), on="individual_id", maintain_order="left")

        def below(row: dict[str, Any]) -> None:
            st.page_link(
                ui.page_of("herd"),
                label=ui.plain(row["label"]),
                query_params={"deer": row["individual_id"]},
            )

        visits = words.counted(card["n_visits"], "visit")
        album.picture_rows(
            source,
            rows,
            lambda row: say(
                "in {n_events:,} of its {visits}", n_events=row["n_events"], visits=visits
            ),
            below=below,
        )


def _similar(source: Pages, card: dict[str, Any]) -> None:
    """Who looks most alike, to merge with."""
    who = card["individual_id"]
    with st.container(border=True):
        st.subheader(say("Looks alike"), anchor=False)
        ready = source.identification(as_shown=True)
        if not ready.done():
            ui.wait_for("alike", ready, say("Comparing all deer …"))
            return
        try:
            known = ready.result()
            found = tuning.nearest(known, tuning.owners(known, source.ask("labels")), who)
        except ThumperError as error:
            st.caption(str(error))
            return
        best = source.ask("best", 1)
        rows = pl.DataFrame(
            found, schema={"individual_id": pl.String, "p": pl.Float64}, orient="row"
        ).join(best, on="individual_id", how="inner", maintain_order="left")
        labels = dict(source.ask("cards").select("individual_id", "label").iter_rows())

        def caption(row: dict[str, Any]) -> str:
            chance = (
                ""
                if row["p"] is None
                else say("  \n{percent} likely the same", percent=words.percent(row["p"]))
            )
            return f"**{ui.plain(labels.get(row['individual_id'], row['individual_id']))}**{chance}"

        def below(row: dict[str, Any]) -> None:
            if st.button(
                say("Compare"),
                key=f"merge-{who}-{row['individual_id']}",
                width="stretch",
                icon=":material/compare:",
            ):
                dialogs.merge(source, who, row["individual_id"])

        album.picture_rows(source, rows, caption, below=below)
