"""A CenterNet on MobileNetV3 that can be trained: heat maps of classes and distances to four sides.

MobileNetV3-Large (Howard et al. 2019) down to stride 32, brought back to stride 4 over three lateral
connections, and two heads as TTFNet's (Liu et al. 2020): a heat map for each class, and from each
place the distances to the sides of its box. Normalisation is folded into the convolutions, as in
the files that weights are read from.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STRIDE: Final = 4
"""Pixels of the picture from one place of the heat maps to the next."""
UNIT_PX: Final = 16.0
"""The network counts distances in these."""
SIDES: Final = 32
"""A picture's sides are multiples of this, pixels."""


class Row(NamedTuple):
    """One block: channels in, inside and out; its filter; hard swish or else ReLU."""

    inside: int
    wide: int
    outside: int
    kernel: int
    stride: int
    swish: bool
    squeeze: int  # channels between squeeze and excitation, 0: there is none
    lateral: int = 0  # channels of what leaves it sideways, after its first convolution


ROWS: Final = (
    Row(16, 64, 24, 3, 2, False, 0),
    Row(24, 72, 24, 3, 1, False, 0),
    Row(24, 72, 32, 5, 2, False, 24, 64),
    Row(32, 96, 32, 5, 1, False, 24),
    Row(32, 96, 32, 5, 1, False, 24, 96),
    Row(32, 192, 64, 3, 2, True, 0),
    Row(64, 160, 64, 3, 1, True, 0),
    Row(64, 144, 64, 3, 1, True, 0),
    Row(64, 144, 64, 3, 1, True, 0),
    Row(64, 384, 88, 3, 1, True, 96),
    Row(88, 528, 88, 3, 1, True, 136),
)
DEEPEST: Final = (
    Row(88, 528, 120, 5, 2, True, 136),
    Row(120, 720, 120, 5, 1, True, 184),
    Row(120, 720, 120, 5, 1, True, 184),
)


def conv(
    inside: int,
    outside: int,
    kernel: int = 1,
    stride: int = 1,
    *,
    alone: bool = False,
    bias: bool = True,
) -> nn.Conv2d:
    """A convolution that keeps the sides (or divides them by `stride`); alone: channel by channel."""
    groups, border = inside if alone else 1, kernel // 2 if stride == 1 else 0
    return nn.Conv2d(inside, outside, kernel, stride, border, groups=groups, bias=bias)


def separable(inside: int, outside: int, kernel: int) -> nn.Sequential:
    """A filter in each channel, then a mixture of the channels."""
    return nn.Sequential(
        conv(inside, inside, kernel, alone=True, bias=False), conv(inside, outside)
    )


def lateral(inside: int, outside: int) -> nn.Sequential:
    """What a finer level gives a deeper one."""
    return nn.Sequential(conv(inside, inside // 4), nn.ReLU(), separable(inside // 4, outside, 5))


def halved(x: Tensor, filters: nn.Conv2d) -> Tensor:
    """A convolution of stride 2; what border there is to spare stands behind, as TensorFlow has it."""
    spare = filters.kernel_size[0] - 2
    before, behind = spare // 2, spare - spare // 2
    out: Tensor = filters(F.pad(x, (before, behind, before, behind)))
    return out


def doubled(x: Tensor) -> Tensor:
    """(B, C, H, W) to (B, C, 2 H, 2 W): between two places their mean, behind the last the last."""
    for axis in (2, 3):
        last = x.shape[axis] - 1
        following = torch.cat([x.narrow(axis, 1, last), x.narrow(axis, last, 1)], axis)
        x = torch.stack([x, (x + following) / 2], axis + 1).flatten(axis, axis + 1)
    return x


class Squeeze(nn.Module):
    """Weights of the channels from their means (Hu et al. 2018)."""

    def __init__(self, channels: int, less: int, gate: nn.Module, *, bias: bool = True) -> None:
        super().__init__()
        self.less, self.more, self.gate = (
            conv(channels, less),
            conv(less, channels, bias=bias),
            gate,
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same."""
        means = x.mean((2, 3), keepdim=True)
        weights: Tensor = self.gate(self.more(F.relu(self.less(means))))
        return x * weights


class Block(nn.Module):
    """An inverted residual, and what leaves it sideways."""

    def __init__(self, row: Row) -> None:
        super().__init__()
        self.row = row
        self.act = nn.Hardswish() if row.swish else nn.ReLU()
        self.wide = conv(row.inside, row.wide)
        self.lateral = lateral(row.wide, row.lateral) if row.lateral else None
        self.apart = conv(row.wide, row.wide, row.kernel, row.stride, alone=True)
        self.squeeze = Squeeze(row.wide, row.squeeze, nn.Hardsigmoid()) if row.squeeze else None
        self.narrow = conv(row.wide, row.outside)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """(B, C, H, W) to (B, C', H / stride, W / stride) and to (B, lateral, H, W)."""
        wide = self.act(self.wide(x))
        sideways = self.lateral(wide) if self.lateral is not None else None
        inner = self.act(halved(wide, self.apart) if self.row.stride == 2 else self.apart(wide))
        out = self.narrow(inner if self.squeeze is None else self.squeeze(inner))
        return (out + x if x.shape == out.shape else out), sideways


class Rise(nn.Module):
    """One level up: two filters of what is below, doubled, beside what came sideways."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.small, self.large = separable(inside, outside, 3), separable(inside, outside, 5)

    def forward(self, x: Tensor, beside: Tensor) -> Tensor:
        """(B, C, H, W) and (B, outside, 2 H, 2 W) to (B, 2 outside, 2 H, 2 W)."""
        return F.relu(torch.cat([beside, doubled(self.small(x) + self.large(x))], 1))


class CenterNet(nn.Module):
    """The network. Its modules stand in the order in which they are run: files are read by it."""

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.stem, self.swish = conv(3, 16, 3, 2), nn.Hardswish()
        self.first = nn.Sequential(conv(16, 16, 3, alone=True), nn.ReLU(), conv(16, 16))
        self.body = nn.ModuleList(Block(row) for row in ROWS)
        self.lateral = lateral(88, 128)
        self.deepest = nn.ModuleList(Block(row) for row in DEEPEST)
        self.top = conv(120, 480)
        self.rises = nn.ModuleList([Rise(480, 128), Rise(256, 96), Rise(192, 64)])
        self.squeeze = Squeeze(128, 32, nn.Sigmoid(), bias=False)
        self.heat, self.sides = separable(128, n_classes, 3), separable(128, 4, 3)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) float32 RGB in 0..1; H, W multiples of 32.

        Logits (B, classes, H / 4, W / 4), and the distances from each place to the left, upper,
        right and lower side of a box that has its middle there, (B, 4, H / 4, W / 4) pixels.
        """
        x = self.swish(halved(x, self.stem))
        x = x + self.first(x)
        beside = []
        for block in self.body:
            x, sideways = block(x)
            if sideways is not None:
                beside.append(sideways)
        beside.append(self.lateral(x))
        for block in self.deepest:
            x, _ = block(x)
        x = self.swish(self.top(x))
        for rise in self.rises:
            x = rise(x, beside.pop())
        x = self.squeeze(x)
        return self.heat(x), self.sides(x) * UNIT_PX

    def convolutions(self) -> list[nn.Conv2d]:
        """All of them, in the order in which they are run."""
        return [module for module in self.modules() if isinstance(module, nn.Conv2d)]
