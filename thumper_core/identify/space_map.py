"""How detections that come later get into a space that was learned without them.

The parts of `space.learn_space` as they were fitted: what each light loses, the main axes, the
whitening and how hubs are damped. Mapped with them, a new photo's deer lie among the old ones as if
they had been there; only what the space would have learned from them is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh

from thumper_core.contracts import FloatArray
from thumper_core.identify.similarity import IntArray
from thumper_core.identify.whitening import Whitening

CONDITION_MIN: Final = 50  # detections without which a condition's mean says too little


@dataclass(frozen=True)
class Lights:
    """mean: (D,) of all; codes: (L,) lights with a mean of their own; offsets: (L, D), from `mean`."""

    mean: FloatArray
    codes: npt.NDArray[np.int64]
    offsets: FloatArray

    @classmethod
    def fit(cls, vectors: FloatArray, light: IntArray) -> Lights:
        """vectors: (N, D); light: (N,) codes."""
        mean = vectors.mean(axis=0)
        codes = [code for code in np.unique(light) if (light == code).sum() >= CONDITION_MIN]
        offsets = [(vectors[light == code] - mean).mean(axis=0) for code in codes]
        stacked = np.array(offsets, np.float32).reshape(len(codes), vectors.shape[1])
        return cls(mean, np.array(codes, np.int64), stacked)

    def apply(self, vectors: FloatArray, light: IntArray) -> FloatArray:
        """(N, D) float32 of unit length."""
        moved = vectors - self.mean
        for code, offset in zip(self.codes, self.offsets, strict=True):
            moved[light == code] -= offset
        return unit(moved)


@dataclass(frozen=True)
class Axes:
    """mean: (D,); axes: (D, d), or None where there are few enough already."""

    mean: FloatArray
    axes: FloatArray | None

    @classmethod
    def fit(cls, vectors: FloatArray, dim_max: int) -> Axes:
        """The `dim_max` main axes of (N, D) vectors."""
        mean = vectors.mean(axis=0)
        centred = vectors - mean
        size = centred.shape[1]
        if size <= dim_max:
            return cls(mean, None)
        return cls(mean, eigh(centred.T @ centred, subset_by_index=[size - dim_max, size - 1])[1])

    def apply(self, vectors: FloatArray) -> FloatArray:
        """(N, d) float32, not scaled."""
        centred = vectors - self.mean
        return np.asarray(centred if self.axes is None else centred @ self.axes, np.float32)


@dataclass(frozen=True)
class SpaceMap:
    """The whole way; a part that is None is left out, and without whitening so are the axes.

    damping: share of the mean of its nearest quarter in the `cohort` ((C, d) float32) that each
    vector loses.
    """

    lights: Lights | None = None
    axes: Axes | None = None
    whitening: Whitening | None = None
    damping: float = 0.0
    cohort: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    def apply(self, vectors: FloatArray, light: IntArray | None) -> FloatArray:
        """(N, D) float32 embeddings, L2-normalised, and (N,) codes of their light, to (N, d)."""
        found = vectors
        if self.lights is not None:
            unlit = np.full(len(vectors), np.iinfo(np.int32).min)
            found = self.lights.apply(found, unlit if light is None else light)
        if self.axes is None or self.whitening is None:
            return found
        found = self.whitening.apply(self.axes.apply(found))
        near = len(self.cohort) // 4
        if not len(found) or near < 2 or self.damping == 0:
            return found
        alike = found @ self.cohort.T
        chosen = np.argpartition(-alike, near, axis=1)[:, :near]
        return unit(found - self.damping * self.cohort[chosen].mean(axis=1))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Plain arrays to keep in a file."""
        kept: dict[str, npt.NDArray[Any]] = {
            "map_damping": np.array(self.damping), "map_cohort": self.cohort
        }  # fmt: skip
        if self.lights is not None:
            kept |= {
                "map_light_mean": self.lights.mean,
                "map_light_codes": self.lights.codes,
                "map_light_offsets": self.lights.offsets,
            }
        if self.axes is not None:
            kept["map_axes_mean"] = self.axes.mean
            if self.axes.axes is not None:
                kept["map_axes"] = self.axes.axes
        if self.whitening is not None:
            kept |= {
                "map_white_mean": self.whitening.mean,
                "map_white_projection": self.whitening.projection,
            }
        return kept

    @classmethod
    def from_arrays(cls, kept: Mapping[str, npt.NDArray[Any]]) -> SpaceMap:
        """What `arrays` gave. Raises KeyError where it is not that."""
        lights = axes = white = None
        if "map_light_mean" in kept:
            lights = Lights(
                kept["map_light_mean"], kept["map_light_codes"], kept["map_light_offsets"]
            )
        if "map_axes_mean" in kept:
            axes = Axes(kept["map_axes_mean"], kept.get("map_axes"))
        if "map_white_mean" in kept:
            white = Whitening(kept["map_white_mean"], kept["map_white_projection"])
        return cls(lights, axes, white, float(kept["map_damping"]), kept["map_cohort"])


def unit(vectors: npt.NDArray[np.floating]) -> FloatArray:
    """(N, d) float32 of unit length; a zero row stays zero."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1), np.float32)
