"""The embeddings on a map: what lies together, who it is, and corrections from a selection."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

import album
import components
import follow
import plotly.graph_objects as go
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import ThumperError, crops, figures
from thumper_core.decisions import kinds
from thumper_core.questions import browse, words
from thumper_core.questions.review_queue import verdict_key
from views import dialogs

COLOURS = {
    "label": "Deer",
    "hdbscan": "HDBSCAN group",
    "category": "Buck, doe, fawn",
    "camera": "Camera",
    "hours": "Hour",
    "confident": "Confidence",
}
SHOWN = 24
CROP_PX = 260
_HOVER = "map-hover"


def page() -> None:
    """Show the page."""
    ui.header("Clusters", "Every picture of a deer as a point: the closer, the more alike.")
    if not (ui.root() / "ledger.sqlite").is_file():
        ui.nothing_yet(
            "Nothing on the map yet", "There is no workspace yet.", "overview", "Start here"
        )
        return
    source = ui.pages()
    follow.herd_follows(source)
    ready = source.layout()
    if not ready.done():
        st.skeleton(height=560)
        ui.wait_for("layout", ready, "Drawing the map: the first time takes about a minute …")
        return
    try:
        layout = ready.result()
    except ThumperError as error:
        ui.nothing_yet("Nothing on the map yet", ui.plain(error), "process", "Process the photos")
        return
    if layout.is_empty():
        ui.nothing_yet(
            "Nothing on the map yet",
            "No deer was found in the photos.",
            "process",
            "Process the photos",
        )
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        selected = _map(source, layout)
    with right:
        _selection(source, selected)


def _map(source: Pages, layout: pl.DataFrame) -> tuple[str, ...]:
    """The scatter; returns the detections that were picked on it."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        colour = st.selectbox(
            "Colour",
            list(COLOURS),
            format_func=COLOURS.__getitem__,
            width=190,
            key="cluster-colour",
        )
        only = st.pills(
            "Only", ["buck", "doe", "fawn"], key="cluster-only", format_func=str.capitalize
        )
    figure = source.keep(
        ("map", colour, only, ui.mode()), lambda: _figure(source, layout, colour, only)
    )
    key = f"map-{source.versions.herd_id}-{colour}-{only}"
    state = ui.chart_as_is(
        figure, key, bar=True, on_select="rerun", selection_mode=("points", "box", "lasso")
    )
    n_points = sum(len(trace.x) for trace in figure.data)
    st.caption(
        f"{words.counted(n_points, 'picture')}. Point at one to see it. Click one, more with Shift, or "
        "take the lasso above and draw round some, to say something about them."
    )
    _hover(source, f"st-key-{key}")
    points = state.selection.points if state else []
    return tuple(dict.fromkeys(_id_of(point) for point in points if _id_of(point)))


