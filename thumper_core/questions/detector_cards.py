"""What each known detector can say, and whether it is here: from the registry and the models' cards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thumper_core.contracts import DEER, Sex, ThumperError
from thumper_core.deer import DEER_NAMES
from thumper_core.files import shipped_files
from thumper_core.pipeline.choice import choose
from thumper_core.vision.registry import ModelSpec, Registry
from thumper_core.vision.weights import find_file, how_to_get

_DEER: Final = {DEER, *DEER_NAMES}


@dataclass(frozen=True)
class Card:
    """name: in the registry; is_here: whether its weights are on this machine; says: the words
    that it has for what it sees; knows_deer, knows_sex: whether deer, and bucks and does, are
    among these; honestly: the first sentence of its card, "" where it has none; how: how its
    weights are got, where they are not here.
    """

    name: str
    is_here: bool
    says: tuple[str, ...]
    knows_deer: bool
    knows_sex: bool
    honestly: str
    notes: str
    how: str


def detector_cards(specs: Iterable[ModelSpec]) -> list[Card]:
    """The detectors among some models: those that are here first, then in the registry's order."""
    cards = [_card(spec) for spec in specs if spec.kind == "detector"]
    return sorted(cards, key=lambda card: not card.is_here)


def _card(spec: ModelSpec) -> Card:
    is_here = find_file(spec) is not None
    meanings = spec.class_map.values()
    return Card(
        spec.name,
        is_here,
        tuple(spec.class_map),
        any(meaning.species in _DEER for meaning in meanings),
        any(meaning.species in _DEER and meaning.sex is not Sex.UNKNOWN for meaning in meanings),
        _first_words(spec.file),
        spec.notes,
        "" if is_here else how_to_get(spec),
    )


def _first_words(file: str) -> str:
    """The first paragraph of the card beside a shipped weights file: what has to be known before all else."""
    if not file:
        return ""
    try:
        found = shipped_files("models", f"{Path(file).stem}.md")
    except (ThumperError, ValueError):
        return ""
    return found[0].read_text("utf-8").split("\n\n", 1)[0].strip()


def taken(folder: Path, specs: Iterable[ModelSpec]) -> str:
    """The detector that looks at photos of a folder where nothing else is chosen."""
    registry = Registry({spec.name: spec for spec in specs})
    return choose(None, [str(folder)], registry).detector
