"""What a herd report says, before it is a page or a paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

import thumper_core
from thumper_core.questions import source, tables, words
from thumper_core.questions.flanks import flank_counts
from thumper_core.questions.found_by import found_by
from thumper_core.questions.no_deer import why_no_deer
from thumper_core.questions.quality import quality
from thumper_core.report.pages import sections
from thumper_core.report.pages.habit_sections import habit_sections
from thumper_core.report.pages.sections import QualitySection, Section
from thumper_core.report.pictures.cards import Group, groups

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

MOST_FAILURES = 500
"""Failures that are listed one by one; the reasons count them all."""


@dataclass(frozen=True)
class Tile:
    """One number on top of the report."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Content:
    """A report's words, pictures and tables; `visits` and `effort` are what is drawn."""

    title: str
    version: str
    made: str
    when: str
    scope: tuple[str, ...]
    summary: tuple[str, ...]
    tiles: tuple[Tile, ...]
    groups: tuple[Group, ...]
    sections: tuple[Section, ...]
    quality: QualitySection
    reasons: tuple[dict[str, Any], ...]
    failures: tuple[dict[str, Any], ...]
    failures_title: str
    visits: pl.DataFrame
    effort: pl.DataFrame


def content(
    workspace: Workspace,
    *,
    title: str | None = None,
    pictures: int,
    sweep: pl.DataFrame | None = None,
    now: datetime | None = None,
) -> Content:
    """Ask the workspace (or its scope) everything that a report tells.

    title: of the report, else from the workspace folder's name; pictures: crops per deer at most;
    sweep: as for `figures.sweep`, else the one recorded with the herd; now: the time to print.
    """
    cards = tables.herd_cards(workspace)
    visits = tables.sightings(workspace)
    effort = tables.camera_effort(workspace)
    totals = tables.totals(workspace, effort, cards)
    no_deer = None if totals.n_deer else why_no_deer(workspace)
    reasons = tables.failures_by_reason(workspace)
    failed = tables.failures(workspace, MOST_FAILURES)
    n_failures = int(reasons["n_photos"].sum())
    gap_s = workspace.settings.ingest.event_gap_s
    plain = sections.sections(totals, visits, effort, gap_s)
    more = habit_sections(workspace, visits, totals)
    by_flank = flank_counts(workspace)
    return Content(
        title=title or title_of(workspace.root),
        version=thumper_core.__version__,
        made=words.moment(now or datetime.now()),
        when=words.period(totals.first_photo_at, totals.last_photo_at).removeprefix("from "),
        scope=source.scope_of(workspace).sentences,
        summary=tuple(
            filter(None, (*words.summary(totals, cards, visits, no_deer), by_flank.sentence))
        ),
        tiles=tuple(_tiles(totals)),
        groups=tuple(groups(workspace, cards, pictures)),
        sections=tuple(_in_order([*plain, *more])),
        quality=sections.quality_section(quality(workspace), totals, sweep, found_by(workspace)),
        reasons=tuple({**r, "reason": words.reason(r["error_code"])} for r in reasons.to_dicts()),
        failures=tuple({**r, "reason": words.reason(r["error_code"])} for r in failed.to_dicts()),
        failures_title=f"The first {failed.height:,} of {words.counted(n_failures, 'photo')}"
        if n_failures > failed.height
        else words.counted(n_failures, "photo"),
        visits=visits,
        effort=effort,
    )


def title_of(root: Path) -> str:
    """The folder's name, unless it is the one every workspace has by default."""
    return root.parent.name if root.name == "data" and root.parent.name else root.name or "Herd"


def _in_order(made: list[Section]) -> list[Section]:
    order = ("abundance", "activity", "moon", "visits", "ways", "company", "cameras", "effort")
    return sorted(made, key=lambda section: order.index(section.anchor))


def _tiles(totals: tables.Totals) -> list[Tile]:
    size = totals.size
    once = f"{totals.n_seen_once:,} seen once" if totals.n_seen_once else ""
    tiles = [
        Tile("Deer, estimated", size.figure, size.held),
        Tile("Groups", f"{totals.n_deer:,}", once),
        Tile("Bucks", f"{totals.n_bucks:,}"),
        Tile("Does", f"{totals.n_does:,}"),
        Tile("Fawns", f"{totals.n_fawns:,}"),
    ]
    if totals.n_unknown:
        tiles.append(Tile("Sex unknown", f"{totals.n_unknown:,}"))
    photos = words.counted(totals.n_with_animals, "with animals", "with animals")
    return [
        *tiles,
        *([Tile("Buck : doe : fawn", words.ratio(totals))] if size.is_telling else []),
        Tile("Visits", f"{totals.n_visits:,}"),
        Tile("Photos", f"{totals.n_photos:,}", photos),
    ]
