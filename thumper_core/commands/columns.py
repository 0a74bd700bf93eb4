"""How wide the columns of a printed table are, so that every heading and every number is read whole.

Headings stand on one line where there is room, else with a line for each of their words. Where the columns
have no room side by side even so, the table is printed in parts, each with the first column.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len

GAP: Final = 2
"""Cells that each column needs besides its text: a blank on either side."""
_TEXT_MIN: Final = 12  # narrower, words would be broken into syllables


@dataclass(frozen=True)
class Column:
    """A column of a part: its place among all columns, its heading with line breaks, its width in cells."""

    index: int
    heading: str
    width: int


def arranged(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    is_number: Sequence[bool],
    width: int,
) -> list[list[Column]]:
    """The parts of a table, each with its columns from left to right.

    rows: texts, one for each heading; is_number: of which column they are numbers, which are never broken;
    width: of the terminal, cells.
    """
    if not headings:
        return []
    texts = [max([0, *(cell_len(row[i]) for row in rows)]) for i in range(len(headings))]
    one_line = [(heading,) for heading in headings]
    for lines in (one_line, [_words(heading) for heading in headings]):
        heads = [max(map(cell_len, line)) for line in lines]
        least = [
            max(head, text if number else min(text, _TEXT_MIN))
            for head, text, number in zip(heads, texts, is_number, strict=True)
        ]
        least[0] = max(heads[0], min(texts[0], width // 2))
        if sum(least) + GAP * len(least) <= width:
            break
    parts = _parts(least, width)
    return [
        [
            Column(i, "\n".join(lines[i]), cells)
            for i, cells in zip(part, _widths(part, least, texts, width), strict=True)
        ]
        for part in parts
    ]


def _words(heading: str) -> tuple[str, ...]:
    """A heading's words, a low line with the word before it."""
    return tuple(re.findall(r"[^ _]+_*|_+", heading)) or ("",)


def _parts(least: Sequence[int], width: int) -> list[list[int]]:
    """Which columns stand side by side; the first stands in every part."""
    parts = [[0]]
    used = least[0] + GAP
    for i in range(1, len(least)):
        if used + least[i] + GAP > width and len(parts[-1]) > 1:
            parts.append([0])
            used = least[0] + GAP
        parts[-1].append(i)
        used += least[i] + GAP
    return parts


def _widths(
    part: Sequence[int], least: Sequence[int], texts: Sequence[int], width: int
) -> list[int]:
    """Widths of a part's columns: what is left over goes to those that need most lines, evenly."""
    left = max(0, width - sum(least[i] + GAP for i in part))
    given = {i: least[i] for i in part}
    needy = sorted((i for i in part if texts[i] > least[i]), key=lambda i: texts[i] - least[i])
    for n, i in enumerate(needy):
        more = min(texts[i] - least[i], left // (len(needy) - n))
        given[i] += more
        left -= more
    return [given[i] for i in part]
