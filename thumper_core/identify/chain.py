"""The whole identification as one pure function: detections and vectors in, profiles out.

link tracklets -> constraints -> whitening -> local matches (where they are asked for) -> calibration ->
dendrogram -> draws -> scale -> sweep -> cut.
Reading and writing is the caller's affair (`herd.build`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import FloatArray, UsageError
from thumper_core.identify.census import census
from thumper_core.identify.links.answers import answers_in
from thumper_core.identify.links.columns import column_codes, event_names, picture_column
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.links.constraints import build_constraints, parted_rows
from thumper_core.identify.links.tracklets import link_tracklets, tracklet_table
from thumper_core.identify.outcome import Clustering, Cut, Identification, Thresholds
from thumper_core.identify.results import (
    Tables,
    assignment_table,
    member_probability,
    profile_table,
)
from thumper_core.identify.scale.calibrate import calibrate
from thumper_core.identify.scale.probability import Judgement, judge, judge_again
from thumper_core.identify.scale.random_effects import Scale
from thumper_core.identify.space.learn import learn_space
from thumper_core.identify.space.similarity import IntArray, check_vectors, group_means
from thumper_core.identify.space.visit_spread import VisitSpread
from thumper_core.identify.tree.cluster import average_linkage
from thumper_core.identify.tree.dendrogram import Dendrogram
from thumper_core.identify.tree.greedy import broken_links, greedy_profiles
from thumper_core.identify.tree.stability import Stability, draw_bursts, stability
from thumper_core.identify.tree.sweep import (
    Facts,
    Recommendation,
    empty_sweep,
    probe,
    recommend,
    sweep,
)
from thumper_core.identify.votes import vote
from thumper_core.identify.witness.hear import hear
from thumper_core.identify.witness.pairs import Witness
from thumper_core.settings import IdentifySettings

Progress = Callable[[str, float], None]


def identify_frame(
    frame: pl.DataFrame,
    vectors: npt.ArrayLike,
    settings: IdentifySettings,
    decisions: pl.DataFrame | None = None,
    cameras: pl.DataFrame | None = None,
    on_progress: Progress | None = None,
    *,
    run_id: str = "",
    witness: Witness | None = None,
    spread: VisitSpread | None = None,
) -> Identification:
    """Group deer detections into profiles.

    frame: one row per detection (`detection_id, photo_id, burst_id, event_id, camera, taken_at,
    x1..y2, width, height, confidence, class, species, sex, age_class, source, sharpness`, and
    `is_infrared` where known); vectors:
    (N, D) float32, L2-normalised, same order; decisions, cameras: as `build_constraints` takes
    them; on_progress: called with a stage's name and the share done; run_id: whose pictures they are:
    answers to questions about them correct the chances; witness: compares crops of the frame, None: the
    vectors alone speak; spread: what was learned of one animal's visits, counted in.
    UsageError where vectors and frame do not fit together.

    >>> from thumper_core import Workspace, identify_frame, load_deer, newest_complete_run
    >>> ranch = Workspace.open("ranch")
    >>> frame, vectors = load_deer(ranch, newest_complete_run(ranch).run_id, class_conf_min=0.5)
    >>> found = identify_frame(frame, vectors, ranch.settings.identify)
    >>> found.cut.threshold, found.tables.profiles["n_detections"].sort().to_list()
    (0.5, [2, 2, 3, 3])
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
    event = column_codes(tracklets, "event_id")
    links, seen = report.constraints, report.constraints.unsaid()
    tell("whitening", 0.15)
    photo, light = column_codes(frame, picture_column(frame)), light_of(frame)
    names = event_names(tracklets)
    space = learn_space(plain, index, photo, event, names, light, seen, settings, spread)
    if witness is not None:
        tell("local matches", 0.3)
        space = hear(space, index, tracklets, frame, event, seen, witness, seed=settings.seed)
    means = group_means(space.vectors, index, tracklets.height)
    tell("calibration", 0.4)
    calibration = calibrate(space.vectors, index, means, event, links, seed=settings.seed)
    tell("clustering", 0.5)
    tree = average_linkage(means, links.cannot, links.must, links.group).dendrogram
    tell("stability", 0.7)
    bursts = column_codes(tracklets, "burst_id")
    draws = draw_bursts(means, event, bursts, links, seed=settings.seed)
    clustering = Clustering(index=index, means=means, event=event, tree=tree, draws=draws)
    facts = Facts(
        tracklets["n_detections"].to_numpy().astype(np.int64), event, _sexes(frame, index)
    )
    said = len(links.must) > 0 or bool(links.is_said.any())
    judgement, table, recommendation = None, empty_sweep(), _nothing(calibration.reason)
    if calibration.groups is not None:
        # What alike means, the photos alone say: verdicts are about chosen pairs (`verdicts`).
        unsaid = average_linkage(means, seen.cannot, side=seen.group).dendrogram if said else tree
        judged = judge(unsaid, means, event, facts.sizes, calibration.groups, seed=settings.seed)
        answers = answers_in(decisions, run_id)
        judgement = judge_again(judged, tree, facts.sizes, answers) if said else judged
        tell("sweep", 0.8)
        checks = probe(space.vectors, index, event, links.cannot, seed=settings.seed)
        table = sweep(tree, facts, judgement, checks, draws)
        recommendation = recommend(table, judgement)
    thresholds = Thresholds(
        calibration=calibration, judgement=judgement, sweep=table, recommendation=recommendation
    )
    threshold, similarity = _cut_at(settings, judgement, recommendation)
    cut = _cut(settings.method, threshold, similarity, clustering, facts.sizes, links, thresholds)
    tell("done", 1.0)
    return Identification(
        tables=_tables(frame, tracklets, clustering, cut, thresholds.scale),
        cut=cut,
        thresholds=thresholds,
        clustering=clustering,
        space=space,
        constraints=report,
    )


