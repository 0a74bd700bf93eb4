"""What the ledger keeps of a herd beside its tables: counts, how it was cut, what changed.

The JSON of the ledger is one flat object; here its keys have names, types and defaults, for older versions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import polars as pl

PartT = TypeVar("PartT")


@dataclass(frozen=True)
class Interval:
    """A value with its 95% interval, where one is known."""

    value: float
    low: float | None = None
    high: float | None = None

    @classmethod
    def from_json(cls, value: Any) -> Interval | None:
        """From a number or from `{"value", "low", "high"}`; None from anything else."""
        if not isinstance(value, Mapping):
            value = {"value": value}
        found, low, high = (_number(value.get(key)) for key in ("value", "low", "high"))
        return None if found is None else cls(found, low, high)


@dataclass(frozen=True)
class HerdCounts:
    """How much is in a herd; None where an older version did not count it.

    assignment_rate: share of deer detections in a profile that was seen in two events or more, [0, 1], None
    also where there is no detection; n_assigned: those; n_untold: visits of nobody who could be told.
    """

    n_profiles: int | None = None
    n_individuals: int | None = None
    n_detections: int | None = None
    n_assigned: int | None = None
    assignment_rate: float | None = None
    n_singletons: int | None = None
    n_bucks: int | None = None
    n_does: int | None = None
    n_fawns: int | None = None
    n_unknown: int | None = None
    n_untold: int | None = None


@dataclass(frozen=True)
class HerdCut:
    """How the profiles were cut.

    threshold, recommended: chance that two groups are one animal, [0, 1]; None: the method has no
    such threshold, or none could be recommended. reason, whitening: sentences; metric: name of what was
    learned of visits and counted in, "" where nothing was.
    """

    method: str = ""
    threshold: float | None = None
    recommended: float | None = None
    reason: str = ""
    whitening: str = ""
    metric: str = ""


@dataclass(frozen=True)
class HerdTrust:
    """What a herd says of its own errors.

    false_merge: share of the pairs held to be one animal that are two; false_split: share of the pairs of one
    animal that are held to be two; estimated_animals: expected number of deer behind the profiles, with its
    95% interval; stability: share of a profile that is found again when bursts are drawn anew, with the
    interval of the number of profiles then; unstable: individuals of which less than half is, the least firm
    first; broken_links: cannot-links inside a profile; n_seasons: deer years that its pictures are of.
    """

    false_merge: float | None = None
    false_split: Interval | None = None
    estimated_animals: float | None = None
    stability: float | None = None
    profiles_low: float | None = None
    profiles_high: float | None = None
    unstable: tuple[str, ...] = ()
    broken_links: int | None = None
    animals_low: float | None = None
    animals_high: float | None = None
    n_seasons: int | None = None

    @property
    def animals(self) -> Interval | None:
        """The estimated number of deer, with its interval where one is known."""
        if self.estimated_animals is None:
            return None
        return Interval(self.estimated_animals, self.animals_low, self.animals_high)


@dataclass(frozen=True)
class CalibrationFigures:
    """The pairs that similarity was calibrated with, and how well they came apart.

    separation: how far pairs of one animal lie above others, in standard deviations of these.
    """

    must_link_pairs: int | None = None
    cannot_link_pairs: int | None = None
    verdict_pairs: int | None = None
    equal_error_rate: float | None = None
    area_under_roc: float | None = None
    d_prime: float | None = None
    calibration_error: float | None = None
    separation: float | None = None


@dataclass(frozen=True)
class Part:
    """Detections that a profile and an individual of the last herd share.

    n: how many; share: n / all of the splitting individual's (of the merging profile's) detections
    that both herds hold, in (0, 1].
    """

    profile_id: str
    individual_id: str
    n: int
    share: float


@dataclass(frozen=True)
class SplitIndividual:
    """An individual of the last herd that is now in several profiles, largest part first."""

    individual_id: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class MergedProfile:
    """A profile that holds detections of several individuals of the last herd, largest first."""

    profile_id: str
    individual_id: str  # the ID that it got
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Departed:
    """An individual that no profile carries on: the last herd with it, and the individual it went into."""

    herd_id: str
    merged_into: str | None = None


@dataclass(frozen=True)
class HerdChanges:
    """What became of the individuals of the herd before.

    new, returned, absent: individuals that are new, that came back from an older herd, and of the
    herd before that no profile carries on; departed: these and those of earlier herds.
    """

    new: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    departed: Mapping[str, Departed] = field(default_factory=dict)
    splits: tuple[SplitIndividual, ...] = ()
    merges: tuple[MergedProfile, ...] = ()

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> HerdChanges:
        """From the keys of a herd's JSON."""
        departed = values.get("departed") or {}
        return cls(
            tuple(values.get("new") or ()),
            tuple(values.get("returned") or ()),
            tuple(values.get("absent") or ()),
            {who: _part(Departed, facts) for who, facts in departed.items()},
            tuple(
                SplitIndividual(s["individual_id"], _parts(s)) for s in values.get("splits") or ()
            ),
            tuple(
                MergedProfile(m["profile_id"], m["individual_id"], _parts(m))
                for m in values.get("merges") or ()
            ),
        )


