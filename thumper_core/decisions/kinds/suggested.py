"""What was suggested when a person answered, kept with the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from thumper_core.decisions.keys import BoxKey


@dataclass(frozen=True)
class Suggested:
    """What was suggested when a person said who an animal is.

    run_id, herd_id: of the model and the herd that suggested it; chances: of each individual that had any
    to speak of, with p_new (none that is known) and p_unknown (nobody can tell) they add up to one at
    most; shown: individuals whose picture stood beside it, the likeliest first, and which picture; visit: the
    detections of the run that were held to be the animal's visit.
    """

    run_id: str
    herd_id: str
    chances: Mapping[str, float]
    p_new: float
    p_unknown: float
    shown: tuple[tuple[str, BoxKey], ...] = ()
    visit: tuple[str, ...] = ()

    def payload(self) -> dict[str, Any]:
        """As JSON values. Pictures are text: what was only shown is not what the decision is about."""
        return {
            **{name: getattr(self, name) for name in ("run_id", "herd_id", "p_new", "p_unknown")},
            "chances": dict(self.chances),
            "shown": [[who, str(where)] for who, where in self.shown],
            "visit": list(self.visit),
        }


def told(suggested: Suggested | None) -> dict[str, Any]:
    """The part of a payload that says what was suggested."""
    return {} if suggested is None else {"suggested": suggested.payload()}
