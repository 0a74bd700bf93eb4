"""How far a herd can be trusted, and what made it: the facts behind the report's last section."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from thumper_core.contracts import ThumperError
from thumper_core.herd.background import read_scene_leak

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class Estimate:
    """A value with its 95% interval, where one is known."""

    value: float
    low: float | None = None
    high: float | None = None

    @classmethod
    def read(cls, value: Any) -> Estimate | None:
        """From a number or from `{"value", "low", "high"}`; None from anything else."""
        if isinstance(value, dict):
            numbers = [_number(value.get(key)) for key in ("value", "low", "high")]
            return None if numbers[0] is None else cls(numbers[0], numbers[1], numbers[2])
        number = _number(value)
        return None if number is None else cls(number)


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
    assignment_rate: Estimate | None = None
    false_merge: Estimate | None = None
    false_split: Estimate | None = None
    animals: float | None = None
    stability: float | None = None
    profiles: Estimate | None = None
    unstable: tuple[str, ...] = ()
    background: dict[str, Any] | None = None
    calibration: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    sweep: pl.DataFrame = field(default_factory=pl.DataFrame)


def quality(workspace: Workspace) -> Quality:
    """Read run and herd from the ledger; what an identification did not record stays None."""
    herd_id = workspace.ledger.promoted("herd")
    herd = (workspace.ledger.herd(herd_id) if herd_id else None) or {}
    run_id = workspace.ledger.promoted("run") or herd.get("run_id")
    try:
        run = workspace.ledger.run(run_id) if run_id else None
    except ThumperError:  # a run that was cleared away after its herd was made
        run = None
    summary = herd.get("summary") or {}
    recommended, reason = _recommendation(summary)
    return Quality(
        run_id=run_id,
        fingerprint=run.fingerprint if run else None,
        detector=run.detector if run else None,
        embedder=run.embedder if run else None,
        herd_id=herd_id,
        identified_at=herd.get("created_at"),
        method=herd.get("method"),
        threshold=_number(herd.get("threshold")),
        recommended=recommended,
        reason=reason,
        assignment_rate=Estimate.read(summary.get("assignment_rate")),
        false_merge=Estimate.read(summary.get("false_merge", summary.get("expected_false_merge"))),
        false_split=Estimate.read(summary.get("false_split", summary.get("expected_false_split"))),
        animals=_number(summary.get("estimated_animals")),
        stability=_number(summary.get("stability")),
        profiles=_profiles(summary),
        unstable=unstable_deer(workspace, summary),
        background=read_scene_leak(workspace),
        calibration=_facts(summary.get("calibration")),
        warnings=tuple(str(text) for text in summary.get("warnings") or ()),
        sweep=_sweep(summary.get("sweep")),
    )


def unstable_deer(workspace: Workspace, summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Names, else IDs, of the deer whose profile hardly holds together, the least stable first.

    summary: of the promoted herd.
    """
    found = list(summary.get("unstable") or ())
    if not found:
        return ()
    names = workspace.sql(
        "select individual_id, coalesce(nullif(trim(name), ''), individual_id) from individuals"
    )
    label = dict(names.iter_rows())
    return tuple(label.get(one, one) for one in found)


def _profiles(summary: dict[str, Any]) -> Estimate | None:
    value, low, high = (
        _number(summary.get(key)) for key in ("n_profiles", "profiles_low", "profiles_high")
    )
    return None if value is None or low is None else Estimate(value, low, high)


def _recommendation(summary: dict[str, Any]) -> tuple[float | None, str | None]:
    """Threshold and reason, recorded as a dict, as a sentence or as separate values."""
    value = summary.get("recommendation")
    found = value if isinstance(value, dict) else {"reason": value}
    threshold = _first(
        found.get("threshold"), summary.get("recommended"), summary.get("recommended_threshold")
    )
    reason = found.get("reason") or summary.get("recommendation_reason") or summary.get("reason")
    return threshold, str(reason) if reason else None


def _first(*values: Any) -> float | None:
    return next((n for value in values if (n := _number(value)) is not None), None)


def _facts(value: Any) -> tuple[tuple[str, str], ...]:
    """The plain values of a dict as (name, text); nested ones are for machines."""
    if not isinstance(value, dict):
        return ()
    return tuple(
        (str(name).replace("_", " "), f"{item:.4g}" if isinstance(item, float) else str(item))
        for name, item in value.items()
        if isinstance(item, str | int | float)
    )


def _sweep(value: Any) -> pl.DataFrame:
    """A sweep recorded as rows or as columns; empty where there is none that can be drawn."""
    if not value or not isinstance(value, list | dict):
        return pl.DataFrame()
    frame = pl.DataFrame(value, strict=False, infer_schema_length=None)
    needed = {"threshold", "profiles"}
    return frame if needed <= set(frame.columns) else pl.DataFrame()


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if value == value else None
