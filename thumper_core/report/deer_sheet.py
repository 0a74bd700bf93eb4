"""One deer on paper: its best pictures by side and season, when it comes, with whom, and how sure that is."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from thumper_core.contracts import ThumperError
from thumper_core.questions import about_deer, browse, flanks, tables, words
from thumper_core.questions.busiest import busiest_hours
from thumper_core.report.deer_card import hours_of, without_strip
from thumper_core.report.pictures.cards import card_of, data_uri
from thumper_core.report.pictures.crops import Crop, crops
from thumper_core.report.typeset import Picture, typeset
from thumper_core.views.times import dated

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

_SEASONS: Final = 3
_SIDES: Final = 4
_MONTHS: Final = 8
_CAMERAS: Final = 8
_COMPANY: Final = 8
_UNSURE: Final = 4
_DECISIONS: Final = 6
_HERO_PX: Final = 1000
_SMALL_PX: Final = 420
_NOTE_CHARS: Final = 600


def deer_sheet(workspace: Workspace, individual_id: str, *, places: bool = False) -> bytes:
    """A PDF on A4, two pages at most, of one individual of the herd.

    What there is more of than fits is left out and said to be: older seasons, earlier months, more company,
    earlier decisions. places: with the names of its cameras, and of the people who took it or decided about
    it; without it what cameras print at the edges of their photos is cut off, too. Raises ThumperError where
    the herd does not hold the individual, or Typst is not installed.

    >>> from thumper_core import Workspace, deer_sheet
    >>> ranch = Workspace.open("ranch")
    >>> deer_sheet(ranch, ranch.ledger.individual_ids()[0])[:4]
    b'%PDF'
    """
    known = tables.herd_cards(workspace).filter(pl.col("individual_id") == individual_id)
    if known.is_empty() or not known["n_visits"].item():
        raise ThumperError(f"{individual_id} is not in this herd: `thumper herd show` lists it.")
    row = known.row(0, named=True)
    card = card_of(row, ())
    visits = tables.sightings(workspace).filter(pl.col("individual_id") == individual_id)
    hero = tables.best_detections(workspace, 1).filter(individual_id=individual_id)
    sides = about_deer.by_side_and_season(workspace, individual_id)
    unsure = about_deer.least_sure(workspace, individual_id, _UNSURE)
    told = {
        "label": card.label,
        "id": card.id,
        "category": card.category,
        "kind": card.kind,
        "status": words.status_of(row if places else row | {"status_by": None}),
        "notes": _shortened(card.notes),
        "facts": _facts(workspace, row, visits),
        "hours": hours_of(visits),
        **_months(visits),
        "cameras": _cameras(visits) if places else [],
        "company": _company(workspace, row),
        "decisions": _decisions(workspace, individual_id, authors=places),
    }

    def values(picture: Picture) -> dict[str, Any]:
        def shown(rows: pl.DataFrame, width_px: int) -> list[str]:
            jpegs = _jpegs(workspace, rows, width_px, places=places)
            return [picture(data_uri(jpeg)) for jpeg in jpegs]

        seasons = []
        parts = sides.group_by("season", "season_year", maintain_order=True)
        for _, part in list(parts)[:_SEASONS]:
            few = part.sort(pl.col("flank") == "unknown", maintain_order=True).head(_SIDES)
            said = [words.flank_words(flank).capitalize() for flank in few["flank"]]
            pairs = zip(shown(few, _SMALL_PX), said, strict=True)
            seasons.append(
                {
                    "name": about_deer.season_of(few.row(0, named=True)),
                    "pictures": [{"file": file, "text": text} for file, text in pairs],
                }
            )
        chances = [about_deer.chance(p) for p in unsure["p_same"]]
        pairs = zip(shown(unsure, _SMALL_PX), chances, strict=True)
        return told | {
            "hero": shown(hero, _HERO_PX),
            "seasons": seasons,
            "unsure": [{"file": file, "text": text} for file, text in pairs],
        }

    return typeset("sheet.typ", values)


def _jpegs(workspace: Workspace, rows: pl.DataFrame, width_px: int, *, places: bool) -> list[bytes]:
    found = rows.to_dicts()
    jpegs = crops(workspace, [(Crop.from_row(row), width_px) for row in found])
    if places:
        return list(jpegs)
    return [without_strip(jpeg, row) for jpeg, row in zip(jpegs, found, strict=True)]


def _facts(workspace: Workspace, row: dict[str, Any], visits: pl.DataFrame) -> list[dict[str, str]]:
    hours = busiest_hours(visits)
    seen = flanks.sides_seen(workspace).get(row["individual_id"], "")
    facts = {
        "Visits": f"{row['n_visits']:,}",
        "Pictures": f"{row['n_detections']:,}",
        "Cameras": f"{len(row['cameras']):,}",
        "First seen": words.moment(row["first_seen"]),
        "Last seen": words.moment(row["last_seen"]),
        "Sides": seen.removeprefix("seen ").capitalize(),
        "Mostly": f"{hours[0]:02d}:00 to {hours[1]:02d}:00" if hours else "",
    }
    return [{"name": name, "value": value} for name, value in facts.items() if value]


def _months(visits: pl.DataFrame) -> dict[str, Any]:
    """The last months with a visit: name, weekday of its first day (0: Monday), visits of each day; and
    how many earlier ones are left out, in words.
    """
    days = dated(visits)["started_at"].dt.date().to_list()
    counts: dict[tuple[int, int], dict[int, int]] = {}
    for day in sorted(days):
        of_month = counts.setdefault((day.year, day.month), {})
        of_month[day.day] = of_month.get(day.day, 0) + 1
    shown = []
    for (year, month), of_month in list(counts.items())[-_MONTHS:]:
        first, length = monthrange(year, month)
        shown.append(
            {
                "name": f"{date(year, month, 1):%b %Y}",
                "first": first,
                "days": [of_month.get(day, 0) for day in range(1, length + 1)],
            }
        )
    more = len(counts) - len(shown)
    earlier = f"and {words.counted(more, 'month')} with a visit before these" if more else ""
    return {"months": shown, "earlier": earlier}


def _cameras(visits: pl.DataFrame) -> list[dict[str, Any]]:
    """Visits to each camera, the most visited first: label, share of the longest bar, text."""
    rows = visits.group_by("camera").len().sort("len", "camera", descending=[True, False])
    most = rows["len"].max()
    return [
        {"label": camera, "share": n / most, "text": f"{n:,}"}
        for camera, n in rows.head(_CAMERAS).iter_rows()
    ]


def _company(workspace: Workspace, row: dict[str, Any]) -> list[dict[str, str]]:
    found = browse.companions(workspace, row["individual_id"], _COMPANY)
    of = words.counted(row["n_visits"], "visit")
    return [
        {"name": one["label"], "value": f"in {one['n_events']:,} of {of}"}
        for one in found.to_dicts()
    ]


def _decisions(workspace: Workspace, individual_id: str, *, authors: bool) -> dict[str, Any]:
    rows = about_deer.decided_about(workspace, individual_id)
    lines = [
        {
            "name": words.day(row["made_at"]) + (f", {row['author']}" if authors else ""),
            "value": row["what"] + (f": {_shortened(row['about'], 60)}" if row["about"] else ""),
        }
        for row in rows.head(_DECISIONS).to_dicts()
    ]
    more = rows.height - len(lines)
    return {"lines": lines, "more": f"and {more:,} before these" if more > 0 else ""}


def _shortened(text: str, most: int = _NOTE_CHARS) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
