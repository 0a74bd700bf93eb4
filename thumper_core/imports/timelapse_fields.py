"""What the fields that a person filled in beside a photo say of the animals in it, where that is plain.

Every image set of Timelapse has fields of its own. Those whose names leave no doubt are understood: a
species, a count, a sex, an age, and counters or flags named for what they count (`Bucks`, `Does`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from thumper_core.contracts import ANIMAL, AgeClass, ClassMeaning, Sex
from thumper_core.deer import DEER_NAMES
from thumper_core.export.md_labels import is_no_word, meaning_of

_SPECIES: Final = ("species", "speciesname", "animalspecies", "commonname", "scientificname")
_COUNTS: Final = (
    "count", "number", "total", "totalcount", "animalcount", "numberofanimals", "groupsize",
    "individualcount", "numberofindividuals",
)  # fmt: skip
_SEXES: Final = {
    **dict.fromkeys(("male", "m", "buck", "stag", "bull"), Sex.MALE),
    **dict.fromkeys(("female", "f", "doe", "hind", "cow"), Sex.FEMALE),
}
_AGES: Final = {
    "adult": AgeClass.ADULT,
    **dict.fromkeys(("fawn", "juvenile", "young", "calf"), AgeClass.FAWN),
}
_NAMED: Final = ("deer", "buck", "doe", "fawn", *DEER_NAMES)
"""What a counter or a flag may be named for."""
_SEVERAL: Final = 2  # of a count that is no number: "many"
_COUNT_MAX: Final = 99


def animals_said(fields: Mapping[str, str]) -> list[ClassMeaning]:
    """An entry for each animal that a person said is in the photo; none where nothing plain was said.

    fields: the name of each field and its value. Of fields that contradict each other nothing is plain.
    """
    filled = [(_key(name), value.strip()) for name, value in fields.items() if value.strip()]
    animals = _counted(filled)
    species = list(
        dict.fromkeys(
            meaning_of(value)
            for name, value in filled
            if name in _SPECIES and not is_no_word(value) and meaning_of(value).species != ANIMAL
        )
    )
    if not animals:
        animals = species
    elif len(species) == 1 and species[0].species in DEER_NAMES:
        animals = [replace(one, species=species[0].species) for one in animals]
    elif species and not {one.species for one in species} <= {one.species for one in animals}:
        animals = animals + species
    told = [_number(value) for name, value in filled if name in _COUNTS]
    if animals and told and max(told) > len(animals):
        animals = animals + animals[:1] * (max(told) - len(animals))
    return _with_sex_and_age(animals, filled) if len(animals) == 1 else animals


def _counted(filled: list[tuple[str, str]]) -> list[ClassMeaning]:
    """The animals of counters and flags; a `Deer` of them all counts none twice."""
    counts = {name: _number(value) for name, value in filled if name in _COUNTERS}
    known = {name: n for name, n in counts.items() if _COUNTERS[name].sex != Sex.UNKNOWN or
             _COUNTERS[name].age_class != AgeClass.UNKNOWN}  # fmt: skip
    plain = {name: n for name, n in counts.items() if name not in known}
    n_known = sum(known.values())
    if n_known and sum(plain.values()) == n_known:
        plain = {}
    return [_COUNTERS[name] for name, n in (known | plain).items() for _ in range(n)]


def _with_sex_and_age(
    animals: list[ClassMeaning], filled: list[tuple[str, str]]
) -> list[ClassMeaning]:
    """The one animal with what fields of their own say of it; none where they contradict it."""
    (one,) = animals
    for name, value in filled:
        word = value.lower()
        if name in ("sex", "gender") and word in _SEXES:
            if one.sex not in (Sex.UNKNOWN, _SEXES[word]):
                return []
            one = replace(one, sex=_SEXES[word])
        elif name in ("age", "ageclass", "lifestage") and word in _AGES:
            if one.age_class not in (AgeClass.UNKNOWN, _AGES[word]):
                return []
            one = replace(one, age_class=_AGES[word])
    return [one]


def _number(value: str) -> int:
    """How many a count or a flag says."""
    if value.lower() in ("true", "yes"):
        return 1
    if value.lower() in ("false", "no"):
        return 0
    digits = re.match(r"\d+", value)
    return min(int(digits[0]), _COUNT_MAX) if digits else _SEVERAL


def _key(name: str) -> str:
    """A field's name in small letters alone: `Species_1` is `species`."""
    return re.sub(r"[^a-z]", "", name.lower())


_COUNTERS: Final = {
    form: meaning_of(name)
    for name in _NAMED
    for form in (_key(name), f"{_key(name)}s", f"{_key(name)}count", f"numberof{_key(name)}s")
}
