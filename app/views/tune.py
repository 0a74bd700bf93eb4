"""The threshold: what every choice would make of the herd, which one the photos recommend, apply."""

from __future__ import annotations

import helps
import languages
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import (
    HerdCounts,
    HerdRow,
    Stability,
    ThumperError,
    Workspace,
    figures,
    language,
    mark,
    say,
)
from thumper_core.questions import tuning, words, would_change
from thumper_core.questions.herd_size import HerdSize, herd_size
from thumper_core.questions.tuning import Counts, Owners, Tuning
from thumper_core.work import launches
from views import calibration, experiments, what_changes


def page() -> None:
    """Show the page."""
    ui.header(
        say("Tune re-ID"),
        say(
            "How alike two groups of pictures must be to count as one deer, and what changes if that moves."
        ),
    )
    if not (ui.root() / "ledger.sqlite").is_file():
        ui.nothing_yet(
            say("Nothing to tune yet"),
            say("There is no workspace yet."),
            "overview",
            say("Start here"),
        )
        return
    source = ui.pages()
    herd_id = source.versions.herd_id
    herd = source.workspace.ledger.herd(herd_id) if herd_id else None
    ready = source.identification()
    if not ready.done():
        _recorded(herd)
        ui.wait_for(
            "tuning", ready, say("Building the dendrogram: the slider is here in a moment …")
        )
        return
    try:
        found = ready.result()
    except ThumperError as error:
        ui.nothing_yet(
            say("Nothing to tune yet"), ui.plain(error), "process", say("Process the photos")
        )
        return
    if found.found.thresholds.sweep.is_empty():
        ui.nothing_yet(
            say("Nothing to calibrate on"),
            ui.plain(found.found.thresholds.recommendation.reason),
            "process",
            say("Add photos"),
        )
        return
    owners = None
    if herd is not None and herd.run_id == found.run_id:
        owners = tuning.owners(found, source.ask("labels"))
    _slider(source, found, herd, owners)
    experiments.show(source)
    calibration.curves(source, found, herd)


def _recorded(herd: HerdRow | None) -> None:
    """The sweep that was recorded with the herd, while the dendrogram is being built."""
    if herd is not None and herd.summary.sweep:
        ui.chart(
            figures.sweep(
                herd.summary.sweep_table(),
                recommended=herd.summary.cut.recommended,
                current=herd.threshold,
                animals=_size(herd).animals,
            ),
            "sweep-recorded",
        )


def _size(herd: HerdRow | None) -> HerdSize:
    """What the shown herd says of the number of its deer."""
    return herd_size(herd.summary if herd else None, 0)


