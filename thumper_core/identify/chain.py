"""The whole identification as one pure function: detections and vectors in, profiles out.

link tracklets -> constraints -> whitening -> calibration -> dendrogram -> draws -> scale -> sweep ->
cut.
Reading and writing is the caller's affair (`herd.build`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import FloatArray, UsageError
from thumper_core.identify.calibrate import Calibration, calibrate
from thumper_core.identify.cluster import average_linkage
from thumper_core.identify.constraints import (
    ConstraintReport,
    Constraints,
    build_constraints,
    parted_rows,
)
from thumper_core.identify.count import Census, census
from thumper_core.identify.dendrogram import Dendrogram
from thumper_core.identify.greedy import broken_links, greedy_profiles
from thumper_core.identify.results import assignment_table, member_probability, profile_table
from thumper_core.identify.scale import Judgement, judge
from thumper_core.identify.similarity import IntArray, check_vectors, group_means
from thumper_core.identify.space import learn_space
from thumper_core.identify.space_map import SpaceMap
from thumper_core.identify.stability import Draw, Stability, draw_bursts, stability
from thumper_core.identify.sweep import (
    Facts,
    Recommendation,
    empty_sweep,
    probe,
    recommend,
    sweep,
)
from thumper_core.identify.tracklets import link_tracklets, tracklet_table
from thumper_core.settings import IdentifySettings

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Identification:
    """The outcome of one identification.

    tracklets, assignments, profiles: the tables of contracts.py without `herd_id` and
    `individual_id`; calibration, judgement (None where nothing could be calibrated), sweep,
    recommendation: how the threshold was found; threshold, similarity: what was cut at (None: only
    what people joined is joined); broken_links: cannot-links that share a profile (0 by
    construction with the method `average`); census: what the profiles come to, None where nothing
    could be calibrated; constraints: what held, and its contradictions;
    whitening: what was decided and why; warnings: sentences for people; stability: of the profiles
    (unknown without a cut, and for other methods than `average`). index: (N,) tracklet of
    each detection; vectors: (N, d) float32, after whitening, and mapping, how others get there;
    labels: (T,) profile of each tracklet; means: (T, d) its vector; tree: the dendrogram (any other
    threshold is `tree.cut`); draws: resamples of it.
    """

    tracklets: pl.DataFrame
    assignments: pl.DataFrame
    profiles: pl.DataFrame
    calibration: Calibration
    judgement: Judgement | None
    sweep: pl.DataFrame
    recommendation: Recommendation
    threshold: float | None
    similarity: float | None
    method: str
    broken_links: int
    census: Census | None
    constraints: ConstraintReport
    whitening: str
    warnings: tuple[str, ...]
    stability: Stability
    index: IntArray
    vectors: FloatArray
    mapping: SpaceMap
    labels: IntArray
    means: FloatArray
    tree: Dendrogram
    draws: tuple[Draw, ...]


def identify_frame(
    frame: pl.DataFrame,
    vectors: npt.ArrayLike,
    settings: IdentifySettings,
    decisions: pl.DataFrame | None = None,
    cameras: pl.DataFrame | None = None,
    on_progress: Progress | None = None,
) -> Identification:
    """Group deer detections into profiles.

    frame: one row per detection (`detection_id, photo_id, burst_id, event_id, camera, taken_at,
    x1..y2, width, height, confidence, class, species, sex, age_class, source, sharpness`, and
    `is_infrared` where known); vectors:
    (N, D) float32, L2-normalised, same order; decisions, cameras: as `build_constraints` takes
    them; on_progress: called with a stage's name and the share done. UsageError where vectors and
    frame do not fit together.
    """
    tell = on_progress or (lambda stage, done: None)
    plain = check_vectors(vectors)
    if len(plain) != frame.height:
        raise UsageError(
            f"{len(plain)} vectors for {frame.height} detections; embed the run again."
        )
    tell("tracklets", 0.0)
    index = link_tracklets(frame, plain, apart=parted_rows(decisions, frame))
    tracklets = tracklet_table(frame, index)
    tell("constraints", 0.1)
    report = build_constraints(tracklets, frame, index, decisions, cameras, settings)
    event = _codes(tracklets, "event_id")
    links = report.constraints
    tell("whitening", 0.15)
    photo, light = _codes(frame, "photo_id"), light_of(frame)
    space = learn_space(plain, index, photo, event, light, links, settings)
    means = group_means(space.vectors, index, tracklets.height)
    tell("calibration", 0.4)
    calibration = calibrate(space.vectors, index, means, event, links, seed=settings.seed)
    tell("clustering", 0.5)
    tree = average_linkage(means, links.cannot, links.must, links.group).dendrogram
    tell("stability", 0.7)
    draws = draw_bursts(means, event, _codes(tracklets, "burst_id"), links, seed=settings.seed)
    facts = Facts(tracklets["n_detections"].to_numpy().astype(np.int64), event, _sexes(tracklets))
    judgement, table, recommendation = None, empty_sweep(), _nothing(calibration.reason)
    if calibration.groups is not None:
        judgement = judge(tree, means, event, facts.sizes, calibration.groups, seed=settings.seed)
        tell("sweep", 0.8)
        checks = probe(space.vectors, index, event, links.cannot, seed=settings.seed)
        table = sweep(tree, facts, judgement, checks, draws)
        recommendation = recommend(table, judgement)
    threshold, similarity = _cut_at(settings, judgement, recommendation)
    labels = _profiles(settings.method, tree, means, similarity)
    broken = broken_links(labels, links.cannot, links.group)
    p_same = member_probability(means, labels, judgement.scale if judgement else None)
    counted = _census(means, labels, event, facts.sizes, links, judgement)
    firm = _stability(settings.method, labels, draws, similarity)
    tell("done", 1.0)
    return Identification(
        tracklets,
        assignment_table(frame, tracklets, index, labels, p_same),
        profile_table(frame, tracklets, index, labels, firm.profile),
        calibration,
        judgement,
        table,
        recommendation,
        threshold,
        similarity,
        settings.method,
        broken,
        counted,
        report,
        "; ".join(space.steps),
        _warnings(calibration, report, settings.method, broken),
        firm,
        index,
        space.vectors,
        space.mapping,
        labels,
        means,
        tree,
        draws,
    )


def _census(
    means: FloatArray,
    labels: IntArray,
    event: IntArray,
    detections: npt.NDArray[np.integer],
    links: Constraints,
    judgement: Judgement | None,
) -> Census | None:
    if judgement is None:
        return None
    return census(means, labels, event, detections, links, judgement.scale)


def light_of(frame: pl.DataFrame) -> IntArray | None:
    """The light of each detection's photo, where the frame says it."""
    if "is_infrared" not in frame.columns:
        return None
    return frame["is_infrared"].cast(pl.Int32).fill_null(-1).to_numpy()


