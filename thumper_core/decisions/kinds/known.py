"""Decisions about individuals that were known before their photos came here."""

# ruff: noqa: D102 - overridden methods do what their base says
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from thumper_core.contracts import UsageError
from thumper_core.decisions.keys import BoxKey, require_id
from thumper_core.decisions.kinds.base import Concern, Decision


@dataclass(frozen=True)
class Known(Decision):
    """The boxes show this individual, as was known before they came here.

    origin: where it is from, in a few words ("folder Old Crooked of /known"); source: what names all that
    came with it: individuals of one source are different animals; binds: it is what people knew, and
    boxes of one individual stay together; otherwise it only says whose ID, name and notes these are.
    """

    kind = "known"
    label = "known before"
    concerns = Concern.WHO
    says_same = True
    individual_id: str
    boxes: tuple[BoxKey, ...]
    origin: str
    source: str
    binds: bool = True

    def __post_init__(self) -> None:
        require_id("individual_id", self.individual_id)
        if not self.boxes:
            raise UsageError("A known individual needs at least one box that shows it.")

    @property
    def subject(self) -> str:
        return self.individual_id

    def payload(self) -> dict[str, Any]:
        return {
            "individual_id": self.individual_id,
            "boxes": [box.payload() for box in self.boxes],
            "origin": self.origin,
            "source": self.source,
            "binds": self.binds,
        }

    def individuals(self) -> tuple[str, ...]:
        return (self.individual_id,)

    @classmethod
    def about(cls, payload: Mapping[str, Any]) -> str:
        return f"{payload['individual_id']}: {payload['origin']}"
