"""Sections on numbers and habits: how many, moon and season, cameras' effort, ways, company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from thumper_core.questions import estimates, habits, source, words
from thumper_core.questions.effort import said_days
from thumper_core.questions.habit_record import silence
from thumper_core.report import figures
from thumper_core.report.pages.sections import Chart, Section, Table, chart

if TYPE_CHECKING:
    from thumper_core.questions.tables import Totals
    from thumper_core.workspace import Workspace

_MOST_PAIRS = 20
_MOST_WAYS = 20
_FEW_DAYS = 14  # camera-days below which a rate says nothing


def habit_sections(workspace: Workspace, visits: pl.DataFrame, totals: Totals) -> list[Section]:
    """The sections that have data, in the order of the report.

    visits, totals: of `tables.sightings` and `tables.totals`.
    """
    if visits.is_empty():
        return []
    photos = source.media(workspace)
    days = habits.camera_days(photos, source.scope_of(workspace), said_days(workspace))
    effort = habits.effort_by_camera(photos, days, visits)
    moves = habits.movements(visits)
    made = [how_many(workspace, totals), when(days, visits, effort), effort_section(effort)]
    if not moves.is_empty():
        made.append(ways(effort, moves))
    pairs = habits.together(visits)
    if not pairs.is_empty():
        made.append(company(pairs))
    return made


def _counted_as_several(totals: Totals) -> tuple[str, ...]:
    """What every estimate that takes groups for deer inherits where they are not."""
    size = totals.size
    animals = size.animals
    if animals is None or round(animals.value) >= size.n_groups:
        return ()
    return (
        f"These methods count the {size.groups}. Those come to {size.deer} only, so expect the true "
        "numbers to be lower by as much: people who compare pictures bring the two together.",
    )


def how_many(workspace: Workspace, totals: Totals) -> Section:
    """Abundance and ratios: every method's answer, what it believes, what speaks against it."""
    if not totals.size.is_telling:
        return Section(
            anchor="abundance",
            title="How many there are",
            text="No method can say it here: each takes a group of pictures for one deer. "
            f"{totals.size.sentence}",
            charts=(),
        )
    given = estimates.answers(estimates.herd_abundance(workspace))
    told = [a for a in given if a.value]
    refused = [a for a in given if a.reason]
    tables = []
    if told:
        tables.append(
            Table(
                columns=("Question", "Estimate", "95% interval", "Method"),
                rows=tuple((a.question, a.value, a.interval, a.method) for a in told),
                n_text=1,
                last_text=1,
            )
        )
    if refused:
        tables.append(
            Table(
                caption="What these photos cannot say",
                columns=("Question", "Why not"),
                rows=tuple((a.question, a.reason) for a in refused),
                n_text=2,
            )
        )
    sources = tuple(dict.fromkeys(a.source for a in told))
    return Section(
        anchor="abundance",
        title="How many there are",
        text="The herd above is the groups that were told apart. How many more there are can only be "
        "estimated; each method believes something else, so their range says more than any one.",
        charts=(),
        tables=tuple(tables),
        warnings=(*_counted_as_several(totals), *estimates.cautions(given)),
        lists=tuple(
            (title, lines)
            for title, lines in (
                ("What these numbers believe", estimates.assumptions(given)),
                ("Where the methods come from", sources),
            )
            if lines
        ),
    )


def when(days: pl.DataFrame, visits: pl.DataFrame, effort: pl.DataFrame) -> Section:
    """Moon and months, against effort; no chart where cameras may have stood still for much of it."""
    still = silence(effort)
    if still:
        return Section(
            anchor="moon",
            title="Moon and season",
            text=f"No chart by moon and month. {still}",
            charts=(),
        )
    moon, months = habits.by_moon(days, visits), habits.by_month(days, visits)
    charts = [
        _rate_chart(
            "moon",
            moon,
            "phase",
            "Moon",
            "Visits for 100 camera-days in the week round each phase of the moon, over all hours.",
        )
    ]
    if months.height > 1:
        charts.append(
            _rate_chart("months", months, "month", "Month", "Visits for 100 camera-days by month.")
        )
    few = [row["phase"] for row in moon.iter_rows(named=True) if row["camera_days"] < _FEW_DAYS]
    warnings: tuple[str, ...] = ()
    if few:
        warnings = (
            f"Fewer than {_FEW_DAYS} camera-days fall on {words.listed(few).lower()}: "
            "too few to compare.",
        )
    return Section("moon", "Moon and season", tuple(charts), warnings=warnings)


