"""Similarity between tracklets: exact, in blocks, in bounded memory.

The similarity of two tracklets is the mean cosine over all pairs of their detections. For unit
vectors that mean is the dot product of the tracklets' mean vectors, *not* normalised again: a
tracklet whose frames disagree has a short mean vector and is similar to nothing. The same identity
holds one level up, so the average linkage of two groups is the dot product of their means too.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray, UsageError

IntArray = npt.NDArray[np.int32]
BLOCK_BYTES = 64 * 2**20


def check_vectors(vectors: npt.ArrayLike) -> FloatArray:
    """`vectors` as a contiguous (N, D) float32 array; UsageError where they are not finite."""
    array = np.ascontiguousarray(vectors, dtype=np.float32)
    if array.ndim != 2:
        raise UsageError(f"Vectors must be a table (N, D), not of shape {array.shape}.")
    if not np.isfinite(array).all():
        raise UsageError("Some vectors hold NaN or infinity; embed those detections again.")
    return array


def group_means(vectors: FloatArray, index: IntArray, n_groups: int | None = None) -> FloatArray:
    """Mean vector of each group, not normalised: (T, D) float32.

    vectors: (N, D) float32, L2-normalised rows; index: (N,) int32, the group of each row, in
    [0, T), every group with at least one row. T is `n_groups`, or the highest index + 1.
    """
    count = int(index.max()) + 1 if n_groups is None and len(index) else (n_groups or 0)
    sizes = np.bincount(index, minlength=count).astype(np.float32)
    if (sizes == 0).any():
        raise UsageError("A tracklet without detections has no mean vector.")
    import scipy.sparse as sp  # here: pages that only unpack what was learned do without

    picks = sp.csr_matrix(
        (1.0 / sizes[index], (index, np.arange(len(index)))), shape=(count, len(index))
    )
    return np.asarray(picks @ vectors, dtype=np.float32).reshape(count, vectors.shape[1])


def unit(vectors: npt.NDArray[np.floating]) -> FloatArray:
    """(N, d) float32 of unit length; a zero row stays zero."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1), np.float32)


def pair_similarity(a: FloatArray, b: FloatArray, pairs: IntArray) -> npt.NDArray[np.float32]:
    """Dot products `a[i] . b[j]` of the (K, 2) pairs (i, j): (K,) float32, in bounded memory."""
    out = np.empty(len(pairs), np.float32)
    step = max(1, BLOCK_BYTES // max(1, 8 * a.shape[1]))
    for start in range(0, len(pairs), step):
        part = pairs[start : start + step]
        out[start : start + step] = np.einsum("kd,kd->k", a[part[:, 0]], b[part[:, 1]])
    return out


def similarity_blocks(
    rows: npt.NDArray[np.floating],
    columns: npt.NDArray[np.floating],
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[tuple[int, npt.NDArray[np.floating]]]:
    """Every `rows @ columns.T` in blocks of whole rows: yields (first row, (B, C)).

    A block takes at most about `block_bytes`; its memory may be written to, and is not reused.
    """
    step = max(1, block_bytes // max(1, 4 * len(columns)))
    for start in range(0, len(rows), step):
        yield start, rows[start : start + step] @ columns.T
