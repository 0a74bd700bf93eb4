"""Made-up herds as a reviewer meets them: each animal a direction, each tracklet a look at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.review.standing import Standing
from thumper_core.identify.scale.random_effects import Scale

SCALE = Scale(
    prior=0.1,
    same_mean=0.8,
    same_var=0.01,
    different_mean=0.0,
    different_var=0.016,
    different_tau2=0.014,
)
"""What fits the vectors of `looks`."""


def looks(who: Sequence[int], *, noise: float = 0.5, dim: int = 64, seed: int = 0) -> np.ndarray:
    """(T, dim) float32 unit vectors: looks at one animal are alike by about 1 / (1 + noise^2)."""
    rng = np.random.default_rng(seed)
    own = rng.normal(size=(max(who, default=0) + 1, dim)) / dim**0.5
    made = own[list(who)] + noise * rng.normal(size=(len(who), dim)) / dim**0.5
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def said(
    n: int,
    *,
    must: Sequence[tuple[int, int]] = (),
    cannot: Sequence[tuple[int, int]] = (),
    kind: str = "human",
    group: Sequence[int] | None = None,
) -> Constraints:
    """What is known of n tracklets; kind: of the cannot-links."""
    made = Constraints.none(n)
    return replace(
        made,
        must=np.array(sorted(must), np.int32).reshape(-1, 2),
        must_kind=np.full(len(must), "human", np.dtype("U10")),
        must_trust=np.ones(len(must), np.float32),
        cannot=np.array(sorted(cannot), np.int32).reshape(-1, 2),
        cannot_kind=np.full(len(cannot), kind, np.dtype("U10")),
        cannot_trust=np.ones(len(cannot), np.float32),
        group=made.group if group is None else np.array(group, np.int8),
    )


def standing(
    who: Sequence[int],
    labels: Sequence[int] | None = None,
    *,
    sizes: Sequence[int] | None = None,
    links: Constraints | None = None,
    scale: Scale = SCALE,
    noise: float = 0.5,
    seed: int = 0,
) -> Standing:
    """Tracklets of these animals, grouped as `labels` says (None: rightly), one a visit."""
    n = len(who)
    return Standing(
        looks(who, noise=noise, seed=seed),
        np.array([3] * n if sizes is None else sizes, np.int64),
        np.array(who if labels is None else labels, np.int32),
        Constraints.none(n) if links is None else links,
        scale,
        np.arange(n, dtype=np.int32),
    )
