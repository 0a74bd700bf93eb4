"""Kinds of decision about one individual: its name, status, note, best picture, the hit list."""

# ruff: noqa: D102 - overridden methods do what their base says
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import EllipsisType
from typing import Any, ClassVar

from thumper_core.contracts import UsageError
from thumper_core.decisions.keys import BoxKey, require_id
from thumper_core.decisions.kinds.base import Concern, Decision
from thumper_core.decisions.names import clean_name

STATUSES = ("alive", "missing", "harvested", "dead", "gone")
HUNTER_CHARS_MAX = 80
NOTE_CHARS_MAX = 4000
Columns = Mapping[str, tuple[str, str | None]]


@dataclass(frozen=True)
class OfIndividual(Decision):
    """A decision about one individual.

    columns: those of the ledger's `individuals` that the kind sets, with the payload's field for
    each and what the column says where no such decision stands.
    """

    concerns = Concern.INDIVIDUAL
    columns: ClassVar[Columns] = {}
    individual_id: str

    def __post_init__(self) -> None:
        require_id("individual_id", self.individual_id)

    @property
    def subject(self) -> str:
        return self.individual_id

    def individuals(self) -> tuple[str, ...]:
        return (self.individual_id,)

    @classmethod
    def about(cls, payload: Mapping[str, Any]) -> str:
        said = f": {payload.get(cls.kind) or 'nothing'}" if cls.columns else ""
        return f"{payload['individual_id']}{said}"


@dataclass(frozen=True)
class Name(OfIndividual):
    """The individual's name, cleaned; None takes the name away.

    expected: what the individual was called when the person decided (None: nameless). The record
    refuses the decision where that has changed since; left out, it is not checked.
    """

    kind = "name"
    label = "named"
    columns: ClassVar[Columns] = {"name": ("name", None), "theme": ("theme", None)}
    name: str | None
    theme: str | None = None
    expected: str | EllipsisType | None = field(default=..., compare=False, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.name is not None:
            object.__setattr__(self, "name", clean_name(self.name))

    def payload(self) -> dict[str, Any]:
        return {"individual_id": self.individual_id, "name": self.name, "theme": self.theme}


@dataclass(frozen=True)
class Note(OfIndividual):
    """Free text about the individual; it replaces the note before.

    expected: the note when the person wrote (None: there was none), as with `Name`.
    """

    kind = "note"
    label = "note"
    columns: ClassVar[Columns] = {"notes": ("note", None)}
    note: str
    expected: str | EllipsisType | None = field(default=..., compare=False, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.note) > NOTE_CHARS_MAX:
            raise UsageError(f"A note has at most {NOTE_CHARS_MAX} characters.")

    def payload(self) -> dict[str, Any]:
        return {"individual_id": self.individual_id, "note": self.note}


@dataclass(frozen=True)
class Status(OfIndividual):
    """`alive`, `missing`, `harvested`, `dead` or `gone`: the last one said holds.

    on: since when, or the day on which it was taken; by: who took one that is `harvested`.
    """

    kind = "status"
    label = "status"
    columns: ClassVar[Columns] = {
        "status": ("status", "alive"),
        "status_on": ("on", None),
        "status_by": ("by", None),
    }
    status: str
    on: date | None = None
    by: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.status not in STATUSES:
            raise UsageError(f"status: {self.status!r} is not one of {', '.join(STATUSES)}.")
        by = " ".join((self.by or "").split()) or None
        if by is not None and self.status != "harvested":
            raise UsageError("Only a deer that was taken has a hunter.")
        if by is not None and (len(by) > HUNTER_CHARS_MAX or not by.isprintable()):
            raise UsageError(f"Who took it is said in at most {HUNTER_CHARS_MAX} characters.")
        object.__setattr__(self, "by", by)

    def payload(self) -> dict[str, Any]:
        said = {"on": self.on.isoformat() if self.on else None, "by": self.by}
        told = {name: value for name, value in said.items() if value is not None}
        return {"individual_id": self.individual_id, "status": self.status, **told}


@dataclass(frozen=True)
class Watch(OfIndividual):
    """The individual is on the hit list, or is not any more."""

    kind = "watch"
    label = "hit list"
    columns: ClassVar[Columns] = {"watched": ("watched", None)}
    watched: bool

    def payload(self) -> dict[str, Any]:
        return {"individual_id": self.individual_id, "watched": self.watched}

    @classmethod
    def about(cls, payload: Mapping[str, Any]) -> str:
        return f"{payload['individual_id']}: {'on it' if payload['watched'] else 'off it'}"


@dataclass(frozen=True)
class BestPhoto(OfIndividual):
    """The picture that stands for the individual."""

    kind = "best_photo"
    label = "best picture"
    where: BoxKey

    def payload(self) -> dict[str, Any]:
        return {"individual_id": self.individual_id, **self.where.payload()}
