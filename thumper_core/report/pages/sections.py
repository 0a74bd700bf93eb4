"""The report's sections below the herd: charts with their words and numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import polars as pl
from markupsafe import Markup
from plotly.utils import PlotlyJSONEncoder

from thumper_core import theme
from thumper_core.questions import categories, tables, words
from thumper_core.questions.busiest import busiest_hours
from thumper_core.questions.quality import Quality
from thumper_core.report import figures

_TIMELINE_ROWS = 40
_UNSTABLE_SHOWN = 8


@dataclass(frozen=True)
class Chart:
    """A figure in the page, what it shows in words, and its numbers as a table."""

    id: str
    alt: str
    json: Markup
    height: int
    caption: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()


@dataclass(frozen=True)
class Table:
    """Rows of text; the first `n_text` and the last `last_text` columns are words."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    n_text: int = 1
    last_text: int = 0

    def is_text(self, column: int) -> bool:
        """Whether a column (from 0) holds words, which stand to the left."""
        return column < self.n_text or column >= len(self.columns) - self.last_text


@dataclass(frozen=True)
class Section:
    """A heading, a sentence, warnings, charts, tables and lists (title, lines)."""

    anchor: str
    title: str
    charts: tuple[Chart, ...]
    text: str = ""
    warnings: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    lists: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class QualitySection:
    """Sentences, warnings, charts and facts (name, value) on how far the herd can be trusted."""

    texts: tuple[str, ...]
    warnings: tuple[str, ...]
    charts: tuple[Chart, ...]
    facts: tuple[tuple[str, str], ...]


def sections(
    totals: tables.Totals, sightings: pl.DataFrame, effort: pl.DataFrame, event_gap_s: float
) -> list[Section]:
    """Activity, visits over time and cameras; a section without data is left out.

    event_gap_s: longest gap, seconds, inside one visit.
    """
    made = []
    if not sightings.is_empty():
        made.append(Section("activity", "Time of day", (_activity(sightings, event_gap_s),)))
        charts = (_timeline(sightings), _accumulation(sightings))
        made.append(Section("visits", "Who was there when", charts))
    if not effort.is_empty():
        made.append(Section("cameras", "Cameras", (_cameras(effort),), _camera_text(totals)))
    return made


def quality_section(
    found: Quality, totals: tables.Totals, sweep: pl.DataFrame | None, found_by: str | None
) -> QualitySection:
    """The last section: what the herd rests on and how it can be made again.

    sweep: as for `figures.sweep`; None: the one recorded with the herd; found_by: which detector found
    the deer, in a sentence.
    """
    frame = found.sweep if sweep is None else sweep
    charts = () if frame.is_empty() else (_sweep(frame, found),)
    texts = (*([found_by] if found_by else []), *_quality_texts(found))
    return QualitySection(texts, found.warnings, charts, _facts(found, totals))


