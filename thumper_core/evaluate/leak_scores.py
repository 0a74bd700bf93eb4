"""Whether the embedding recognises the deer or the place behind it.

Embed the crops with the animals blanked out. What still matches then is background: grass, posts,
light. If blanked crops of one animal match better than blanked crops of two at the same camera, some
of the apparent recognition is the scene's. Background inside the box, between the legs, goes with the
animal, and the blank's shape, which is the box's, stays: the test sees what lies round the box.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from thumper_core.evaluate.metrics import Metric, metric
from thumper_core.evaluate.retrieval import pair_auc_draws

Labels = npt.NDArray[Any]

LITTLE: Final = 0.25
MUCH: Final = 0.5
"""Shares of the lead that blanked crops keep: below little, hardly a leak; above much, a bad one."""


@dataclass(frozen=True)
class SceneLeak:
    """How well crops match with and without the animal, both within cameras.

    whole_auc, masked_auc: probability that a pair of one group is more similar than a pair of
    two, 0.5 is chance; share: how much of the whole crops' lead over chance the blanked crops keep,
    (masked - 0.5) / (whole - 0.5), in [0, 1], None where whole crops do no better than chance;
    n_crops; n_same: pairs of one group that were compared.
    """

    whole_auc: Metric
    masked_auc: Metric
    share: Metric
    n_crops: int
    n_same: int


def scene_leak(
    whole: npt.NDArray[np.float32],
    masked: npt.NDArray[np.float32],
    labels: Labels,
    camera: Labels,
    event: Labels,
    *,
    seed: int = 0,
) -> SceneLeak:
    """Compare whole and blanked crops at telling groups apart within each camera.

    whole, masked: (N, D) vectors of the same crops as they are and blanked; labels: (N,) which
    animal is shown: true individuals, or the profiles in question; camera, event: (N,). Pairs are of one
    camera and of two events, so that frames of one visit do not count. Intervals: 95%, events
    resampled, the same ones for both.
    """
    (whole_auc, whole_draws), (masked_auc, masked_draws) = (
        pair_auc_draws(vectors, labels, event, event, within=camera, seed=seed)
        for vectors in (whole, masked)
    )
    drawn = zip(whole_draws, masked_draws, strict=True)
    return SceneLeak(
        whole_auc=metric(whole_auc, whole_draws),
        masked_auc=metric(masked_auc, masked_draws),
        share=metric(_share(whole_auc, masked_auc), [_share(*pair) for pair in drawn]),
        n_crops=len(labels),
        n_same=_pairs(labels, camera, event),
    )


def in_words(leak: SceneLeak) -> str:
    """One sentence on what the figures mean."""
    share, whole = leak.share, leak.whole_auc["value"]
    if whole is None:
        return (
            "Too few deer were seen on two visits to one camera to say whether the embedding "
            "recognises the deer or the place."
        )
    if share["value"] is None:
        return (
            "Within a camera the crops tell deer apart no better than chance, so there is nothing "
            "that the background could have done."
        )
    kept = f"{share['value']:.0%}"
    if share["low"] is not None and share["high"] is not None:
        kept += f" ({share['low']:.0%} to {share['high']:.0%})"
    lead = f"Without the animal, crops keep {kept} of their lead over chance within a camera"
    if share["value"] < LITTLE:
        return f"{lead}: what tells the deer apart is the deer, hardly the place behind it."
    if share["value"] < MUCH:
        return (
            f"{lead}: part of what looks like recognition is the place behind the deer; check "
            "groups that one camera alone has seen."
        )
    return (
        f"{lead}: most of what looks like recognition is the place behind the deer; do not trust "
        "groups that one camera alone has seen, and try another embedder or a smaller margin."
    )


def _share(whole: float, masked: float) -> float:
    lead = whole - 0.5
    return float(np.clip((masked - 0.5) / lead, 0, 1)) if lead > 0 else float("nan")


def _pairs(labels: Labels, camera: Labels, event: Labels) -> int:
    """Pairs of one group, of one camera and of two events."""

    def inside(*columns: Labels) -> int:
        if not len(labels):
            return 0
        codes = np.column_stack([np.unique(c, return_inverse=True)[1] for c in columns])
        count = np.unique(codes, axis=0, return_counts=True)[1]
        return int((count * (count - 1) // 2).sum())

    return inside(labels, camera) - inside(labels, camera, event)
