"""A report for a lease meeting: six pages at most, the answers in figures first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from thumper_core import language
from thumper_core.export.files import write_file
from thumper_core.language import mark, say
from thumper_core.questions import source, tables, words
from thumper_core.questions.browse import detections
from thumper_core.questions.part_of_herd import untold
from thumper_core.questions.seasons import days_of_cameras, histories
from thumper_core.questions.year_links import year_links
from thumper_core.questions.year_rows import rows
from thumper_core.questions.year_standings import STANDINGS, known_by_year, pictured, stands
from thumper_core.questions.years_of_herd import YearOfHerd, years_of_herd
from thumper_core.report.deer_card import without_strip
from thumper_core.report.lease_labels import labels
from thumper_core.report.lease_survey import surveyed
from thumper_core.report.lease_words import also_assumed, headline, methods, next_steps, survey_rows
from thumper_core.report.pages.content import title_of
from thumper_core.report.pictures.cards import data_uri
from thumper_core.report.pictures.crops import Crop, crops
from thumper_core.report.typeset import Picture, typeset

if TYPE_CHECKING:
    from thumper_core.questions.herd_size import HerdSize
    from thumper_core.store.herd_summary import HerdTrust
    from thumper_core.workspace import Workspace

YEARS: Final = 4
"""Deer years beside each other: as many as are read on one sheet."""
BUCKS: Final = 8
EACH: Final = 6
"""Deer of each standing that are shown; the others are counted."""
_BUCK_PX: Final = 420
_SMALL_PX: Final = 300
_AGES: Final = {
    "fawn": mark("fawn"),
    "yearling": mark("yearling"),
    "adult": mark("grown"),
    "unknown": mark("age not known"),
    None: mark("age not known"),
}
_TEXTS: Final = 6
"""Assumptions, and cautions, that are printed."""


def lease_report(
    workspace: Workspace, out: Path, *, title: str | None = None, now: datetime | None = None
) -> Path:
    """Write the report as a PDF and return where it is, in the reader's language (`language.speaking`).

    title, now: as for `html.report`. No place is in it: what cameras print at the edges of their photos is
    cut off. Raises ThumperError where Typst is not installed.
    """
    told = _told(workspace, title, now or datetime.now())

    def values(picture: Picture) -> dict[str, Any]:
        jpegs = _jpegs(workspace, told["bucks"], told["standing"])
        return told | {"files": {name: picture(data_uri(jpeg)) for name, jpeg in jpegs.items()}}

    return write_file(out, typeset("lease.typ", values))


def _told(workspace: Workspace, title: str | None, now: datetime) -> dict[str, Any]:
    """What the page reads; pictures are named by their detections."""
    days = days_of_cameras(workspace)
    told = histories(workspace, days)
    years = years_of_herd(workspace, told, days)[-YEARS:]
    cards = tables.herd_cards(workspace)
    size = tables.size_of(workspace, cards.filter(pl.col("n_visits") > 0).height)
    why = untold(size) if years else say("No deer is told apart on a photo whose day is known.")
    links = () if why else year_links(workspace, told)
    herd = workspace.ledger.promoted_herd()
    start = workspace.settings.seasons.first_day(2001)
    shown = known_by_year(told, "male") if not why else []
    named = set(cards.filter(pl.col("name").is_not_null())["individual_id"])
    answers = surveyed(workspace, years, now.date())
    has_value = any(one.value for one in answers.answers)
    first, last = tables.span(workspace)
    return {
        "title": title or title_of(workspace.root),
        "lang": language.current()[:2],
        "labels": labels(title or title_of(workspace.root), words.period(first, last), now),
        "scope": list(source.scope_of(workspace).sentences),
        "why": why,
        "headline": _headline(years, size, herd.summary.trust if herd else None),
        "years": [year.label for year in years],
        "rows": [[row.name, *(cell.text for cell in row.cells)] for row in rows(years)],
        "reasons": _reasons(years, why),
        "bucks": [_buck(told, who, years) for who in shown[:BUCKS]],
        "more_bucks": _more(words.counted(len(shown) - BUCKS, "buck"), len(shown) - BUCKS),
        "standing": [] if why or len(years) < 2 else _standing(told, years[-1]),
        "survey": {
            "days": answers.days,
            "which": list(answers.which) if has_value else [],
            "rows": survey_rows(answers.answers) if has_value else [],
            "reasons": [] if has_value else list(dict.fromkeys(a.reason for a in answers.answers)),
            "assumed": also_assumed(answers.answers)[:_TEXTS],
            "cautions": list(dict.fromkeys(t for a in answers.answers for t in a.cautions))[
                :_TEXTS
            ],
        },
        "next": list(next_steps(years, size, links, len([w for w in shown if w not in named]))),
        "methods": methods(years, answers.answers, language.day(start, year=False)),
    }


def _headline(
    years: Sequence[YearOfHerd], size: HerdSize, trust: HerdTrust | None
) -> list[dict[str, str]]:
    return [asdict(line) for line in headline(years, size, trust)] if years else []


def _reasons(years: Sequence[YearOfHerd], why: str) -> list[str]:
    """Why the last year has no figure where it has none and the first page's answers do not say it."""
    said = ("deer", "bucks_per_doe", "fawns_per_doe")
    cells = [(row.name, row.cells[-1].reason) for row in rows(years) if row.key not in said]
    return [f"{name}: {reason}" for name, reason in cells if reason not in ("", why)]


