"""Herds with a known truth for the simulated reviewer: a demo's, or a folder of known individuals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray, ThumperError, UsageError
from thumper_core.evaluate.demo import matched_deer
from thumper_core.evaluate.effort import Case
from thumper_core.evaluate.matching import matches_of_visits, said_by
from thumper_core.evaluate.reid import Album, Labels
from thumper_core.herd.load import load_deer
from thumper_core.identify.chain import identify_frame
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.scale.calibrate import calibrate
from thumper_core.identify.scale.mixture import TwoGroups
from thumper_core.identify.scale.probability import judge
from thumper_core.identify.space.learn import learn_space
from thumper_core.identify.space.similarity import IntArray, group_means
from thumper_core.identify.tree.cluster import average_linkage
from thumper_core.identify.witness.hear import with_matches
from thumper_core.identify.witness.pairs import choose_pairs
from thumper_core.match.marks import Marks
from thumper_core.pipeline.newest import newest_complete_run
from thumper_core.settings import IdentifySettings
from thumper_core.workspace import Workspace


def demo_case(workspace: Workspace, truth_file: Path) -> Case:
    """The deer of the newest complete run that show a true deer, as the photos alone group them.

    What is no deer is left out: a reviewer takes such boxes away, which is not counted here. Raises
    ThumperError where there is no truth or too little to calibrate on.
    """
    run_id = newest_complete_run(workspace).run_id
    settings = workspace.settings.identify
    frame, vectors = load_deer(workspace, run_id, settings.class_conf_min)
    found = identify_frame(frame, vectors, settings, None, workspace.sql("from cameras"))
    who = frame.select("detection_id").join(
        matched_deer(workspace, truth_file).select("detection_id", "who"),
        on="detection_id",
        how="left",
        maintain_order="left",
    )["who"]
    known = who.is_not_null().to_numpy()
    clustering, calibration = found.clustering, found.thresholds.calibration
    rows = np.unique(clustering.index[known])
    if calibration.groups is None:
        raise ThumperError(f"There is nothing to ask about: {calibration.reason}.")
    index = np.searchsorted(rows, clustering.index[known]).astype(np.int32)
    links = found.constraints.constraints.among(rows)
    means, event = clustering.means[rows], clustering.event[rows]
    tree = average_linkage(means, links.cannot, side=links.group).dendrogram
    judgement = judge(tree, means, event, np.bincount(index), calibration.groups)
    truth = who.drop_nulls().to_numpy().astype(np.str_)
    return Case(means, index, links, judgement, event, truth, majority(truth, index))


def album_case(album: Album, vectors: FloatArray, marks: Marks | None = None) -> Case:
    """A folder per individual, each sighting one tracklet and an event of its own.

    The space is whitened by the sightings without asking whether that helps: no photo shows two animals to
    ask with. vectors: (N, D) float32 of the photos; marks: their keypoints, where matches are to be heard.
    Raises UsageError where sightings of one photo each leave nothing to calibrate on.
    """
    names, code = np.unique(album.sighting, return_inverse=True)
    index = code.astype(np.int32)
    count = len(names)
    event, links = np.arange(count, dtype=np.int32), Constraints.none(count)
    photo = np.arange(len(vectors), dtype=np.int32)
    space = learn_space(
        vectors,
        index,
        photo,
        event,
        names.astype(np.str_),
        None,
        links,
        IdentifySettings(whitening="on"),
    )
    vectors = space.vectors
    means, groups = _calibrated(vectors, index, event, links)
    if marks is not None:
        chosen = choose_pairs(means, event, links)
        raw = matches_of_visits(marks, index, chosen.pairs)
        said = said_by(raw, chosen)
        vectors = with_matches(vectors, index, means, groups, chosen.pairs, said)
        means, groups = _calibrated(vectors, index, event, links)
    tree = average_linkage(means).dendrogram
    judgement = judge(tree, means, event, np.bincount(index), groups)
    truth = np.asarray(album.individual)
    return Case(means, index, links, judgement, event, truth, majority(truth, index))


def _calibrated(
    vectors: FloatArray, index: IntArray, event: IntArray, links: Constraints
) -> tuple[FloatArray, TwoGroups]:
    """The sightings' mean vectors, and what their similarity is worth. Raises UsageError."""
    means = group_means(vectors, index, len(event))
    calibration = calibrate(vectors, index, means, event, links, resamples=0)
    if calibration.groups is None:
        raise UsageError(
            f"There is nothing to ask about: {calibration.reason}. Photos of one sighting are known to "
            "be one animal: name them with --sighting, such as '^([0-9]+)_'."
        )
    return means, calibration.groups


def majority(truth: Labels, index: IntArray) -> npt.NDArray[np.str_]:
    """(T,) the individual that most detections of each tracklet show; ties: the first by name."""
    names, code = np.unique(truth, return_inverse=True)
    votes = np.zeros((int(index.max(initial=-1)) + 1, len(names)), np.int64)
    np.add.at(votes, (index, code), 1)
    return np.asarray(names[votes.argmax(axis=1)])
