"""One page on the last week: what was seen, what changed against the week before, what is odd."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import jinja2
import polars as pl
from markupsafe import Markup

import thumper_core
from thumper_core.contracts import PEOPLE, VEHICLES
from thumper_core.export.files import write_folder
from thumper_core.questions import effort, habits, tables, words
from thumper_core.questions.scope import Scope, scoped
from thumper_core.questions.source import media, scope_of
from thumper_core.report.pages.content import title_of

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

WEEK: Final = timedelta(days=7)
_ODD_P: Final = 0.01
_REGULAR_VISITS: Final = 3  # in the three weeks before, to be missed
_MANY_FAILED: Final = 0.05
_MOST_NAMES: Final = 8
_COLUMNS: Final = 72


@dataclass(frozen=True)
class Line:
    """One number of both weeks; change: in words."""

    name: str
    now: int
    before: int

    @property
    def change(self) -> str:
        """`+3`, `-2`, or a dash where nothing changed."""
        difference = self.now - self.before
        return f"{difference:+,}".replace("-", "\N{MINUS SIGN}") if difference else "\N{EN DASH}"


@dataclass(frozen=True)
class Weekly:
    """The summary, ready to print."""

    title: str
    period: str
    scope: tuple[str, ...]
    headline: str
    size: str  # what the whole herd says of the number of its deer
    lines: tuple[Line, ...]
    cameras: tuple[Line, ...]  # visits of each
    oddities: tuple[str, ...]
    busiest: tuple[tuple[str, int], ...]  # deer and their visits this week
    made: str
    version: str


def weekly(
    workspace: Workspace,
    *,
    last_day: date | None = None,
    title: str | None = None,
    now: datetime | None = None,
) -> Weekly:
    """The seven days up to `last_day` against the seven before.

    last_day: default the scope's last day, else the day of the newest photo whose time is known.
    A workspace narrowed to a scope keeps its cameras and what it hides; its period is not used.
    """
    scope = scope_of(workspace)
    whole = scoped(workspace, replace(scope, begins=None, ends=None))
    end = _end(whole, scope, last_day)
    this, last = (
        scoped(workspace, replace(scope, begins=end - (n + 1) * WEEK, ends=end - n * WEEK))
        for n in (0, 1)
    )
    visits, before = tables.sightings(this), tables.sightings(last)
    earlier = tables.sightings(
        scoped(workspace, replace(scope, begins=end - 4 * WEEK, ends=end - WEEK))
    )
    first_seen = tables.herd_cards(whole).select("individual_id", "label", "first_seen")
    new = first_seen.filter(pl.col("first_seen") >= end - WEEK)
    lines = _lines(this, last, visits, before, new.height, first_seen, end)
    cameras = _camera_lines(whole, visits, before)
    period = words.period(end - WEEK, end - timedelta(days=1)).removeprefix("from ")
    groups = words.counted(
        visits["individual_id"].n_unique(), "group of pictures", "groups of pictures"
    )
    seen = f"Deer came {words.counted(visits.height, 'time')}, in {groups}"
    change = visits.height - before.height
    than = f"{words.counted(abs(change), 'visit')} {'more' if change > 0 else 'fewer'} than"
    compared = f"{than} the week before" if change else "as often as the week before"
    top = visits.group_by("individual_id").agg(pl.col("label").first(), pl.len().alias("n"))
    return Weekly(
        title=title or title_of(workspace.root),
        period=period,
        scope=replace(scope, begins=None, ends=None).sentences,
        headline=f"{seen}: {compared}." if visits.height or before.height else "No deer was seen.",
        size=tables.totals(whole).size.sentence if visits.height or before.height else "",
        lines=lines,
        cameras=cameras,
        oddities=_oddities(this, last, cameras, visits, earlier, new, lines),
        busiest=tuple(
            top.sort("n", "individual_id", descending=[True, False])
            .head(5)
            .select("label", "n")
            .rows()
        ),
        made=words.moment(now or datetime.now()),
        version=thumper_core.__version__,
    )


def write_weekly(told: Weekly, out: Path) -> Path:
    """Write the summary as `summary.html` and `summary.txt` into the folder `out`."""
    files = {"summary.html": as_html(told), "summary.txt": as_text(told)}
    return write_folder(out, files, "weekly")


def as_html(told: Weekly) -> str:
    """One page without scripts."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("thumper_core.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = environment.get_template("weekly.css").render()
    return environment.get_template("weekly.html.j2").render(told=told, style=Markup(style))


def as_text(told: Weekly) -> str:
    """The same as plain text of 72 columns at most where names allow it."""
    first = [line for text in (told.headline, told.size) for line in textwrap.wrap(text, _COLUMNS)]
    parts = [f"{told.title}: {told.period}", "", *first, *told.scope, ""]
    parts += _columns(("", "This week", "Week before", "Change"), told.lines)
    if told.oddities:
        parts += ["", "Worth a look", *(f"  * {text}" for text in told.oddities)]
    if told.busiest:
        parts += [
            "",
            "Seen most",
            *(f"  {name}: {words.counted(n, 'visit')}" for name, n in told.busiest),
        ]
    if told.cameras:
        parts += ["", "Visits at each camera"]
        parts += _columns(("", "This week", "Week before", "Change"), told.cameras)
    parts += ["", f"Made by Thumper {told.version} on {told.made}."]
    return "".join(f"{_one_line(part)}\n" for part in parts)


def _end(whole: Workspace, scope: Scope, last_day: date | None) -> datetime:
    """The midnight after the week."""
    if last_day is not None:
        return datetime.combine(last_day, time()) + timedelta(days=1)
    if scope.ends is not None:
        return scope.ends
    newest = tables.totals(whole).last_photo_at or datetime.now()
    return datetime.combine(newest.date(), time()) + timedelta(days=1)


