"""Generalized-mean pooling: by hand, at its limits, and on both backends."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from thumper_core.vision.embedders import open_embedder
from thumper_core.vision.pooling import GeneralizedMean, with_pooling
from thumper_core.vision.registry import load_registry, read_registry

DEFAULT = "efficientnet_lite2_gem"


def pooled(features: np.ndarray, power: float, sigma: float) -> np.ndarray:
    with torch.inference_mode():
        return GeneralizedMean(power, sigma)(torch.from_numpy(features)).numpy()


def test_by_hand() -> None:
    row = np.array([1.0, 2.0, 3.0, 0.0], np.float32).reshape(1, 1, 2, 2)
    assert pooled(row, 1.0, 0.0)[0, 0] == pytest.approx(1.5, abs=1e-5)
    assert pooled(row, 3.0, 0.0)[0, 0] == pytest.approx(((1 + 8 + 27) / 4) ** (1 / 3), abs=1e-5)
    assert pooled(row, 40.0, 0.0)[0, 0] == pytest.approx(3.0, rel=0.05)


def test_the_middle_counts_most_and_all_places_together_count_one() -> None:
    level = np.full((2, 5, 7, 7), 0.25, np.float32)
    np.testing.assert_allclose(pooled(level, 3.0, 0.7), 0.25, rtol=1e-5)
    middle, rim = np.zeros((2, 1, 1, 7, 7), np.float32)
    middle[..., 3, 3], rim[..., 0, 3] = 1, 1
    # e^(-1 / (2 * 0.49)) less weight at the rim, under a cube root
    ratio = pooled(rim, 3.0, 0.7) / pooled(middle, 3.0, 0.7)
    assert ratio[0, 0] == pytest.approx(np.exp(-1 / 0.98) ** (1 / 3), rel=1e-3)


@pytest.mark.slow
def test_the_default_embedder_agrees_on_both_backends_and_differs_from_averaging() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (4, 224, 224, 3), dtype=np.uint8)
    noise[:, 60:160, 60:160] //= 4
    plain = open_embedder(DEFAULT, device="torch")
    wanted = plain.embed(noise)
    assert (open_embedder(DEFAULT, device="openvino").embed(noise) * wanted).sum(1).min() > 0.9999
    averaged = open_embedder("efficientnet_lite0", device="torch")
    assert (averaged.embed(noise) * wanted).sum(1).max() < 0.99
    assert plain.fingerprint_fields() != averaged.fingerprint_fields()


def test_a_network_that_pools_in_its_own_way_is_refused() -> None:
    spec = load_registry().get(DEFAULT)
    with pytest.raises(ValueError, match="gem_power"):
        with_pooling(SimpleNamespace(), spec)
    own = SimpleNamespace()
    assert with_pooling(own, dataclasses.replace(spec, gem_power=0.0)) is own


@pytest.mark.parametrize("line", ["gem_power = 0.5", "gem_power = -1.0", "centre_sigma = -0.1"])
def test_the_registry_refuses_impossible_pooling(tmp_path, line: str) -> None:  # type: ignore[no-untyped-def]
    from thumper_core.contracts import UsageError

    file = tmp_path / "registry.toml"
    file.write_text(f'[[model]]\nname = "x"\nkind = "embedder"\nloader = "timm"\n{line}\n')
    with pytest.raises(UsageError, match="model x"):
        read_registry(file)
