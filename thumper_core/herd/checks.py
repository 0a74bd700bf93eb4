"""Does a new herd make sense beside the old one? The checks that guard every promotion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final

from thumper_core.counting import counted
from thumper_core.pipeline.photo_counts import photo_counts
from thumper_core.settings import OpsSettings
from thumper_core.store.herd_summary import HerdCounts
from thumper_core.workspace import Workspace

PROFILES_MIN: Final = 4
"""Fewer profiles before say nothing about a change."""
SEXED_MIN: Final = 6
"""Fewer bucks and does together say nothing about their ratio."""
CHANCE_Z: Final = 1.96
"""A change of the sex ratio within so many standard errors may be the luck of who was seen."""
HISTORY_MIN: Final = 3
PHOTOS_MIN: Final = 100
"""Fewer photos say nothing about throughput."""


@dataclass(frozen=True)
class Statistics:
    """A run and its herd in numbers.

    assignment_rate, failure_rate: shares in [0, 1], None where there is nothing to share;
    photos_per_s: None where too little was processed to tell.
    """

    run_id: str
    n_photos: int
    n_processed: int
    n_failed: int
    n_profiles: int
    n_bucks: int
    n_does: int
    n_fawns: int
    assignment_rate: float | None
    photos_per_s: float | None = None

    @property
    def failure_rate(self) -> float | None:
        """Failed photos of those processed."""
        return self.n_failed / self.n_processed if self.n_processed else None

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self) | {"failure_rate": self.failure_rate}


@dataclass(frozen=True)
class Anomaly:
    """A check that failed: a word for scripts, a sentence for people."""

    key: str
    message: str


def statistics(
    workspace: Workspace,
    run_id: str,
    counts: HerdCounts,
    photos_per_s: float | None = None,
) -> Statistics:
    """The numbers of a run with the counts of a herd made from it."""
    photos = photo_counts(workspace, run_id)
    return Statistics(
        run_id,
        photos.total,
        photos.done,
        photos.failed,
        n_profiles=counts.n_profiles or 0,
        n_bucks=counts.n_bucks or 0,
        n_does=counts.n_does or 0,
        n_fawns=counts.n_fawns or 0,
        assignment_rate=counts.assignment_rate,
        photos_per_s=photos_per_s,
    )


def shown_statistics(workspace: Workspace) -> Statistics | None:
    """The numbers of the promoted herd; None before a first one."""
    herd = workspace.ledger.promoted_herd()
    return statistics(workspace, herd.run_id, herd.summary.counts) if herd else None


def anomalies(
    before: Statistics | None,
    after: Statistics,
    settings: OpsSettings,
    usual_photos_per_s: Sequence[float] = (),
) -> list[Anomaly]:
    """Checks of `after` that failed.

    before: the herd that is shown; None: there is nothing to compare with. usual_photos_per_s: of
    earlier passes, any order.
    """
    found = []
    if after.n_processed < after.n_photos:
        left = after.n_photos - after.n_processed
        found.append(
            Anomaly(
                "incomplete", f"{counted(left, 'photo has', 'photos have')} not been processed."
            )
        )
    if before is not None:
        found += [*_failures(before, after, settings), *_profiles(before, after, settings)]
        found += [*_assignment(before, after, settings), *_sexes(before, after, settings)]
    found += _throughput(after, settings, usual_photos_per_s)
    return found


def _failures(before: Statistics, after: Statistics, settings: OpsSettings) -> list[Anomaly]:
    then, now = before.failure_rate or 0.0, after.failure_rate or 0.0
    if now - then <= settings.failure_rate_max or after.n_failed < 3:
        return []
    return [Anomaly("failure_rate", f"{now:.1%} of the photos failed; it was {then:.1%} before.")]


def _profiles(before: Statistics, after: Statistics, settings: OpsSettings) -> list[Anomaly]:
    then, now = before.n_profiles, after.n_profiles
    if then < PROFILES_MIN and not (then > 0 and now == 0):
        return []
    if abs(now - then) <= settings.profile_change_max * then:
        return []
    return [Anomaly("profiles", f"{counted(now, 'group')}; there were {then} before.")]


def _assignment(before: Statistics, after: Statistics, settings: OpsSettings) -> list[Anomaly]:
    then, now = before.assignment_rate, after.assignment_rate
    if then is None or then - (now or 0.0) <= settings.assignment_drop_max:
        return []
    return [
        Anomaly("assignment_rate", f"{now or 0:.0%} of detections assigned; it was {then:.0%}.")
    ]


def _sexes(before: Statistics, after: Statistics, settings: OpsSettings) -> list[Anomaly]:
    if min(s.n_bucks + s.n_does for s in (before, after)) < SEXED_MIN:
        return []
    # Half an animal more on each side: no ratio is infinite (Haldane 1956; Anscombe 1956).
    counts = [n + 0.5 for s in (before, after) for n in (s.n_bucks, s.n_does)]
    then, now = math.log(counts[0] / counts[1]), math.log(counts[2] / counts[3])
    by_chance = CHANCE_Z * math.sqrt(sum(1 / n for n in counts))  # Woolf 1955
    if abs(now - then) <= max(settings.sex_ratio_change_max, by_chance):
        return []
    return [
        Anomaly(
            "sex_ratio",
            f"{after.n_bucks} bucks and {after.n_does} does; there were {before.n_bucks} and "
            f"{before.n_does} before.",
        )
    ]


def _throughput(
    after: Statistics, settings: OpsSettings, usual_photos_per_s: Sequence[float]
) -> list[Anomaly]:
    if after.photos_per_s is None or len(usual_photos_per_s) < HISTORY_MIN:
        return []
    usual = median(usual_photos_per_s)
    if after.photos_per_s >= (1 - settings.throughput_drop_max) * usual:
        return []
    return [
        Anomaly("throughput", f"{after.photos_per_s:.1f} photos a second; usual is {usual:.1f}.")
    ]
