"""How detections that come later get into a space that was learned without them.

The parts of `space.learn_space` as they were fitted: what each light loses, the main axes, the
whitening and how hubs are damped. Mapped with them, a new photo's deer lie among the old ones as if
they had been there; only what the space would have learned from them is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.space.axes import Axes
from thumper_core.identify.space.hubs import Cohort, damp_hubs
from thumper_core.identify.space.lights import Lights
from thumper_core.identify.space.similarity import IntArray
from thumper_core.identify.space.whitening import Whitening


@dataclass(frozen=True)
class SpaceMap:
    """The whole way; a part that is None is left out, and without whitening so are the axes.

    damping: strength in [0, 1) at which hubs are damped among the `cohort`, whose events go by name.
    matched: dimensions that a second witness added, into which nothing can be mapped.
    """

    lights: Lights | None = None
    axes: Axes | None = None
    whitening: Whitening | None = None
    damping: float = 0.0
    cohort: Cohort | None = None
    matched: int = 0

    def apply(
        self,
        vectors: FloatArray,
        light: IntArray | None,
        index: IntArray,
        event: npt.NDArray[np.str_],
    ) -> FloatArray:
        """(N, D) float32 embeddings, L2-normalised, to (N, d).

        light: (N,) codes of their light; index: (N,) their tracklets; event: (T,) names of the
        tracklets' events.
        """
        found = vectors
        if self.lights is not None:
            unlit = np.full(len(vectors), np.iinfo(np.int32).min)
            found = self.lights.apply(found, unlit if light is None else light)
        if self.axes is None or self.whitening is None:
            return found
        found = self.whitening.apply(self.axes.apply(found))
        if self.cohort is None:
            return found
        return damp_hubs(found, index, event, self.cohort, self.damping)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Plain arrays to keep in a file."""
        kept: dict[str, npt.NDArray[Any]] = {"map_damping": np.array(self.damping)}
        if self.matched:
            kept["map_matched"] = np.array(self.matched)
        if self.cohort is not None:
            kept |= {"map_cohort": self.cohort.means, "map_cohort_event": self.cohort.event}
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
        lights = axes = white = cohort = None
        if "map_light_mean" in kept:
            lights = Lights(
                kept["map_light_mean"], kept["map_light_codes"], kept["map_light_offsets"]
            )
        if "map_axes_mean" in kept:
            axes = Axes(kept["map_axes_mean"], kept.get("map_axes"))
        if "map_white_mean" in kept:
            white = Whitening(kept["map_white_mean"], kept["map_white_projection"])
        means = kept.get("map_cohort")
        if means is not None and len(means):  # before events were kept, none was left out
            unnamed = np.full(len(means), "")
            cohort = Cohort(means, np.asarray(kept.get("map_cohort_event", unnamed)))
        matched = int(kept["map_matched"]) if "map_matched" in kept else 0
        return cls(lights, axes, white, float(kept["map_damping"]), cohort, matched)
