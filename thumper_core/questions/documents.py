"""The documents that the pages show without a network, in the parts that their headings make."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from thumper_core.contracts import ThumperError
from thumper_core.files import shipped_files
from thumper_core.language import mark

TITLES: Final = {"glossary": mark("Words"), "explanation": mark("How it tells deer apart")}
"""Each document that is shown, and what it is called."""


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
    try:
        (file,) = shipped_files("docs", f"{name}.md")
    except ThumperError:
        return ()
    return split(file.read_text("utf-8"), name)


def split(text: str, document: str) -> tuple[Part, ...]:
    """Markdown in the parts that its headings make.

    document: what the text is of TITLES. Links lead to the page Help; those to other files are left as
    text, for these files are not here.
    """
    pieces = re.split(r"^(#+) (.+)$", text, flags=re.MULTILINE)[1:]
    return tuple(
        Part(_anchor(title), title, len(marks), _links(body, document).strip())
        for marks, title, body in zip(*(iter(pieces),) * 3, strict=True)
    )


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _links(text: str, document: str) -> str:
    def link(found: re.Match[str]) -> str:
        words, target = found.groups()
        file, _, anchor = target.partition("#")
        name = file.removesuffix(".md") or document
        return f"[{words}](help?document={name}&at={anchor})" if name in TITLES else str(words)

    return re.sub(r"\[([^\]]+)\]\((?![a-z]+:)([^)\s]+)\)", link, text)
