"""One deer as a picture to share: its best pictures, who it is, when it comes, and no place unless asked."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from PIL import Image

from thumper_core.contracts import ThumperError
from thumper_core.questions import tables, words
from thumper_core.questions.deer_years import deer_years
from thumper_core.report.pictures.cards import card_of, data_uri
from thumper_core.report.pictures.crops import Crop, crop_window, crops
from thumper_core.report.typeset import Picture, typeset
from thumper_core.views.times import timed

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

_PICTURES: Final = 4
_CAMERAS: Final = 5
_HERO_PX: Final = 1080
_SMALL_PX: Final = 540
_STRIP: Final = 0.08
"""Share of a photo's height, above and below, where cameras print their name and where they stand."""


def deer_card(workspace: Workspace, individual_id: str, *, places: bool = False) -> bytes:
    r"""A PNG of 1080 by 1350 pixels of one individual of the herd.

    places: with the names of its cameras, the most visited first, and where that one stands; without it
    what cameras print at the edges of their photos is cut off, too. Raises
    ThumperError where the herd does not hold the individual, or Typst is not installed.

    >>> from thumper_core import Workspace, deer_card
    >>> ranch = Workspace.open("ranch")
    >>> deer_card(ranch, ranch.ledger.individual_ids()[0])[:4]
    b'\x89PNG'
    """
    known = tables.herd_cards(workspace).filter(pl.col("individual_id") == individual_id)
    if known.is_empty() or not known["n_visits"].item():
        raise ThumperError(f"{individual_id} is not in this herd: `thumper herd show` lists it.")
    row = known.row(0, named=True)
    card = card_of(row, ())
    visits = tables.sightings(workspace).filter(pl.col("individual_id") == individual_id)
    told = {
        "label": card.label,
        "category": card.category,
        "kind": card.kind,
        # Who took it, and who waits for it, is not for others to read.
        "status": words.status_of(row | {"status_by": None}),
        "lines": [
            f"Last seen {card.last}",
            f"{words.counted(row['n_visits'], 'visit')} "
            f"{words.period(row['first_seen'], row['last_seen'])}",
            *_judged(workspace, individual_id),
        ],
        "hours": hours_of(visits),
        "places": _places(workspace, row["cameras"]) if places else "",
    }

    jpegs = _pictures(workspace, individual_id, places=places)

    def values(picture: Picture) -> dict[str, Any]:
        return told | {"pictures": [picture(data_uri(jpeg)) for jpeg in jpegs]}

    return typeset("card.typ", values, "png")


def _judged(workspace: Workspace, individual_id: str) -> list[str]:
    """What people judged of its age and antlers in the last year that has any; who it was is not said."""
    years = deer_years(workspace, individual_id).filter(pl.col("judged").is_not_null())
    return [f"{row['season']}: {row['judged']}" for row in years.head(1).to_dicts()]


def _pictures(workspace: Workspace, individual_id: str, *, places: bool) -> list[bytes]:
    """The best pictures as JPEGs, the first one large."""
    best = tables.best_detections(workspace, _PICTURES).filter(individual_id=individual_id)
    rows = best.to_dicts()
    wanted = [(Crop.from_row(r), _HERO_PX if r["rank"] == 1 else _SMALL_PX) for r in rows]
    jpegs = crops(workspace, wanted)
    if places:
        return list(jpegs)
    return [without_strip(jpeg, row) for jpeg, row in zip(jpegs, rows, strict=True)]


def without_strip(jpeg: bytes, row: dict[str, Any]) -> bytes:
    """A crop without what lies in the strips of its photo; row: as of `tables.best_detections`."""
    box = (row["x1"], row["y1"], row["x2"], row["y2"])
    _, top, _, bottom = crop_window(box, row["width"], row["height"])
    strip = _STRIP * row["height"]
    with Image.open(io.BytesIO(jpeg)) as picture:
        tall = picture.height / (bottom - top)
        first = max(0.0, (strip - top) * tall)
        last = min(picture.height, (row["height"] - strip - top) * tall)
        if last - first < 1 or (first, last) == (0, picture.height):
            return jpeg
        made = io.BytesIO()
        kept = picture.crop((0, round(first), picture.width, round(last)))
        kept.save(made, "JPEG", quality=90)
    return made.getvalue()


def hours_of(visits: pl.DataFrame) -> list[int]:
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
