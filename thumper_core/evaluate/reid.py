"""How well an embedder tells known individuals apart: a folder of photos per individual.

Nothing here learns from identities. What is learned, the whitening, sees only that photos of one
sighting show one animal, as frames of a burst do, and is tested on individuals that it never saw.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import PICTURE_SUFFIXES, FloatArray, ImageArray, UsageError
from thumper_core.evaluate.metrics import Metric, metric, resampled_mean
from thumper_core.evaluate.openset import open_set
from thumper_core.evaluate.retrieval import pair_auc, rank, retrieval_scores
from thumper_core.identify.space.whitening import fit_whitening

Labels = npt.NDArray[Any]

BATCH: Final = 32
MAX_PIXELS: Final = 200_000_000
FOLDS: Final = 3


class Embeds(Protocol):
    """What is needed of an embedder: crops (B, size, size, 3) uint8 RGB -> (B, D) float32."""

    @property
    def name(self) -> str:
        """The registry's name."""

    @property
    def size(self) -> int:
        """Side of the crops, pixels."""

    def embed(self, crops: ImageArray) -> FloatArray:
        """L2-normalised rows, one per crop."""


@dataclass(frozen=True)
class Album:
    """Photos of known individuals.

    paths: (N,), sorted; individual: (N,) str, the folder's name; sighting: (N,) str, unique to
    the individual.
    """

    paths: tuple[Path, ...]
    individual: Labels
    sighting: Labels


def read_album(folder: Path, sighting: str | None = None) -> Album:
    r"""List the photos of `folder/<individual>/`.

    sighting: regular expression for the file's name, whose first group (or, without groups, whole
    match) names the sighting, such as r"(\d+)_"; None: every photo is a sighting of its own, as
    is one whose name the expression does not match. Raises UsageError where the folder does not
    hold two individuals or the expression is not valid.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; give one that holds a folder per individual.")
    try:
        rule = re.compile(sighting) if sighting else None
    except re.error as error:
        raise UsageError(f"--sighting is not a regular expression: {error}") from error
    paths = sorted(
        path
        for path in folder.glob("*/*")
        if path.suffix.lower() in PICTURE_SUFFIXES
        and path.is_file()
        and not path.name.startswith(".")
    )
    who = np.array([path.parent.name for path in paths], dtype=np.str_)
    if len(np.unique(who)) < 2:
        raise UsageError(f"{folder} must hold at least two folders of photos, one per individual.")
    visits = [f"{path.parent.name}/{_sighting(path.name, rule)}" for path in paths]
    return Album(tuple(paths), who, np.array(visits, dtype=np.str_))


def embed_album(album: Album, embedder: Embeds, *, gray: bool = False) -> FloatArray:
    """(N, D) float32 vectors of whole photos, each fitted into the embedder's square; gray: uncoloured."""
    from thumper_core.vision.images import decode_photo, embedder_crop

    parts: list[FloatArray] = []
    for start in range(0, len(album.paths), BATCH):
        crops = []
        for path in album.paths[start : start + BATCH]:
            data = path.read_bytes()
            image = decode_photo(data, min_width=embedder.size, max_pixels=MAX_PIXELS).image
            box = np.array([0, 0, image.shape[1], image.shape[0]], np.float32)
            crops.append(embedder_crop(image, box, embedder.size, 0.0, gray=gray))
        parts.append(embedder.embed(np.stack(crops)))
    return np.concatenate(parts)