def _buck(told: pl.DataFrame, who: str, years: Sequence[YearOfHerd]) -> dict[str, Any]:
    """A buck's picture of each year, "" where it was not seen, and what stands below."""
    own = pictured(told, who)
    best = {row["season"]: row for row in own.to_dicts()}
    seen = [best.get(year.label) for year in years]
    return {
        "label": own["label"][0],
        "pictures": [row["detection_id"] if row else "" for row in seen],
        "texts": [
            f"{say(_AGES[row['age_class']])}, {words.counted(row['n_visits'], 'visit')}"
            if row
            else say("not seen")
            for row in seen
        ],
    }


def _standing(told: pl.DataFrame, year: YearOfHerd) -> list[dict[str, Any]]:
    """Those that are new, born, back, missing, unsure, lost: each group's title, meaning, and some of it."""
    found = stands(told, year.year)
    return [
        {
            "title": say(
                "{standing} in {season}: {n:,}",
                standing=say(one.title),
                season=year.label,
                n=found[one.key].height,
            ),
            "means": say(one.means),
            "deer": [
                {
                    "label": row["label"],
                    "picture": row["detection_id"],
                    "text": say(
                        "{age}, last seen {day}",
                        age=say(_AGES[row["age_class"]]),
                        day=words.day(row["last_seen"]),
                    ),
                }
                for row in found[one.key].head(EACH).to_dicts()
            ],
            "more": _more(
                words.counted(found[one.key].height - EACH, "deer", "deer"),
                found[one.key].height - EACH,
            ),
        }
        for one in STANDINGS
        if one.key in found
    ]


def _more(told: str, n: int) -> str:
    return say("and {deer} more", deer=told) if n > 0 else ""


def _jpegs(
    workspace: Workspace, bucks: list[dict[str, Any]], standing: list[dict[str, Any]]
) -> dict[str, bytes]:
    """By detection, the pictures that the page shows, without what their camera prints."""
    width = {one["picture"]: _SMALL_PX for group in standing for one in group["deer"]}
    width |= {name: _BUCK_PX for buck in bucks for name in buck["pictures"] if name}
    found = detections(workspace, tuple(width)).to_dicts()
    jpegs = crops(workspace, [(Crop.from_row(row), width[row["detection_id"]]) for row in found])
    return {
        row["detection_id"]: without_strip(jpeg, row)
        for row, jpeg in zip(found, jpegs, strict=True)
    }
