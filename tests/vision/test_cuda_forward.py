"""The CUDA backend against torch in float32. Needs a GPU."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from thumper_core.vision import cuda_forward
from thumper_core.vision.backends import as_pictures_module, torch_forward
from thumper_core.vision.cuda_forward import CudaForward

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU")


class Remembering(torch.nn.Module):
    """Keeps a tensor for the last shape it saw, as a YOLO head keeps its anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 8, 3, 2)
        self.shape: torch.Size | None = None
        self.anchors = torch.zeros(0)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        features = self.layer(pixels)
        if self.shape != features.shape[2:]:
            self.shape = features.shape[2:]
            self.anchors = torch.linspace(0, 1, features[0, 0].numel()).to(features)
        return features.flatten(2) + self.anchors


class Asking(Remembering):
    """Asks the device for a number in the middle, which no graph can hold."""

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        output = super().forward(pixels)
        return output + 1 if float(output.mean()) > 1e9 else output


def module_of(kind: Callable[[], torch.nn.Module]) -> torch.nn.Module:
    torch.manual_seed(0)
    return as_pictures_module(kind(), (0.5, 0.4, 0.3), (0.2, 0.3, 0.4))


def pictures(seed: int, shape: tuple[int, int, int] = (5, 24, 32)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


@pytest.mark.parametrize(("kind", "is_recorded"), [(Remembering, True), (Asking, False)])
def test_agrees_with_float32_for_any_shape_in_any_order(
    kind: Callable[[], torch.nn.Module], is_recorded: bool
) -> None:
    plain, fast = torch_forward(module_of(kind), "torch"), CudaForward(module_of(kind))
    shapes = [(5, 24, 32), (2, 24, 32), (5, 32, 24), (1, 64, 64)]
    for seed in range(3):
        for shape in shapes:
            batch = pictures(seed, shape)
            np.testing.assert_allclose(fast(batch), plain(batch), atol=0.02)
    assert len(fast._prepared) == len(shapes)
    assert all((p.graph is not None) == is_recorded for p in fast._prepared.values())


def test_threads_get_the_output_of_their_own_batch() -> None:
    plain, fast = (
        torch_forward(module_of(Remembering), "torch"),
        CudaForward(module_of(Remembering)),
    )
    batches = [pictures(seed, (4 + seed % 2, 64, 96)) for seed in range(60)]
    with ThreadPoolExecutor(4) as pool:
        outputs = list(pool.map(fast, batches))
    for batch, output in zip(batches, outputs, strict=True):
        np.testing.assert_allclose(output, plain(batch), atol=0.02)


def test_only_so_many_shapes_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_forward, "SHAPES_MAX", 2)
    plain, fast = (
        torch_forward(module_of(Remembering), "torch"),
        CudaForward(module_of(Remembering)),
    )
    for size in (24, 32, 40, 24, 48, 32):
        batch = pictures(size, (2, size, size))
        np.testing.assert_allclose(fast(batch), plain(batch), atol=0.02)
        assert len(fast._prepared) <= 2
