"""What a herd says of itself: an identification put into the words that the ledger keeps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl

from thumper_core.deer_year import DeerYear
from thumper_core.herd.history import counts_of
from thumper_core.herd.notes import constraint_notes, identification_notes, kept
from thumper_core.identify.outcome import Identification
from thumper_core.identify.review.standing import Standing
from thumper_core.identify.review.sureness import Likely, number_of_animals
from thumper_core.identify.tree.stability import UNSTABLE
from thumper_core.store.herd_summary import (
    CalibrationFigures,
    HerdCut,
    HerdSummary,
    HerdTrust,
    Interval,
)

CENSUS_WEIGHT = 2 / 3
"""Where between its two views the estimate of wrong splits lies; found on rendered herds."""


def _false_split(
    identification: Identification, assignments: pl.DataFrame, at: dict[str, float]
) -> Interval | None:
    """Share of the pairs of one animal that are apart: between two views, and both.

    The merges that the cut left undone show few splits, because what looks like two animals to the
    calibration is not one that was split; the census, which weighs every profile against the larger
    ones, shows too many, because it gives every look-alike a small chance.
    """
    census = identification.cut.census
    if census is None or not at:
        return None
    sizes = assignments["profile_id"].drop_nulls().value_counts()["count"].cast(pl.Float64)
    joined = float((sizes * (sizes - 1) / 2).sum()) * (1 - at["expected_false_merge"])
    missed = census.missed_pairs
    undone, counted = at["expected_false_split"], missed / max(missed + joined, 1.0)
    value = undone + CENSUS_WEIGHT * (counted - undone)
    return Interval(value, min(undone, counted), max(undone, counted))


def _ends(identification: Identification) -> dict[str, float]:
    """The ends of the interval of the number of animals, where one can be said."""
    cut, clustering = identification.cut, identification.clustering
    scale = identification.thresholds.scale
    if cut.census is None or scale is None:
        return {}
    sizes = identification.tables.tracklets["n_detections"].to_numpy().astype(np.int64)
    links = identification.constraints.constraints
    standing = Standing(clustering.means, sizes, cut.labels, links, scale, clustering.event)
    return interval_of(cut.census.animals, number_of_animals(standing))


def interval_of(animals: float, likely: Likely) -> dict[str, float]:
    """`animals_low` and `animals_high` of a herd's summary: they hold the census, too."""
    return {
        "animals_low": min(likely.low, animals),
        "animals_high": max(likely.high, animals),
    }


def summary_of(
    identification: Identification,
    profiles: pl.DataFrame,
    assignments: pl.DataFrame,
    deer_year: DeerYear,
) -> HerdSummary:
    """What the ledger keeps of it: counts, how the threshold was found, the sweep."""
    began = identification.tables.tracklets["started_at"].drop_nulls()
    thresholds, cut = identification.thresholds, identification.cut
    calibration, recommended = thresholds.calibration, thresholds.recommendation
    firm = cut.stability
    at = _at_threshold(thresholds.sweep, cut.threshold)
    return HerdSummary(
        counts=counts_of(profiles, assignments),
        cut=HerdCut(
            cut.method,
            cut.threshold,
            recommended.threshold,
            recommended.reason,
            "; ".join(identification.space.steps),
        ),
        trust=HerdTrust(
            false_merge=at.get("expected_false_merge"),
            false_split=_false_split(identification, assignments, at),
            estimated_animals=cut.census.animals if cut.census else None,
            stability=_finite(firm.mean),
            profiles_low=_finite(firm.profiles_low),
            profiles_high=_finite(firm.profiles_high),
            unstable=unstable(profiles),
            broken_links=cut.broken_links,
            n_seasons=len({deer_year.of(day) for day in began.dt.date().unique()}),
            **_ends(identification),
        ),
        calibration=CalibrationFigures(
            calibration.n_must,
            calibration.n_cannot,
            calibration.n_human,
            _finite(calibration.eer),
            _finite(calibration.auc),
            _finite(calibration.dprime),
            _finite(calibration.ece),
            _finite(calibration.separation),
        ),
        sweep=thresholds.sweep.fill_nan(None).to_dict(as_series=False),
        warnings=tuple(identification_notes(identification)),
        said=tuple(constraint_notes(identification.constraints)),
        contradictions=kept(identification.constraints),
    )


def unstable(profiles: pl.DataFrame) -> tuple[str, ...]:
    """Individuals whose profile is an accident of these photos, the least stable first."""
    shaky = profiles.filter(pl.col("stability") < UNSTABLE)
    return tuple(shaky.sort("stability", "individual_id")["individual_id"])


def _at_threshold(sweep: pl.DataFrame, threshold: float | None) -> dict[str, Any]:
    """The sweep's row nearest to a threshold; nothing where there is no threshold or no row."""
    if threshold is None or sweep.is_empty():
        return {}
    nearest = (pl.col("threshold") - threshold).abs()
    return sweep.fill_nan(None).sort(nearest).row(0, named=True)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
