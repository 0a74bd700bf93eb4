"""The documents that the pages show without a network, in the parts that their headings make."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

TITLES: Final = {"glossary": "Words", "explanation": "How it tells deer apart"}
"""Each document that is shown, and what it is called."""
_HERE: Final = Path(__file__).resolve().parent
_FOLDERS: Final = (_HERE.parent / "docs", _HERE.parent / "_docs")
"""In a checkout, and in an installed package."""


@dataclass(frozen=True)
class Part:
    """A heading and what stands below it. anchor: as GitHub makes it; level: 1 for the title."""

    anchor: str
    title: str
    level: int
    text: str


@lru_cache(maxsize=len(TITLES))
def parts(name: str) -> tuple[Part, ...]:
    """A document of `TITLES` in its parts, in order; none where it was not installed."""
    file = next((f for folder in _FOLDERS if (f := folder / f"{name}.md").is_file()), None)
    return split(file.read_text("utf-8")) if file else ()


def split(text: str) -> tuple[Part, ...]:
    """Markdown in the parts that its headings make. Links that lead to other files are left as text: those
    files are not here.
    """
    pieces = re.split(r"^(#+) (.+)$", text, flags=re.MULTILINE)[1:]
    return tuple(
        Part(_anchor(title), title, len(marks), _links(body).strip())
        for marks, title, body in zip(*(iter(pieces),) * 3, strict=True)
    )


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _links(text: str) -> str:
    def link(found: re.Match[str]) -> str:
        words, target = found.groups()
        file, _, anchor = target.partition("#")
        name = file.removesuffix(".md")
        if name in TITLES:
            return f"[{words}](help?document={name}&at={anchor})"
        return str(words) if file or not anchor else f"[{words}](#{anchor})"

    return re.sub(r"\[([^\]]+)\]\((?![a-z]+:)([^)\s]+)\)", link, text)
