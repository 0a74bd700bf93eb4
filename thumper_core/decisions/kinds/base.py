"""What all kinds of decision have in common: a name, what they concern, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from thumper_core.decisions.keys import BoxKey

Box = tuple[float, float, float, float]
BoxPair = tuple[BoxKey, BoxKey]


class Concern(StrEnum):
    """What a kind of decision concerns."""

    WHO = "who is who"
    CONTENT = "what a box holds"
    PLACE = "where a box is"
    STANDING = "what stands at a place"
    SIDE = "which side of an animal a box shows"
    ANTLERS = "the age and the antlers that a box shows"
    INDIVIDUAL = "an individual's name and what is noted of it"
    SURVEY = "a camera survey, or when a camera worked"
    RECORD = "another decision"


@dataclass(frozen=True)
class Decision:
    """Base of all kinds.

    kind: its name in the ledger; label: the same in a person's words; says_same: whether it calls
    the boxes that it names one animal (True) or two (False), None where it says neither.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    concerns: ClassVar[Concern]
    says_same: ClassVar[bool | None] = None

    @property
    def subject(self) -> str:
        """What the decision is about, as one line of text."""
        raise NotImplementedError

    def payload(self) -> dict[str, Any]:
        """The decision as JSON values."""
        raise NotImplementedError

    def individuals(self) -> tuple[str, ...]:
        """Individuals that have to exist for the decision to make sense."""
        return ()

    @classmethod
    def about(cls, payload: Mapping[str, Any]) -> str:
        """What a recorded decision is about, in a few words; empty where the pictures say it."""
        return ""


@dataclass(frozen=True)
class OfBox(Decision):
    """A decision about one box."""

    where: BoxKey

    @property
    def subject(self) -> str:
        """The box as text."""
        return str(self.where)

    def payload(self) -> dict[str, Any]:
        """The box as JSON values."""
        return self.where.payload()
