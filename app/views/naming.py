"""Is the herd settled enough for names? And every individual's name in one table."""

from __future__ import annotations

import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import history, naming, readiness
from thumper_core.decisions.kinds import Name
from thumper_core.decisions.record import taken_names
from thumper_core.questions import words


def show(source: Pages, cards: pl.DataFrame) -> None:
    """Show checklist and table."""
    ready = readiness(history.herd_history(source.workspace.ledger.herds()))
    with st.container(border=True):
        st.subheader("Ready for names?" if not ready.ready else "Ready for names", anchor=False)
        for column, one in zip(st.columns(3, gap="medium"), ready.criteria, strict=True):
            with column:
                icon = (
                    ":green[:material/check_circle:]" if one.met else ":orange[:material/pending:]"
                )
                st.markdown(f"{icon} **{one.title}**")
                st.caption(f"Now: {one.shown}. {one.advice}")
        if not ready.ready:
            st.caption("Names can be given now as well: they stay with their deer.")
    with st.container(border=True):
        _table(source, cards)


def _table(source: Pages, cards: pl.DataFrame) -> None:
    title, place, button = st.columns([3, 2, 2], vertical_alignment="bottom")
    title.subheader("Names", anchor=False)
    theme = ui.theme_choice(place)
    proposed: dict[str, str] = st.session_state.get("proposed", {})
    if button.button("Suggest for the nameless", icon=":material/casino:", width="stretch"):
        proposed = _proposals(source, cards, theme)
        st.session_state["proposed"] = proposed
    rows = cards.select("individual_id", "name", "category", "n_visits", "last_seen").with_columns(
        pl.coalesce(
            "name",
            pl.col("individual_id").replace_strict(proposed, default=None, return_dtype=pl.String),
        ).alias("new_name")
    )
    edited = st.data_editor(
        rows.select("individual_id", "category", "n_visits", "last_seen", "new_name"),
        hide_index=True,
        key=f"names-{source.versions.n_decisions}-{len(proposed)}-{theme}",
        disabled=["individual_id", "category", "n_visits", "last_seen"],
        height=520,
        column_config={
            "individual_id": "Deer",
            "category": "Who",
            "n_visits": "Visits",
            "last_seen": st.column_config.DatetimeColumn("Last seen", format="D MMM YYYY"),
            "new_name": st.column_config.TextColumn("Name", max_chars=40),
        },
    )
    wanted = dict(zip(edited["individual_id"], edited["new_name"], strict=True))
    before = dict(rows.select("individual_id", "name").iter_rows())
    changed = {who: (name or None) for who, name in wanted.items() if (name or None) != before[who]}
    if st.button(
        f"Save {words.counted(len(changed), 'name')}" if changed else "Save",
        type="primary",
        disabled=not changed or not ui.may_edit(),
        icon=":material/save:",
    ):
        ui.decide(
            source,
            lambda: [Name(w, n, theme, expected=before[w]) for w, n in changed.items()],
            f"{words.counted(len(changed), 'name')} saved",
        )
        st.session_state.pop("proposed", None)
        st.rerun()


def _proposals(source: Pages, cards: pl.DataFrame, theme: str) -> dict[str, str]:
    """A different free name for every nameless deer."""
    taken = taken_names(source.workspace.ledger)
    found: dict[str, str] = {}
    for row in cards.filter(pl.col("name").is_null()).to_dicts():
        name = naming.suggest(naming.load_theme(theme), row["sex"], row["age_class"], taken, n=1)
        if name:
            found[row["individual_id"]] = name[0]
            taken = taken | {name[0]}
    return found
