"""What the labels of other people's models stand for, as far as plain words say it."""

from __future__ import annotations

import re
from typing import Final

from thumper_core.contracts import DEER, AgeClass, ClassMeaning, Sex
from thumper_core.deer import DEER_NAMES

_DEER: Final = ClassMeaning(DEER)
_WHITE_TAILED: Final = ClassMeaning("white-tailed deer")
_HUMAN: Final = ClassMeaning("human")
_CATTLE: Final = ClassMeaning("cattle")
_MEANINGS: Final = {
    "deer": _DEER,
    "cervidae family": _DEER,
    "odocoileus species": _DEER,
    **{
        name.replace("-", " "): ClassMeaning(species)
        for species, scientific in DEER_NAMES.items()
        for name in (species, scientific.lower())
    },
    "whitetailed deer": _WHITE_TAILED,
    "white tail deer": _WHITE_TAILED,
    "whitetail deer": _WHITE_TAILED,
    "whitetail": _WHITE_TAILED,
    "wapiti": ClassMeaning("elk"),
    "caribou": ClassMeaning("reindeer"),
    "buck": ClassMeaning(DEER, Sex.MALE, AgeClass.ADULT),
    "doe": ClassMeaning(DEER, Sex.FEMALE, AgeClass.ADULT),
    "fawn": ClassMeaning(DEER, Sex.UNKNOWN, AgeClass.FAWN),
    "person": _HUMAN,
    "people": _HUMAN,
    "human": _HUMAN,
    "homo sapiens": _HUMAN,
    "homo species": _HUMAN,
    "cow": _CATTLE,
    "bos taurus": _CATTLE,
    "domestic cattle": _CATTLE,
}
_NO_WORDS: Final = frozenset({"", "blank", "empty", "no cv result", "unknown", "none"})
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def meaning_of(label: str, description: str = "") -> ClassMeaning:
    """The meaning of a label; description: its taxonomy, where the file gives one.

    A taxonomy is `uuid;class;order;family;genus;species;common name`: its last name counts. Words
    that nothing is known about are a species of that name.
    """
    names = [name for name in (*_names(description), *_names(label)) if name not in _NO_WORDS]
    for name in names:
        meaning = _MEANINGS.get(name.replace("-", " "))
        if meaning is not None:
            return meaning
    return ClassMeaning(names[0] if names else label.strip())


def is_no_word(label: str) -> bool:
    """Whether a classification says nothing about what a box holds: `blank`, `no cv result`."""
    return next(iter(_names(label)), "") in _NO_WORDS


def is_animal_name(label: str) -> bool:
    """Whether a label is neither a person nor a vehicle."""
    return meaning_of(label).species not in ("human", "vehicle")


def _names(label: str) -> list[str]:
    """A label's names in plain words, the most telling first: common name, genus and species."""
    parts = [_plain(part) for part in label.split(";")]
    if len(parts) == 1:
        return parts if parts[0] else []
    *ranks, common = parts[1:] if _UUID.fullmatch(parts[0]) else parts
    names = [common] if common else []
    if len(ranks) >= 2 and ranks[-2] and ranks[-1]:
        genus, species = ranks[-2:]
        names.append(species if species.startswith(f"{genus} ") else f"{genus} {species}")
    return names or [rank for rank in reversed(ranks) if rank][:1]


def _plain(text: str) -> str:
    """Small letters and single blanks: `White_tailed  Deer` is `white tailed deer`."""
    return re.sub(r"[\s_]+", " ", text).strip().lower()
