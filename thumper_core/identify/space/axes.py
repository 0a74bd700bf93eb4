"""The main axes of a cloud of vectors: principal component analysis, done in one place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray

Floats = npt.NDArray[np.floating]


def main_axes(scatter: Floats, most: int | None = None) -> tuple[Floats, Floats]:
    """The largest eigenvalues of a scatter matrix, rising, and their axes as columns.

    scatter: (D, D), symmetric; most: how many, None for all. Returns (k,) and (D, k), of the
    matrix's own precision. The sign of an axis is arbitrary.
    """
    size = len(scatter)
    if most is None or most >= size:
        values, axes = np.linalg.eigh(scatter)
    else:
        # Here: a page that only asks whether anything was learned does without.
        from scipy.linalg import eigh

        values, axes = eigh(scatter, subset_by_index=[size - most, size - 1])
    return values, axes


@dataclass(frozen=True)
class Axes:
    """mean: (D,); axes: (D, d), or None where there are few enough dimensions already."""

    mean: Floats
    axes: Floats | None

    @classmethod
    def fit(cls, vectors: Floats, dim_max: int) -> Axes:
        """The `dim_max` main axes of (N, D) vectors."""
        mean = vectors.mean(axis=0)
        centred = vectors - mean
        if centred.shape[1] <= dim_max:
            return cls(mean, None)
        return cls(mean, main_axes(centred.T @ centred, dim_max)[1])

    def apply(self, vectors: Floats) -> FloatArray:
        """(N, d) float32: the vectors less the mean, on the axes, not scaled."""
        centred = vectors - self.mean
        return np.asarray(centred if self.axes is None else centred @ self.axes, np.float32)
