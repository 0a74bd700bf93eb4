"""The herd report as a PDF, set by Typst with the fonts it brings.

Text goes to the page as JSON strings, which Typst never reads as markup; pictures as JPEG files.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import tempfile
from collections.abc import Callable
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from thumper_core import theme
from thumper_core.contracts import ThumperError
from thumper_core.export.files import write_file
from thumper_core.questions import tables, words
from thumper_core.report.pages.content import Content, content
from thumper_core.report.pages.sections import Chart, Section, Table
from thumper_core.report.pictures.cards import MOST_PICTURES, Card
from thumper_core.views.times import dated

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

_MOST_FAILURES: Final = 60
_TIMELINE_ROWS: Final = 40
_CONTROLS: Final = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)))


def report_pdf(
    workspace: Workspace,
    out: Path,
    *,
    title: str | None = None,
    pictures: int = MOST_PICTURES,
    now: datetime | None = None,
) -> Path:
    """Write the herd report as a PDF and return where it is; arguments as for `html.report`.

    Raises ThumperError where Typst is not installed or refuses the page.
    """
    told = content(workspace, title=title, pictures=pictures, now=now)
    return write_file(out, compile_pdf(told))


def compile_pdf(told: Content) -> bytes:
    """The PDF's bytes."""
    try:
        import typst
    except ImportError as error:
        raise ThumperError("PDF needs Typst: `pip install typst`.") from error
    with tempfile.TemporaryDirectory(prefix="thumper-") as folder:
        root = Path(folder)
        values = page_data(told, _picture_writer(root))
        (root / "report.json").write_text(json.dumps(values), "utf-8")
        page = resources.files("thumper_core.report").joinpath("templates", "herd.typ")
        (root / "herd.typ").write_text(page.read_text("utf-8"), "utf-8")
        try:
            pdf: bytes = typst.compile(root / "herd.typ", root=root, format="pdf")
        except typst.TypstError as error:
            raise ThumperError(f"The PDF could not be set: {error}.") from error
    return pdf


def page_data(told: Content, picture: Callable[[str], str]) -> dict[str, Any]:
    """What the Typst page reads. picture: turns a `data:` URI into a file name."""
    made = {
        "title": told.title,
        "version": told.version,
        "made": told.made,
        "when": told.when,
        "scope": list(told.scope),
        "summary": list(told.summary),
        "tiles": [{"name": t.name, "value": t.value, "note": t.note} for t in told.tiles],
        "groups": [
            {
                "title": group.title,
                "category": group.category,
                "cards": [_card(card, picture) for card in group.cards],
            }
            for group in told.groups
        ],
        "sections": [_section(section, told) for section in told.sections],
        "quality": {
            "texts": list(told.quality.texts),
            "warnings": list(told.quality.warnings),
            "facts": [list(fact) for fact in told.quality.facts],
        },
        "reasons": [[r["reason"], f"{r['n_photos']:,}", r["message"] or ""] for r in told.reasons],
        "failures": [
            [f["path"] or "", f["camera"] or "", f["reason"]]
            for f in told.failures[:_MOST_FAILURES]
        ],
        "failures_title": told.failures_title
        if len(told.failures) <= _MOST_FAILURES
        else f"The first {_MOST_FAILURES} of them; the HTML report lists more.",
    }
    cleaned: dict[str, Any] = _cleaned(made)
    return cleaned


def _card(card: Card, picture: Callable[[str], str]) -> dict[str, Any]:
    more = f" and {card.more_cameras} more" if card.more_cameras else ""
    first, last = (moment.rsplit(",", 1)[0] for moment in (card.first, card.last))
    return {
        "label": card.label,
        "id": card.id,
        "category": card.category,
        "kind": card.kind,
        "status": card.status,
        "visits": card.visits,
        "seen": first if first == last else f"{first} to {last}",
        "cameras": ", ".join(card.cameras) + more,
        "notes": card.notes,
        "pictures": [picture(p.uri) for p in card.pictures],
    }


def _section(section: Section, told: Content) -> dict[str, Any]:
    charts = [drawn for chart in section.charts if (drawn := _chart(chart, told)) is not None]
    listed = [
        Table(chart.columns, tuple(tuple(map(str, row)) for row in chart.rows))
        for chart in section.charts
        if chart.id == "chart-cameras"
    ]
    return {
        "title": section.title,
        "text": section.text,
        "warnings": list(section.warnings),
        "charts": charts,
        "tables": [
            {
                "caption": table.caption,
                "columns": list(table.columns),
                "rows": [list(row) for row in table.rows],
                "left": [table.is_text(i) for i in range(len(table.columns))],
            }
            for table in (*listed, *section.tables)
        ],
        "lists": [{"title": title, "lines": list(lines)} for title, lines in section.lists],
    }


def _chart(chart: Chart, told: Content) -> dict[str, Any] | None:
    """A chart as the page draws it; None for those whose table says the same."""
    if chart.id == "chart-activity":
        return {"kind": "hours", "caption": chart.caption, "series": _hours(told.visits)}
    if chart.id == "chart-timeline":
        return {"kind": "timeline", "caption": chart.caption, **_timeline(told.visits)}
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
    counts = tables.activity(visits)
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


def _picture_writer(root: Path) -> Callable[[str], str]:
    """A function that keeps each picture once as a file in `root` and returns its name."""

    def write(uri: str) -> str:
        jpeg = base64.b64decode(uri.split(",", 1)[1])
        name = f"{hashlib.blake2b(jpeg, digest_size=10).hexdigest()}.jpg"
        path = root / name
        if not path.exists():
            path.write_bytes(jpeg)
        return name

    return write


def _rate(text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return 0.0


def _cleaned(value: Any) -> Any:
    """The same values without control characters, which no font has."""
    if isinstance(value, str):
        return value.translate(_CONTROLS)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items()}
    return value
