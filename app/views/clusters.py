"""The embeddings on a map: what lies together, who it is, and corrections from a selection."""

from __future__ import annotations

from typing import Any

import follow
import languages
import plotly.graph_objects as go
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import ThumperError, deer_map, figures, mark, say, theme
from thumper_core.questions import words
from views import map_shape, map_side, over_map

COLOURS = {
    "label": mark("Deer"),
    "hdbscan": mark("HDBSCAN group"),
    "category": mark("Buck, doe, fawn"),
    "camera": mark("Camera"),
    "hours": mark("Hour"),
    "light": mark("Light"),
    "sure": mark("How sure"),
}
SURE = (
    mark("95% and more"),
    mark("80 to 95%"),
    mark("50 to 80%"),
    mark("below 50%"),
    mark("alone in its group"),
)
KINDS = {"buck": mark("Buck"), "doe": mark("Doe"), "fawn": mark("Fawn")}
CAMERAS_SHOWN = 10
HEIGHT = 640
FIND_MAX = 8
_WRITTEN = "map-deer-written"


def page() -> None:
    """Show the page."""
    ui.header(
        say("Clusters"), say("Every picture of a deer as a point: the closer, the more alike.")
    )
    if not (ui.root() / "ledger.sqlite").is_file():
        ui.nothing_yet(
            say("Nothing on the map yet"),
            say("There is no workspace yet."),
            "overview",
            say("Start here"),
        )
        return
    source = ui.pages()
    follow.herd_follows(source)
    shape: dict[str, float] = st.session_state.get(map_shape.KEPT, {})
    usual, ready = source.layout(), source.layout(**shape)
    if not usual.done():
        st.skeleton(height=560)
        ui.wait_for("layout", usual, say("Drawing the map: the first time takes about a minute …"))
        return
    if shape and ready.done() and ready.exception() is not None:
        del st.session_state[map_shape.KEPT]
        with ui.said(say("The map is drawn as usual")):
            ready.result()
        shape, ready = {}, usual
    try:
        # the map stays while another is drawn
        layout: pl.DataFrame = (ready if ready.done() else usual).result()
    except ThumperError as error:
        ui.nothing_yet(
            say("Nothing on the map yet"), ui.plain(error), "process", say("Process the photos")
        )
        return
    if layout.is_empty():
        ui.nothing_yet(
            say("Nothing on the map yet"),
            say("No deer was found in the photos."),
            "process",
            say("Process the photos"),
        )
        return
    if not ready.done():
        ui.wait_for("shape", ready, say("Drawing the map anew, from where it is …"))
    points = source.keep(
        ("map-points", tuple(sorted(shape.items())), ready.done()), lambda: _known(source, layout)
    )
    left, right = st.columns([5, 3], gap="medium")
    with left:
        selected, shown = _map(source, points, shape)
    with right:
        map_side.show(source, points, selected, shown)


def _known(source: Pages, layout: pl.DataFrame) -> pl.DataFrame:
    """The points with what colours them: individual_id, label, p_same, hours, sure, and few cameras."""
    hour = pl.col("hour") // 3 * 3
    sure = [say(one) for one in SURE]
    p = pl.col("p_same")
    joined = layout.join(source.ask("labels"), on="detection_id", how="left", maintain_order="left")
    most = (
        joined["camera"].value_counts().sort("count", "camera", descending=[True, False])["camera"]
    )
    if most.len() > CAMERAS_SHOWN + 1:
        few = pl.col("camera").is_in(most.head(CAMERAS_SHOWN).to_list())
        rest = say("{n} other cameras", n=most.len() - CAMERAS_SHOWN)
        joined = joined.with_columns(
            pl.when(few).then("camera").otherwise(pl.lit(rest)).alias("camera")
        )
    return joined.with_columns(
        pl.format(
            "{}:00 to {}:00",
            hour.cast(pl.String).str.zfill(2),
            (hour + 3).cast(pl.String).str.zfill(2),
        )
        .fill_null(say("time unknown"))
        .alias("hours"),
        pl.when(p.is_null())
        .then(pl.lit(sure[4]))
        .when(p >= 0.95)
        .then(pl.lit(sure[0]))
        .when(p >= 0.8)
        .then(pl.lit(sure[1]))
        .when(p >= 0.5)
        .then(pl.lit(sure[2]))
        .otherwise(pl.lit(sure[3]))
        .alias("sure"),
        pl.col("light").fill_null(say("light unknown")),
    )


