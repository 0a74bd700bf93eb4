"""Which deer a workspace is about: the species of interest, and where every animal is one of it.

A detector's "deer" names no species: it is stored as it is said (`contracts.DEER`), and the views
put the species of interest in its place. So the setting can change at any time, and every run that
was ever made reads right from the next question on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from thumper_core.contracts import ANIMAL, NOT_ANIMALS

DEER_NAMES: Final[Mapping[str, str]] = {
    "white-tailed deer": "Odocoileus virginianus",
    "mule deer": "Odocoileus hemionus",
    "elk": "Cervus canadensis",
    "red deer": "Cervus elaphus",
    "roe deer": "Capreolus capreolus",
    "sika deer": "Cervus nippon",
    "fallow deer": "Dama dama",
    "reindeer": "Rangifer tarandus",
    "moose": "Alces alces",
}
"""Species that are proposed as the one of interest -> scientific names. The first is the default."""


class OurDeer(BaseModel):
    """Which deer a workspace is about, and where every animal is one of them.

    Both are asked when results are read: a change needs no new run.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    species: str = Field(
        next(iter(DEER_NAMES)),
        description="The species of interest, which a detector's `deer`, `buck`, `doe` and `fawn` "
        "stand for: " + ", ".join(DEER_NAMES) + ", or another.",
    )
    animals_are_deer: bool | tuple[str, ...] = Field(
        False,
        description="Where every `animal` whose species is not known is one of them: true, "
        "everywhere; or the cameras' names.",
    )

    species_chance_min: float = Field(
        0.9,
        gt=0.5,
        le=1,
        description="Chance from which a head (`models/heads.md`) makes an `animal` one of them.",
    )
    sex_chance_min: float = Field(
        0.8,
        gt=0.5,
        le=1,
        description="Chance from which a head says a sex; below it is `unknown`.",
    )

    @field_validator("species")
    @classmethod
    def _one_species(cls, text: str) -> str:
        """In small letters and single blanks, as species stand in the tables."""
        name = " ".join(text.split()).lower()
        if not name or name in (ANIMAL, *NOT_ANIMALS):
            raise ValueError(f"name a species, such as {', '.join(list(DEER_NAMES)[:3])}")
        return name

    @property
    def sentence(self) -> str:
        """The same for people, and to compare: `mule deer`, `mule deer and every animal at Gate`."""
        places = self.animals_are_deer
        where = f" at {', '.join(places)}" if isinstance(places, tuple) else ""
        return f"{self.species} and every animal{where}" if places else self.species