def evaluate_reid(
    folder: Path,
    *,
    sighting: str | None = None,
    embedder: Embeds,
    whitening: bool = True,
    folds: int = FOLDS,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure an embedder on a folder per individual; pairs of one sighting are left out.

    Returns `{"value", "low", "high"}` (95%, individuals resampled) under
    - rank1, rank5, map, pair_auc: photo against photo, every individual in the gallery;
    - pooled_rank1, pooled_map, pooled_pair_auc: the mean vector of each sighting instead of photos;
    - fold_*: the same measures within groups of 1/folds of the individuals, as they are, and
      whitened_*: with a whitening learned from the sightings of the other groups' individuals. A
      smaller gallery is easier: compare these two with each other, not with the first;
    - baks, baus, ari, ami, pairwise_*, bcubed_*, estimated_individuals and true_individuals: see
      `openset`, on the vectors as they are;
    and, as they are, `n_photos`, `n_individuals`, `n_sightings`, `embedder`, `folds`.

    >>> from pathlib import Path
    >>> from thumper_core import evaluate_reid, open_embedder
    >>> embedder = open_embedder("efficientnet_lite0")
    >>> scores = evaluate_reid(Path("known"), embedder=embedder, whitening=False, folds=2)
    >>> scores["n_individuals"], 0 <= scores["rank1"]["value"] <= 1
    (4, True)
    """
    album = read_album(folder, sighting)
    vectors = embed_album(album, embedder)
    result = score_vectors(album, vectors, whitening=whitening, folds=folds, seed=seed)
    return {**result, "embedder": embedder.name}


def score_vectors(
    album: Album, vectors: FloatArray, *, whitening: bool = True, folds: int = FOLDS, seed: int = 0
) -> dict[str, Any]:
    """What `evaluate_reid` returns, for vectors that are already there: (N, D) float32."""
    who = album.individual
    result: dict[str, Any] = dict(retrieval_scores(vectors, who, album.sighting, who, seed=seed))
    pooled, pooled_who, pooled_visit = pool_sightings(vectors, album)
    pool = retrieval_scores(pooled, pooled_who, pooled_visit, pooled_who, seed=seed)
    result |= {f"pooled_{key}": pool[key] for key in ("rank1", "map", "pair_auc")}
    group = fold_of(who, folds, seed)
    result |= _prefixed("fold", _within_folds([vectors] * folds, album, group, seed))
    if whitening:
        mapped = whiten_folds(vectors, album, group)
        scores = dict.fromkeys(("rank1", "map", "pair_auc"), metric(math.nan))
        if mapped is not None:
            scores = _within_folds(mapped, album, group, seed)
        result |= _prefixed("whitened", scores)
    result |= open_set(vectors, who, album.sighting, group, seed=seed)
    n_sightings = len(np.unique(album.sighting))
    return result | {
        "n_photos": len(album.paths),
        "n_individuals": len(np.unique(who)),
        "n_sightings": n_sightings,
        "folds": folds,
    }


def pool_sightings(vectors: FloatArray, album: Album) -> tuple[FloatArray, Labels, Labels]:
    """Mean vector of each sighting, L2-normalised: (S, D), its individual (S,) and name (S,)."""
    visits, first, code = np.unique(album.sighting, return_index=True, return_inverse=True)
    pooled = np.zeros((len(visits), vectors.shape[1]), np.float32)
    np.add.at(pooled, code, vectors)
    pooled /= np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
    return pooled, album.individual[first], visits


def fold_of(who: Labels, folds: int, seed: int) -> npt.NDArray[np.int64]:
    """(N,) int64 in [0, folds): individuals dealt at random, all photos of one together."""
    names, code = np.unique(who, return_inverse=True)
    if not 2 <= folds <= len(names):
        raise UsageError(
            f"{len(names)} individuals cannot be dealt into {folds} folds (2 or more)."
        )
    return (np.random.default_rng(seed).permutation(len(names)) % folds)[code]


def whiten_folds(
    vectors: FloatArray, album: Album, group: npt.NDArray[np.int64]
) -> list[FloatArray] | None:
    """For each fold all vectors, whitened by what the other folds' sightings show.

    None where a fold leaves too few sightings of several photos to learn from.
    """
    mapped: list[FloatArray] = []
    for k in range(int(group.max()) + 1):
        train = group != k
        classes = np.unique(album.sighting[train], return_inverse=True)[1].astype(np.int32)
        whitening = fit_whitening(vectors[train], classes)
        if whitening is None:
            return None
        mapped.append(whitening.apply(vectors))
    return mapped


def _within_folds(
    mapped: Sequence[FloatArray], album: Album, group: npt.NDArray[np.int64], seed: int
) -> dict[str, Metric]:
    """rank1, map and pair_auc, each fold's individuals a gallery of their own.

    mapped: for each fold the vectors (N, D) to use in it. Ranks are pooled over the folds; the AUC
    is the folds' mean, its interval too.
    """
    first: list[npt.NDArray[np.int64]] = []
    average: list[npt.NDArray[np.float64]] = []
    asked: list[Labels] = []
    auc: list[Metric] = []
    for k, vectors in enumerate(mapped):
        rows = np.flatnonzero(group == k)
        who, visit = album.individual[rows], album.sighting[rows]
        ranking = rank(vectors[rows], who, visit)
        first.append(ranking.first)
        average.append(ranking.average_precision)
        asked.append(who[ranking.query])
        auc.append(pair_auc(vectors[rows], who, visit, who, seed=seed))
    units = np.concatenate(asked)
    ends: dict[str, list[float]] = {"value": [], "low": [], "high": []}
    for one in auc:
        for end, number in one.items():
            ends[end] += [] if number is None else [number]
    return {
        "rank1": resampled_mean(np.concatenate(first) <= 1, units, seed),
        "map": resampled_mean(np.concatenate(average), units, seed),
        "pair_auc": {end: float(np.mean(v)) if v else None for end, v in ends.items()},
    }


def _prefixed(prefix: str, scores: Mapping[str, Metric]) -> dict[str, Metric]:
    return {f"{prefix}_{key}": value for key, value in scores.items()}


def _sighting(name: str, rule: re.Pattern[str] | None) -> str:
    """The sighting that a file's name tells, or the name itself."""
    found = rule.search(name) if rule else None
    if found is None:
        return name
    return found[1] if found.re.groups and found[1] is not None else found[0]
