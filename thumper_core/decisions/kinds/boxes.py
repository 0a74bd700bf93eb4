"""Kinds of decision about a box: what it holds, and where it is."""

# ruff: noqa: D102 - overridden methods do what their base says
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from thumper_core.contracts import AgeClass, Flank, Sex, UsageError
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds.base import Box, Concern, OfBox
from thumper_core.decisions.kinds.suggested import Suggested, told


@dataclass(frozen=True)
class NotAnimal(OfBox):
    """The box holds no animal: a stump, a shadow, the feeder.

    suggested: what it answers, None where nobody asked who it is.
    """

    kind = "not_animal"
    label = "not an animal"
    concerns = Concern.CONTENT
    suggested: Suggested | None = None

    def payload(self) -> dict[str, Any]:
        return {**self.where.payload(), **told(self.suggested)}


@dataclass(frozen=True)
class Fixture(OfBox):
    """What stands where this box is, alike in its camera's photos, is no animal: a feeder, a lamp."""

    kind = "fixture"
    label = "a fixture, no animal"
    concerns = Concern.STANDING


@dataclass(frozen=True)
class RestingPlace(OfBox):
    """Animals come back to where this box is: nothing there is left out for being seen often."""

    kind = "resting_place"
    label = "an animal rests here"
    concerns = Concern.STANDING


@dataclass(frozen=True)
class MoveBox(OfBox):
    """The box of this detection belongs at `to`: x1, y1, x2, y2, pixels of the upright photo."""

    kind = "box"
    label = "box moved"
    concerns = Concern.PLACE
    to: Box

    def __post_init__(self) -> None:
        # The new place is checked and rounded as any box that a decision names.
        object.__setattr__(self, "to", BoxKey(self.where.photo_id, self.to).box)
        if self.to == self.where.box:
            raise UsageError("The box is where it was: move or resize it first.")

    def payload(self) -> dict[str, Any]:
        return {**self.where.payload(), "to": list(self.to)}


@dataclass(frozen=True)
class OneWord(OfBox):
    """A decision that says one word of a box.

    field: where it and its payload keep the word; words: what it can be; called: of it, in errors.
    """

    field: ClassVar[str]
    words: ClassVar[type[StrEnum]]
    called: ClassVar[str]

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, self.field, self.words(getattr(self, self.field)))
        except ValueError as error:
            raise UsageError(f"{self.called}: {error}; one of {', '.join(self.words)}.") from error

    def payload(self) -> dict[str, Any]:
        return {**self.where.payload(), self.field: str(getattr(self, self.field))}

    @classmethod
    def about(cls, payload: Mapping[str, Any]) -> str:
        return str(payload[cls.field])


@dataclass(frozen=True)
class ShowsFlank(OneWord):
    """The box shows this side of its animal, whatever the head for flanks says."""

    kind = "flank"
    label = "flank corrected"
    concerns = Concern.SIDE
    field, words, called = "flank", Flank, "flank"
    flank: Flank


class AntlerState(StrEnum):
    """What a buck wears: grown in velvet, rubbed clean, or nothing since they fell."""

    VELVET = "velvet"
    HARD = "hard"
    SHED = "shed"


@dataclass(frozen=True)
class ShowsAntlers(OneWord):
    """The box shows its animal with antlers in this state; a model says nothing of it."""

    kind = "antler_state"
    label = "antlers noted"
    concerns = Concern.ANTLERS
    field, words, called = "state", AntlerState, "antlers"
    state: AntlerState


@dataclass(frozen=True)
class _Classed(OfBox):
    """A decision that says what a box holds."""

    concerns = Concern.CONTENT
    species: str
    sex: Sex = Sex.UNKNOWN
    age_class: AgeClass = AgeClass.UNKNOWN

    def __post_init__(self) -> None:
        if not self.species.strip():
            raise UsageError("Say which species the box holds.")
        for name, enum in (("sex", Sex), ("age_class", AgeClass)):
            try:
                object.__setattr__(self, name, enum(getattr(self, name)))
            except ValueError as error:
                raise UsageError(f"{name}: {error}; one of {', '.join(enum)}.") from error

    def payload(self) -> dict[str, Any]:
        return {
            **self.where.payload(),
            "species": self.species,
            "sex": str(self.sex),
            "age_class": str(self.age_class),
        }

    @classmethod
    def about(cls, payload: Mapping[str, Any]) -> str:
        return f"{payload['species']}, {payload['sex']}, {payload['age_class']}"


@dataclass(frozen=True)
class Reclass(_Classed):
    """The box holds this species, sex and age class, whatever the model says.

    suggested: what it answers, None where nobody asked who it is.
    """

    kind = "class"
    label = "class corrected"
    suggested: Suggested | None = None

    def payload(self) -> dict[str, Any]:
        return {**super().payload(), **told(self.suggested)}


@dataclass(frozen=True)
class MissedAnimal(_Classed):
    """A person drew this box: the model found nothing there."""

    kind = "missed_animal"
    label = "animal drawn"
