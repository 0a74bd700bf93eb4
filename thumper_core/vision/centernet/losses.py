"""What a CenterNet is told: where animals are (TTFNet), and what it knew before (distillation)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from thumper_core.contracts import FloatArray
from thumper_core.vision.centernet.network import STRIDE, UNIT_PX

SPREAD: Final = 0.54 / 6
"""Deviation of the Gaussian of a box over its sides (TTFNet, Liu et al. 2020, section 3)."""
BOX_WEIGHT: Final = 5.0


DOUBTFUL: Final = 0.97
"""The heat of a place of which nobody can tell: all but nothing is asked of it."""


def targets(
    boxes: Sequence[FloatArray], doubtful: Sequence[FloatArray], size: int
) -> tuple[Tensor, Tensor, Tensor]:
    """What the heat map, and the boxes, should be for pictures of size x size.

    boxes, doubtful: (N, 4) xyxy canvas pixels of each, the second of which nobody can tell. Gives
    heat (B, n, n) in 0..1, the weights of places (B, n, n) and what their box is, (B, 4, n, n) xyxy.
    Where two boxes claim a place the smaller has it.
    """
    n = size // STRIDE
    y, x = np.mgrid[0:n, 0:n].astype(np.float32)
    heat, weight = (np.zeros((len(boxes), n, n), np.float32) for _ in range(2))
    box = np.zeros((len(boxes), 4, n, n), np.float32)
    for i, rows in enumerate(boxes):
        for x1, y1, x2, y2 in doubtful[i] / STRIDE:
            heat[i][(x >= x1) & (x <= x2) & (y >= y1) & (y <= y2)] = DOUBTFUL
        sides = rows[:, 2:] - rows[:, :2]
        for place in np.argsort(-sides.prod(1), kind="stable"):
            x1, y1, x2, y2 = rows[place]
            w, h = sides[place]
            cx, cy = (min(int((a + b) / 2 / STRIDE), n - 1) for a, b in ((x1, x2), (y1, y2)))
            sx, sy = (max(side / STRIDE * SPREAD, 0.4) for side in (w, h))
            bump = np.exp(-(((x - cx) / sx) ** 2 + ((y - cy) / sy) ** 2) / 2)
            bump[cy, cx] = 1
            near = bump > 0.05
            heat[i] = np.maximum(heat[i], bump)
            weight[i][near] = bump[near] * math.log(max(w * h, 16)) / bump[near].sum()
            box[i][:, near] = rows[place][:, None]
    return torch.from_numpy(heat), torch.from_numpy(weight), torch.from_numpy(box)


def heat_loss(logits: Tensor, heat: Tensor) -> Tensor:
    """Focal loss of a heat map, (B, n, n) both (CornerNet, Law and Deng 2018, equation 1)."""
    p = torch.sigmoid(logits).clamp(1e-4, 1 - 1e-4)
    peak = heat.eq(1).float()
    missed = torch.log(p) * (1 - p) ** 2 * peak
    false = torch.log(1 - p) * p**2 * (1 - heat) ** 4 * (1 - peak)
    return -(missed + false).sum() / peak.sum().clamp(min=1)


def box_loss(sides: Tensor, weight: Tensor, box: Tensor) -> Tensor:
    """Weighted mean of 1 - GIoU (Rezatofighi et al. 2019); sides: (B, 4, n, n) pixels."""
    n = sides.shape[-1]
    at = torch.arange(n, dtype=torch.float32) * STRIDE
    x, y = at.view(1, 1, n), at.view(1, n, 1)
    found = torch.stack([x - sides[:, 0], y - sides[:, 1], x + sides[:, 2], y + sides[:, 3]], 1)

    def area(low: Tensor, high: Tensor) -> Tensor:
        return (high - low).clamp(min=0).prod(1)

    a, b, c, d = found[:, :2], found[:, 2:], box[:, :2], box[:, 2:]
    shared = area(torch.maximum(a, c), torch.minimum(b, d))
    hull = area(torch.minimum(a, c), torch.maximum(b, d)).clamp(min=1)
    union = (area(a, b) + area(c, d) - shared).clamp(min=1)
    giou = shared / union - (hull - union) / hull
    return ((1 - giou) * weight).sum() / weight.sum().clamp(min=1)


def kept_loss(logits: Tensor, sides: Tensor, known: Tensor, known_sides: Tensor) -> Tensor:
    """How far a network went from what it knew: quality focal loss (Li et al. 2020) and distances.

    logits, known: (B, C, n, n) of the same classes, known being the earlier network's.
    """
    wanted = torch.sigmoid(known)
    p = torch.sigmoid(logits)
    cross = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    told = (wanted > 0.15).float()
    maps = (cross * (p - wanted) ** 2).sum() / told.sum().clamp(min=4)
    seen = wanted.amax(1, keepdim=True)
    seen = seen * (seen > 0.15)
    off = (sides - known_sides).abs() / UNIT_PX
    return maps + 0.2 * (off * seen).sum() / seen.sum().clamp(min=1)
