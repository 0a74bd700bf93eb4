"""Every abundance method on one herd: ratios, the buck ratio method, mark-recapture, the curve."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from thumper_core.contracts import AgeClass, Sex
from thumper_core.herd.abundance.accumulation import accumulation
from thumper_core.herd.abundance.chao import chao_of
from thumper_core.herd.abundance.estimate import Refused, Result
from thumper_core.herd.abundance.occasions import Captures, capture_matrix
from thumper_core.herd.abundance.ratios import (
    Census,
    jacobson,
    ratio_of_events,
    ratio_of_individuals,
)
from thumper_core.herd.abundance.recapture import chapman_of, schnabel_of


@dataclass(frozen=True)
class Abundance:
    """What each method says of one herd; a method that cannot say anything says why."""

    captures: Captures
    bucks_per_doe: Result  # over events
    fawns_per_doe: Result  # over events
    bucks_per_doe_known: Result  # among identified individuals
    fawns_per_doe_known: Result
    census: Census  # the buck ratio method
    chapman: Result
    schnabel: Result
    chao: Result
    curve: pl.DataFrame | Refused


def abundance(
    sightings: pl.DataFrame,
    individuals: pl.DataFrame,
    counts: pl.DataFrame,
    occasion_days: float = 1.0,
    seed: int = 0,
) -> Abundance:
    """All estimates of one herd.

    sightings: `individual_id, started_at`, one row per individual and event; individuals:
    `individual_id, sex, age_class` of the herd; counts: `ratios.event_counts` of its detections;
    occasion_days: length of a mark-recapture occasion. Narrow the frames to the dates of the
    survey first: every method here believes that the herd did not change meanwhile.

    >>> from thumper_core import Workspace, abundance, ratios
    >>> ranch = Workspace.open("ranch")
    >>> sightings = ranch.sql("select individual_id, started_at from sightings")
    >>> individuals = ranch.sql("select individual_id, sex, age_class from individuals")
    >>> boxes = ranch.sql(
    ...     "select d.photo_id, p.event_id, p.camera, d.sex, d.age_class "
    ...     "from detections d join photos p using (photo_id) where d.is_deer"
    ... )
    >>> found = abundance(sightings, individuals, ratios.event_counts(boxes))
    >>> found.bucks_per_doe_known.estimate
    1.0
    """
    captures = capture_matrix(sightings, occasion_days)
    fawn = pl.col("age_class") == AgeClass.FAWN
    n_fawns = individuals.filter(fawn).height
    n_bucks, n_does = (
        individuals.filter(~fawn & (pl.col("sex") == sex)).height for sex in (Sex.MALE, Sex.FEMALE)
    )
    return Abundance(
        captures=captures,
        bucks_per_doe=ratio_of_events(counts, "bucks", "does", seed),
        fawns_per_doe=ratio_of_events(counts, "fawns", "does", seed),
        bucks_per_doe_known=ratio_of_individuals(n_bucks, n_does, "bucks per doe"),
        fawns_per_doe_known=ratio_of_individuals(n_fawns, n_does, "fawns per doe"),
        census=jacobson(n_bucks, counts, seed),
        chapman=chapman_of(captures),
        schnabel=schnabel_of(captures),
        chao=chao_of(captures),
        curve=accumulation(captures),
    )
