"""The kinds of decision, one frozen class each: what a person can say about the herd.

A decision about a picture is keyed to the photo's content hash and a box in pixels of the upright
photo, never to a detection ID, so that it finds its detection again in any later run. A decision
about an animal is keyed to its individual ID, which is never reused. Every class checks itself when
it is made, and turns into `kind`, `subject` (one line of text that is equal for decisions about the
same thing) and `payload` (plain JSON values).

A new kind is a class in `boxes`, `antlers`, `who`, `individuals` or `surveys` and its place in `KINDS`. Every
list of kinds that code or SQL goes by is derived here, from what the classes say of themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from thumper_core.decisions.kinds.antlers import AGES, CountsPoints, Line, MarksAntlers, SaysAge
from thumper_core.decisions.kinds.base import Box, BoxPair, Concern, Decision
from thumper_core.decisions.kinds.boxes import (
    AntlerState,
    Fixture,
    MissedAnimal,
    MoveBox,
    NotAnimal,
    Reclass,
    RestingPlace,
    ShowsAntlers,
    ShowsFlank,
)
from thumper_core.decisions.kinds.individuals import (
    HUNTER_CHARS_MAX,
    NOTE_CHARS_MAX,
    STATUSES,
    BestPhoto,
    Name,
    Note,
    OfIndividual,
    Status,
    Watch,
)
from thumper_core.decisions.kinds.known import Known
from thumper_core.decisions.kinds.suggested import Suggested
from thumper_core.decisions.kinds.surveys import CameraWorked, KeptSurvey
from thumper_core.decisions.kinds.who import (
    Different,
    Merge,
    Move,
    Same,
    Split,
    Unknowable,
    Untold,
    Verdict,
)

__all__ = [
    "AGES",
    "COMPARED",
    "CONTENT",
    "CORRECTIONS",
    "HUNTER_CHARS_MAX",
    "IDENTIFIED_WITH",
    "KINDS",
    "NOTE_CHARS_MAX",
    "PAIRED",
    "STANDING",
    "STATUSES",
    "VERDICTS",
    "AntlerState",
    "BestPhoto",
    "Box",
    "BoxPair",
    "CameraWorked",
    "Concern",
    "CountsPoints",
    "Decision",
    "Different",
    "Fixture",
    "KeptSurvey",
    "Known",
    "Line",
    "Looked",
    "MarksAntlers",
    "Merge",
    "MissedAnimal",
    "Move",
    "MoveBox",
    "Name",
    "NotAnimal",
    "Note",
    "OfIndividual",
    "Reclass",
    "RestingPlace",
    "Same",
    "SaysAge",
    "ShowsAntlers",
    "ShowsFlank",
    "Split",
    "Status",
    "Suggested",
    "Undo",
    "Unknowable",
    "Untold",
    "Watch",
    "about",
    "label",
]


@dataclass(frozen=True)
class Undo(Decision):
    """Takes another decision back; undoing an undo restores what it took."""

    kind = "undo"
    label = "taken back"
    concerns = Concern.RECORD
    decision_id: int

    @property
    def subject(self) -> str:
        """The number of the decision that is taken back, as text."""
        return str(self.decision_id)

    def payload(self) -> dict[str, Any]:
        """The number of the decision that is taken back."""
        return {"decision_id": self.decision_id}


@dataclass(frozen=True)
class Looked(Decision):
    """Somebody looked through what is new: nothing that came before is asked about any more."""

    kind = "looked"
    label = "looked through what is new"
    concerns = Concern.RECORD

    @property
    def subject(self) -> str:
        """What was looked through."""
        return "new"

    def payload(self) -> dict[str, Any]:
        """Nothing: when it was said is what it says."""
        return {}


KINDS: Final[Mapping[str, type[Decision]]] = {
    kind.kind: kind
    for kind in (
        *(Same, Different, Unknowable, Merge, Split, Move, Known, Untold),
        *(Reclass, NotAnimal, MissedAnimal, MoveBox, Fixture, RestingPlace, ShowsFlank),
        *(ShowsAntlers, SaysAge, CountsPoints, MarksAntlers),
        *(Name, Note, Status, BestPhoto, Watch),
        *(KeptSurvey, CameraWorked),
        *(Looked, Undo),
    )
}
"""Every kind by its name in the ledger."""
VERDICTS: Final = tuple(name for name, kind in KINDS.items() if issubclass(kind, Verdict))
"""What a person said of two pictures: such a pair is not asked about again."""
COMPARED: Final = tuple(name for name in VERDICTS if KINDS[name].says_same is not None)
"""Verdicts that say something of the two."""
PAIRED: Final = tuple(name for name, kind in KINDS.items() if kind.says_same is not None)
"""Kinds that call boxes one animal or two: an identification is bound by them."""
CONTENT: Final = tuple(name for name, kind in KINDS.items() if kind.concerns is Concern.CONTENT)
"""Kinds that say what a box holds."""
CORRECTIONS: Final = tuple(
    name for name, kind in KINDS.items() if kind.concerns in (Concern.CONTENT, Concern.PLACE)
)
"""Kinds that change what is read of a detection: what its box holds, or where it is."""
STANDING: Final = tuple(name for name, kind in KINDS.items() if kind.concerns is Concern.STANDING)
"""Kinds that say whether what comes back at a place is an animal."""
IDENTIFIED_WITH: Final = (*PAIRED, *CORRECTIONS, *STANDING)
"""Kinds that the next identification follows: which detections are deer, and which are one."""


def label(kind: str) -> str:
    """A kind in a person's words; one that is not known (of a later version) as it is written."""
    return KINDS[kind].label if kind in KINDS else kind


def about(kind: str, payload: Mapping[str, Any]) -> str:
    """What a recorded decision is about, in a few words; empty where the pictures say it."""
    return KINDS[kind].about(payload) if kind in KINDS else ""
