"""Local matching measured on a folder of known individuals: alone, and beside the vectors.

Nothing here sees who is shown. As in an identification, photos are compared with those that their
vectors hold for alike, and what matches say is added to the vectors' similarity; how much of that one
unit of log odds is worth comes from the photos of one sighting, as from the frames of a burst.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray, ThumperError
from thumper_core.evaluate.metrics import Metric
from thumper_core.evaluate.openset import open_set
from thumper_core.evaluate.reid import FOLDS, MAX_PIXELS, Album, fold_of
from thumper_core.evaluate.retrieval import retrieval_scores
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.scale.calibrate import calibrate
from thumper_core.identify.space.similarity import IntArray, group_means
from thumper_core.identify.witness.evidence import log_odds
from thumper_core.identify.witness.hear import as_table, table_vectors, with_matches
from thumper_core.identify.witness.pairs import Chosen, choose_pairs
from thumper_core.match.collect import open_network, stacked
from thumper_core.match.compare import Framed, compare
from thumper_core.match.marks import SIDE, Marks, marks_of
from thumper_core.vision.images import decode_photo


def album_marks(album: Album) -> Marks:
    """The keypoints of whole photos, each taken for a crop. Raises ThumperError without the network."""
    network = open_network()
    found = []
    for path in album.paths:
        photo = decode_photo(path.read_bytes(), min_width=2 * SIDE, max_pixels=MAX_PIXELS)
        found.append(marks_of(network, photo.image))
    return stacked(found)


def matching_scores(
    album: Album, vectors: FloatArray, marks: Marks, *, folds: int = FOLDS, seed: int = 0
) -> dict[str, Any]:
    """rank1, rank5, map and pair_auc by matches alone (`matched_*`) and by both (`fused_*`).

    vectors: (N, D) float32, L2-normalised; marks: of the same photos. `fused_*` has the measures of
    groups too, as `openset` takes them of the vectors; `n_compared`: pairs of photos. Raises
    ThumperError where too few sightings have several photos to say what a match is worth.
    """
    who, sighting = album.individual, album.sighting
    event = np.unique(sighting, return_inverse=True)[1].astype(np.int32)
    chosen = choose_pairs(vectors, event, Constraints.none(len(who)), seed=seed)
    raw = compare(_whole(marks), chosen.pairs).astype(np.float64)
    said = said_by(raw, chosen)
    means = group_means(vectors, event, int(event.max()) + 1)
    each = np.arange(len(means), dtype=np.int32)
    groups = calibrate(
        vectors, event, means, each, Constraints.none(len(means)), resamples=0, seed=seed
    ).groups
    if groups is None:
        raise ThumperError(
            "Too few sightings have several photos to say what a match is worth; --sighting names "
            "the photos that belong together."
        )
    loud, own = said > 0, np.arange(len(who), dtype=np.int32)
    alone = table_vectors(as_table(chosen.pairs[loud], said[loud], len(who)))
    fused = with_matches(vectors, own, vectors, groups, chosen.pairs, said)
    found: dict[str, Any] = {"n_compared": len(chosen.pairs)}
    scores: dict[str, Metric] = retrieval_scores(alone, who, sighting, who, seed=seed)
    found |= {f"matched_{key}": value for key, value in scores.items()}
    scores = retrieval_scores(fused, who, sighting, who, seed=seed)
    scores |= open_set(fused, who, sighting, fold_of(who, folds, seed), seed=seed)
    return found | {f"fused_{key}": value for key, value in scores.items()}


def said_by(raw: npt.NDArray[np.float64], chosen: Chosen) -> npt.NDArray[np.float64]:
    """(K,) log odds of the raw scores of chosen pairs; certain strangers are not known of an album."""
    return log_odds(raw, raw[~chosen.by_lot], np.zeros(0))


def matches_of_visits(marks: Marks, index: IntArray, pairs: IntArray) -> npt.NDArray[np.float64]:
    """(K,) how well pairs of visits match: all photos of the one with all of the other, added up.

    marks: of N photos; index: (N,) the visit of each; pairs: (K, 2) visits.
    """
    photos = np.split(np.argsort(index, kind="stable"), np.cumsum(np.bincount(index))[:-1])
    counts = np.array([len(photos[a]) * len(photos[b]) for a, b in pairs.tolist()], np.int64)
    each = [
        (i, j) for a, b in pairs.tolist() for i in photos[a].tolist() for j in photos[b].tolist()
    ]
    score = compare(_whole(marks), np.array(each, np.int32).reshape(-1, 2))
    found = np.bincount(np.repeat(np.arange(len(pairs)), counts), score, len(pairs))
    return found.astype(np.float64)


def _whole(marks: Marks) -> Framed:
    """Photos that no camera is known of."""
    count = len(marks.place)
    return Framed(
        marks,
        np.zeros((count, 2), np.float32),
        np.ones((count, 2), np.float32),
        np.full(count, -1, np.int32),
    )