@dataclass(frozen=True)
class DecisionsHeard:
    """The decisions that a herd was made with: the last number, and those undone by then."""

    last: int = 0
    undone: tuple[int, ...] = ()


@dataclass(frozen=True)
class Growth:
    """Detections of deer, and their photos, that came since the last whole identification."""

    detections: int = 0
    photos: int = 0


@dataclass(frozen=True)
class HerdSummary:
    """One herd in the ledger.

    base: the herd whose space this one was cut in ("": an older version kept none); heard: None as
    old; sweep: columns of the sweep's table; warnings: sentences, those of `said` first; said:
    those on contradictions and on decisions that found no deer; contradictions: as `herd.notes`
    keeps them (None: an older version kept the sentences alone); answered_on: the herd before the first
    answer of the sitting whose answers made this one, "" of any other herd; about: the deer that it is
    a herd of, as the settings said it ("": an older version did not keep it); made_of: see
    `herd.made_of` ("": nobody can say: an older version, or a part was cut again).
    """

    herd_id: str = ""
    counts: HerdCounts = HerdCounts()
    cut: HerdCut = HerdCut()
    trust: HerdTrust = HerdTrust()
    calibration: CalibrationFigures | None = None
    sweep: Mapping[str, list[Any]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    contradictions: tuple[Mapping[str, Any], ...] | None = None
    changes: HerdChanges = HerdChanges()
    base: str = ""
    heard: DecisionsHeard | None = None
    grown: Growth | None = None
    about: str = ""
    made_of: str = ""
    answered_on: str = ""

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> HerdSummary:
        """From a herd's JSON as any version wrote it; keys that none of them has are left out."""
        split = Interval.from_json(values.get("false_split"))
        of_trust = {**values, "false_split": split, "unstable": tuple(values.get("unstable") or ())}
        calibration, heard, grown, codes = (
            values.get(key) for key in ("calibration", "heard", "grown", "contradictions")
        )
        return cls(
            herd_id=values.get("herd_id") or "",
            counts=_part(HerdCounts, values),
            cut=_part(HerdCut, values),
            trust=_part(HerdTrust, of_trust),
            calibration=_part(CalibrationFigures, calibration) if calibration else None,
            sweep=values.get("sweep") or {},
            warnings=tuple(values.get("warnings") or ()),
            said=tuple(values.get("said") or ()),
            contradictions=None if codes is None else tuple(codes),
            changes=HerdChanges.from_json(values),
            base=values.get("base") or "",
            heard=DecisionsHeard(heard["last"], tuple(heard["undone"])) if heard else None,
            grown=_part(Growth, grown) if grown else None,
            about=values.get("about") or "",
            made_of=values.get("made_of") or "",
            answered_on=values.get("answered_on") or "",
        )

    def to_json(self) -> dict[str, Any]:
        """The flat object that `from_json` reads; without what came later where there is none of it."""
        said = asdict(self)
        parts = [said.pop(name) for name in ("counts", "cut", "trust", "changes")]
        later = {"grown": said, "contradictions": said, "n_untold": parts[0], "n_seasons": parts[2]}
        for name, of in later.items():
            if of[name] is None:
                del of[name]
        if not self.made_of:
            del said["made_of"]
        return {**parts[0], **parts[1], **parts[2], **said, **parts[3]}

    def sweep_table(self) -> pl.DataFrame:
        """The sweep, one row per threshold; empty where none was kept."""
        import polars as pl

        return pl.DataFrame(self.sweep, strict=False, infer_schema_length=None)


def _part(of: type[PartT], values: Mapping[str, Any]) -> PartT:
    """A part from those of its keys that have a value."""
    names = [one.name for one in fields(of)]  # type: ignore[arg-type]
    return of(**{name: values[name] for name in names if values.get(name) is not None})


def _parts(value: Mapping[str, Any]) -> tuple[Part, ...]:
    return tuple(Part(**part) for part in value["parts"])


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return None
    return float(value)
