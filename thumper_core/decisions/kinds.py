"""The kinds of decision, one frozen class each: what a person can say about the herd.

A decision about a picture is keyed to the photo's content hash and a box in pixels of the upright
photo, never to a detection ID, so that it finds its detection again in any later run. A decision
about an animal is keyed to its individual ID, which is never reused. Every class checks itself when
it is made, and turns into `kind`, `subject` (one line of text that is equal for decisions about the
same thing) and `payload` (plain JSON values).
"""

# ruff: noqa: D102 - overridden methods do what their base says
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from thumper_core.contracts import AgeClass, Sex, UsageError
from thumper_core.decisions.keys import BoxKey, require_id
from thumper_core.decisions.name_text import clean_name

STATUSES = ("alive", "harvested", "gone")
NOTE_CHARS_MAX = 4000

Box = tuple[float, float, float, float]
BoxPair = tuple[BoxKey, BoxKey]


@dataclass(frozen=True)
class Decision:
    """Base of all kinds."""

    kind: ClassVar[str]

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


@dataclass(frozen=True)
class _Pair(Decision):
    """A verdict on two boxes; the order of the two does not matter."""

    a: BoxKey
    b: BoxKey

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
        return {"a": self.a.payload(), "b": self.b.payload()}


@dataclass(frozen=True)
class Same(_Pair):
    """The two boxes show one animal."""

    kind = "same"


@dataclass(frozen=True)
class Different(_Pair):
    """The two boxes show two animals."""

    kind = "different"


@dataclass(frozen=True)
class Unknowable(_Pair):
    """Nobody can tell from these two pictures: do not ask again."""

    kind = "unknowable"


@dataclass(frozen=True)
class Merge(Decision):
    """Several individuals are one; it keeps the ID and the name of `into`.

    must: pairs of boxes that were compared and are one animal, by which any later identification
    knows what was merged, whatever its IDs; kept: pairs that hold each of the individuals together
    (`gestures.merge` chooses both).
    """

    kind = "merge"
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


@dataclass(frozen=True)
class Split(Decision):
    """Some boxes of an individual show another animal.

    kept: pairs of boxes that leave together, or stay together; cannot: pairs of one that leaves and
    one that stays (`gestures.split` chooses them).
    """

    kind = "split"
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


@dataclass(frozen=True)
class _OfBox(Decision):
    """A decision about one box."""

    where: BoxKey

    @property
    def subject(self) -> str:
        return str(self.where)

    def payload(self) -> dict[str, Any]:
        return self.where.payload()


@dataclass(frozen=True)
class Move(_OfBox):
    """The box belongs to `to`; None: to no individual that is known.

    must: the box with one of `to`; kept: `to` together, and those it leaves; cannot: the box with
    one of these (`gestures.move` chooses them).
    """

    kind = "move"
    to: str | None
    must: tuple[BoxPair, ...] = ()
    kept: tuple[BoxPair, ...] = ()
    cannot: tuple[BoxPair, ...] = ()

    def payload(self) -> dict[str, Any]:
        lists = {"must": self.must, "kept": self.kept, "cannot": self.cannot}
        pairs = {name: _pairs(found) for name, found in lists.items()}
        return {**self.where.payload(), "to": self.to, **pairs}

    def individuals(self) -> tuple[str, ...]:
        return () if self.to is None else (self.to,)


@dataclass(frozen=True)
class NotAnimal(_OfBox):
    """The box holds no animal: a stump, a shadow, the feeder."""

    kind = "not_animal"


@dataclass(frozen=True)
class MoveBox(_OfBox):
    """The box of this detection belongs at `to`: x1, y1, x2, y2, pixels of the upright photo."""

    kind = "box"
    to: Box

    def __post_init__(self) -> None:
        # The new place is checked and rounded as any box that a decision names.
        object.__setattr__(self, "to", BoxKey(self.where.photo_id, self.to).box)
        if self.to == self.where.box:
            raise UsageError("The box is where it was: move or resize it first.")

    def payload(self) -> dict[str, Any]:
        return {**self.where.payload(), "to": list(self.to)}


@dataclass(frozen=True)
class _Classed(_OfBox):
    """A decision that says what a box holds."""

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


@dataclass(frozen=True)
class Reclass(_Classed):
    """The box holds this species, sex and age class, whatever the model says."""

    kind = "class"


@dataclass(frozen=True)
class MissedAnimal(_Classed):
    """A person drew this box: the model found nothing there."""

    kind = "missed_animal"


@dataclass(frozen=True)
class _OfIndividual(Decision):
    """A decision about one individual."""

    individual_id: str

    def __post_init__(self) -> None:
        require_id("individual_id", self.individual_id)

    @property
    def subject(self) -> str:
        return self.individual_id

    def individuals(self) -> tuple[str, ...]:
        return (self.individual_id,)


@dataclass(frozen=True)
class Name(_OfIndividual):
    """The individual's name, cleaned; None takes the name away."""

    kind = "name"
    name: str | None
    theme: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.name is not None:
            object.__setattr__(self, "name", clean_name(self.name))

    def payload(self) -> dict[str, Any]:
        return {"individual_id": self.individual_id, "name": self.name, "theme": self.theme}


@dataclass(frozen=True)
class Note(_OfIndividual):
    """Free text about the individual; it replaces the note before."""

    kind = "note"
    note: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.note) > NOTE_CHARS_MAX:
            raise UsageError(f"A note has at most {NOTE_CHARS_MAX} characters.")

    def payload(self) -> dict[str, Any]:
        return {"individual_id": self.individual_id, "note": self.note}


@dataclass(frozen=True)
class Status(_OfIndividual):
    """`alive`, `harvested` or `gone`."""

    kind = "status"
    status: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.status not in STATUSES:
            raise UsageError(f"status: {self.status!r} is not one of {', '.join(STATUSES)}.")

    def payload(self) -> dict[str, Any]:
        return {"individual_id": self.individual_id, "status": self.status}


@dataclass(frozen=True)
class BestPhoto(_OfIndividual):
    """The picture that stands for the individual."""

    kind = "best_photo"
    where: BoxKey

    def payload(self) -> dict[str, Any]:
        return {"individual_id": self.individual_id, **self.where.payload()}


@dataclass(frozen=True)
class Undo(Decision):
    """Takes another decision back; undoing an undo restores what it took."""

    kind = "undo"
    decision_id: int

    @property
    def subject(self) -> str:
        return str(self.decision_id)

    def payload(self) -> dict[str, Any]:
        return {"decision_id": self.decision_id}


def _pairs(pairs: tuple[BoxPair, ...]) -> list[dict[str, Any]]:
    return [{"a": a.payload(), "b": b.payload()} for a, b in pairs]