def script_json(value: Any) -> Markup:
    """JSON that cannot end the `<script>` element it stands in; NaN becomes null."""
    text = json.dumps(value, cls=PlotlyJSONEncoder, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def chart(name: str, figure: go.Figure, alt: str, height: int = 340, **more: Any) -> Chart:
    """A chart of a figure; height: pixels, where the figure has none; more: fields of `Chart`."""
    spec = figure.to_plotly_json()
    spec["layout"].pop("template", None)  # the page brings one for each mode
    own = spec["layout"].pop("height", None)
    return Chart(f"chart-{name}", alt, script_json(spec), int(own or height), **more)


def _activity(sightings: pl.DataFrame, event_gap_s: float) -> Chart:
    counts = categories.activity(sightings).pivot("category", index="hour", values="n_visits")
    present = [name for name in theme.CATEGORIES if name in counts.columns]
    peak = busiest_hours(sightings)
    busiest = f" Most begin between {peak[0]:02d}:00 and {peak[1]:02d}:00." if peak else ""
    return chart(
        "activity",
        figures.activity_by_hour(sightings),
        f"Bar chart of {words.counted(sightings.height, 'visit')} by hour of day.{busiest}",
        caption="Visits by the hour in which they begin. Photos of one deer at one camera that "
        f"are at most {event_gap_s / 60:g} minutes apart are one visit.",
        columns=("Hour", *(theme.CATEGORY_NAME[name] for name in present)),
        rows=tuple(
            (f"{row['hour']:02d}:00", *(row[name] for name in present))
            for row in counts.iter_rows(named=True)
        ),
    )


def _timeline(sightings: pl.DataFrame) -> Chart:
    n_deer = sightings["individual_id"].n_unique()
    most = f"the {_TIMELINE_ROWS} most seen of {n_deer:,}" if n_deer > _TIMELINE_ROWS else "all"
    return chart(
        "timeline",
        figures.sightings_timeline(sightings, max_rows=_TIMELINE_ROWS),
        f"Timeline of visits: a row for each deer, {most}, a point for each visit.",
        caption="A row for each deer, a point for each visit"
        + (f"; {most} deer." if n_deer > _TIMELINE_ROWS else "."),
    )


def _accumulation(sightings: pl.DataFrame) -> Chart:
    return chart(
        "accumulation",
        figures.accumulation(sightings),
        f"Number of different deer seen by each day; it ends at "
        f"{sightings['individual_id'].n_unique():,}.",
        caption="Different deer seen so far. Where the curve flattens, the cameras have met most "
        "of the deer that pass them.",
    )


def _cameras(effort: pl.DataFrame) -> Chart:
    return chart(
        "cameras",
        figures.photos_per_camera(effort),
        "Bar chart of photos per camera: "
        + "; ".join(f"{row['camera']} {row['n_photos']:,}" for row in effort.head(12).to_dicts()),
        columns=(
            *("Camera", "Photos", "With animals", "With deer", "Not readable", "Days"),
            *("Visits", "Groups", "First photo", "Last photo"),
        ),
        rows=tuple(
            (
                row["camera"],
                *(f"{row[name]:,}" for name in ("n_photos", "n_with_animals", "n_with_deer")),
                *(f"{row[name]:,}" for name in ("n_failed", "n_days", "n_visits")),
                f"{row['n_individuals']:,}",
                words.day(row["first_at"]),
                words.day(row["last_at"]),
            )
            for row in effort.iter_rows(named=True)
        ),
    )


def _camera_text(totals: tables.Totals) -> str:
    parts = [f"{totals.n_with_animals:,} of {words.counted(totals.n_photos, 'photo')} show animals"]
    if totals.n_failed:
        parts.append(f"{totals.n_failed:,} could not be read")
    if totals.n_pending:
        parts.append(f"{totals.n_pending:,} have not been looked at yet")
    return words.listed(parts) + "."


def _sweep(frame: pl.DataFrame, found: Quality) -> Chart:
    return chart(
        "sweep",
        figures.sweep(frame, recommended=found.recommended, current=found.threshold),
        "What other thresholds would make of the herd: number of groups and shares assigned, "
        "stable, wrongly merged and wrongly split.",
        caption="What other thresholds would make of this herd. A lower threshold merges deer that "
        "look alike; a higher one splits a deer in two.",
    )


def _quality_texts(found: Quality) -> tuple[str, ...]:
    if found.herd_id is None:
        return ("No deer have been told apart in these photos yet.",)
    texts = []
    if found.threshold is not None:
        text = "Pictures are held to show one deer where the chance that they do is at least "
        text += f"{found.threshold:.3f}"
        if found.recommended is None:
            texts.append(text + ".")
        elif abs(found.recommended - found.threshold) < 1e-6:
            texts.append(text + ", the threshold that these photos recommend.")
        else:
            texts.append(text + f". These photos recommend a threshold of {found.recommended:.3f}.")
    if found.reason:
        texts.append(f"Why this one is recommended: {found.reason.rstrip('.')}.")
    if found.false_merge:
        texts.append(
            "Of the pairs of pictures held to show one deer, an estimated "
            f"{words.estimate(found.false_merge)} show two."
        )
        if found.animals is not None:
            texts.append(words.merges_explained(found.animals))
    if found.false_split:
        texts.append(
            "Of the pairs of pictures that do show one deer, an estimated "
            f"{words.estimate(found.false_split)} are held apart."
        )
        if found.false_split.low is not None:
            texts.append(words.SPLITS_EXPLAINED)
    if not (found.false_merge or found.false_split):
        texts.append("How often this herd merges or splits deer wrongly has not been estimated.")
    if found.stability is not None:
        texts.append(_stability_text(found.stability, found))
    texts.append(_background_text(found))
    return tuple(texts)


def _background_text(found: Quality) -> str:
    if found.background is None:
        return words.BACKGROUND_UNTESTED
    tested = found.background["herd_id"]
    earlier = "" if tested == found.herd_id else f" (Tested on herd {tested}.)"
    return f"{found.background['text']}{earlier}"


def _stability_text(stability: float, found: Quality) -> str:
    text = f"With bursts drawn anew, {words.percent(stability)} of a group comes together again"
    if found.profiles and found.profiles.low is not None and found.profiles.high is not None:
        text += (
            f", in {found.profiles.low:.0f} to {found.profiles.high:.0f} groups "
            f"where there are {found.profiles.value:.0f}"
        )
    if not found.unstable:
        return text + "."
    shown = [words.isolated(name) for name in found.unstable[:_UNSTABLE_SHOWN]]
    if len(found.unstable) > len(shown):
        shown.append(f"{len(found.unstable) - len(shown):,} more")
    return f"{text}. Less than half does of {words.listed(shown)}: look at these first."


def _facts(found: Quality, totals: tables.Totals) -> tuple[tuple[str, str], ...]:
    rate = found.assignment_rate
    facts = [
        ("Pictures of deer seen on two visits or more", words.estimate(rate) if rate else None),
        ("Photos read in full", _read_in_full(totals)),
        ("Told apart within a camera", words.background(found.background)),
        ("Detector", found.detector),
        ("Embedder", found.embedder),
        ("Grouping", found.method),
        ("Herd", found.herd_id),
        ("Told apart on", words.moment(found.identified_at) if found.identified_at else None),
        ("Run", found.run_id),
        ("Run fingerprint", found.fingerprint),
        *((f"Calibration: {name}", value) for name, value in found.calibration),
    ]
    return tuple((name, value) for name, value in facts if value)


def _read_in_full(totals: tables.Totals) -> str | None:
    looked_at = totals.n_photos - totals.n_pending
    good = looked_at - totals.n_failed - totals.n_partial
    return f"{good:,} of {looked_at:,}" if looked_at else None
