"""The threshold: what every choice would make of the herd, which one the photos recommend, apply."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import HerdCounts, HerdRow, Stability, ThumperError, figures, theme
from thumper_core.questions import tuning, words
from thumper_core.questions.tuning import Change, Counts, Owners, Tuning
from thumper_core.work import launches
from views import calibration

CHANGES = 6


def page() -> None:
    """Show the page."""
    ui.header(
        "Tune re-ID", "How alike two groups of pictures must be to count as one deer, and why."
    )
    if not (ui.root() / "ledger.sqlite").is_file():
        ui.nothing_yet(
            "Nothing to tune yet", "There is no workspace yet.", "overview", "Start here"
        )
        return
    source = ui.pages()
    herd_id = source.versions.herd_id
    herd = source.workspace.ledger.herd(herd_id) if herd_id else None
    ready = source.identification()
    if not ready.done():
        _recorded(herd)
        ui.wait_for("tuning", ready, "Building the dendrogram: the slider is here in a moment …")
        return
    try:
        found = ready.result()
    except ThumperError as error:
        ui.nothing_yet("Nothing to tune yet", ui.plain(error), "process", "Process the photos")
        return
    if found.found.thresholds.sweep.is_empty():
        ui.nothing_yet(
            "Nothing to calibrate on",
            ui.plain(found.found.thresholds.recommendation.reason),
            "process",
            "Add photos",
        )
        return
    owners = None
    if herd is not None and herd.run_id == found.run_id:
        owners = tuning.owners(found, source.ask("labels"))
    _slider(source, found, herd, owners)
    calibration.curves(source, found, herd)


def _recorded(herd: HerdRow | None) -> None:
    """The sweep that was recorded with the herd, while the dendrogram is being built."""
    if herd is not None and herd.summary.sweep:
        ui.chart(
            figures.sweep(
                herd.summary.sweep_table(),
                recommended=herd.summary.cut.recommended,
                current=herd.threshold,
            ),
            "sweep-recorded",
        )


@st.fragment
def _slider(source: Pages, found: Tuning, herd: HerdRow | None, owners: Owners | None) -> None:
    """The sweep, and the herd at the threshold under the slider, drawn again without the page."""
    recommended = found.found.thresholds.recommendation.threshold
    current = herd.threshold if herd else None
    swept = found.found.thresholds.sweep["threshold"].drop_nans()
    low, high = round(float(swept.min()), 3), round(float(swept.max()), 3)  # type: ignore[arg-type]
    start = min(max(current if current is not None else recommended or low, low), high)
    with st.container(border=True):
        threshold = st.slider(
            "Threshold: chance that two groups are one animal",
            low,
            high,
            round(start, 3),
            0.005,
            format="%.3f",
            key="threshold",
        )
        if current is not None and threshold == round(current, 3):
            threshold = current  # the herd as it is, not as a rounded number would make it
        labels = found.labels(threshold)
        now = tuning.counts(found, labels)
        _numbers(now, found.stability(threshold), herd)
    left, right = st.columns([3, 2], gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.subheader("Every threshold", anchor=False)
        figure = figures.sweep(
            found.found.thresholds.sweep, recommended=recommended, current=current
        )
        if current is None or abs(threshold - current) >= 0.005:
            figure.add_shape(
                type="line",
                xref="x",
                yref="paper",
                x0=threshold,
                x1=threshold,
                y0=0,
                y1=1,
                line={"dash": "dot", "width": 2, "color": theme.ACCENT},
            )
        ui.chart(figure, "sweep")
        st.caption("Recommended: " + ui.plain(found.found.thresholds.recommendation.reason) + ".")
    with right, st.container(border=True, height="stretch"):
        st.subheader("Against the shown herd", anchor=False)
        _changes(source, found, labels, owners)
    _apply(source, found, threshold, herd)


def _numbers(now: Counts, firm: Stability, herd: HerdRow | None) -> None:
    before = herd.summary.counts if herd else HerdCounts()
    values = (
        ("Groups", f"{now.profiles:,}", now.profiles, before.n_profiles),
        ("Bucks", f"{now.bucks:,}", now.bucks, before.n_bucks),
        ("Does", f"{now.does:,}", now.does, before.n_does),
        ("Fawns", f"{now.fawns:,}", now.fawns, before.n_fawns),
    )
    columns = st.columns(7)
    for column, (name, shown, value, old) in zip(columns, values, strict=False):
        delta = value - old if old is not None else None
        column.metric(name, shown, delta=f"{delta:+,}" if delta else None, delta_color="off")
    rate = before.assignment_rate
    change = 100 * (now.assigned - rate) if rate is not None else 0.0
    columns[4].metric(
        "Assigned",
        f"{now.assigned:.0%}",
        delta_color="off",
        delta=f"{change:+.0f} points" if abs(change) >= 0.5 else None,
        help="Share of detections in a group seen on two visits or more.",
    )
    columns[5].metric("Singletons", f"{now.singletons:,}", help="Groups of one tracklet.")
    known = firm.mean == firm.mean
    columns[6].metric(
        "Stable",
        f"{firm.mean:.0%}" if known else "\N{EN DASH}",
        help="How much of a group comes together again when bursts are drawn anew"
        + (f", in {firm.profiles_low:.0f} to {firm.profiles_high:.0f} groups." if known else ".")
        + " Below 50% a group is an accident of these photos.",
    )


def _changes(source: Pages, found: Tuning, labels: Any, owners: Owners | None) -> None:
    if owners is None:
        st.caption("There is no herd of this run to compare with yet.")
        return
    all_changes = tuning.changes(found, labels, owners)
    if not all_changes:
        st.caption("Nobody would be merged or split.")
        return
    merges = sum(c.kind == "merge" for c in all_changes)
    st.caption(
        f"{words.counted(merges, 'merge')} and {words.counted(len(all_changes) - merges, 'split')}, "
        "the largest first."
    )
    labels_of = dict(source.ask("cards").select("individual_id", "label").iter_rows())
    for change in all_changes[:CHANGES]:
        _one_change(source, change, labels_of)


def _one_change(source: Pages, change: Change, labels_of: dict[str, str]) -> None:
    names = [ui.plain(labels_of.get(who, who)) for who in change.who]
    if change.kind == "merge":
        st.markdown(f":material/merge: {' + '.join(names[:4])}{' …' if len(names) > 4 else ''}")
    else:
        st.markdown(f":material/call_split: {names[0]} into {len(change.parts)} parts")
    rows = source.ask("detections", change.pictures[:4])
    for column, row, jpeg, n in zip(
        st.columns(4, gap="small"),
        rows.to_dicts(),
        source.jpegs(rows, 200),
        change.parts,
        strict=False,
    ):
        with column:
            st.image(jpeg, width="stretch")
            st.caption(f"{words.counted(n, 'picture')}  \n{ui.plain(row['camera'])}")


def _apply(source: Pages, found: Tuning, threshold: float, herd: HerdRow | None) -> None:
    recommended = found.found.thresholds.recommendation.threshold
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if recommended is not None and st.button(
            f"Use the recommended {recommended:.3f}",
            icon=":material/recommend:",
            type="primary",
            key="apply-recommended",
            disabled=not ui.may_edit(),
        ):
            _preview(source, found, recommended, "auto")
        if st.button(
            f"Apply {threshold:.3f}",
            icon=":material/check:",
            key="apply",
            disabled=not ui.may_edit(),
        ):
            _preview(source, found, threshold, threshold)
        in_use = herd.threshold if herd else None
        st.caption(f"In use: {in_use:.3f}" if in_use is not None else "No herd yet")


@st.dialog("Apply this threshold?", width="large")
def _preview(source: Pages, found: Tuning, threshold: float, value: float | str) -> None:
    """What happens to named deer, and the button that does it."""
    now = tuning.counts(found, found.labels(threshold))
    st.markdown(
        f"At **{threshold:.3f}** there are **{words.counted(now.profiles, 'group')}**: "
        f"{words.counted(now.bucks, 'buck')}, {words.counted(now.does, 'doe')}, "
        f"{words.counted(now.fawns, 'fawn')}; {now.assigned:.0%} of detections are in a group that was "
        "seen on two visits or more."
    )
    rows = tuning.preview(source.workspace, found, threshold)
    if rows:
        table = pl.DataFrame(
            [
                {
                    "Name": row["name"],
                    "Becomes": "in no group; the name is kept"
                    if row["outcome"] == "absent"
                    else "stays",
                    "Pictures before": row["n_before"],
                    "after": row["n_after"],
                    "Takes in": ", ".join(row["joined"]),
                    "Parts split off": row["parts"],
                }
                for row in rows
            ]
        )
        st.dataframe(table, hide_index=True, height=min(400, 40 + 36 * len(rows)))
    else:
        st.caption("No deer has a name yet, so none can lose its place.")
    st.caption("Every name, note and verdict is kept, and the herd before can be rolled back to.")
    if st.button("Apply", type="primary", key="apply-now", icon=":material/check:"):
        workspace = source.workspace

        def apply() -> None:
            workspace.settings.replace("identify", threshold=value, method="average").save(
                workspace.settings_file
            )
            launches.start(workspace.root, "identify", {"threshold": value, "method": "average"})

        ui.act(apply, "The herd is being identified at this threshold")
        st.switch_page(ui.page_of("process"))
