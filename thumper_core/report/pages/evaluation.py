"""An evaluation as a page: figures with intervals, curves, the hardest cases with pictures."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

import thumper_core
from thumper_core.contracts import UsageError
from thumper_core.disk import refusal
from thumper_core.files import write_whole
from thumper_core.questions import words
from thumper_core.report.figures.methods import intervals
from thumper_core.report.pages.content import Tile
from thumper_core.report.pages.html import page
from thumper_core.report.pages.sections import Section, Table, chart
from thumper_core.report.pictures.cards import Picture

Metrics = Mapping[str, Any]

NO_VALUE: Final = "\N{EN DASH}"


@dataclass(frozen=True)
class Example:
    """One case: one picture or two side by side, and what they show."""

    pictures: tuple[Picture, ...]
    title: str
    note: str


@dataclass(frozen=True)
class Gallery:
    """Cases of one kind, the worst first."""

    anchor: str
    title: str
    text: str
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class EvaluationPage:
    """What a page of an evaluation says. facts: name and value; command: that gives it again."""

    kind: str
    title: str
    lead: tuple[str, ...]
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]
    galleries: tuple[Gallery, ...]
    facts: tuple[tuple[str, str], ...]
    command: str


def write_page(told: EvaluationPage, target: Path, *, now: datetime | None = None) -> Path:
    """Write the page whole or not at all and return where it is; now: the time to print."""
    if target.is_dir():
        raise UsageError(f"{target} is a folder; name a file in it, such as evaluation.html.")
    made = page(
        "evaluation.html.j2",
        **{field.name: getattr(told, field.name) for field in fields(told)},
        version=thumper_core.__version__,
        made=words.moment(now or datetime.now()),
    )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, made)
    except OSError as error:
        raise refusal(
            error, target, f"Cannot write {target}: {error.strerror}. Name another."
        ) from error
    return target


def command_line(*parts: str | Path) -> str:
    """A command as it is typed, its parts quoted where a shell needs it."""
    return shlex.join(["thumper", *map(str, parts)])


def measured(entry: Mapping[str, float | None] | None, *, whole: bool = False) -> tuple[str, str]:
    """`0.943` and `0.925 to 0.960` of a `{"value", "low", "high"}`; a dash for what is not known.

    whole: a count, printed without decimals.
    """

    def text(value: float | None) -> str:
        if value is None:
            return NO_VALUE
        return f"{value:,.0f}" if whole else f"{value:.3f}"

    if entry is None or entry["value"] is None:
        return NO_VALUE, ""
    if entry["low"] is None or entry["high"] is None:
        return text(entry["value"]), ""
    return text(entry["value"]), f"{text(entry['low'])} to {text(entry['high'])}"


def tile(name: str, entry: Mapping[str, float | None] | None, *, whole: bool = False) -> Tile:
    """A measure on top of the page, its interval below it."""
    value, between = measured(entry, whole=whole)
    return Tile(name, value, between)


def table(
    metrics: Metrics, rows: Iterable[tuple[str, str, str]], *, caption: str = "", counts: str = ""
) -> Table:
    """Measures with their intervals; those that were not measured are left out.

    rows: key in metrics, name, what it means; counts: keys, separated by blanks, of whole numbers.
    """
    made = []
    for key, name, meaning in rows:
        value, between = measured(metrics.get(key), whole=key in counts.split())
        if value != NO_VALUE:
            made.append((name, value, between, meaning))
    columns = ("Measure", "Value", "95% interval", "What it says")
    return Table(columns, tuple(made), caption=caption, n_text=1, last_text=1)


def grid(
    metrics: Metrics,
    rows: Sequence[tuple[str, str]],
    columns: Sequence[tuple[str, str]],
    first: str,
) -> Table:
    """Several measures of several things: a row per thing, value and interval in a cell.

    rows: prefix of the keys and name; columns: rest of the keys and name. Rows without any value
    are left out.
    """
    made = []
    for prefix, name in rows:
        cells = [measured(metrics.get(f"{prefix}{key}")) for key, _ in columns]
        if any(value != NO_VALUE for value, _ in cells):
            made.append((name, *(f"{value} ({b})" if b else value for value, b in cells)))
    return Table((first, *(name for _, name in columns)), tuple(made), n_text=1)


def interval_chart(
    name: str, metrics: Metrics, rows: Iterable[tuple[str, str]], axis: str, alt: str
) -> Any:
    """A dot with its interval for each measure. rows: key in metrics and name."""
    found = [(label, *(metrics[key][end] for end in ("value", "low", "high")))
             for key, label in rows if metrics.get(key) and metrics[key]["value"] is not None]  # fmt: skip
    schema = {"name": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64}
    frame = pl.DataFrame(found, schema=schema, orient="row")
    return chart(name, intervals(frame, axis=axis), alt)


def picture(jpeg: bytes, alt: str) -> Picture:
    """A JPEG inside the page."""
    return Picture("data:image/jpeg;base64," + base64.b64encode(jpeg).decode(), alt)
