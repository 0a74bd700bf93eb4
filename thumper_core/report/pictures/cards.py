"""The herd as cards: one per individual, with its best pictures."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from thumper_core import theme
from thumper_core.questions import tables, words
from thumper_core.report.pictures.crops import Crop, crops, placeholder

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

MOST_PICTURES = 4
HERO_SIZE = 400
"""Width, pixels, of an individual's first picture."""
THUMB_SIZE = 160
"""Width, pixels, of its other pictures."""
_MOST_CAMERAS = 3
_ABSENT = "absent"


@dataclass(frozen=True)
class Picture:
    """A picture inside the page: `data:` URI, and what it shows in words."""

    uri: str
    alt: str


@dataclass(frozen=True)
class Card:
    """What is shown of one individual; texts are ready to print, empty where there is nothing."""

    label: str
    id: str  # empty where it is the label
    category: str
    kind: str
    status: str
    visits: str
    first: str
    last: str
    cameras: tuple[str, ...]
    more_cameras: int
    notes: str
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class Group:
    """The bucks, the does, ..."""

    category: str
    title: str
    cards: tuple[Card, ...]


def groups(workspace: Workspace, cards: pl.DataFrame, most_pictures: int) -> list[Group]:
    """Cards by category, then the known ones that were not seen; ordered as `cards` is.

    cards: as `tables.herd_cards` gives them; most_pictures: of each.
    """
    pictures = _pictures(workspace, cards, max(1, most_pictures))
    made: dict[str, list[Card]] = {}
    for row in cards.iter_rows(named=True):
        group = row["category"] if row["n_visits"] else _ABSENT
        made.setdefault(group, []).append(card_of(row, pictures[row["individual_id"]]))
    titles = {**theme.CATEGORY_NAME, _ABSENT: "Known, not in these photos"}
    return [Group(name, title, tuple(made[name])) for name, title in titles.items() if name in made]


def card_of(row: dict[str, Any], pictures: tuple[Picture, ...]) -> Card:
    """The card of a row of `tables.herd_cards`."""
    seen = row["n_visits"] > 0
    return Card(
        label=row["label"],
        id=row["individual_id"] if row["name"] else "",
        category=row["category"],
        kind=_kind(row["sex"], row["age_class"], row["category"]),
        status=words.status_of(row),
        visits=f"{row['n_visits']:,}" if seen else "None",
        first=words.moment(row["first_seen"]) if seen else "",
        last=words.moment(row["last_seen"]) if seen else "",
        cameras=tuple(row["cameras"][:_MOST_CAMERAS]),
        more_cameras=max(0, len(row["cameras"]) - _MOST_CAMERAS),
        notes=(row["notes"] or "").strip(),
        pictures=pictures,
    )


def _kind(sex: str | None, age_class: str | None, category: str) -> str:
    """`Adult buck`, `Fawn, female`, `Doe`, `Deer of unknown sex`."""
    if category == "fawn":
        return f"Fawn, {sex}" if sex in ("male", "female") else "Fawn"
    word = words.kind(category)
    return f"Adult {word}" if age_class == "adult" else word.capitalize()


def _pictures(
    workspace: Workspace, cards: pl.DataFrame, most: int
) -> dict[str, tuple[Picture, ...]]:
    """Pictures by individual: at least one, a placeholder where no photo is left."""
    labels = dict(cards.select("individual_id", "label").iter_rows())
    rows = [
        row
        for row in tables.best_detections(workspace, most).iter_rows(named=True)
        if row["individual_id"] in labels
    ]
    wanted = [(Crop.from_row(r), HERO_SIZE if r["rank"] == 1 else THUMB_SIZE) for r in rows]
    found: dict[str, list[Picture]] = {individual_id: [] for individual_id in labels}
    for row, jpeg in zip(rows, crops(workspace, wanted), strict=True):
        where = f"at {row['camera']}, {words.when(row['taken_at'], row['taken_at_precision'])}"
        light = ", infrared" if row["is_infrared"] else ""
        alt = f"{labels[row['individual_id']]} {where}{light}"
        found[row["individual_id"]].append(Picture(data_uri(jpeg), alt))
    return {
        individual_id: tuple(pictures) or (_no_picture(labels[individual_id]),)
        for individual_id, pictures in found.items()
    }


def _no_picture(label: str) -> Picture:
    return Picture(data_uri(placeholder(HERO_SIZE)), f"No photo of {label} is left")


def data_uri(jpeg: bytes) -> str:
    """A JPEG as a page holds it in its own text."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
