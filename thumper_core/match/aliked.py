"""ALIKED: keypoints of a picture, and what each looks like.

Zhao, Wu, Chen, Chen, Xu & Lee 2023, "ALIKED: A Lighter Keypoint and Descriptor Extraction Network via
Deformable Transformation" (IEEE TIM 72), with its authors' weights (BSD-3). The network as they
describe it, computed in another order: a 1x1 convolution of maps that were enlarged is the sum of the
enlarged convolutions, and descriptors look at few places, so the full map of 128 channels, which is most
of the work, is never made. A sixth of the time, the same keypoints.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray, ImageArray

if TYPE_CHECKING:
    from torch import Tensor

Mask = npt.NDArray[np.bool_]

STRIDE: Final = 32
"""Sides of a picture are multiples of this."""
RADIUS: Final = 2
"""Pixels within which one keypoint stands alone; nearer to the edge there is none."""
SHARPENING: Final = 10.0
"""How far the best pixel's neighbours draw a keypoint between pixels (the authors')."""


@dataclass(frozen=True)
class Found:
    """xy: (K, 2) float32, pixels; descriptor: (K, 128) float32 of unit length, strongest first."""

    xy: FloatArray
    descriptor: FloatArray


class Aliked:
    """The network. weights: the authors' file, whose hash the caller has checked."""

    def __init__(self, weights: Path) -> None:
        import torch

        self._w: dict[str, Tensor] = torch.load(weights, map_location="cpu", weights_only=True)

    def find(self, picture: ImageArray, most: int, where: Mask | None = None) -> Found:
        """The `most` strongest keypoints of a (H, W, 3) uint8 RGB picture, H and W multiples of 32.

        where: (H, W), True where keypoints are looked for; None: everywhere.
        """
        import torch

        with torch.inference_mode():
            pixels = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None]
            levels = self._levels(pixels.float() / 255)
            score = self._score(levels)
            place = torch.ones_like(score) if where is None else torch.from_numpy(where)
            xy = _strongest(_peaks(score) * place, score, most)
            return Found(xy.numpy(), self._describe(levels, xy).numpy())

    def _conv(self, x: Tensor, name: str, padding: int = 1) -> Tensor:
        from torch.nn import functional as f

        return f.conv2d(x, self._w[f"{name}.weight"], self._w.get(f"{name}.bias"), padding=padding)

    def _deformable(self, x: Tensor, name: str) -> Tensor:
        from torchvision.ops import deform_conv2d

        most = max(x.shape[2:]) / 4
        offset = self._conv(x, f"{name}.offset_conv").clamp(-most, most)
        weight = self._w[f"{name}.regular_conv.weight"]
        bias = self._w.get(f"{name}.regular_conv.bias")
        moved: Tensor = deform_conv2d(x, offset, weight, bias, padding=1)
        return moved

    def _norm(self, x: Tensor, name: str) -> Tensor:
        from torch.nn import functional as f

        mean, var = (self._w[f"{name}.running_{key}"] for key in ("mean", "var"))
        return f.batch_norm(x, mean, var, self._w[f"{name}.weight"], self._w[f"{name}.bias"])

    def _block(self, x: Tensor, name: str, conv: Callable[[Tensor, str], Tensor]) -> Tensor:
        from torch.nn import functional as f

        inner = f.selu(self._norm(conv(x, f"{name}.conv1"), f"{name}.bn1"))
        inner = self._norm(conv(inner, f"{name}.conv2"), f"{name}.bn2")
        return f.selu(inner + self._conv(x, f"{name}.downsample", 0))

    def _levels(self, x: Tensor) -> list[Tensor]:
        """Four maps of 32 channels, of the whole, half, eighth and 32nd of the resolution."""
        from torch.nn import functional as f

        for number in (1, 2):
            x = f.selu(self._norm(self._conv(x, f"block1.conv{number}"), f"block1.bn{number}"))
        maps = [x]
        maps.append(self._block(f.avg_pool2d(maps[0], 2), "block2", self._conv))
        maps.append(self._block(f.avg_pool2d(maps[1], 4), "block3", self._deformable))
        maps.append(self._block(f.avg_pool2d(maps[2], 4), "block4", self._deformable))
        return [f.selu(self._conv(m, f"conv{k}", 0)) for k, m in enumerate(maps, 1)]

    def _score(self, levels: list[Tensor]) -> Tensor:
        """(H, W): how good a keypoint each pixel is, in 0..1."""
        import torch
        from torch.nn import functional as f

        size = levels[0].shape[2:]
        weight = self._w["score_head.0.weight"].chunk(len(levels), dim=1)
        parts = [f.conv2d(level, own) for level, own in zip(levels, weight, strict=True)]
        total = parts[0] + sum(
            f.interpolate(part, size=size, mode="bilinear", align_corners=True)
            for part in parts[1:]
        )
        bias = self._w.get("score_head.0.bias")
        total = total if bias is None else total + bias[None, :, None, None]
        for number in (2, 4, 6):
            total = self._conv(f.selu(total), f"score_head.{number}")
        return torch.sigmoid(total)[0, 0]

    def _describe(self, levels: list[Tensor], xy: Tensor) -> Tensor:
        """(K, 128) of (K, 2) keypoints: sums of what is seen at places that each one's look decides."""
        import torch
        from torch.nn import functional as f

        count, side = len(xy), max(levels[0].shape[2:])
        if not count:
            return torch.zeros(0, self._w["desc_head.sf_conv.weight"].shape[0])
        around = xy.long()[:, None] + _grid(1)
        patch = _sampled(levels, around.reshape(-1, 2).float())
        patch = patch.view(-1, count, 3, 3).permute(1, 0, 2, 3)
        offset = self._conv(patch, "desc_head.offset_conv.0", 0)
        offset = self._conv(f.selu(offset), "desc_head.offset_conv.2", 0)
        offset = offset.clamp(-side / 4, side / 4).view(count, 2, -1).permute(0, 2, 1)
        seen = _sampled(levels, (xy[:, None] + offset).reshape(-1, 2))
        seen = self._w["desc_head.sf_conv.weight"][:, :, 0, 0] @ seen
        seen = f.selu(seen).view(len(seen), count, -1)
        described = torch.einsum("cnp,pcd->nd", seen, self._w["desc_head.agg_weights"])
        return f.normalize(described, dim=-1)


