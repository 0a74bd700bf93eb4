"""A map of the detections for the cluster views: UMAP, and HDBSCAN's groups on it.

The map depends on the vectors alone, so it is kept on disk by their content: a new threshold, a
name or a correction costs no new one.
"""

from __future__ import annotations

import hashlib
import io
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray, ThumperError
from thumper_core.files import write_whole
from thumper_core.identify.space.axes import main_axes
from thumper_core.identify.tree.density import dense_groups

PCA_DIM: Final = 50
VERSION: Final = 2
"""Goes into the keys: raise it when the same vectors shall give another map."""
STEADY: Final = 0.15
"""UMAP's learning rate where a map begins at another one: at its usual 1 groups that no neighbour joins
drift as far as on a map that begins anywhere."""


@dataclass(frozen=True)
class Shape:
    """How a map is drawn and grouped.

    n_neighbors: how many of its nearest each point is drawn towards, 2 or more: few show small groups,
    many the whole; min_dist: how close points may lie, in [0, 1]; min_cluster_size: points that make a
    group of HDBSCAN, 2 or more.
    """

    n_neighbors: int = 15
    min_dist: float = 0.1
    min_cluster_size: int = 10


USUAL: Final = Shape()


def layout(
    vectors: FloatArray,
    *,
    cache_dir: Path | None = None,
    seed: int = 0,
    shape: Shape = USUAL,
    before: FloatArray | None = None,
) -> FloatArray:
    """Place (N, D) float32 vectors in the plane: (N, 2) float32, arbitrary units.

    UMAP (McInnes, Healy & Melville 2018) after PCA to 50 dimensions, one thread, so that the
    same vectors and seed give the same map on the same machine. Kept in `cache_dir` under the hash
    of the vectors. With 4 rows or fewer the first two principal components. before: (N, 2), another
    map of the same rows, at which this one begins and onto which it is turned, so that what was seen
    there is found again. Raises ThumperError where a vector is not finite.
    """
    array = np.ascontiguousarray(vectors, np.float32)
    if not np.isfinite(array).all():
        raise ThumperError("Some vectors hold NaN or infinity; embed those detections again.")
    drawn = (shape.n_neighbors, shape.min_dist)
    # the usual map keeps the key that it always had
    told: list[Any] = [seed] if drawn == (USUAL.n_neighbors, USUAL.min_dist) else [seed, *drawn]
    if before is not None:
        told += [hashlib.blake2b(before.tobytes(), digest_size=12).hexdigest(), STEADY]
    return _kept(cache_dir, "layout", array, told, lambda: _umap(array, seed, shape, before))


def density_labels(
    xy: FloatArray, *, cache_dir: Path | None = None, min_cluster_size: int = USUAL.min_cluster_size
) -> npt.NDArray[np.int32]:
    """Groups of a map by density: (N,) int32 from 0, -1 for noise.

    xy: (N, 2) float32, from `layout`. HDBSCAN in the plane: to colour a view, not to identify, as
    neighbours on a map may be strangers.
    """
    array = np.ascontiguousarray(xy, np.float32)
    labels = _kept(
        cache_dir,
        "density",
        array,
        [min_cluster_size],
        lambda: dense_groups(array, min_cluster_size),
    )
    return labels.astype(np.int32)


def pca(vectors: FloatArray, dim: int = PCA_DIM) -> FloatArray:
    """The first principal components, (N, min(dim, D, N)) float32, signs fixed."""
    if vectors.size == 0:
        return np.zeros((len(vectors), 0), np.float32)
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    axes = main_axes(centred.T @ centred, min(dim, *vectors.shape))[1][:, ::-1]
    largest = np.abs(axes).argmax(axis=0)
    return np.asarray(centred @ (axes * np.sign(axes[largest, range(axes.shape[1])])), np.float32)


def _umap(vectors: FloatArray, seed: int, shape: Shape, before: FloatArray | None) -> FloatArray:
    reduced = pca(vectors)
    if len(reduced) <= 4:
        flat = np.zeros((len(reduced), 2), np.float32)
        flat[:, : min(2, reduced.shape[1])] = reduced[:, :2]
        return flat
    model = _umap_class()(
        n_neighbors=min(shape.n_neighbors, len(reduced) - 1),
        min_dist=shape.min_dist,
        init=_start(
            reduced if before is None else before, seed
        ),  # spectral fails on graphs in pieces, and on equal rows
        learning_rate=1.0 if before is None else STEADY,
        random_state=seed,
        n_jobs=1,  # a seed needs one thread; said here, or UMAP warns that it says so
    )
    made = np.asarray(model.fit_transform(reduced), np.float32)
    return made if before is None else turned_onto(made, before)


def turned_onto(xy: FloatArray, before: FloatArray) -> FloatArray:
    """A map moved, turned, mirrored and scaled onto another of the same points: (N, 2) float32.

    The orthogonal Procrustes problem (Schoenemann 1966) with one scale.
    """
    middle, there = xy.mean(axis=0), before.mean(axis=0)
    own, other = (xy - middle).astype(np.float64), (before - there).astype(np.float64)
    left, stretch, right = np.linalg.svd(own.T @ other)
    scale = stretch.sum() / max(float((own**2).sum()), 1e-12)
    return np.asarray(scale * own @ left @ right + there, np.float32)


def _start(reduced: FloatArray, seed: int) -> FloatArray:
    """First two components, within 10 of the middle, equal rows a little apart."""
    plane = np.zeros((len(reduced), 2))
    plane[:, : min(2, reduced.shape[1])] = reduced[:, :2]
    plane *= 10 / max(float(np.abs(plane).max()), 1e-12)
    noise = np.random.default_rng(seed).normal(scale=1e-3, size=plane.shape)
    return np.asarray(plane + noise, np.float32)


def _umap_class() -> Any:
    with warnings.catch_warnings():
        # said on every import without TensorFlow, which only a part not used here would need
        warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)
        # Otherwise a `.numba_config.yaml` of the current folder could name a cache that is unpickled.
        os.environ.setdefault("NUMBA_CACHE_DIR", "")
        import umap
    return umap.UMAP


def _kept(
    cache_dir: Path | None,
    kind: str,
    array: FloatArray,
    parameters: list[Any],
    compute: Callable[[], npt.NDArray[np.generic]],
) -> npt.NDArray:
    """The array kept for this content, else a new one, kept; a file that is broken is made anew."""
    if cache_dir is None:
        return compute()
    told = repr([VERSION, kind, array.shape, *parameters]).encode()
    key = hashlib.blake2b(told + array.tobytes(), digest_size=12).hexdigest()
    path = cache_dir / f"{kind}-{key}.npy"
    try:
        kept = np.load(path, allow_pickle=False)
        if len(kept) == len(array):
            return np.asarray(kept)
    except (OSError, ValueError, EOFError):
        pass  # absent or cut short
    made = compute()
    cache_dir.mkdir(parents=True, exist_ok=True)
    written = io.BytesIO()
    np.save(written, made, allow_pickle=False)
    write_whole(path, written.getvalue())
    return made