def _lines(
    this: Workspace,
    last: Workspace,
    visits: pl.DataFrame,
    before: pl.DataFrame,
    n_new: int,
    first_seen: pl.DataFrame,
    end: datetime,
) -> tuple[Line, ...]:
    now, then = tables.totals(this), tables.totals(last)
    new_before = first_seen.filter(
        (pl.col("first_seen") >= end - 2 * WEEK) & (pl.col("first_seen") < end - WEEK)
    ).height
    lines = [
        Line("Visits of deer", visits.height, before.height),
        Line("Groups seen", now.n_deer, then.n_deer),
        Line("Bucks", now.n_bucks, then.n_bucks),
        Line("Does", now.n_does, then.n_does),
        Line("Fawns", now.n_fawns, then.n_fawns),
        Line("Groups never seen before", n_new, new_before),
        Line("Photos", now.n_photos, then.n_photos),
        Line("Photos not readable", now.n_failed, then.n_failed),
    ]
    hidden = scope_of(this).hidden_species
    for name, species in (("Photos with people", PEOPLE), ("Photos with vehicles", VEHICLES)):
        if not set(species) <= set(hidden):
            lines.append(Line(name, _showing(this, species), _showing(last, species)))
    return tuple(lines)


def _showing(workspace: Workspace, species: tuple[str, ...]) -> int:
    query = "select count(distinct photo_id) from detections where list_contains(?, species)"
    return int(workspace.sql(query, [list(species)]).item())


def _camera_lines(whole: Workspace, visits: pl.DataFrame, before: pl.DataFrame) -> tuple[Line, ...]:
    names = whole.sql("select distinct camera from photos order by camera")["camera"].to_list()
    now, then = (dict(frame.group_by("camera").len().iter_rows()) for frame in (visits, before))
    return tuple(Line(name, now.get(name, 0), then.get(name, 0)) for name in names)


def _oddities(
    this: Workspace,
    last: Workspace,
    cameras: tuple[Line, ...],
    visits: pl.DataFrame,
    earlier: pl.DataFrame,
    new: pl.DataFrame,
    lines: tuple[Line, ...],
) -> tuple[str, ...]:
    """What a person would want to be told, the most pressing first."""
    photos, photos_before = (
        dict(w.sql("select camera, count(*) from photos group by camera").iter_rows())
        for w in (this, last)
    )
    said = [
        f"{words.isolated(name)} took no photo this week, and "
        f"{words.counted(n, 'photo')} the week before: is it out of power, full, or gone?"
        for name, n in sorted(photos_before.items())
        if name not in photos
    ]
    count = {line.name: line for line in lines}
    failed, taken = count["Photos not readable"].now, count["Photos"].now
    if taken and failed / taken > _MANY_FAILED:
        said.append(
            f"{words.percent(failed / taken)} of the photos could not be read: is a card failing?"
        )
    stood = [_days_stood(workspace) for workspace in (this, last)]
    said += [
        f"{words.isolated(line.name)}: {words.counted(line.now, 'visit')} after {line.before:,} "
        "the week before, more of a change than chance gives."
        for line in cameras
        if is_odd(line.now, line.before, *(days.get(line.name, 0) for days in stood))
    ]
    usual = earlier.group_by("individual_id").agg(pl.len().alias("n"), pl.col("label").first())
    missed = (
        usual.filter(pl.col("n") >= _REGULAR_VISITS)
        .join(visits, on="individual_id", how="anti")
        .sort("n", "individual_id", descending=[True, False])
    )
    if not missed.is_empty():
        said.append(f"Not seen this week, though regulars before: {_named(missed['label'])}.")
    if not new.is_empty() and not earlier.is_empty():  # in the first week every deer is new
        said.append(f"Seen for the first time: {_named(new['label'].sort())}.")
    people = count.get("Photos with people")
    if people and people.now and not people.before:
        said.append(f"{words.counted(people.now, 'photo')} with people, none the week before.")
    return tuple(said)


def is_odd(now: int, before: int, days_now: int, days_before: int) -> bool:
    """Whether two counts differ by more than chance, at p < 0.01, given the days they come from.

    Exact two-sided binomial test of this week's share (Przyborowski & Wilenski 1940, Biometrika
    31: 313-323). Without days in both weeks there is nothing to compare.
    """
    if now + before == 0 or not (days_now and days_before):
        return False
    from scipy.stats import binomtest

    expected = days_now / (days_now + days_before)
    return bool(binomtest(now, now + before, expected).pvalue < _ODD_P)


def _days_stood(workspace: Workspace) -> dict[str, int]:
    """Days on which each camera worked, within the workspace's scope."""
    days = habits.camera_days(media(workspace), scope_of(workspace), effort.said_days(workspace))
    return dict(days.group_by("camera").len().iter_rows())


def _named(labels: pl.Series) -> str:
    names = [words.isolated(name) for name in labels.head(_MOST_NAMES)]
    more = len(labels) - len(names)
    return words.listed([*names, f"{more:,} more"] if more else names)


def _columns(header: tuple[str, ...], lines: tuple[Line, ...]) -> list[str]:
    rows = [
        header,
        *((line.name, f"{line.now:,}", f"{line.before:,}", line.change) for line in lines),
    ]
    width = max(len(row[0]) for row in rows)
    return [
        f"  {_one_line(name):<{width}} {now:>10} {before:>12} {change:>8}".rstrip()
        for name, now, before, change in rows
    ]


def _one_line(text: str) -> str:
    return "".join(" " if ord(c) < 32 or ord(c) == 127 else c for c in text)