def _cut(
    method: str,
    threshold: float | None,
    similarity: float | None,
    clustering: Clustering,
    detections: npt.NDArray[np.integer],
    links: Constraints,
    thresholds: Thresholds,
) -> Cut:
    """The profiles of a method at a similarity; detections: (T,) of each tracklet."""
    means, scale = clustering.means, thresholds.scale
    labels = _profiles(method, clustering.tree, means, similarity)
    if method != "average" or similarity is None:
        firm = Stability.unknown(int(labels.max(initial=-1)) + 1)
    else:
        firm = stability(labels, clustering.draws, similarity)
    counted = None
    if scale is not None:
        counted = census(means, labels, clustering.event, detections, links, scale)
    return Cut(
        method=method,
        threshold=threshold,
        similarity=similarity,
        labels=labels,
        broken_links=broken_links(labels, links.cannot, links.group),
        census=counted,
        stability=firm,
    )


def _tables(
    frame: pl.DataFrame,
    tracklets: pl.DataFrame,
    clustering: Clustering,
    cut: Cut,
    scale: Scale | None,
) -> Tables:
    """The tables of a cut; frame: one row per detection."""
    index, labels = clustering.index, cut.labels
    p_same = member_probability(clustering.means, labels, scale)
    return Tables(
        tracklets=tracklets,
        assignments=assignment_table(frame, tracklets, index, labels, p_same),
        profiles=profile_table(frame, tracklets, index, labels, cut.stability.profile),
    )


def light_of(frame: pl.DataFrame) -> IntArray | None:
    """The light of each detection's photo, where the frame says it."""
    if "is_infrared" not in frame.columns:
        return None
    return frame["is_infrared"].cast(pl.Int32).fill_null(-1).to_numpy()


def _sexes(frame: pl.DataFrame, index: IntArray) -> npt.NDArray[np.int8]:
    """Of each tracklet, by people and detectors: a profile is not mixed because heads are unsure."""
    votes = vote(frame, index, heads=False)
    sex = votes["sex"].replace_strict({"male": 1, "female": 2}, default=0).to_numpy()
    return np.where((votes["age_class"] == "fawn").to_numpy(), 0, sex).astype(np.int8)


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
        from thumper_core.identify.tree.density import density_profiles

        return density_profiles(means)
    return tree.cut(float(cut))


def cut_again(found: Identification, frame: pl.DataFrame, threshold: float) -> Identification:
    """The same identification at another threshold (on the calibrated scale); no new clustering.

    >>> from thumper_core import Workspace, cut_again, tuning
    >>> tuned = tuning.prepare(Workspace.open("ranch"), None)
    >>> cuts = [cut_again(tuned.found, tuned.frame, threshold) for threshold in (0.0, 0.5)]
    >>> [cut.tables.profiles.height for cut in cuts]
    [2, 4]
    """
    scale, tracklets = found.thresholds.scale, found.tables.tracklets
    cut = _cut(
        "average",
        threshold,
        scale.similarity(threshold) if scale else threshold,
        found.clustering,
        tracklets["n_detections"].to_numpy(),
        found.constraints.constraints,
        found.thresholds,
    )
    return replace(found, cut=cut, tables=_tables(frame, tracklets, found.clustering, cut, scale))
