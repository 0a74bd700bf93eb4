"""What photos of one light have in common: it says how they were lit, and not who is in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.space.similarity import IntArray, unit

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
