"""How far a herd can be trusted, and what made it: the facts behind the report's last section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from thumper_core.contracts import ThumperError
from thumper_core.store.herd_summary import CalibrationFigures, HerdSummary, Interval

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class Quality:
    """What is known of the promoted run and herd; None or empty where it is not.

    threshold, recommended: chance that two groups are one animal, [0, 1]; false_merge: share of the
    pairs held to be one animal that are two; false_split: share of the pairs of one animal that are
    held to be two; animals: estimated number of deer behind the profiles; assignment_rate: share of
    detections in a profile seen on two visits or more; stability: share of a profile that is found
    again when bursts are drawn anew, with the number of profiles then; unstable: names of the deer
    of which less than half is; background: as `herd.background.read_scene_leak` gives it.
    """

    run_id: str | None = None
    fingerprint: str | None = None
    detector: str | None = None
    embedder: str | None = None
    herd_id: str | None = None
    identified_at: datetime | None = None
    method: str | None = None
    threshold: float | None = None
    recommended: float | None = None
    reason: str | None = None
    assignment_rate: Interval | None = None
    false_merge: Interval | None = None
    false_split: Interval | None = None
    animals: float | None = None
    stability: float | None = None
    profiles: Interval | None = None
    unstable: tuple[str, ...] = ()
    background: dict[str, Any] | None = None
    calibration: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    sweep: pl.DataFrame = field(default_factory=pl.DataFrame)


def quality(workspace: Workspace) -> Quality:
    """Read run and herd from the ledger; what an identification did not record stays None."""
    herd = workspace.ledger.promoted_herd()
    run_id = workspace.ledger.promoted("run") or (herd.run_id if herd else None)
    try:
        run = workspace.ledger.run(run_id) if run_id else None
    except ThumperError:  # a run that was cleared away after its herd was made
        run = None
    summary = herd.summary if herd else HerdSummary()
    counts, trust = summary.counts, summary.trust
    from thumper_core.evaluate.scene_leak import read_scene_leak  # pictures and models with it

    return Quality(
        run_id=run_id,
        fingerprint=run.fingerprint if run else None,
        detector=run.detector if run else None,
        embedder=run.embedder if run else None,
        herd_id=workspace.ledger.promoted("herd"),
        identified_at=herd.created_at if herd else None,
        method=herd.method if herd else None,
        threshold=herd.threshold if herd else None,
        recommended=summary.cut.recommended,
        reason=summary.cut.reason or None,
        assignment_rate=_share(counts.assignment_rate),
        false_merge=_share(trust.false_merge),
        false_split=trust.false_split,
        animals=trust.estimated_animals,
        stability=trust.stability,
        profiles=None
        if counts.n_profiles is None or trust.profiles_low is None
        else Interval(counts.n_profiles, trust.profiles_low, trust.profiles_high),
        unstable=unstable_deer(workspace, trust.unstable),
        background=read_scene_leak(workspace),
        calibration=_facts(summary.calibration),
        warnings=summary.warnings,
        sweep=summary.sweep_table(),
    )


def unstable_deer(workspace: Workspace, unstable: Sequence[str]) -> tuple[str, ...]:
    """Names, else IDs, of the deer whose profile hardly holds together, the least stable first.

    unstable: their IDs, as the promoted herd's summary has them.
    """
    if not unstable:
        return ()
    label = dict(workspace.sql("select individual_id, label from labels").iter_rows())
    return tuple(label.get(one, one) for one in unstable)


def _share(value: float | None) -> Interval | None:
    return None if value is None else Interval(value)


def _facts(figures: CalibrationFigures | None) -> tuple[tuple[str, str], ...]:
    """The figures that are known as (name, text)."""
    return tuple(
        (name.replace("_", " "), f"{value:.4g}" if isinstance(value, float) else str(value))
        for name, value in (asdict(figures) if figures else {}).items()
        if value is not None
    )
