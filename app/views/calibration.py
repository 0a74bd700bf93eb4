"""How well animals are told apart: the lower half of the page Tune re-ID."""

from __future__ import annotations

import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import HerdRow, figures, notes, scene_leak
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
        st.subheader("One animal or two", anchor=False)
        ui.chart(
            figures.similarity_histogram(same, different, threshold=at), "histogram", height=340
        )
    with right, st.container(border=True, height="stretch"):
        st.subheader("How well they are told apart", anchor=False)
        ui.chart(figures.roc(same, different, threshold=at), "roc", height=300)
        parts = []
        for key, name in (("eer", "equal-error rate"), ("auc", "area under the curve")):
            low, high = calibration.intervals.get(key, (float("nan"), float("nan")))
            value = getattr(calibration, key)
            between = f" ({low:.3f} to {high:.3f})" if low == low else ""
            parts.append(f"{name} {value:.3f}{between}")
        st.caption("; ".join(parts).capitalize() + ". 95% intervals by resampling visits.")
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
        st.subheader("The deer or the place behind it", anchor=False)
        if kept is None:
            how = "`thumper evaluate background` does it, in a minute or two."
            st.caption(f"{words.BACKGROUND_UNTESTED} {how}")
            return
        st.markdown(ui.plain(kept["text"]))
        figures_said = words.background(kept)
        if figures_said:
            st.caption(
                f"Right within a camera: {figures_said}. {words.counted(kept['n_crops'], 'picture')} of herd "
                f"{kept['herd_id']}."
            )


def _methods(found: Tuning, threshold: float | None) -> None:
    with st.container(border=True):
        title, button = st.columns([4, 1], vertical_alignment="center")
        title.subheader("Other methods", anchor=False)
        if threshold is None:
            return
        if not button.button(
            "Compare", key="compare-methods", width="stretch", icon=":material/compare_arrows:"
        ):
            st.caption("The same pictures grouped by the old rule and by HDBSCAN, side by side.")
            return
        with st.spinner("Grouping"):
            rows = tuning.compare_methods(found, threshold)
        st.dataframe(
            pl.DataFrame(
                [
                    {
                        "Method": METHODS[name],
                        "Groups": c.profiles,
                        "Bucks": c.bucks,
                        "Does": c.does,
                        "Fawns": c.fawns,
                        "Assigned": c.assigned,
                        "Singletons": c.singletons,
                        "Impossible pairs in one group": c.broken,
                    }
                    for name, c in rows.items()
                ]
            ),
            hide_index=True,
            column_config={"Assigned": st.column_config.NumberColumn(format="percent")},
        )