@st.fragment
def _slider(source: Pages, found: Tuning, herd: HerdRow | None, owners: Owners | None) -> None:
    """The sweep, and the herd at the threshold under the slider, drawn again without the page."""
    recommended = found.found.thresholds.recommendation.threshold
    current = herd.threshold if herd else None
    thresholds = source.keep(
        ("thresholds", id(found)),
        # the slider takes two options of equal text for one
        lambda: would_change.worth_trying(found, current, recommended, text=figures.chance_text),
    )
    if not thresholds:
        st.caption(ui.plain(found.found.thresholds.recommendation.reason) + ".")
        return
    start = next((one for one in (current, recommended) if one in thresholds), thresholds[0])
    if st.session_state.get("threshold") not in thresholds:  # none yet, or of the herd before
        st.session_state["threshold"] = start
    with st.container(border=True):
        threshold: float = st.select_slider(
            say("Threshold: chance that two groups are one animal"),
            thresholds,
            format_func=figures.chance_text,
            key="threshold",
            help=helps.of("threshold"),
        )
        _numbers(tuning.counts(found, found.labels(threshold)), found.stability(threshold), herd)
    left, right = st.columns([3, 2], gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.subheader(say("Every threshold"), anchor=False)
        figure = figures.sweep(
            found.found.thresholds.sweep,
            recommended=recommended,
            current=current,
            chosen=None if threshold == current else threshold,
            animals=_size(herd).animals,
        )
        ui.chart(figure, "sweep")
        with st.container(horizontal=True, gap="medium"):
            for name, key in (
                (say("Wrongly merged"), "wrong_merges"),
                (say("Wrongly split"), "wrong_splits"),
            ):
                st.caption(name, help=helps.of(key), width="content")
        now = found.found.thresholds.recommendation
        made_with = herd.summary.cut.recommended if herd else None
        st.caption(ui.plain(recommended_told(now.threshold, now.reason, made_with)))
    with right, st.container(border=True, height="stretch"):
        what_changes.show(source, found, threshold, thresholds, owners)
    _apply(source, found, threshold, herd)


def recommended_told(threshold: float | None, reason: str, made_with: float | None) -> str:
    """What is recommended, and why; made_with: what was when the shown herd was made, where known."""
    told = say("Recommended with all that was answered so far: {reason}.", reason=reason)
    if threshold is None or made_with is None:
        return told
    then = figures.chance_text(made_with)
    if then == figures.chance_text(threshold):
        return told
    return say(
        "{told} When the shown herd was made it was {then}: answers or photos since moved it.",
        told=told,
        then=then,
    )


def _numbers(now: Counts, firm: Stability, herd: HerdRow | None) -> None:
    before = herd.summary.counts if herd else HerdCounts()
    values = (
        (say("Groups"), "groups", now.profiles, before.n_profiles),
        (say("Bucks"), "kinds", now.bucks, before.n_bucks),
        (say("Does"), "kinds", now.does, before.n_does),
        (say("Fawns"), "kinds", now.fawns, before.n_fawns),
    )
    rate = before.assignment_rate
    change = 100 * (now.assigned - rate) if rate is not None else 0.0
    known = firm.mean == firm.mean
    with st.container(horizontal=True, gap="large"):
        for name, key, value, old in values:
            delta = value - old if old is not None else None
            st.metric(
                name,
                language.figure(value, ","),
                delta=language.figure(delta, "+,") if delta else None,
                delta_color="off",
                help=helps.of(key),
                width="content",
            )
        st.metric(
            say("Assigned"),
            language.figure(now.assigned, ".0%"),
            delta_color="off",
            delta=say("{change:+.0f} points", change=change) if abs(change) >= 0.5 else None,
            help=helps.of("assigned"),
            width="content",
        )
        st.metric(
            say("Singletons"),
            f"{now.singletons:,}",
            help=helps.of("singletons"),
            width="content",
        )
        st.metric(
            say("Stable"),
            language.figure(firm.mean, ".0%") if known else "\N{EN DASH}",
            delta=say(
                "{low:.0f} to {high:.0f} groups",
                low=firm.profiles_low,
                high=firm.profiles_high,
            )
            if known
            else None,
            delta_color="off",
            delta_arrow="off",
            help=helps.of("stable"),
            width="content",
        )


def _apply(source: Pages, found: Tuning, threshold: float, herd: HerdRow | None) -> None:
    recommended = found.found.thresholds.recommendation.threshold
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if recommended is not None and st.button(
            say("Use the recommended {chance_text}", chance_text=figures.chance_text(recommended)),
            icon=":material/recommend:",
            type="primary",
            key="apply-recommended",
            disabled=not ui.may_edit(),
        ):
            _preview(source, found, recommended, "auto")
        if st.button(
            say("Apply {chance_text}", chance_text=figures.chance_text(threshold)),
            icon=":material/check:",
            key="apply",
            disabled=not ui.may_edit(),
        ):
            _preview(source, found, threshold, threshold)
        experiments.keep_button(source, found, threshold)
        in_use = herd.threshold if herd else None
        st.caption(
            say("In use: {chance_text}", chance_text=figures.chance_text(in_use))
            if in_use is not None
            else say("No herd yet")
        )


@languages.dialog(mark("Apply this threshold?"), width="large")
def _preview(source: Pages, found: Tuning, threshold: float, value: float | str) -> None:
    """What happens to named deer, and the button that does it."""
    now = tuning.counts(found, found.labels(threshold))
    st.markdown(
        say(
            "At **{chance_text}** there are **{groups}**: {bucks}, {does}, {fawns}; "
            "{assigned:.0%} of detections are in a group that was seen on two visits or more.",
            chance_text=figures.chance_text(threshold),
            groups=words.counted(now.profiles, "group"),
            bucks=words.counted(now.bucks, "buck"),
            does=words.counted(now.does, "doe"),
            fawns=words.counted(now.fawns, "fawn"),
            assigned=now.assigned,
        )
    )
    rows = would_change.preview(source.workspace, found, threshold)
    if rows:
        table = pl.DataFrame(
            [
                {
                    say("Name"): row["name"],
                    say("Becomes"): say("in no group; the name is kept")
                    if row["outcome"] == "absent"
                    else say("stays"),
                    say("Pictures before"): row["n_before"],
                    say("after"): row["n_after"],
                    say("Takes in"): ", ".join(row["joined"]),
                    say("Parts split off"): row["parts"],
                }
                for row in rows
            ]
        )
        st.dataframe(table, hide_index=True, height=min(400, 40 + 36 * len(rows)))
    else:
        st.caption(say("No deer has a name yet, so none can lose its place."))
    st.caption(
        say("Every name, note and verdict is kept, and the herd before can be rolled back to.")
    )
    if st.button(say("Apply"), type="primary", key="apply-now", icon=":material/check:"):
        ui.act(
            lambda: _use(source.workspace, value),
            say("The herd is being identified at this threshold"),
        )
        st.switch_page(ui.page_of("process"))


def _use(workspace: Workspace, value: float | str) -> None:
    """Make a threshold the workspace's, and identify with it. Raises ThumperError while work goes on."""
    launches.refuse_if_busy(workspace.root)  # before anything is written
    given = {"threshold": value, "method": "average"}
    workspace.settings.replace("identify", **given).save(workspace.settings_file)
    launches.start(workspace.root, "identify", given)
