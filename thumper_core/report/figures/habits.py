"""Figures of habits: the moon, the months, ways between cameras, company."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import polars as pl

from thumper_core import theme
from thumper_core.language import say
from thumper_core.report.figures.plotting import empty, escaped, finish, short
from thumper_core.survey.flat_map import plane

_MOST = 16  # rows and columns of a matrix that can still be read
_SCALE = [[0.0, "rgba(47, 122, 184, 0.08)"], [1.0, theme.ACCENT]]


def visit_rate(frame: pl.DataFrame, kind: str) -> go.Figure:
    """Bars: visits for 100 camera-days, by the kind of day.

    frame: `habits.by_moon` or `by_month`; kind: its first column.
    """
    if frame["n_visits"].sum() == 0:
        return empty(say("No visits yet"))
    figure = go.Figure()
    figure.add_bar(
        x=frame[kind].to_list(),
        y=frame["per_100_days"].to_list(),
        marker_color=theme.ACCENT,
        customdata=frame.select("n_visits", "camera_days").rows(),
        hovertemplate="%{x}: %{y:.1f} for 100 camera-days<br>"
        "%{customdata[0]} visits in %{customdata[1]} camera-days<extra></extra>",
    )
    figure.update_xaxes(type="category")
    figure.update_yaxes(title_text=say("Visits for 100 camera-days"), rangemode="tozero")
    return finish(figure, height=280)


def ways(moves: pl.DataFrame) -> go.Figure:
    """A matrix of cameras: how often an animal was seen at one and next at the other.

    moves: `habits.movements`; the cameras with the most moves are shown.
    """
    if moves.is_empty():
        return empty(say("No deer was seen at two cameras"))
    ends = pl.concat(
        [moves.select(pl.col(end).alias("camera"), "n_moves") for end in ("origin", "goal")]
    )
    busiest = ends.group_by("camera").agg(pl.col("n_moves").sum())
    shown = busiest.sort("n_moves", "camera", descending=[True, False]).head(_MOST)
    names = shown["camera"].sort().to_list()
    counted = {(o, g): n for o, g, n in moves.select("origin", "goal", "n_moves").iter_rows()}
    counts = [[counted.get((origin, goal)) for goal in names] for origin in names]
    return _matrix(
        names,
        names,
        counts,
        say("From %{y}<br>to %{x}: %{z}<extra></extra>"),
        say("To"),
        say("From"),
    )


def company(pairs: pl.DataFrame, most: int = _MOST) -> go.Figure:
    """A matrix of animals: the share of their events that two have in common.

    pairs: `habits.together`; the animals with the closest company are shown.
    """
    if pairs.is_empty():
        return empty(say("No two deer were seen on one visit"))
    order: list[str] = []
    labels: dict[str, str] = {}
    for a, b, a_label, b_label in pairs.select(
        "first", "second", "first_label", "second_label"
    ).iter_rows():
        for who, label in ((a, a_label), (b, b_label)):
            if who not in labels and len(order) < most:
                labels[who] = label
                order.append(who)
    share = {
        frozenset((a, b)): index
        for a, b, index in pairs.select("first", "second", "index").iter_rows()
    }
    values = [[share.get(frozenset((a, b))) if a != b else None for b in order] for a in order]
    names = [labels[who] for who in order]
    hover = say("%{y} and %{x}: %{z:.0%} of their visits<extra></extra>")
    return _matrix(names, names, values, hover, "", "", percent=True, keys=order)


def ways_map(cameras: pl.DataFrame, moves: pl.DataFrame) -> go.Figure:
    """Where the cameras stand, and the ways between them, thicker where more deer went.

    cameras: `habits.effort_by_camera`; moves: `habits.movements`. Cameras without coordinates are
    left out. Axes: metres east and north of the cameras' middle.
    """
    placed = cameras.drop_nulls(["latitude", "longitude"]).sort("camera")
    if placed.is_empty():
        return empty(say("Where the cameras stand is not known"))
    _, metres = plane(placed["latitude"], placed["longitude"])
    at = dict(zip(placed["camera"], metres, strict=True))
    figure = go.Figure()
    both: dict[tuple[str, str], int] = {}
    for origin, goal, n in moves.select("origin", "goal", "n_moves").iter_rows():
        if origin in at and goal in at:
            pair = (min(origin, goal), max(origin, goal))
            both[pair] = both.get(pair, 0) + n
    most = max(both.values(), default=1)
    for (a, b), n in both.items():
        figure.add_scatter(
            x=[at[a][0], at[b][0]],
            y=[at[a][1], at[b][1]],
            mode="lines",
            line={"color": "rgba(200, 98, 42, 0.45)", "width": 1 + 9 * n / most},
            hoverinfo="skip",
            showlegend=False,
        )
    camera_points(figure, placed, metres)
    metre_axes(figure)
    return finish(figure, height=460)


def camera_points(
    figure: go.Figure,
    placed: pl.DataFrame,
    metres: Sequence[tuple[float, float]],
    *,
    name: str = "",
) -> None:
    """Draw cameras with their names, larger where more visits were.

    placed: `camera, n_visits`; metres: east and north, in their order; name: in the legend, "": in none.
    """
    visits = placed["n_visits"].to_list()
    largest = max(visits, default=0) or 1
    figure.add_scatter(
        x=[x for x, _ in metres],
        y=[y for _, y in metres],
        mode="markers+text",
        text=[short(name) for name in placed["camera"]],
        textposition="top center",
        marker={
            "color": theme.ACCENT,
            "size": [10 + 22 * (n / largest) ** 0.5 for n in visits],
            "line": {"width": 0},
        },
        customdata=list(zip(escaped(placed["camera"]), visits, strict=True)),
        hovertemplate="%{customdata[0]}: %{customdata[1]} visits<extra></extra>",
        name=name,
        showlegend=bool(name),
    )


def metre_axes(figure: go.Figure) -> None:
    """Axes of a map true to scale, in metres."""
    figure.update_xaxes(
        title_text=say("Metres east"), showgrid=True, showline=False, tickformat=",d"
    )
    figure.update_yaxes(
        title_text=say("Metres north"), scaleanchor="x", scaleratio=1, tickformat=",d"
    )


def _matrix(
    columns: list[str],
    rows: list[str],
    values: list[list[float | int | None]],
    hover: str,
    across: str,
    down: str,
    *,
    percent: bool = False,
    keys: list[str] | None = None,
) -> go.Figure:
    """A heat map whose cells carry their number."""
    xs = keys or columns
    texts = [
        ["" if v is None else f"{v:.0%}" if percent else f"{v:,}" for v in line] for line in values
    ]
    figure = go.Figure()
    figure.add_heatmap(
        x=xs,
        y=xs,
        z=values,
        text=texts,
        texttemplate="%{text}",
        colorscale=_SCALE,
        zmin=0,
        showscale=False,
        xgap=2,
        ygap=2,
        hoverongaps=False,
        hovertemplate=hover,
    )
    ticks = {"type": "category", "tickvals": xs, "ticktext": [short(name, 16) for name in columns]}
    figure.update_xaxes(title_text=across, tickangle=-40, showline=False, **ticks)
    figure.update_yaxes(title_text=down, autorange="reversed", showgrid=False, **ticks)
    return finish(figure, height=150 + 30 * len(rows))
