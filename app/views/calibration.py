"""How well animals are told apart: the lower half of the page Tune re-ID."""

from __future__ import annotations

import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import HerdRow, figures, language, notes, say, scene_leak
from thumper_core.questions import tuning, words
from thumper_core.questions.tuning import METHODS, Tuning


def curves(source: Pages, found: Tuning, herd: HerdRow | None) -> None:
    """Show the curves, the background test and the other methods."""
    calibration = found.found.thresholds.calibration
    same, different = tuning.scores(calibration)
    current = herd.threshold if herd else None
    at = found.similarity(current) if current is not None else None
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.subheader(say("One animal or two"), anchor=False)
        ui.chart(
            figures.similarity_histogram(same, different, threshold=at), "histogram", height=340
        )
    with right, st.container(border=True, height="stretch"):
        st.subheader(say("How well they are told apart"), anchor=False)
        ui.chart(figures.roc(same, different, threshold=at), "roc", height=300)
        parts = []
        for key, name in (("eer", say("equal-error rate")), ("auc", say("area under the curve"))):
            low, high = calibration.intervals.get(key, (float("nan"), float("nan")))
            value = getattr(calibration, key)
            between = say(" ({low:.3f} to {high:.3f})", low=low, high=high) if low == low else ""
            parts.append(f"{name} {value:.3f}{between}")
        st.caption(
            language.capital("; ".join(parts)) + say(". 95% intervals by resampling events.")
        )
    for warning in notes.identification_notes(found.found):
        st.caption(f":material/info: {ui.plain(warning)}")
    _background(source, herd)
    _methods(
        found, current if current is not None else found.found.thresholds.recommendation.threshold
    )


def _background(source: Pages, herd: HerdRow | None) -> None:
    """What the background test of the shown herd said, or how to run it."""
    if herd is None:
        return
    kept = scene_leak.read_scene_leak(source.workspace)
    with st.container(border=True):
        st.subheader(say("The deer or the place behind it"), anchor=False)
        if kept is None:
            how = say("`thumper evaluate background` does it, in a minute or two.")
            st.caption(f"{say(words.BACKGROUND_UNTESTED)} {how}")
            return
        st.markdown(ui.plain(kept["text"]))
        figures_said = words.background(kept)
        if figures_said:
            st.caption(
                say(
                    "Right within a camera: {figures_said}. {pictures} of herd {herd_id}.",
                    figures_said=figures_said,
                    pictures=words.counted(kept["n_crops"], "picture"),
                    herd_id=kept["herd_id"],
                )
            )


def _methods(found: Tuning, threshold: float | None) -> None:
    with st.container(border=True):
        title, button = st.columns([4, 1], vertical_alignment="center")
        title.subheader(say("Other methods"), anchor=False)
        if threshold is None:
            return
        if not button.button(
            say("Compare"), key="compare-methods", width="stretch", icon=":material/compare_arrows:"
        ):
            st.caption(
                say("The same pictures grouped by the old rule and by HDBSCAN, side by side.")
            )
            return
        with st.spinner(say("Grouping")):
            rows = tuning.compare_methods(found, threshold)
        st.dataframe(
            pl.DataFrame(
                [
                    {
                        say("Method"): say(METHODS[name]),
                        say("Groups"): c.profiles,
                        say("Bucks"): c.bucks,
                        say("Does"): c.does,
                        say("Fawns"): c.fawns,
                        say("Assigned"): c.assigned,
                        say("Singletons"): c.singletons,
                        say("Impossible pairs in one group"): c.broken,
                    }
                    for name, c in rows.items()
                ]
            ),
            hide_index=True,
            column_config={say("Assigned"): st.column_config.NumberColumn(format="percent")},
        )
