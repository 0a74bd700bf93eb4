"""Several looks at one picture, against the same looks taken one by one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from thumper_core.contracts import UsageError
from thumper_core.vision.registry import read_registry
from thumper_core.vision.views import with_views


class Corners(torch.nn.Module):
    """Tells the mean of the picture and of its upper left quarter, and the picture's side."""

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        half = pixels.shape[-1] // 2
        quarter = pixels[..., :half, :half].mean(dim=(1, 2, 3))
        side = torch.full_like(quarter, float(pixels.shape[-1]) / 8)
        return torch.stack([pixels.mean(dim=(1, 2, 3)), quarter, side], dim=1)


def test_one_plain_look_is_the_network_itself() -> None:
    network = Corners()
    assert with_views(network, 16, (1.0,), (1.0,)) is network


def test_the_sum_of_the_looks_taken_one_by_one() -> None:
    pixels = torch.from_numpy(np.random.default_rng(0).random((3, 3, 16, 16), np.float32))
    got = with_views(Corners(), 16, (1.0, 0.5), (1.0, 0.5))(pixels)
    wanted = torch.zeros(3, 3)
    for picture in (pixels, pixels[..., 4:12, 4:12]):
        for side in (16, 8):
            seen = functional.interpolate(picture, size=(side, side), mode="bilinear")
            wanted += functional.normalize(Corners()(seen), dim=1)
    torch.testing.assert_close(got, wanted)


def test_zoomed_in_the_rim_is_not_seen() -> None:
    picture = torch.zeros(1, 3, 16, 16)
    rimmed = picture.clone()
    rimmed[..., :2, :] = 1
    look = with_views(Corners(), 16, (1.0,), (0.5,))
    torch.testing.assert_close(look(picture), look(rimmed))


@pytest.mark.parametrize("zooms", ["[0.0]", "[1.0, 1.5]", "[-0.5]"])
def test_the_registry_refuses_impossible_zooms(tmp_path, zooms: str) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "registry.toml"
    file.write_text(f'[[model]]\nname = "x"\nkind = "embedder"\nloader = "timm"\nzooms = {zooms}\n')
    with pytest.raises(UsageError, match="zooms"):
        read_registry(file)