def effort_section(effort: pl.DataFrame) -> Section:
    """What each camera worked and saw, and where it stands where that may be said."""
    shown = effort["latitude"].drop_nulls().len() > 0
    place = ("Latitude", "Longitude") if shown else ()
    rows = []
    for row in effort.iter_rows(named=True):
        where = [_degrees(row["latitude"]), _degrees(row["longitude"])] if shown else []
        counts = [row[n] for n in ("camera_days", "n_photos", "n_visits", "n_individuals")]
        rate = row["per_100_days"]
        rows.append(
            (
                row["camera"],
                *(f"{n:,}" for n in counts),
                "\N{EN DASH}" if rate is None else f"{rate:.0f}",
                f"{row['silent_days']:,}",
                *where,
            )
        )
    total = int(effort["camera_days"].sum())
    return Section(
        anchor="effort",
        title="What the cameras did",
        text=f"{words.counted(total, 'camera-day')} in all. Days of a silence far longer than a camera's "
        "own gaps explain do not count: it may have been out of power, full, or turned away.",
        charts=(),
        tables=(
            Table(
                columns=(
                    *("Camera", "Days", "Photos", "Visits", "Deer", "Visits for 100 days"),
                    "Longest silence, days",
                    *place,
                ),
                rows=tuple(rows),
            ),
        ),
    )


def ways(effort: pl.DataFrame, moves: pl.DataFrame) -> Section:
    """Movements between cameras."""
    rows = tuple(
        (
            row["origin"],
            row["goal"],
            f"{row['n_moves']:,}",
            f"{row['n_individuals']:,}",
            words.hours(row["median_hours"]),
            words.hours(row["fastest_hours"]),
        )
        for row in moves.head(_MOST_WAYS).iter_rows(named=True)
    )
    charts = []
    if effort["latitude"].drop_nulls().len() > 1:
        charts.append(
            chart(
                "map",
                figures.ways_map(effort, moves),
                "Map of the cameras with the ways that deer took between them.",
                caption="The cameras, larger where more visits were; lines are thicker where more "
                "deer were seen at one end and next at the other.",
            )
        )
    charts.append(
        chart(
            "ways",
            figures.ways(moves),
            "Matrix of how often a deer was seen at one camera and next at another.",
            caption="How often a deer that had been at one camera was next seen at another.",
        )
    )
    total = int(moves["n_moves"].sum())
    return Section(
        anchor="ways",
        title="From camera to camera",
        text=f"{words.counted(total, 'time')} a deer was next seen at another camera. The time "
        "between is how long it was out of sight, not how long it walked.",
        charts=tuple(charts),
        tables=(
            Table(
                columns=("From", "To", "Times", "Deer", "Median time", "Shortest"),
                rows=rows,
                n_text=2,
            ),
        ),
    )


def company(pairs: pl.DataFrame) -> Section:
    """Who comes with whom."""
    rows = tuple(
        (
            row["first_label"],
            row["second_label"],
            f"{row['n_together']:,}",
            f"{row['n_first']:,}",
            f"{row['n_second']:,}",
            words.percent(row["index"]),
        )
        for row in pairs.head(_MOST_PAIRS).iter_rows(named=True)
    )
    figure = chart(
        "company",
        figures.company(pairs),
        "Matrix of how much of their visits two deer have in common.",
        caption="Share of the visits of either that two deer have in common.",
    )
    return Section(
        anchor="company",
        title="Who comes with whom",
        text="Two deer are together where both were at a camera in one event. Few visits make "
        "a large share by chance.",
        charts=(figure,),
        tables=(
            Table(
                columns=("One", "Other", "Together", "Visits of one", "of the other", "In common"),
                rows=rows,
                n_text=2,
            ),
        ),
    )


def _rate_chart(name: str, frame: pl.DataFrame, kind: str, title: str, caption: str) -> Chart:
    rows: list[tuple[Any, ...]] = [
        (
            row[kind],
            f"{row['n_visits']:,}",
            f"{row['camera_days']:,}",
            "\N{EN DASH}" if row["per_100_days"] is None else f"{row['per_100_days']:.1f}",
        )
        for row in frame.iter_rows(named=True)
    ]
    return chart(
        name,
        figures.visit_rate(frame, kind),
        f"Bar chart: {caption} " + "; ".join(f"{row[0]} {row[3]}" for row in rows),
        caption=caption,
        columns=(title, "Visits", "Camera-days", "Visits for 100 camera-days"),
        rows=tuple(rows),
    )


def _degrees(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:.5f}"
