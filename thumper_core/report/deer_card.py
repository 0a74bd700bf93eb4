"""One deer as a picture to share: its best pictures, who it is, when it comes, and no place unless asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from thumper_core.contracts import ThumperError
from thumper_core.questions import tables, words
from thumper_core.report.pictures import cards
from thumper_core.report.typeset import Picture, typeset
from thumper_core.views.times import timed

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

_PICTURES: Final = 4
_CAMERAS: Final = 5
_HERO_PX: Final = 1080


def deer_card(workspace: Workspace, individual_id: str, *, places: bool = False) -> bytes:
    r"""A PNG of 1080 by 1350 pixels of one individual of the herd.

    places: with the names of its cameras, the most visited first, and where that one stands. Raises
    ThumperError where the herd does not hold the individual, or Typst is not installed.

    >>> from thumper_core import Workspace, deer_card
    >>> ranch = Workspace.open("ranch")
    >>> deer_card(ranch, ranch.ledger.individual_ids()[0])[:4]
    b'\x89PNG'
    """
    known = tables.herd_cards(workspace).filter(pl.col("individual_id") == individual_id)
    if known.is_empty() or not known["n_visits"].item():
        raise ThumperError(f"{individual_id} is not in this herd: `thumper herd show` lists it.")
    (group,) = cards.groups(workspace, known, _PICTURES, hero_px=_HERO_PX)
    (card,) = group.cards
    row = known.row(0, named=True)
    visits = tables.sightings(workspace).filter(pl.col("individual_id") == individual_id)
    told = {
        "label": card.label,
        "category": card.category,
        "kind": card.kind,
        "status": card.status,
        "watched": row["watched"],
        "lines": [
            f"Last seen {card.last}",
            f"{words.counted(row['n_visits'], 'visit')} "
            f"{words.period(row['first_seen'], row['last_seen'])}",
        ],
        "hours": _hours(visits),
        "places": _places(workspace, row["cameras"]) if places else "",
    }

    def values(picture: Picture) -> dict[str, Any]:
        return told | {"pictures": [picture(one.uri) for one in card.pictures]}

    return typeset("card.typ", values, "png")


def _hours(visits: pl.DataFrame) -> list[int]:
    """Visits that began in each of the 24 hours; empty where no time is known."""
    hours = timed(visits)["started_at"].dt.hour().to_list()
    return [hours.count(hour) for hour in range(24)] if hours else []


def _places(workspace: Workspace, cameras: list[str]) -> str:
    """The cameras' names, and the position of the first where it is known."""
    more = len(cameras) - _CAMERAS
    shown = [*cameras[:_CAMERAS], *([words.counted(more, "other")] if more > 0 else [])]
    told = words.listed(shown)
    where = workspace.sql(
        "select avg(latitude) as latitude, avg(longitude) as longitude from photos where camera = ?",
        [cameras[0]],
    ).row(0)
    if None in where:
        return told
    return f"{told} ({where[0]:.5f}, {where[1]:.5f})"
