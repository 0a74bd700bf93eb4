"""How a convolutional network's last feature map becomes one vector.

Networks trained to classify average the map. Two changes, neither with a parameter to learn, tell
individuals apart better. Generalized mean (Radenović, Tolias & Chum 2019, "Fine-tuning CNN image
retrieval with no human annotation", TPAMI 41(7), equation 1): (mean of x^p)^(1/p) lets strong local
answers, a patch of coat or an antler, count for more than how much of the picture they fill. And the
animal stands in the middle of its crop: places count by a normal curve round the centre, so that the
grass at the rim, which says where the deer was and not who, counts less.
"""

from __future__ import annotations

from typing import Any

import torch

from thumper_core.vision.registry import ModelSpec

SMALLEST = 1e-6  # under the root: its slope at 0 is infinite


class GeneralizedMean(torch.nn.Module):
    """(B, C, H, W) features to (B, C).

    power: p >= 1, 1 is the mean; centre_sigma: of the normal curve, in halves of the map's side;
    0: every place counts alike.
    """

    def __init__(self, power: float, centre_sigma: float) -> None:
        super().__init__()
        self.power = power
        self.centre_sigma = centre_sigma

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Pool; features: (B, C, H, W) float32, negative values count as none."""
        raised = features.clamp(min=SMALLEST).pow(self.power)
        if self.centre_sigma > 0:
            pooled = (raised * self._weights(features)).sum(dim=(2, 3))
        else:
            pooled = raised.mean(dim=(2, 3))
        return pooled.pow(1 / self.power)

    def _weights(self, features: torch.Tensor) -> torch.Tensor:
        """(H, W), sum 1."""
        rows, columns = (
            torch.exp(
                -(torch.linspace(-1, 1, n, device=features.device) ** 2)
                / (2 * self.centre_sigma**2)
            )
            for n in features.shape[-2:]
        )
        curve = rows[:, None] * columns[None, :]
        return curve / curve.sum()


def with_pooling(network: Any, spec: ModelSpec) -> Any:
    """The network with the pooling that its entry in the registry asks for, if any.

    Raises ValueError where the network has no pooling to put another in the place of.
    """
    if not spec.gem_power:
        return network
    if not hasattr(network, "global_pool"):
        raise ValueError(f"gem_power does not go with {spec.architecture}: it pools in its own way")
    network.global_pool = GeneralizedMean(spec.gem_power, spec.centre_sigma)
    return network
