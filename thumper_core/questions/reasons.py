"""What keeps deer from being told apart: the reasons there are, and how one is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """What keeps deer from being told apart."""

    NO_PHOTOS = "no_photos"
    NO_RUN = "no_run"  # no run has looked at every photo
    NO_VECTORS = "no_vectors"  # deer, of a run that was imported: nothing tells them apart
    LOST = "lost"  # results that were stored are gone from the disk
    UNREADABLE = "unreadable"  # not one photo could be read
    NOTHING = "nothing"  # not one detection, which another call may change
    BLANK = "blank"  # not one detection, as far down as one looks: no animal, it seems
    NOT_NAMED = "not_named"  # animals, by a detector that names no species
    TOO_WEAK = "too_weak"  # deer, all below the confidence from which they are grouped
    OTHERS = "others"  # other species only


@dataclass(frozen=True)
class NoDeer:
    """A reason with its sentence, and the words after `thumper` of the command that goes on.

    n_detections: of the run that was asked; n_deer: of the species of interest among them, however
    weak; n_animals: those that only say "animal"; highest: confidence of the surest deer, [0, 1],
    None: there is none; is_final: the photos are done, and a report on them may be written.
    """

    reason: Why
    sentence: str
    command: str
    n_detections: int = 0
    n_deer: int = 0
    n_animals: int = 0
    highest: float | None = None
    conf_min: float | None = None  # from which on they would all be grouped, where that is why
    is_final: bool = False
