"""Names from a theme for several deer at once: shown beside their pictures first, then given as one step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import album
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import naming, say
from thumper_core.decisions.kinds import Name
from thumper_core.decisions.names_given import last_theme, taken_names
from thumper_core.questions import words

COLUMNS = 5
PICTURE_PX = 300


def show(
    source: Pages, nameless: pl.DataFrame, key: str, doubts: Mapping[str, str] | None = None
) -> None:
    """Which name each of these would get, and the button that gives them.

    nameless: rows of `tables.herd_cards`, in the order in which they get their names; doubts: by individual,
    what speaks against naming it yet.
    """
    theme = ui.theme_choice(st.container(width=260), last_theme(source.workspace.ledger))
    proposed = naming.suggest_each(
        naming.load_theme(theme),
        nameless.select("individual_id", "sex", "age_class").iter_rows(),
        taken_names(source.workspace.ledger),
    )
    best = source.ask("best", 1)
    rows = nameless.select("individual_id", "label", "n_visits").join(
        best, on="individual_id", how="left", maintain_order="left"
    )

    def caption(row: dict[str, Any]) -> str:
        doubt = (doubts or {}).get(row["individual_id"], "")
        return (
            f"**{ui.plain(proposed.get(row['individual_id'], 'no name'))}**  \n"
            f"{ui.plain(row['label'])} · {words.counted(row['n_visits'], 'visit')}"
            + (f"  \n{ui.plain(doubt)}" if doubt else "")
        )

    album.picture_rows(
        source,
        rows.drop_nulls("detection_id"),
        caption,
        columns=COLUMNS,
        size=PICTURE_PX,
    )
    told = words.counted(len(proposed), "deer", "deer")
    if st.button(
        say("Give {names}", names=words.counted(len(proposed), "name")),
        type="primary",
        key=f"{key}-give",
        icon=":material/check:",
        disabled=not proposed or not ui.may_edit(),
    ):
        made = [Name(who, text, theme, expected=None) for who, text in proposed.items()]
        ui.decide(source, lambda: made, say("{deer} named", deer=told), as_one=True)
        st.rerun()
