"""The herd: as a gallery, as a table, and its names; one animal's page where the address names it."""

from __future__ import annotations

import empty_herd
import follow
import languages
import polars as pl
import streamlit as st
import ui

from thumper_core import mark, say, theme
from thumper_core.questions.herd_list import ORDERS, WHICH, Wanted, listed
from views import herd_gallery, herd_table, individual, naming, verdicts

WHICH_NAMES = {
    "all": mark("All"),
    "named": mark("Named"),
    "nameless": mark("Nameless"),
    "hit list": mark("Hit list"),
}


def page() -> None:
    """Show one animal where the address names it, else the whole herd."""
    if not (ui.root() / "ledger.sqlite").is_file():
        ui.header(say("Herd"))
        ui.nothing_yet(
            say("No herd yet"), say("There is no workspace yet."), "overview", say("Start here")
        )
        return
    source = ui.pages()
    follow.herd_follows(source)
    deer = st.query_params.get("deer")
    cards: pl.DataFrame = source.ask("cards")
    if deer and cards.filter(pl.col("individual_id") == deer).height:
        # A link from this very page does not change the browser's address by itself.
        st.query_params["deer"] = deer
        individual.show(source, cards.row(by_predicate=pl.col("individual_id") == deer, named=True))
        return
    ui.header(say("Herd"))
    if deer:
        st.warning(say("That deer is not in this herd: it may have been merged into another."))
    if cards.is_empty():
        if empty_herd.show(source):
            return
        ui.nothing_yet(
            say("No deer have been told apart yet"),
            say("The photos are processed: identify the deer in them."),
            "process",
            say("Identify the herd"),
        )
        return
    above = st.container(horizontal=True, vertical_alignment="center", gap="small")
    tabs = st.tabs(
        [say("Gallery"), say("Table"), say("Naming")],
        key="herd-tabs",
        on_change="rerun",
        bind="query-params",
    )
    with above:
        st.markdown(ui.plain(source.ask("totals").size.sentence), width="stretch")
        if verdicts.undo_last(source, by_key=not tabs[-1].open):
            st.rerun()
    cards = cards.join(
        source.ask("sureness"), on="individual_id", how="left", maintain_order="left"
    )
    for tab, show in zip(tabs, (herd_gallery.show, herd_table.show, naming.show), strict=True):
        if tab.open:
            with tab:
                show(source, cards if show is naming.show else listed(cards, _wanted(cards)))


def _wanted(cards: pl.DataFrame) -> Wanted:
    """The controls above the gallery and the table; what they say is kept in the address."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kind = st.pills(
            say("Who"),
            [c for c in theme.CATEGORIES if c in set(cards["category"])],
            selection_mode="multi",
            key="herd-kind",
            format_func=languages.in_words(theme.CATEGORY_NAME),
            bind="query-params",
            persist_state="session",
        )
        which = st.segmented_control(
            say("Which"),
            [one for one in WHICH if one != "hit list" or cards["watched"].any()],
            default="all",
            required=True,
            key="herd-named",
            format_func=languages.in_words(WHICH_NAMES),
            bind="query-params",
            persist_state="session",
        )
        cameras = sorted({c for row in cards["cameras"] for c in row})
        camera = st.selectbox(
            say("Camera"),
            ["", *cameras],
            key="herd-camera",
            width=languages.wide(130),
            format_func=lambda name: name or say("All cameras"),
            bind="query-params",
            persist_state="session",
        )
        order = st.selectbox(
            say("Order"),
            list(ORDERS),
            format_func=languages.in_words(ORDERS),
            key="herd-sort",
            width=languages.wide(116),
            bind="query-params",
            persist_state="session",
        )
        text = st.text_input(
            say("Find"),
            key="herd-find",
            placeholder=say("Name or ID"),
            width=languages.wide(105),
            bind="query-params",
            persist_state="session",
        )
    return Wanted(tuple(kind), str(which), camera or None, text.strip(), str(order))
