"""The outcome of an identification, in parts: thresholds, clustering, cut, and all of it."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from thumper_core.contracts import FloatArray
from thumper_core.identify.census import Census
from thumper_core.identify.links.constraints import ConstraintReport
from thumper_core.identify.results import Tables
from thumper_core.identify.scale.calibrate import Calibration
from thumper_core.identify.scale.probability import Judgement
from thumper_core.identify.scale.random_effects import Scale
from thumper_core.identify.space.learn import Space
from thumper_core.identify.space.similarity import IntArray
from thumper_core.identify.tree.dendrogram import Dendrogram
from thumper_core.identify.tree.stability import Draw, Stability
from thumper_core.identify.tree.sweep import Recommendation


@dataclass(frozen=True)
class Thresholds:
    """How the threshold was found.

    calibration: of similarity, on labelled pairs; judgement: of the dendrogram's merges, None where
    nothing could be calibrated; sweep: one row a threshold (`sweep.COLUMNS`), none where nothing
    could be calibrated; recommendation: the threshold to use.
    """

    calibration: Calibration
    judgement: Judgement | None
    sweep: pl.DataFrame
    recommendation: Recommendation

    @property
    def scale(self) -> Scale | None:
        """From similarity to P(one animal), where it could be calibrated."""
        return self.judgement.scale if self.judgement else None


@dataclass(frozen=True)
class Clustering:
    """What every threshold cuts.

    index: (N,) tracklet of each detection; means: (T, d) mean vector of each tracklet; event: (T,)
    int32 code of its event; tree: the dendrogram; draws: resamples of it.
    """

    index: IntArray
    means: FloatArray
    event: IntArray
    tree: Dendrogram
    draws: tuple[Draw, ...]


@dataclass(frozen=True)
class Cut:
    """The profiles at one threshold.

    threshold, similarity: what was cut at (None: only what people joined is joined); labels: (T,)
    profile of each tracklet; broken_links: cannot-links that share a profile (0 by construction with
    the method `average`); census: what the profiles come to, None where nothing could be calibrated;
    stability: of the profiles (unknown without a threshold, and for other methods than `average`).
    """

    method: str
    threshold: float | None
    similarity: float | None
    labels: IntArray
    broken_links: int
    census: Census | None
    stability: Stability


@dataclass(frozen=True)
class Identification:
    """The outcome of one identification, from the last step to the first.

    constraints: what held, and its contradictions; space: the vectors that were compared, and how
    further ones get there.
    """

    tables: Tables
    cut: Cut
    thresholds: Thresholds
    clustering: Clustering
    space: Space
    constraints: ConstraintReport