def _figure(source: Pages, layout: pl.DataFrame, colour: str, only: str | None) -> go.Figure:
    """The scatter in the page's mode."""
    labels = source.ask("labels")
    known = layout.join(labels, on="detection_id", how="left", maintain_order="left").with_columns(
        pl.format(
            "{}:00 to {}:00",
            (pl.col("hour") // 3 * 3).cast(pl.String).str.zfill(2),
            (pl.col("hour") // 3 * 3 + 3).cast(pl.String).str.zfill(2),
        )
        .fill_null("time unknown")
        .alias("hours"),
        pl.format("{}% and more", (pl.col("confidence") * 10).floor().cast(pl.Int32) * 10).alias(
            "confident"
        ),
    )
    if only:
        known = known.filter(pl.col("category") == only)
    figure = figures.clusters(known, colour_by=colour)
    # The picture beside the pointer says who and where: the points need carry no text.
    figure.update_traces(text=None, hovertemplate=None, hoverinfo="none")
    figure.update_layout(height=600, uirevision="map", margin={"l": 0, "r": 0, "t": 30, "b": 0})
    return ui.themed(figure)


@st.fragment
def _hover(source: Pages, chart: str) -> None:
    """Show the picture of the point under the pointer; only this part runs for it, not the map."""

    def asked() -> None:
        st.session_state["hovered"] = st.session_state[_HOVER].asked

    card = _card(source, st.session_state.pop("hovered", None))
    components.mount("hover", _HOVER, {"chart": chart, "card": card}, on_asked_change=asked)


def _card(source: Pages, detection_id: object) -> dict[str, str] | None:
    """What the browser shows of a point: kept there, so asked for once and not cached here."""
    if not isinstance(detection_id, str):
        return None
    rows = browse.detections(source.workspace, (detection_id,))
    if rows.is_empty():
        return None
    row = rows.row(0, named=True)
    jpeg = crops.cached_crop(source.workspace, crops.Crop.from_row(row), CROP_PX)
    return {
        "id": detection_id,
        "picture": "data:image/jpeg;base64," + base64.b64encode(jpeg).decode(),
        "title": row["label"] or "nobody",
        "text": f"{words.when(row['taken_at'], row['taken_at_precision'])} · {row['camera']}",
    }


def _id_of(point: dict[str, Any]) -> str:
    value = point.get("customdata")
    return str(value[0] if isinstance(value, list) else value or "")


def _selection(source: Pages, selected: tuple[str, ...]) -> None:
    with st.container(border=True, height=690):
        if not selected:
            st.subheader("Nothing chosen", anchor=False)
            st.caption(
                "The pictures of what you choose on the map appear here, and what you can "
                "say about them."
            )
            return
        rows: pl.DataFrame = source.ask("detections", selected[:SHOWN])
        who = (
            source.ask("labels")
            .filter(pl.col("detection_id").is_in(selected))
            .unique("individual_id")
            .sort("label")
        )
        st.subheader(f"{len(selected):,} chosen", anchor=False)
        st.caption(" · ".join(ui.plain(label) for label in who["label"].to_list()[:8]))
        with st.container(horizontal=True, gap="xsmall"):
            _actions(source, rows, selected, who["individual_id"].to_list())
        album.picture_rows(source, rows, _caption, columns=3, size=CROP_PX)
        if len(selected) > SHOWN:
            st.caption(f"… and {len(selected) - SHOWN:,} more")


def _caption(row: dict[str, Any]) -> str:
    return f"**{ui.plain(row['label'] or 'nobody')}**  \n{album.short_moment(row)}"


def _actions(source: Pages, rows: pl.DataFrame, selected: tuple[str, ...], who: list[str]) -> None:
    """What can be said about the chosen pictures."""
    off = not ui.may_edit()

    def button(label: str, icon: str, disabled: bool) -> bool:
        return st.button(
            label, icon=f":material/{icon}:", disabled=disabled or off, key=f"map-{label}"
        )

    if button("Same", "check", len(selected) != 2):
        _write(source, lambda: _pair(kinds.Same, rows))
    if button("Different", "close", len(selected) != 2):
        _write(source, lambda: _pair(kinds.Different, rows))
    if button("Merge", "merge", len(who) != 2):
        dialogs.merge(source, who[0], who[1])
    if button("Split off", "call_split", len(who) != 1):
        members = source.ask("members", who[0])
        card = source.ask("cards").row(by_predicate=pl.col("individual_id") == who[0], named=True)
        dialogs.split(source, card, members, selected)
    if button("Not an animal", "block", len(selected) > SHOWN):
        _write(source, lambda: [kinds.NotAnimal(verdict_key(row)) for row in rows.to_dicts()])


def _pair(kind: type[kinds.Same] | type[kinds.Different], rows: pl.DataFrame) -> kinds.Decision:
    first, second = rows.to_dicts()
    return kind(verdict_key(first), verdict_key(second))


def _write(source: Pages, make: Callable[[], kinds.Decision | Sequence[kinds.Decision]]) -> None:
    dialogs.at_once(source, make, "Noted")
