"""What the crops of a run's deer say of which are one animal: `identify` asks, the shelf answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from thumper_core.boxes.iou import boxes_of
from thumper_core.contracts import FloatArray
from thumper_core.identify.links.columns import column_codes
from thumper_core.identify.links.flanks import are_opposite, sides_of
from thumper_core.identify.space.similarity import IntArray
from thumper_core.match.collect import Progress, collect, crop_names, shelf_of
from thumper_core.match.compare import Framed, compare
from thumper_core.match.marks import Marks
from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class LocalWitness:
    """Compares crops of the deer in `frame`; looks first at those that nobody looked at before.

    frame: one row per detection (`photo_id, camera, width, height, x1..y2`); on_progress: called with
    the crops looked at and in all.
    """

    workspace: Workspace
    frame: pl.DataFrame
    on_progress: Progress | None = None

    def compare(self, pairs: IntArray) -> FloatArray:
        """(K,) float32 >= 0 of (K, 2) rows of the frame; NaN where a crop shows no keypoint, or the two show
        opposite flanks: what matches there is no marking.

        Raises ThumperError where the network that finds keypoints is not installed.
        """
        rows, place = np.unique(pairs, return_inverse=True)
        crops = self.frame[rows.tolist()]
        collect(self.workspace, crops, self.on_progress)
        marks = shelf_of(self.workspace).get(crop_names(crops))
        score = compare(framed(crops, marks), place.reshape(-1, 2).astype(np.int32))
        seen = np.asarray(marks.descriptor.any(axis=(1, 2)), bool)
        sides = sides_of(self.frame)[pairs]
        blind = ~seen[place.reshape(-1, 2)].all(axis=1)
        score[blind | are_opposite(sides[:, 0], sides[:, 1])] = np.nan
        return score


def framed(crops: pl.DataFrame, marks: Marks) -> Framed:
    """Keypoints with where in their photos the crops lie, in the frame's order."""
    boxes = boxes_of(crops)
    longer = crops.select(pl.max_horizontal("width", "height", 1)).to_series().to_numpy()[:, None]
    return Framed(
        marks,
        np.asarray(boxes[:, :2] / longer, np.float32),
        np.asarray((boxes[:, 2:] - boxes[:, :2]) / longer, np.float32),
        column_codes(crops, "camera"),
    )