def _map(
    source: Pages, points: pl.DataFrame, shape: dict[str, float]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The scatter; returns the detections that were picked on it, and the individuals to be shown."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        colour = st.selectbox(
            say("Colour"),
            list(COLOURS),
            format_func=languages.in_words(COLOURS),
            width=languages.wide(170),
            key="cluster-colour",
        )
        shown = _shown(points)
        only = st.pills(
            say("Only"),
            ["buck", "doe", "fawn"],
            key="cluster-only",
            format_func=lambda one: say(one.capitalize()),
        )
        with st.popover(say("Map"), icon=":material/tune:"):
            map_shape.choose(shape)
    drawn = points.filter(pl.col("category") == only) if only else points
    key = (colour, only, shown, tuple(sorted(shape.items())), points.height)
    figure = source.keep(("map", *key, ui.mode()), lambda: _figure(drawn, colour, shown))
    place = f"map-{source.versions.herd_id}-{colour}-{only}"
    state = ui.chart_as_is(
        figure,
        place,
        bar=True,
        scroll_zoom=True,
        on_select="rerun",
        selection_mode=("points", "box", "lasso"),
    )
    st.caption(_told(source, points, drawn))
    over_map.hover(source, f"st-key-{place}")
    by = colour if colour in ("hdbscan", "camera") else "label"
    names = source.keep(("map-names", by, *key), lambda: _names(drawn, by))
    over_map.near(source, f"st-key-{place}", names)
    picked = state.selection.points if state else []
    ids = (_id_of(point) for point in picked)
    return tuple(dict.fromkeys(one for one in ids if one)), shown


def _shown(points: pl.DataFrame) -> tuple[str, ...]:
    """The individuals that somebody wants to see, from the box or from the address."""
    names = dict(
        points.drop_nulls("individual_id")
        .select("individual_id", "label")
        .unique("individual_id")
        .sort("label")
        .iter_rows()
    )
    asked = st.query_params.get_all("deer")
    if asked and asked != st.session_state.get(_WRITTEN):  # a link, not what this page wrote
        st.session_state["map-deer"] = [who for who in asked if who in names][:FIND_MAX]
    kept = st.session_state.get("map-deer", [])
    if any(who not in names for who in kept):  # of a herd before
        st.session_state["map-deer"] = [who for who in kept if who in names]
    chosen = st.multiselect(
        say("Find"),
        list(names),
        format_func=lambda who: names[who],
        key="map-deer",
        width=250,
        placeholder=say("Any deer"),
        max_selections=FIND_MAX,
        persist_state="session",
    )
    if chosen != asked:  # a reload, and a link to this page, show the same
        if chosen:
            st.query_params["deer"] = chosen
        else:
            st.query_params.pop("deer", None)
    st.session_state[_WRITTEN] = chosen
    return tuple(chosen)


def _told(source: Pages, points: pl.DataFrame, drawn: pl.DataFrame) -> str:
    """How many pictures the map shows, of how many, and what one can do."""
    total = source.ask("labels").height
    part = (
        say(" of {total:,}, drawn evenly over time", total=total)
        if points.height >= deer_map.POINTS_MAX
        else ""
    )
    return say(
        "{pictures}{part}. Zoom in with the wheel until pictures stand for points. Click "
        "one, more with Shift, or take the lasso, to say something about them.",
        pictures=words.counted(drawn.height, "picture"),
        part=part,
    )


def _figure(points: pl.DataFrame, colour: str, shown: tuple[str, ...]) -> go.Figure:
    """The scatter in the page's mode; rings round the individuals in `shown`, and the view on them."""
    order = {
        "sure": tuple(say(one) for one in SURE),
        "hours": tuple(sorted(set(points["hours"]))),
    }.get(colour, ())
    figure = figures.clusters(points, colour_by=colour, order=order)
    # The picture beside the pointer says who and where: the points need carry no text.
    figure.update_traces(text=None, hovertemplate=None, hoverinfo="none")
    if shown:
        mine = points.filter(pl.col("individual_id").is_in(shown))
        figure.add_scattergl(
            x=mine["x"].to_list(),
            y=mine["y"].to_list(),
            mode="markers",
            name=say("Looked for"),
            marker={
                "symbol": "circle-open",
                "size": 12,
                "color": theme.CONTRAST,
                "line": {"width": 2},
            },
            hoverinfo="skip",
            showlegend=False,
        )
        if not mine.is_empty():
            for axis, update in (("x", figure.update_xaxes), ("y", figure.update_yaxes)):
                low, high = float(mine[axis].min()), float(mine[axis].max())  # type: ignore[arg-type]
                around = max(0.25 * (high - low), 0.6)
                update(range=[low - around, high + around])
    figure.update_layout(
        height=HEIGHT,
        uirevision="|".join(("map", *shown)),
        margin={"l": 0, "r": 0, "t": 30, "b": 0},
        legend={"y": -0.02, "yanchor": "top"},  # above the map stand its tools
    )
    return ui.themed(figure)


def _names(points: pl.DataFrame, by: str) -> list[dict[str, Any]]:
    """The names that stand on the map, the largest group's first."""
    return [
        {"x": round(x, 3), "y": round(y, 3), "text": str(name)}
        for name, x, y, _ in deer_map.places(points, by).iter_rows()
    ]


def _id_of(point: dict[str, Any]) -> str:
    value = point.get("customdata")
    return str(value[0] if isinstance(value, list) else value or "")
