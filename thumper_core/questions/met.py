"""Who a new picture shows, as records: visits, the answer of three kinds, and what speaks for each deer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from thumper_core.counting import counted
from thumper_core.identify.meet.chances import FOUNDS_FROM
from thumper_core.language import say

KNOWN: Final = "known"
NEW: Final = "new"
UNKNOWN: Final = "unknown"
NOT_DEER: Final = "not_deer"
NOTHING: Final = "nothing"
SURE: Final = 0.95
"""Chance from which what is said is sure: at most one in twenty of these is wrong."""


@dataclass(frozen=True)
class Fit:
    """Chances, in [0, 1], that some picture of a visit shows who the animal is, its sex, its age class,
    and, of a buck that has them, its antlers.
    """

    identify: float
    sex: float
    age: float
    antlers: float


@dataclass(frozen=True)
class Candidate:
    """A known deer that a visit may be of.

    chance: of it, in [0, 1]; detection_id: its best picture of the same flank, light and season, as far
    as there is one; days_apart: of that picture and the visit; n_visits, n_here: visits in all, and at the
    camera; n_matched: places that match, None where no keypoints of both are kept; reasons: sentences.
    """

    individual_id: str
    label: str
    chance: float
    detection_id: str
    is_same_flank: bool
    is_same_light: bool
    days_apart: int | None
    n_visits: int
    n_here: int
    last_seen: datetime | None
    n_matched: int | None
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Visit:
    """One animal in one event.

    visit_id: "v" and the ID of its first detection; started_at, ended_at: the camera's wall clock;
    detection_id: its best picture; detection_ids: all, best first; p_male: chance of a buck; has_antlers:
    None where nobody can say; may_be_buck: some animal of the event may be a buck, and the whole event
    stays on the buck list; chances: of known deer, falling, which with p_new and p_unknown add up to
    one; candidates: at most five, the likeliest first; said: `known`, `new` or `unknown`, the
    likeliest; individual_id: the likeliest deer where that is `known`; held_by: whom the shown herd holds
    it with, None: not at all; rebuilt_as: whom the herd's own rule gives it to, None: nobody;
    is_settled: False where a whole identification may decide otherwise; is_doubted: chances are not to be
    believed without a look: nothing taught them, the herd hardly tells its deer apart, or another visit of
    this event is more likely that deer.
    """

    visit_id: str
    event_id: str
    camera: str
    started_at: datetime | None
    ended_at: datetime | None
    detection_id: str
    detection_ids: tuple[str, ...]
    n_photos: int
    is_infrared: bool | None
    flank: str
    sex: str
    age_class: str
    p_male: float
    has_antlers: bool | None
    is_shed_season: bool | None
    may_be_buck: bool
    fit: Fit
    chances: dict[str, float]
    p_new: float
    p_unknown: float
    candidates: tuple[Candidate, ...]
    said: str
    individual_id: str | None
    held_by: str | None
    rebuilt_as: str | None
    is_settled: bool
    is_doubted: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether it is a known deer as good as certainly; a new one is never taken for granted."""
        likely = self.said == KNOWN and self.chances[self.individual_id or ""] >= SURE
        return likely and not self.is_doubted

    @property
    def founds(self) -> bool:
        """Whether a herd may take it for a new deer without asking anybody."""
        return self.said == NEW and self.p_new >= FOUNDS_FROM

    def values(self) -> dict[str, Any]:
        """As plain values, to be printed or kept."""
        return {**asdict(self), "is_sure": self.is_sure, "founds": self.founds}


@dataclass(frozen=True)
class Answered:
    """A visit answered in this look; numbers: of the decisions; individual_id: of a known deer."""

    numbers: tuple[int, ...]
    visit_id: str
    said: str
    individual_id: str | None
    made_at: datetime


@dataclass(frozen=True)
class Meeting:
    """What is to be looked at: visits, the oldest first; since: UTC; answered: newest first."""

    herd_id: str
    run_id: str
    since: datetime
    visits: tuple[Visit, ...] = ()
    answered: tuple[Answered, ...] = field(default=())

    @property
    def asked(self) -> tuple[Visit, ...]:
        """Visits that a person has to look at."""
        return tuple(v for v in self.visits if v.said != UNKNOWN and not v.is_sure)

    @property
    def sure(self) -> tuple[Visit, ...]:
        """Visits of which a contact sheet is enough."""
        return tuple(v for v in self.visits if v.is_sure)

    @property
    def untold(self) -> tuple[Visit, ...]:
        """Visits that nobody can tell: never asked about."""
        return tuple(v for v in self.visits if v.said == UNKNOWN)

    @property
    def sentence(self) -> str:
        """How many there are of each."""
        if not self.visits:
            return say("Nothing new.")
        parts = [
            say("{visits} to look at", visits=counted(len(self.asked), "visit")),
            say("{ones} to confirm", ones=counted(len(self.sure), "sure one")),
        ]
        told = ", ".join(parts)
        if self.untold:
            told += say(
                ", {visits} that cannot be told apart", visits=counted(len(self.untold), "visit")
            )
        return told + "."
