"""Is the herd settled enough for names? And every individual's name in one table."""

from __future__ import annotations

import polars as pl
import streamlit as st
import ui
import years_ahead
from cached import Pages

from thumper_core import history, readiness, say
from thumper_core.decisions.kinds import Name
from thumper_core.questions import words
from thumper_core.questions.name_doubts import across_years, name_doubts
from views import herd_table, quick_names

MOST_USUAL = 10
MOST_MAX = 40
_BEGAN = "names-began"  # what was typed when the table was drawn first


def show(source: Pages, cards: pl.DataFrame) -> None:
    """Show checklist and table."""
    is_telling = source.ask("totals").size.is_telling
    told = years_ahead.told(source)
    links = years_ahead.links(source).proposed if is_telling else ()
    across = across_years(told, links) if is_telling else None
    ready = readiness(history.herd_history(source.workspace.ledger.herds()), across)
    with st.container(border=True):
        st.subheader(
            say("Ready for names?") if not ready.ready else say("Ready for names"), anchor=False
        )
        for column, one in zip(
            st.columns(len(ready.criteria), gap="medium"), ready.criteria, strict=True
        ):
            with column:
                icon = (
                    ":green[:material/check_circle:]" if one.met else ":orange[:material/pending:]"
                )
                st.markdown(f"{icon} **{one.title}**")
                st.caption(say("Now: {shown}. {advice}", shown=one.shown, advice=one.advice))
        if not ready.ready:
            st.caption(say("Names can be given now as well: they stay with their deer."))
    nameless = cards.filter(pl.col("name").is_null() & (pl.col("n_visits") > 0))
    if is_telling and not nameless.is_empty():
        with st.container(border=True):
            _most_seen(source, nameless, name_doubts(told, links))
    with st.container(border=True):
        _table(source, cards)


def _most_seen(source: Pages, nameless: pl.DataFrame, doubts: dict[str, str]) -> None:
    """Names for those that are seen most and have none; doubts: what speaks against naming one yet."""
    title, place = st.columns([5, 1], vertical_alignment="bottom")
    title.subheader(say("Name the most seen"), anchor=False)
    n = place.number_input(
        say("How many"), 1, MOST_MAX, min(MOST_USUAL, nameless.height), key="names-of-most"
    )
    most = nameless.sort("n_visits", "individual_id", descending=[True, False]).head(int(n))
    quick_names.show(source, most, "most-seen", doubts)


def _table(source: Pages, cards: pl.DataFrame) -> None:
    """Every name, to be written in. What is typed and not saved stays while one looks elsewhere."""
    st.subheader(say("All names"), anchor=False)
    now = dict(cards.select("individual_id", "name").iter_rows())
    typed: dict[str, str | None] = st.session_state.setdefault(f"typed-{source.workspace.root}", {})
    offset = ui.pager("names-page", cards.height, herd_table.PER_PAGE)
    page = cards.slice(offset, herd_table.PER_PAGE)
    key = f"names-{source.versions.n_decisions}-{offset}"
    if key not in st.session_state:  # drawn for the first time, or after another page
        st.session_state[_BEGAN] = dict(typed)
    began = st.session_state[_BEGAN]
    names = [began.get(who, now[who]) for who in page["individual_id"]]
    rows = page.select("individual_id", "category", "n_visits", "last_seen").with_columns(
        pl.Series("new_name", names, pl.String)
    )
    edited = st.data_editor(
        rows.insert_column(0, herd_table.pictures(source, page)),
        hide_index=True,
        key=key,
        disabled=["picture", "individual_id", "category", "n_visits", "last_seen"],
        row_height=herd_table.ROW_PX,
        height=520,
        placeholder="",
        column_config={
            "picture": st.column_config.ImageColumn(say("Picture"), width=80),
            "individual_id": say("Deer"),
            "category": say("Who"),
            "n_visits": say("Visits"),
            "last_seen": st.column_config.DatetimeColumn(say("Last seen"), format="D MMM YYYY"),
            "new_name": st.column_config.TextColumn(say("Name"), max_chars=40),
        },
    )
    typed.update(
        zip(edited["individual_id"], (one or None for one in edited["new_name"]), strict=True)
    )
    for who in [who for who, name in typed.items() if who not in now or name == now[who]]:
        del typed[who]
    with st.container(horizontal=True, vertical_alignment="center"):
        # Its words and state stay: a click that ends the last cell's edit would be lost with another button.
        is_pressed = st.button(
            say("Save names"),
            key="save-names",
            type="primary",
            disabled=not ui.may_edit(),
            icon=":material/save:",
        )
        if typed:
            st.caption(say("Not saved yet: {names}", names=words.counted(len(typed), "name")))
    if is_pressed and not typed:
        st.toast(say("No name was changed."))
    elif is_pressed:
        done = say("{names} saved", names=words.counted(len(typed), "name"))
        made = [Name(who, name, expected=now[who]) for who, name in typed.items()]
        if ui.decide(source, lambda: made, done, as_one=True):
            typed.clear()
        st.rerun()
