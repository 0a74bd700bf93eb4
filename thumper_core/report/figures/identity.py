"""Figures about telling animals apart; `figures` offers them with the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import polars as pl

from thumper_core import theme
from thumper_core.language import mark, say
from thumper_core.report.figures.plotting import diagonal, empty, escape, finish, mark_thresholds

_MOST_POINTS = 1500  # of a curve: more than a screen has columns
_NO_GROUP = mark("In no group")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star")
_OWN_COLOURS = 12  # groups that get a legend; more would be a wall of text


def similarity_histogram(
    must: npt.ArrayLike, cannot: npt.ArrayLike, *, threshold: float | None = None
) -> go.Figure:
    """How alike the same and different animals look: two densities over similarity.

    must: (N,) similarities of pairs known to be one animal; cannot: (M,) of pairs known to be two;
    values that are not finite are left out. threshold: marked.
    """
    same, different = _finite(must), _finite(cannot)
    both = np.concatenate([same, different])
    if both.size == 0:
        return empty(say("No pairs yet"))
    low, high = float(both.min()), float(both.max())
    edges = np.linspace(low, high if high > low else low + 0.01, 61)
    figure = go.Figure()
    for values, name, colour in (
        (different, say("Two animals"), theme.CONTRAST),
        (same, say("One animal"), theme.ACCENT),
    ):
        if values.size == 0:
            continue
        share = np.histogram(values, edges)[0] / values.size
        figure.add_bar(
            x=((edges[:-1] + edges[1:]) / 2).tolist(),
            y=share.tolist(),
            width=float(edges[1] - edges[0]),
            name=say("{name} ({size:,} pairs)", name=name, size=values.size),
            marker={"color": colour, "opacity": 0.6, "cornerradius": 0},
            hovertemplate="%{x:.3f}: %{y:.1%} of the pairs<extra></extra>",
        )
    mark_thresholds(figure, (low, high), current=threshold)
    figure.update_xaxes(title_text=say("Similarity"))
    figure.update_yaxes(title_text=say("Share of pairs"), tickformat=".0%")
    return finish(figure, barmode="overlay", bargap=0, legend={"y": 1.07})


def roc(must: npt.ArrayLike, cannot: npt.ArrayLike, *, threshold: float | None = None) -> go.Figure:
    """Pairs of one animal found against pairs of two confused, over all thresholds.

    must, cannot: as for `similarity_histogram`; threshold: its point on the curve is marked.
    """
    same, different = np.sort(_finite(must)), np.sort(_finite(cannot))
    if same.size == 0 or different.size == 0:
        return empty(say("A ROC needs pairs of both kinds"))
    cuts = np.unique(np.concatenate([same, different]))[::-1]
    if cuts.size > _MOST_POINTS:
        cuts = cuts[np.linspace(0, cuts.size - 1, _MOST_POINTS).round().astype(int)]
    found, confused = _share_from(same, cuts), _share_from(different, cuts)
    figure = go.Figure()
    diagonal(figure)
    figure.add_scatter(
        x=[0.0, *confused.tolist()],
        y=[0.0, *found.tolist()],
        customdata=[float(cuts[0]), *cuts.tolist()],
        mode="lines",
        name="ROC",
        line={"color": theme.ACCENT, "width": 2.5},
        hovertemplate="threshold %{customdata:.3f}<br>one animal found: %{y:.1%}"
        "<br>two confused: %{x:.1%}<extra></extra>",
        showlegend=False,
    )
    if threshold is not None:
        at = np.array([threshold])
        figure.add_scatter(
            x=_share_from(different, at).tolist(),
            y=_share_from(same, at).tolist(),
            mode="markers",
            name=say("Threshold {threshold:.3f}", threshold=threshold),
            marker={"color": theme.CONTRAST, "size": 11, "line": {"width": 2, "color": "#ffffff"}},
            hovertemplate="one animal found: %{y:.1%}<br>two confused: %{x:.1%}<extra></extra>",
        )
    figure.update_xaxes(
        title_text=say("Two animals confused"), range=[-0.01, 1.01], tickformat=".0%"
    )
    figure.update_yaxes(title_text=say("One animal found"), range=[-0.01, 1.01], tickformat=".0%")
    return finish(figure)


def clusters(
    layout: pl.DataFrame, *, colour_by: str = "profile_id", order: Sequence[str] = ()
) -> go.Figure:
    """The embeddings in the plane, one WebGL point per detection.

    layout: `x, y`, the column `colour_by` (null: in no group) and, where there, `detection_id`
    (comes back as custom data of a selection), `label` and `camera` (shown on hover). order: groups that
    come first, as given; the others follow by size. Up to twelve groups have a legend, and a shape each
    besides the colour; of more, all points are one trace, which a browser draws quickly.
    """
    if layout.is_empty():
        return empty(say("No layout yet"))
    of = layout[colour_by].cast(pl.String)
    sizes = of.drop_nulls().value_counts().sort("count", colour_by, descending=[True, False])
    by_size = sizes[colour_by].to_list()
    groups: list[str | None] = [g for g in order if g in set(by_size)]
    groups += [g for g in by_size if g not in set(order)]
    if of.null_count():
        groups.append(None)
    colours = {group: _group_colour(group, number) for number, group in enumerate(groups)}
    figure = go.Figure()
    if len(groups) > _OWN_COLOURS:
        names = [escape(g) if g is not None else say(_NO_GROUP) for g in of]
        figure.add_trace(_points(layout, "", [colours[g] for g in of], "circle", names))
        figure.update_traces(showlegend=False)
    else:
        for number, group in enumerate(groups):
            part = layout.filter(of.is_null() if group is None else of == group)
            name = say(_NO_GROUP) if group is None else escape(group)
            symbol = "x-thin-open" if group is None else _SYMBOLS[number % len(_SYMBOLS)]
            figure.add_trace(_points(part, name, colours[group], symbol, [name] * part.height))
        figure.update_traces(showlegend=True)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    return finish(figure, height=620, dragmode="pan")


def _points(
    part: pl.DataFrame, name: str, colour: str | list[str], symbol: str, groups: list[str]
) -> go.Scattergl:
    """Points of the map with what they say when pointed at."""
    told = part.select(c for c in ("label", "camera") if c in part.columns).rows()
    texts = ["<br>".join(escape(str(v)) for v in row if v is not None) for row in told]
    return go.Scattergl(
        x=part["x"].to_list(),
        y=part["y"].to_list(),
        mode="markers",
        name=name,
        customdata=part["detection_id"].to_list() if "detection_id" in part.columns else None,
        text=texts or groups,
        marker={"color": colour, "symbol": symbol, "size": 6, "opacity": 0.75},
        hovertemplate="%{text}<extra>%{fullData.name}</extra>",
    )


def _group_colour(group: str | None, number: int) -> str:
    if group is None:
        return "rgba(127, 135, 131, 0.5)"
    own = theme.CATEGORY_COLOUR.get(group)
    return own or theme.SEQUENCE[number % len(theme.SEQUENCE)]


def _share_from(ordered: npt.NDArray[np.float64], cuts: npt.NDArray[np.float64]) -> Any:
    """Share of `ordered` (rising) at or above each cut."""
    return 1 - np.searchsorted(ordered, cuts, side="left") / ordered.size


def _finite(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    array = np.asarray(values, np.float64).ravel()
    return array[np.isfinite(array)]
