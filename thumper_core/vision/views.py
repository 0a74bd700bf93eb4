"""One picture, several looks at it: an embedder's vector as the mean over sizes and zooms.

At another size the same network answers to coarser or finer texture. Zoomed in on the middle it sees
the animal's coat larger and the grass round it not at all. The vectors of all looks are made unit
length and added, so that the vector keeps its size and the dot product stays one similarity.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional


class Views(torch.nn.Module):
    """(B, 3, S, S) pictures to (B, D): the sum of unit vectors over `scales` x `zooms`.

    network: pictures of any size to vectors; size: S, pixels; scales: the input's size as a share of
    S; zooms: the share of the side, in the middle, that is looked at, blown up to the whole; (0, 1].
    """

    def __init__(
        self,
        network: torch.nn.Module,
        size: int,
        scales: Sequence[float],
        zooms: Sequence[float],
    ) -> None:
        super().__init__()
        self.network = network
        self.size = size
        self.scales = tuple(scales)
        self.zooms = tuple(zooms)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Look at the pictures in every way."""
        vectors = []
        for zoom in self.zooms:
            side = round(self.size * zoom)
            start = (self.size - side) // 2
            middle = pixels[..., start : start + side, start : start + side]
            for scale in self.scales:
                seen = _resized(middle, side, round(self.size * scale))
                vectors.append(functional.normalize(self.network(seen).flatten(1), dim=1))
        return torch.stack(vectors).sum(dim=0)


def _resized(pixels: torch.Tensor, side: int, wanted: int) -> torch.Tensor:
    if side == wanted:
        return pixels
    return functional.interpolate(
        pixels, size=(wanted, wanted), mode="bilinear", align_corners=False
    )


def with_views(
    network: torch.nn.Module, size: int, scales: Sequence[float], zooms: Sequence[float]
) -> torch.nn.Module:
    """The network itself where it is to look once, at the picture as it is."""
    if tuple(scales) == (1.0,) and tuple(zooms) == (1.0,):
        return network
    return Views(network, size, scales, zooms).eval()
