"""Add photos, process them with a click, watch it, and choose which result is shown (promoted)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import empty_herd
import polars as pl
import progress
import streamlit as st
import ui
from cached import Pages, models

from thumper_core import UsageError, Workspace, choose_detector, history, roll_back, weights
from thumper_core.questions import words
from thumper_core.work import launches
from thumper_core.work.cost import CLEAR_MODES, KEPT, cost
from views import bring_in, learning

_MEASURES = {
    "n_individuals": "Groups",
    "n_bucks": "Bucks",
    "n_does": "Does",
    "n_fawns": "Fawns",
    "assignment_rate": "Assigned",
    "n_singletons": "Seen in one picture",
    "n_detections": "Detections of deer",
    "bucks_per_100_does": "Bucks for 100 does",
}


def page() -> None:
    """Show the page."""
    ui.header("Process", "From photos to a herd. The work goes on when this page is closed.")
    if not (ui.root() / "ledger.sqlite").is_file():
        progress.show()
        _add_photos(None)
        return
    source = ui.pages()
    progress.show()
    if not source.ask("totals").n_deer and not progress.working():
        empty_herd.show(source, link=False)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        _reprocess(source)
    with right:
        _add_photos(source)
    learning.show(source)
    _runs(source)
    _history(source)


def _add_photos(source: Pages | None) -> None:
    with st.container(border=True, height="stretch"):
        st.subheader("Photos", anchor=False)
        roots = source.workspace.ledger.roots() if source else []
        for folder in roots:
            st.code(folder, language=None, wrap_lines=True)
        st.caption("Photos stay where they are; nothing in these folders is ever changed.")
        busy = progress.working() or not ui.may_edit()
        with st.form("add-photos", border=False):
            text = st.text_input("Folder on this machine", placeholder="/home/me/ranch/cards")
            if st.form_submit_button("Add folder", icon=":material/add:", disabled=busy):
                ui.act(lambda: _start_adding([text]))
                st.rerun()
        if roots and st.button("Look for new photos", icon=":material/refresh:", disabled=busy):
            ui.act(lambda: _start_adding(roots))
            st.rerun()
        bring_in.show(source)


def _start_adding(folders: list[str]) -> None:
    wanted = [Path(text.strip()).expanduser() for text in folders if text.strip()]
    for folder in wanted:
        if not folder.is_absolute() or not folder.is_dir():
            raise UsageError(f"{folder} is no folder on this machine. Write its whole path.")
    if not wanted:
        raise UsageError("Write the path of a folder with photos.")
    root = st.session_state["base"]  # never the demo: its truth knows its own photos only
    Workspace.create(root)
    launches.start(root, "add", {"paths": [str(folder) for folder in wanted]})


def _reprocess(source: Pages) -> None:
    settings = source.workspace.settings
    known = models(str(source.workspace.root / "registry.toml"))
    busy = progress.working() or not ui.may_edit()
    with st.container(border=True, height="stretch"):
        st.subheader("Reprocess", anchor=False)
        left, right = st.columns(2)
        choice = choose_detector(source.workspace)
        detector = _model(left, "Detector", "detector", known, choice.detector, choice.sentence)
        embedder = _model(right, "Embedder", "embedder", known, settings.embed.embedder)
        mode = st.segmented_control(
            "What to do again",
            list(CLEAR_MODES),
            default="none",
            required=True,
            key="clear-mode",
            format_func=lambda m: CLEAR_MODES[m][0],
        )
        price = cost(source.workspace, mode, detector, embedder)  # type: ignore[arg-type]
        st.caption(f"{CLEAR_MODES[str(mode)][1]} {KEPT}")
        turbo = st.toggle(
            "Turbo",
            key="turbo",
            help="Uses every core at normal priority. Without "
            "it one core stays free and the work steps back for others.",
        )
        guess = "" if price.is_measured else " (a guess: nothing was processed here before)"
        st.markdown(
            f"**{words.counted(price.n_photos, 'photo')}**, about **{ui.duration(price.seconds)}**{guess}"
        )
        if price.room is not None and price.room.note:
            st.warning(ui.plain(price.room.note), icon=":material/hard_drive:")
        if st.button(
            "Reprocess",
            type="primary",
            icon=":material/play_arrow:",
            disabled=busy,
            key="reprocess",
        ):
            arguments = {
                "clear_mode": mode,
                "detector": detector,
                "embedder": embedder,
                "turbo": turbo,
            }
            ui.act(lambda: launches.start(source.workspace.root, "process", arguments), "Started")
            st.rerun()


def _model(place: Any, label: str, kind: str, known: list[Any], current: str, why: str = "") -> str:
    """A select box over the models of a kind; those without weights here say so.

    why: a sentence on the current one, said below it.
    """
    specs = {spec.name: spec for spec in known if spec.kind == kind}
    names = [current, *(name for name in specs if name != current)]

    def shown(name: str) -> str:
        spec = specs.get(name)
        absent = spec is not None and not spec.parts and weights.verify(spec) == "absent"
        return f"{name} (not downloaded)" if absent else name

    chosen = place.selectbox(label, names, format_func=shown, key=f"choose-{kind}")
    spec = specs.get(chosen)
    notes = spec.notes.replace("`", "") if spec else ""
    place.caption(ui.plain(why if why and chosen == current else notes) or "\u00a0")
    return str(chosen)


def _runs(source: Pages) -> None:
    rows: pl.DataFrame = source.ask("runs")
    with st.container(border=True):
        st.subheader("Runs", anchor=False)
        if rows.is_empty():
            st.caption("None yet.")
            return
        chosen = st.dataframe(
            rows.with_columns(
                pl.when("is_shown").then(pl.lit("shown")).otherwise(pl.lit("")).alias(" ")
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
                "run_id": "Run",
                "state": "State",
                "detector": "Detector",
                "embedder": st.column_config.TextColumn("Embedder", width=115),
                "n_photos": st.column_config.NumberColumn("Photos", format="localized"),
                "n_detections": st.column_config.NumberColumn("Detections", format="localized"),
                "n_failed": st.column_config.NumberColumn("Not readable", format="localized"),
                "started_at": st.column_config.DatetimeColumn(
                    "Started (UTC)", format="D MMM, HH:mm"
                ),
            },
        )
        # Without a choice, the newest.
        selected = chosen.selection.rows
        at = selected[0] if selected else rows["started_at"].arg_max() or 0
        progress.of_run(source.workspace.ledger, rows["run_id"][at])


def _history(source: Pages) -> None:
    herds = source.workspace.ledger.herds()
    with st.container(border=True):
        title, button = st.columns([4, 1], vertical_alignment="center")
        title.subheader("Herds", anchor=False)
        if button.button(
            "Roll back",
            icon=":material/undo:",
            width="stretch",
            key="roll-back",
            disabled=len(herds) < 2 or not ui.may_edit(),
            help="Show the herd that was shown before this one. Nothing is deleted.",
        ):
            ui.act(lambda: roll_back(source.workspace), "Rolled back to the herd before")
            st.rerun()
        if not herds:
            st.caption("No herd has been identified yet.")
            return
        past = history.herd_history(herds)
        shown = source.versions.herd_id
        table = past.reverse()
        chosen = st.dataframe(
            table.select(
                "herd_id",
                pl.when(pl.col("herd_id") == shown)
                .then(pl.lit("shown"))
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
                "herd_id": "Herd",
                "run_id": "Run",
                "method": "Method",
                "threshold": st.column_config.NumberColumn("Threshold", format="%.3f"),
                "n_individuals": "Groups",
                "n_bucks": "Bucks",
                "n_does": "Does",
                "n_fawns": "Fawns",
                "assignment_rate": st.column_config.NumberColumn("Assigned", format="%.0f%%"),
                "created_at": st.column_config.DatetimeColumn("Made (UTC)", format="D MMM, HH:mm"),
            },
        )
        selected = chosen.selection.rows
        if not selected:
            st.caption("Choose a herd to see what changed, and to show it to everybody.")
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
        st.caption("This is the first herd.")
        return
    rows = history.difference(past, before, after).filter(pl.col("measure").is_in(list(_MEASURES)))
    changed = {row["measure"]: row for row in rows.to_dicts()}
    st.markdown(f"**{before} → {after}**")
    for column, (measure, title) in zip(st.columns(len(_MEASURES)), _MEASURES.items(), strict=True):
        column.metric(title, *_before_after(changed[measure]), delta_color="off")
    if herd["herd_id"] != shown and st.button(
        f"Show {herd['herd_id']} to everybody",
        icon=":material/publish:",
        key="promote",
        disabled=not ui.may_edit(),
    ):
        targets = {"run": herd["run_id"], "herd": herd["herd_id"]}
        ui.act(
            lambda: source.workspace.ledger.promote(targets, f"chosen by {ui.author()}"),
            f"{herd['herd_id']} is shown now",
        )
        st.rerun()


def _before_after(row: dict[str, Any]) -> tuple[str, str | None]:
    """The new value of a measure and its change, as a metric shows them."""
    after, change = row["after"], row["change"]
    if row["measure"] == "assignment_rate":
        return (
            "–" if after is None else f"{after:.0%}",
            f"{100 * change:+.0f} points" if change else None,
        )
    return "–" if after is None else f"{after:,.0f}", f"{change:+,.0f}" if change else None
