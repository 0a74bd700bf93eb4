"""Draw docs/images/architecture.svg: the rooms in their layers, the way of a photo and of a decision.

`python docs/architecture.py` writes the picture; a test checks that the committed one is up to date.
The layers are those that import-linter checks, read from pyproject.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

PICTURE: Final = Path(__file__).parent / "images" / "architecture.svg"
PROJECT: Final = Path(__file__).parents[1] / "pyproject.toml"

INSIDE: Final = {
    "app": "pages and notebooks",
    "cli": "the command line as a whole",
    "commands": "one file for each family of commands",
    "work": "launched, listed, scheduled",
    "thumper_demo": "the rendered herd",
    "flows": "reprocess, watch, weekly",
    "imports": "work done elsewhere, merging",
    "upkeep": "health, verify, backup, doctor",
    "report": "figures, pages, pictures, PDF",
    "export": "formats of other programs",
    "questions": "every answer read from the views",
    "learning": "what corrections suffice for",
    "evaluate": "truths, and how far results are",
    "habits": "sun, weather, effects, ranges",
    "survey": "ratios, known deer, density",
    "seasons": "deer years, ages, survival",
    "herd": "build, cut again, IDs, abundance",
    "cameras": "their clocks, names and places",
    "match": "keypoints, kept; crops compared",
    "reid": "what visits taught; tuning",
    "identify": "links, space, scale, tree",
    "pipeline": "pending photos become shards",
    "mail": "mailboxes of cameras",
    "stamp": "what is printed into photos",
    "ingest": "files become photos",
    "vision": "pixels become boxes, vectors",
    "workspace": "the folder that holds it all",
    "views": "SQL over lake and ledger",
    "heads": "what vectors say of sex",
    "repeats": "what comes back at one place",
    "decisions": "what people said",
    "store": "lake, ledger, register, chain",
    "settings": "knobs, in thumper.toml",
    "clips": "videos become frames, tracks",
    "deer": "which species it is about",
    "deer_year": "when it begins",
    "zones": "of cameras' clocks",
    "stage": "a section of settings",
    "detach": "outlives its parent",
    "trust": "hashes, kept with the user",
    "children": "Python, started apart",
    "boxes": "overlap",
    "cores": "how many",
    "counting": "one, or several",
    "files": "written whole",
    "disk": "full, or read-only",
    "portable": "what Windows does otherwise",
    "theme": "of figures",
    "language": "messages, figures and days in the reader's way",
    "contracts": "words, tables, error codes",
}


class Step(NamedTuple):
    """A stop on a way: the room it is in, what happens there (lines), and the way to the next, pixels."""

    room: str
    text: str
    wide: int = 64


PHOTO: Final = (
    Step("commands", "add, run", 40),
    Step("ingest", "a file is read:\nID, time, camera", 76),
    Step("pipeline", "pending: has\nno outcome", 72),
    Step("vision", "boxes,\nvectors", 52),
    Step("pipeline", "results are\nput together"),
    Step("store", "a shard is renamed\ninto place, and registered"),
    Step("views", "rows to ask"),
    Step("identify", "tracklets, tree, cut"),
    Step("herd", "IDs and names\ncarried along"),
    Step("questions", "how many,\nwho, where"),
    Step("report", "a page"),
)
DECISION: Final = (
    Step("app", "same, different,\na name, a class", 60),
    Step("decisions", "one record,\nkeyed to photo and box", 70),
    Step("store", "sealed in the chain"),
    Step("views", "classes and boxes\nas people said"),
    Step("herd", "what it\ntouches"),
    Step("identify", "cut again, under\nthe constraints"),
    Step("herd", "a new herd\nis shown"),
)

WIDTH: Final = 1660
LANE: Final = 40
TOP: Final = 96
ROOMS: Final = 400
FIRST: Final = 440
BLUE, ORANGE, INK, GREY = "#1f6299", "#b04f1c", "#222923", "#5d665f"
PAPER, RULE, SHADE = "#ffffff", "#dfe5df", "#f4f6f3"


def layers() -> list[list[str]]:
    """The rooms of each layer, the highest first, the pages above them all."""
    contracts = tomllib.loads(PROJECT.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    lines = next(one["layers"] for one in contracts if one["type"] == "layers")
    rows = [
        [name.strip().removeprefix("thumper_core.") for name in row.split("|")] for row in lines
    ]
    return rows if ["app"] in rows else [["app"], *rows]


def picture() -> str:
    """The whole picture as SVG, on paper of its own, so that it reads on light and on dark pages."""
    rows = layers()
    height = TOP + LANE * len(rows) + 16
    where = {room: TOP + LANE * i + LANE // 2 for i, row in enumerate(rows) for room in row}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="system-ui, Segoe UI, Helvetica, Arial, sans-serif" font-size="15">',
        "<title>The rooms of Thumper, the way of a photo, and the way of a decision</title>",
        f'<rect width="{WIDTH}" height="{height}" rx="12" fill="{PAPER}"/>',
        _text(20, 34, "Rooms", INK, size=19, bold=True),
        _text(20, 58, "each may import those below it, none above;", GREY),
        _text(20, 77, "rooms of one line import one another not at all", GREY),
    ]
    for i, row in enumerate(rows):
        parts += _lane(i, row)
    second = FIRST + sum(one.wide for one in PHOTO)
    for start, title, steps, colour in (
        (FIRST, "The way of a photo", PHOTO, BLUE),
        (second, "The way of a decision", DECISION, ORANGE),
    ):
        parts.append(_text(start - 10, 34, title, colour, size=19, bold=True))
        places = accumulate((one.wide for one in steps), initial=start)
        stops = [(x, where[one.room], one) for x, one in zip(places, steps, strict=False)]
        parts += _way(stops, colour)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _lane(number: int, row: list[str]) -> Iterator[str]:
    top = TOP + LANE * number
    if number % 2 == 0:
        yield f'<rect x="8" y="{top}" width="{WIDTH - 16}" height="{LANE}" fill="{SHADE}"/>'
    span = (ROOMS - 12) / len(row)
    for i, room in enumerate(row):
        x = 20 + span * i
        yield _text(x, top + (17 if len(row) > 1 else 25), room, INK, bold=True)
        if len(row) > 1:
            yield _text(x, top + 33, INSIDE[room], GREY, size=12.5)
        else:
            yield _text(x + 130, top + 25, INSIDE[room], GREY, size=14)
    yield f'<path d="M8 {top + LANE}H{WIDTH - 8}" stroke="{RULE}"/>'


def _way(stops: list[tuple[int, int, Step]], colour: str) -> Iterator[str]:
    line = " ".join(f"{x},{y}" for x, y, _ in stops)
    yield (
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2.5" opacity="0.55"/>'
    )
    for number, (x, y, one) in enumerate(stops, 1):
        yield f'<circle cx="{x}" cy="{y}" r="11" fill="{colour}"/>'
        yield _text(x, y + 5, str(number), PAPER, size=13, bold=True, anchor="middle")
        lines = one.text.split("\n")
        for i, text in enumerate(lines):
            yield _text(
                x + 16, y + 5 - 8 * (len(lines) - 1) + 16 * i, text, colour, size=13.5, halo=True
            )


def _text(
    x: float,
    y: float,
    text: str,
    colour: str,
    *,
    size: float = 15,
    bold: bool = False,
    halo: bool = False,
    anchor: str = "start",
) -> str:
    weight = ' font-weight="600"' if bold else ""
    edge = (
        f' stroke="{PAPER}" stroke-width="5" paint-order="stroke" stroke-linejoin="round"'
        if halo
        else ""
    )
    return (
        f'<text x="{x:g}" y="{y:g}" fill="{colour}" font-size="{size:g}" text-anchor="{anchor}"'
        f"{weight}{edge}>{escape(text)}</text>"
    )


if __name__ == "__main__":
    PICTURE.write_text(picture(), "utf-8")
