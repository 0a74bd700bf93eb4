"""Kinds of decision about who is who: verdicts on two pictures, merge, split, move."""

# ruff: noqa: D102 - overridden methods do what their base says
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from thumper_core.contracts import UsageError
from thumper_core.decisions.keys import BoxKey, require_id
from thumper_core.decisions.kinds.base import BoxPair, Concern, Decision, OfBox
from thumper_core.decisions.kinds.suggested import Suggested, told


class About(StrEnum):
    """What a question compares."""

    PARTS = "parts"  # of one profile
    PROFILES = "profiles"  # two, both seen often enough to count as animals
    STRAY = "stray"  # a profile that was seen seldom, and another one


@dataclass(frozen=True)
class Asked:
    """The question that a verdict answers: the chance of "same" that the model gave for it, in [0, 1],
    before any correction by people's answers; the run whose pictures it was about; and what it compared.
    """

    chance: float
    run_id: str
    about: About = About.PROFILES

    def __post_init__(self) -> None:
        if not 0 <= self.chance <= 1:
            raise UsageError(f"A chance lies between 0 and 1, not at {self.chance}.")

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Asked | None:
        """What a verdict's payload says that it answers; None: nothing, or nothing that can be read."""
        told: Any = payload.get("asked")
        try:
            about = About(told.get("about", About.PROFILES))
            return cls(float(told["chance"]), str(told["run_id"]), about)
        except (UsageError, AttributeError, KeyError, TypeError, ValueError):
            return None


@dataclass(frozen=True)
class Verdict(Decision):
    """What a person said of two boxes; the order of the two does not matter.

    asked: None where nobody asked; kept: pairs that were shown beside each other as one animal, either
    side of the question, and that the person left so.
    """

    concerns = Concern.WHO
    a: BoxKey
    b: BoxKey
    asked: Asked | None = None
    kept: tuple[BoxPair, ...] = ()

    def __post_init__(self) -> None:
        if self.a == self.b:
            raise UsageError("A verdict needs two different boxes; both sides are the same one.")
        if str(self.b) < str(self.a):
            first, second = self.b, self.a
            object.__setattr__(self, "a", first)
            object.__setattr__(self, "b", second)

    @property
    def subject(self) -> str:
        return f"{self.a}|{self.b}"

    def payload(self) -> dict[str, Any]:
        told: dict[str, Any] = {"a": self.a.payload(), "b": self.b.payload()}
        if self.asked is not None:
            told["asked"] = asdict(self.asked)
        if self.kept:
            told["kept"] = _pairs(self.kept)
        return told


@dataclass(frozen=True)
class Same(Verdict):
    """The two boxes show one animal."""

    kind = "same"
    label = "same deer"
    says_same = True


@dataclass(frozen=True)
class Different(Verdict):
    """The two boxes show two animals."""

    kind = "different"
    label = "two deer"
    says_same = False


@dataclass(frozen=True)
class Unknowable(Verdict):
    """These two pictures do not tell: they are not asked about again."""

    kind = "unknowable"
    label = "cannot tell"


@dataclass(frozen=True)
class Merge(Decision):
    """Several individuals are one; it keeps the ID and the name of `into`.

    must: pairs of boxes that were compared and are one animal, by which any later identification
    knows what was merged, whatever its IDs; kept: pairs that hold each of the individuals together
    (`regroup.merge` chooses both).
    """

    kind = "merge"
    label = "merged"
    concerns = Concern.WHO
    says_same = True
    into: str
    others: tuple[str, ...]
    must: tuple[BoxPair, ...] = ()
    kept: tuple[BoxPair, ...] = ()

    def __post_init__(self) -> None:
        require_id("into", self.into)
        if not self.others or self.into in self.others or len(set(self.others)) < len(self.others):
            raise UsageError("A merge needs one individual to keep and others that differ from it.")

    @property
    def subject(self) -> str:
        return self.into

    def payload(self) -> dict[str, Any]:
        pairs = {"must": _pairs(self.must), "kept": _pairs(self.kept)}
        return {"into": self.into, "from": list(self.others), **pairs}

    def individuals(self) -> tuple[str, ...]:
        return (self.into, *self.others)

    @classmethod
    def about(cls, payload: Mapping[str, Any]) -> str:
        return f"{', '.join(payload['from'])} into {payload['into']}"


@dataclass(frozen=True)
class Split(Decision):
    """Some boxes of an individual show another animal.

    kept: pairs of boxes that leave together, or stay together; cannot: pairs of one that leaves and
    one that stays (`regroup.split` chooses them).
    """

    kind = "split"
    label = "split"
    concerns = Concern.WHO
    says_same = False
    individual_id: str
    boxes: tuple[BoxKey, ...]
    kept: tuple[BoxPair, ...] = ()
    cannot: tuple[BoxPair, ...] = ()

    def __post_init__(self) -> None:
        require_id("individual_id", self.individual_id)
        if not self.boxes:
            raise UsageError("A split needs at least one box that leaves the individual.")

    @property
    def subject(self) -> str:
        return self.individual_id

    def payload(self) -> dict[str, Any]:
        return {
            "individual_id": self.individual_id,
            "boxes": [box.payload() for box in self.boxes],
            "kept": _pairs(self.kept),
            "cannot": _pairs(self.cannot),
        }

    def individuals(self) -> tuple[str, ...]:
        return (self.individual_id,)

    @classmethod
    def about(cls, payload: Mapping[str, Any]) -> str:
        return str(payload["individual_id"])


@dataclass(frozen=True)
class Move(OfBox):
    """The box belongs to `to`; None: to no individual that is known.

    must: the box with one of `to`; kept: `to` together, and those it leaves; cannot: the box with
    one of these (`regroup.move` chooses them); suggested: what it answers, None where nobody asked.
    """

    kind = "move"
    label = "moved"
    concerns = Concern.WHO
    says_same = True
    to: str | None
    must: tuple[BoxPair, ...] = ()
    kept: tuple[BoxPair, ...] = ()
    cannot: tuple[BoxPair, ...] = ()
    suggested: Suggested | None = None

    def payload(self) -> dict[str, Any]:
        lists = {"must": self.must, "kept": self.kept, "cannot": self.cannot}
        pairs = {name: _pairs(found) for name, found in lists.items()}
        return {**self.where.payload(), "to": self.to, **pairs, **told(self.suggested)}

    def individuals(self) -> tuple[str, ...]:
        return () if self.to is None else (self.to,)


@dataclass(frozen=True)
class Untold(OfBox):
    """Nobody can tell who the animal in the box is: it is not asked about again, and binds nothing."""

    kind = "untold"
    label = "cannot tell who"
    concerns = Concern.WHO
    suggested: Suggested | None = None

    def payload(self) -> dict[str, Any]:
        return {**self.where.payload(), **told(self.suggested)}


def _pairs(pairs: tuple[BoxPair, ...]) -> list[dict[str, Any]]:
    return [{"a": a.payload(), "b": b.payload()} for a, b in pairs]
