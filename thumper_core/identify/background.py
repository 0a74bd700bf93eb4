"""Whether the embedding recognises the deer or the place behind it.

Embed the crops with the animal blanked out. What still matches then is background: grass, posts,
light. If masked crops of one animal match better than masked crops of two at the same camera, some
of the apparent recognition is the scene's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import ImageArray
from thumper_core.identify.metrics import Metric
from thumper_core.identify.retrieval import pair_auc

Labels = npt.NDArray[Any]

ANIMAL_SHARE: Final = 0.8
"""Part of the crop's width and height, in its middle, where the animal is."""


@dataclass(frozen=True)
class BackgroundLeak:
    """How well crops match with and without the animal, both within cameras.

    whole_auc, masked_auc: probability that a pair of one group is more similar than a pair of
    two, 0.5 is chance; share: how much of the whole crops' lead over chance the masked crops keep,
    (masked - 0.5) / (whole - 0.5), in [0, 1], NaN where whole crops do no better than chance.
    """

    whole_auc: Metric
    masked_auc: Metric
    share: float
    n_crops: int


def mask_animal(crops: ImageArray, share: float = ANIMAL_SHARE) -> ImageArray:
    """Blank the middle of each crop with the mean colour of its rim.

    crops: (B, S, S, 3) uint8; share: of the side, that is blanked. The rim's own mean, because a
    fixed colour would itself be a signal that all crops share. Returns a copy.
    """
    size = crops.shape[1]
    rim = max(1, round(size * (1 - share) / 2))
    middle = slice(rim, size - rim)
    masked = crops.copy()
    if size <= 2 * rim:
        return masked
    total = crops.sum(axis=(1, 2), dtype=np.int64)
    inside = crops[:, middle, middle].sum(axis=(1, 2), dtype=np.int64)
    mean = (total - inside) / (size**2 - (size - 2 * rim) ** 2)
    masked[:, middle, middle] = np.rint(mean).astype(np.uint8)[:, None, None]
    return masked


def background_leak(
    whole: npt.NDArray[np.float32],
    masked: npt.NDArray[np.float32],
    labels: Labels,
    camera: Labels,
    event: Labels,
    *,
    seed: int = 0,
) -> BackgroundLeak:
    """Compare whole and masked crops at telling groups apart within each camera.

    whole, masked: (N, D) vectors of the same crops as they are and blanked; labels: (N,) who is
    shown: true individuals, or the profiles in question; camera, event: (N,). Pairs are of one
    camera and of two events, so that frames of one visit do not count.
    """
    auc = [
        pair_auc(vectors, labels, event, event, within=camera, seed=seed)
        for vectors in (whole, masked)
    ]
    values = [np.nan if m["value"] is None else m["value"] for m in auc]
    lead = values[0] - 0.5
    share = float(np.clip((values[1] - 0.5) / lead, 0, 1)) if lead > 0 else float("nan")
    return BackgroundLeak(auc[0], auc[1], share, len(labels))