def _sampled(levels: list[Tensor], xy: Tensor) -> Tensor:
    """(C, P): the maps one above the other, of unit length, at (P, 2) places of the first one."""
    import torch
    from torch.nn import functional as f

    height, width = levels[0].shape[2:]
    grid = (xy / torch.tensor([width - 1, height - 1]) * 2 - 1)[None, :, None]
    seen = [f.grid_sample(m, grid, mode="bilinear", align_corners=True) for m in levels]
    return f.normalize(torch.cat(seen, 1)[0, :, :, 0], dim=0)


def _strongest(peaks: Tensor, score: Tensor, most: int) -> Tensor:
    """(K, 2) float32 places of the highest peaks, each drawn between pixels by its neighbours."""
    import torch

    height, width = score.shape
    inside = peaks[RADIUS:-RADIUS, RADIUS:-RADIUS]
    value, place = inside.reshape(-1).topk(min(most, inside.numel()))
    place = place[value > 0]
    x, y = place % inside.shape[1] + RADIUS, place // inside.shape[1] + RADIUS
    grid = _grid(RADIUS)
    near = (y[:, None] + grid[:, 1]) * width + x[:, None] + grid[:, 0]
    level = score.reshape(-1)[near.clamp(0, height * width - 1)]
    weight = ((level - level.max(dim=1, keepdim=True).values) * SHARPENING).exp()
    moved: Tensor = torch.stack([x, y], 1) + weight @ grid.float() / weight.sum(1, keepdim=True)
    return moved


def _peaks(score: Tensor) -> Tensor:
    """The score where no pixel near is higher, else 0; twice again where the higher one fell out."""
    import torch
    from torch.nn import functional as f

    def highest(x: Tensor) -> Tensor:
        return f.max_pool2d(x[None, None], 2 * RADIUS + 1, 1, RADIUS)[0, 0]

    kept = score == highest(score)
    for _ in range(2):
        shaded = highest(kept.float()) > 0
        rest = torch.where(shaded, torch.zeros_like(score), score)
        kept = kept | ((rest == highest(rest)) & ~shaded)
    return torch.where(kept, score, torch.zeros_like(score))


def _grid(radius: int) -> Any:
    """((2 r + 1)^2, 2) int64 steps (x, y), row by row."""
    import torch

    steps = torch.arange(-radius, radius + 1)
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], -1)
