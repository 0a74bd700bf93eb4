"""Every run and every herd: what each was, what it changed, which is shown, and the way back."""

from __future__ import annotations

from typing import Any

import helps
import pace
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import history, language, mark, roll_back, say

_MEASURES = {
    "n_individuals": mark("Groups"),
    "n_bucks": mark("Bucks"),
    "n_does": mark("Does"),
    "n_fawns": mark("Fawns"),
    "assignment_rate": mark("Assigned"),
    "n_singletons": mark("Seen in one picture"),
    "n_detections": mark("Detections of deer"),
    "bucks_per_100_does": mark("Bucks for 100 does"),
}


_HELPS = {
    "n_individuals": "groups",
    "assignment_rate": "assigned",
    "n_singletons": "singletons",
    "n_detections": "detections",
}


def show(source: Pages) -> None:
    """Show the panel."""
    _runs(source)
    _history(source)


def _runs(source: Pages) -> None:
    rows: pl.DataFrame = source.ask("runs")
    with st.container(border=True):
        st.subheader(say("Runs"), anchor=False)
        if rows.is_empty():
            st.caption(say("None yet."))
            return
        chosen = st.dataframe(
            rows.with_columns(
                pl.when("is_shown").then(pl.lit(say("shown"))).otherwise(pl.lit("")).alias(" ")
            ).select(
                "run_id",
                " ",
                "state",
                "detector",
                "embedder",
                "n_photos",
                "n_detections",
                "n_failed",
                "started_at",
            ),
            hide_index=True,
            on_select="rerun",
            selection_mode="single-row",
            key="run-table",
            column_config={
                "run_id": say("Run"),
                "state": say("State"),
                "detector": say("Detector"),
                "embedder": st.column_config.TextColumn(say("Embedder"), width=115),
                "n_photos": st.column_config.NumberColumn(say("Photos"), format="localized"),
                "n_detections": st.column_config.NumberColumn(
                    say("Detections"), format="localized"
                ),
                "n_failed": st.column_config.NumberColumn(say("Not readable"), format="localized"),
                "started_at": st.column_config.DatetimeColumn(
                    say("Started (UTC)"), format="D MMM, HH:mm"
                ),
            },
        )
        # Without a choice, the newest.
        selected = chosen.selection.rows
        at = selected[0] if selected else rows["started_at"].arg_max() or 0
        pace.of_run(source.workspace.ledger, rows["run_id"][at])


def _history(source: Pages) -> None:
    herds = source.workspace.ledger.herds()
    with st.container(border=True):
        title, button = st.columns([4, 1], vertical_alignment="center")
        title.subheader(say("Herds"), anchor=False)
        if button.button(
            say("Roll back"),
            icon=":material/undo:",
            width="stretch",
            key="roll-back",
            disabled=len(herds) < 2 or not ui.may_edit(),
            help=say("Show the herd that was shown before this one. Nothing is deleted."),
        ):
            ui.act(lambda: roll_back(source.workspace), say("Rolled back to the herd before"))
            st.rerun()
        if not herds:
            st.caption(say("No herd has been identified yet."))
            return
        past = history.herd_history(herds)
        shown = source.versions.herd_id
        table = past.reverse()
        chosen = st.dataframe(
            table.select(
                "herd_id",
                pl.when(pl.col("herd_id") == shown)
                .then(pl.lit(say("shown")))
                .otherwise(pl.lit(""))
                .alias(" "),
                "run_id",
                "method",
                "threshold",
                "n_individuals",
                "n_bucks",
                "n_does",
                "n_fawns",
                pl.col("assignment_rate") * 100,
                "created_at",
            ),
            hide_index=True,
            on_select="rerun",
            selection_mode="single-row",
            key="herd-table",
            column_config={
                "herd_id": say("Herd"),
                "run_id": say("Run"),
                "method": say("Method"),
                "threshold": st.column_config.NumberColumn(say("Threshold"), format="%.3f"),
                "n_individuals": say("Groups"),
                "n_bucks": say("Bucks"),
                "n_does": say("Does"),
                "n_fawns": say("Fawns"),
                "assignment_rate": st.column_config.NumberColumn(say("Assigned"), format="%.0f%%"),
                "created_at": st.column_config.DatetimeColumn(
                    say("Made (UTC)"), format="D MMM, HH:mm"
                ),
            },
        )
        selected = chosen.selection.rows
        if not selected:
            st.caption(say("Choose a herd to see what it changed, and to show it on all pages."))
            return
        herd = table.row(selected[0], named=True)
        _one_herd(source, past, herd)


def _one_herd(source: Pages, past: pl.DataFrame, herd: dict[str, Any]) -> None:
    """What the chosen herd changed against the one shown (or, for that, the one before)."""
    shown = source.versions.herd_id
    ids = past["herd_id"].to_list()
    at = ids.index(herd["herd_id"])
    if herd["herd_id"] != shown and shown in ids:
        before, after = shown, herd["herd_id"]
    elif at > 0:
        before, after = ids[at - 1], herd["herd_id"]
    else:
        st.caption(say("This is the first herd."))
        return
    rows = history.difference(past, before, after).filter(pl.col("measure").is_in(list(_MEASURES)))
    changed = {row["measure"]: row for row in rows.to_dicts()}
    st.markdown(f"**{before} → {after}**")
    with st.container(key="figures-herd"):
        columns = st.columns(len(_MEASURES))
        for column, (measure, title) in zip(columns, _MEASURES.items(), strict=True):
            column.metric(
                say(title),
                *_before_after(changed[measure]),
                delta_color="off",
                help=helps.of(_HELPS[measure]) if measure in _HELPS else None,
            )
    if herd["herd_id"] != shown and st.button(
        say("Show {herd_id}", herd_id=herd["herd_id"]),
        icon=":material/publish:",
        key="promote",
        disabled=not ui.may_edit(),
    ):
        targets = {"run": herd["run_id"], "herd": herd["herd_id"]}
        ui.act(
            lambda: source.workspace.ledger.promote(targets, f"chosen by {ui.author()}"),
            say("{herd_id} is shown now", herd_id=herd["herd_id"]),
        )
        st.rerun()


def _before_after(row: dict[str, Any]) -> tuple[str, str | None]:
    """The new value of a measure and its change, as a metric shows them."""
    after, change = row["after"], row["change"]
    if row["measure"] == "assignment_rate":
        return (
            "–" if after is None else language.figure(after, ".0%"),
            say("{change:+.0f} points", change=100 * change) if change else None,
        )
    return "–" if after is None else f"{after:,.0f}", f"{change:+,.0f}" if change else None