def _codes(table: pl.DataFrame, column: str) -> IntArray:
    """Dense int32 codes of a text column; a null is a value of its own in each row."""
    values = table[column]
    codes = values.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
    missing = codes < 0
    codes = np.where(missing, codes.max(initial=-1) + np.cumsum(missing), codes)
    return codes.astype(np.int32)


def _sexes(tracklets: pl.DataFrame) -> npt.NDArray[np.int8]:
    sex = tracklets["sex"].replace_strict({"male": 1, "female": 2}, default=0).to_numpy()
    return np.where((tracklets["age_class"] == "fawn").to_numpy(), 0, sex).astype(np.int8)


def _nothing(reason: str | None) -> Recommendation:
    return Recommendation(None, None, f"no threshold: {reason}")


def _cut_at(
    settings: IdentifySettings, judgement: Judgement | None, recommendation: Recommendation
) -> tuple[float | None, float | None]:
    """(threshold on the calibrated scale, similarity) to cut at.

    Without a calibration a threshold that was asked for is taken as a plain similarity.
    """
    if settings.threshold == "auto":
        return recommendation.threshold, recommendation.similarity
    asked = float(settings.threshold)
    return asked, judgement.scale.similarity(asked) if judgement else asked


def _profiles(
    method: str, tree: Dendrogram, means: FloatArray, similarity: float | None
) -> IntArray:
    cut = np.inf if similarity is None else similarity
    if method == "greedy":  # tracklets are numbered in order of time
        return greedy_profiles(means, float(cut))
    if method == "hdbscan":
        from thumper_core.identify.density import density_profiles

        return density_profiles(means)
    return tree.cut(float(cut))


def _stability(
    method: str, labels: IntArray, draws: tuple[Draw, ...], similarity: float | None
) -> Stability:
    if method != "average" or similarity is None:
        return Stability.unknown(int(labels.max(initial=-1)) + 1)
    return stability(labels, draws, similarity)


def _warnings(
    calibration: Calibration, report: ConstraintReport, method: str, broken: int
) -> tuple[str, ...]:
    found = [c.message for c in report.contradictions] + report.warnings
    if calibration.reason:
        found.append(f"not calibrated: {calibration.reason}")
    found += calibration.warnings
    if broken:
        found.append(f"method {method} put {broken} pairs that cannot be one animal in one profile")
    return tuple(found)


def cut_again(found: Identification, frame: pl.DataFrame, threshold: float) -> Identification:
    """The same identification at another threshold (on the calibrated scale); no new clustering."""
    similarity = found.judgement.scale.similarity(threshold) if found.judgement else threshold
    labels = found.tree.cut(similarity)
    p_same = member_probability(
        found.means, labels, found.judgement.scale if found.judgement else None
    )
    firm = stability(labels, found.draws, similarity)
    return replace(
        found,
        threshold=threshold,
        similarity=similarity,
        method="average",
        broken_links=0,
        census=_census(
            found.means,
            labels,
            _codes(found.tracklets, "event_id"),
            found.tracklets["n_detections"].to_numpy(),
            found.constraints.constraints,
            found.judgement,
        ),
        stability=firm,
        labels=labels,
        assignments=assignment_table(frame, found.tracklets, found.index, labels, p_same),
        profiles=profile_table(frame, found.tracklets, found.index, labels, firm.profile),
    )
