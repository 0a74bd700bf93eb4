"""The charts of the herd report as the Typst page draws them: bars, hours, rows of points, a map."""

from __future__ import annotations

import html
import json
from datetime import datetime
from typing import Any, Final

import polars as pl

from thumper_core import theme
from thumper_core.questions import categories, words
from thumper_core.report.pages.sections import Chart
from thumper_core.views.times import dated

_TIMELINE_ROWS: Final = 40


def chart_data(chart: Chart, visits: pl.DataFrame) -> dict[str, Any] | None:
    """A chart as the page draws it; None for those whose table says the same."""
    if chart.id == "chart-activity":
        return {"kind": "hours", "caption": chart.caption, "series": _hours(visits)}
    if chart.id == "chart-timeline":
        return {"kind": "timeline", "caption": chart.caption, **_timeline(visits)}
    if chart.id in ("chart-moon", "chart-months"):
        rates = [_rate(str(row[-1])) for row in chart.rows]
        longest = max(rates, default=0.0) or 1.0
        rows = [
            {
                "label": str(row[0]),
                "share": rate / longest,
                "text": f"{row[-1]} ({row[1]} in {row[2]} camera-days)",
            }
            for row, rate in zip(chart.rows, rates, strict=True)
        ]
        return {"kind": "bars", "caption": chart.caption, "rows": rows}
    if chart.id in ("chart-ways", "chart-company"):
        return {"kind": "matrix", "caption": chart.caption, **_matrix(chart)}
    if chart.id == "chart-map":
        return {"kind": "map", "caption": chart.caption, **_map(chart)}
    return None


def _map(chart: Chart) -> dict[str, Any]:
    """Cameras and ways of `figures.ways_map`, true to scale.

    points and lines in shares of the width of the drawing, y downwards; tall: its height likewise,
    in [0.25, 0.8]; sizes in points.
    """
    *ways, cameras = json.loads(str(chart.json))["data"]
    xs, ys = cameras["x"], cameras["y"]
    wide, deep = max(xs) - min(xs), max(ys) - min(ys)
    scale = max(wide, deep / 0.6) or 1.0
    tall = min(max(deep / scale, 0.25), 0.8)
    left, top = (1 - wide / scale) / 2, (tall - deep / scale) / 2

    def place(x: float, y: float) -> list[float]:
        return [left + (x - min(xs)) / scale, top + (max(ys) - y) / scale]

    return {
        "tall": tall,
        "lines": [
            {
                "ends": [place(*end) for end in zip(way["x"], way["y"], strict=True)],
                "width": way["line"]["width"] * 0.6,
            }
            for way in ways
        ],
        "points": [
            {"at": place(x, y), "label": html.unescape(text), "radius": size * 0.3}
            for x, y, text, size in zip(
                xs, ys, cameras["text"], cameras["marker"]["size"], strict=True
            )
        ],
        "width_m": f"{scale:,.0f}",
    }


def _matrix(chart: Chart) -> dict[str, Any]:
    """The cells of a figure that is one heat map, with their shade in [0, 1]."""
    figure = json.loads(str(chart.json))
    (cells,) = figure["data"]
    axes = figure["layout"]
    most = max((v for row in cells["z"] for v in row if v is not None), default=0) or 1
    return {
        "columns": [html.unescape(name) for name in axes["xaxis"]["ticktext"]],
        "rows": [
            {
                "label": html.unescape(name),
                "cells": [
                    {"text": text, "shade": 0 if value is None else value / most}
                    for text, value in zip(texts, values, strict=True)
                ],
            }
            for name, texts, values in zip(
                axes["yaxis"]["ticktext"], cells["text"], cells["z"], strict=True
            )
        ],
        "across": axes["xaxis"].get("title", {}).get("text", ""),
        "down": axes["yaxis"].get("title", {}).get("text", ""),
    }


def _hours(visits: pl.DataFrame) -> list[dict[str, Any]]:
    counts = categories.activity(visits)
    return [
        {
            "category": str(name),
            "name": theme.CATEGORY_NAME[str(name)],
            "counts": part["n_visits"].to_list(),
        }
        for (name,), part in counts.group_by("category", maintain_order=True)
    ]


def _timeline(visits: pl.DataFrame) -> dict[str, Any]:
    """The most seen animals and when they came, as shares of the period."""
    visits = dated(visits)
    first, last = visits["started_at"].min(), visits["started_at"].max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return {"rows": [], "first": "", "last": ""}
    length_s = max((last - first).total_seconds(), 1.0)
    grouped = (
        visits.group_by("individual_id")
        .agg(pl.len().alias("n"), pl.col("label").first(), pl.col("category").first(), "started_at")
        .sort("n", "individual_id", descending=[True, False])
        .head(_TIMELINE_ROWS)
    )
    rows = [
        {
            "label": " ".join(row["label"].split()),
            "category": row["category"],
            "points": [
                round((at - first).total_seconds() / length_s, 4) for at in row["started_at"]
            ],
        }
        for row in grouped.iter_rows(named=True)
    ]
    return {"rows": rows, "first": words.day(first), "last": words.day(last)}


def _rate(text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return 0.0
