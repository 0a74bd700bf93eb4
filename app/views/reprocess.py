"""Processing again: which models, what is done again, and what it costs."""

from __future__ import annotations

from typing import Any

import helps
import progress
import streamlit as st
import ui
from cached import Pages, models

from thumper_core import choose_detector, say, weights
from thumper_core.questions import words
from thumper_core.work import launches
from thumper_core.work.cost import CLEAR_MODES, KEPT, cost


def show(source: Pages) -> None:
    """Show the panel."""
    settings = source.workspace.settings
    known = models(str(source.workspace.root / "registry.toml"))
    busy = progress.working() or not ui.may_edit()
    with st.container():
        left, right = st.columns(2)
        choice = choose_detector(source.workspace)
        detector = _model(
            left, say("Detector"), "detector", known, choice.detector, choice.sentence
        )
        embedder = _model(right, say("Embedder"), "embedder", known, settings.embed.embedder)
        mode = st.segmented_control(
            say("What to do again"),
            list(CLEAR_MODES),
            default="none",
            required=True,
            key="clear-mode",
            format_func=lambda m: say(CLEAR_MODES[m][0]),
        )
        price = cost(source.workspace, mode, detector, embedder)  # type: ignore[arg-type]
        st.caption(f"{say(CLEAR_MODES[str(mode)][1])} {say(KEPT)}")
        turbo = st.toggle(
            say("Turbo"),
            key="turbo",
            help=say(
                "Uses every core at normal priority. Without "
                "it one core stays free and the work steps back for others."
            ),
        )
        guess = "" if price.is_measured else say(" (a guess: nothing was processed here before)")
        st.markdown(
            say(
                "**{photos}**, about **{duration}**{guess}",
                photos=words.counted(price.n_photos, "photo"),
                duration=ui.duration(price.seconds),
                guess=guess,
            ),
            help=helps.of("cost"),
        )
        if price.room is not None and price.room.note:
            st.warning(ui.plain(price.room.note), icon=":material/hard_drive:")
        if st.button(
            say("Reprocess"),
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
            ui.act(
                lambda: launches.start(source.workspace.root, "process", arguments), say("Started")
            )
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
        return say("{name} (not downloaded)", name=name) if absent else name

    chosen = place.selectbox(label, names, format_func=shown, key=f"choose-{kind}")
    spec = specs.get(chosen)
    notes = spec.notes.replace("`", "") if spec else ""
    place.caption(ui.plain(why if why and chosen == current else notes) or "\u00a0")
    return str(chosen)
