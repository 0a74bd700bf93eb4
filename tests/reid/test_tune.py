"""Tuning the last layers: the loss by hand, what a batch holds, stopping, going on, and refusing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from thumper_core.contracts import UsageError
from thumper_core.reid.tune import (
    ANIMALS,
    CROPS,
    TEMPERATURE,
    Examples,
    Plan,
    batches,
    contrast,
    halves,
    tune,
    weathered,
)


class Tiny(torch.nn.Module):
    """Built as an EfficientNet is: a stem, stages, a last convolution, and pooling."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv_stem = torch.nn.Conv2d(3, 4, 3, 2, 1)
        self.bn1 = torch.nn.BatchNorm2d(4)
        self.blocks = torch.nn.Sequential(*(torch.nn.Conv2d(4, 4, 3, 1, 1) for _ in range(3)))
        self.conv_head = torch.nn.Conv2d(4, 8, 1)
        self.bn2 = torch.nn.BatchNorm2d(8)
        self.global_pool = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = self.conv_head(self.blocks(self.bn1(self.conv_stem(x))))
        return self.global_pool(self.bn2(found))


def examples(animals: int = 10, visits: int = 3) -> Examples:
    rng = np.random.default_rng(0)
    count = animals * visits
    animal = np.repeat(np.arange(animals), visits)
    own = rng.normal(size=(animals, 4, 1, 1))
    maps = own[animal][:, None] + rng.normal(size=(count, 2, 4, 6, 6))
    return Examples(maps.astype(np.float16), animal, np.arange(count))


def test_the_halves_are_the_network() -> None:
    network = Tiny().eval()
    first, last = halves(network)
    x = torch.rand(2, 3, 16, 16)
    torch.testing.assert_close(last(first(x)), network(x))
    with pytest.raises(UsageError, match="Only EfficientNets"):
        halves(torch.nn.Linear(2, 2))


def test_the_loss_by_hand_leaves_a_visit_of_its_own_out() -> None:
    vectors = functional.normalize(
        torch.tensor([[1.0, 0], [0.9, 0.1], [0, 1.0], [0.6, 0.5]]), dim=1
    )
    animal, visit = torch.tensor([0, 0, 1, 0]), torch.tensor([0, 0, 1, 2])
    similar = (vectors @ vectors.T / TEMPERATURE).double().numpy()
    # Crops 0, 1 (one visit) look for 3 among 2, 3; crop 3 for 0 and 1 among 0, 1, 2; 2 is alone.
    losses = [-(similar[k, 3] - np.log(np.exp(similar[k, [2, 3]]).sum())) for k in (0, 1)] + [
        np.log(np.exp(similar[3, [0, 1, 2]]).sum()) - similar[3, [0, 1]].mean()
    ]
    found = contrast(vectors, animal, visit)
    assert float(found) == pytest.approx(np.mean(losses), rel=1e-5)
    assert float(contrast(vectors, torch.arange(4), visit)) == 0  # nobody has another visit


def test_a_batch_holds_other_visits_first() -> None:
    one = Examples(
        np.zeros((60, 1, 1, 1, 1), np.float16),
        np.repeat(np.arange(10), 6),
        np.repeat(np.arange(30), 2),
    )
    plan = Plan(steps=3)
    made = list(batches(one, plan, 0))
    assert len(made) == 3 and all(len(rows) == ANIMALS * CROPS for rows in made)
    for rows in made:
        for animal in np.unique(one.animal[rows]):
            assert len(np.unique(one.visit[rows][one.animal[rows] == animal])) == 3
    again = list(batches(one, plan, 0))
    assert all((a == b).all() for a, b in zip(made, again, strict=True))
    assert any((a != b).any() for a, b in zip(made, batches(one, plan, 1), strict=True))


def test_weathered_crops_are_pictures_and_the_same_again() -> None:
    crops = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    made = weathered(crops, (1, 2))
    assert made.shape == crops.shape and made.dtype == np.float32
    assert made.min() >= 0 and made.max() <= 255
    np.testing.assert_array_equal(made, weathered(crops, (1, 2)))
    assert np.abs(made - weathered(crops, (1, 3))).mean() > 1


def found_again(layers: torch.nn.Module, of: Examples) -> float:
    """How much nearer crops of one animal lie than those of two."""
    with torch.inference_mode():
        v = functional.normalize(layers(torch.from_numpy(of.maps[:, 0].astype(np.float32))), dim=1)
    similar = (v @ v.T).numpy()
    same = of.animal[:, None] == of.animal[None, :]
    return float(similar[same].mean() - similar[~same].mean())


def test_it_learns_and_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    last, of = halves(Tiny())[1], examples()
    plan = Plan(rounds=4, steps=5)
    whole, scores = tune(last, of, plan, lambda n: found_again(n, of), tmp_path / "a.pt")
    assert len(scores) == 5 and max(scores) > scores[0]
    assert found_again(whole, of) == pytest.approx(max(scores))

    class StopError(Exception):
        pass

    def stop(done: int, total: int, words: str) -> None:
        if done == 2 * plan.steps + 3:
            raise StopError

    saved = tmp_path / "b.pt"
    with pytest.raises(StopError):
        tune(last, of, plan, lambda n: found_again(n, of), saved, stop)
    asked: list[int] = []
    tell = lambda done, total, words: asked.append(done)  # noqa: E731
    resumed, again = tune(last, of, plan, lambda n: found_again(n, of), saved, tell)
    assert again == scores and asked[0] == 2 * plan.steps + 1
    for a, b in zip(whole.parameters(), resumed.parameters(), strict=True):
        torch.testing.assert_close(a, b)
    with pytest.raises(UsageError, match="Delete it"):
        tune(last, of, Plan(rounds=5, steps=5), lambda n: 0.0, saved)


def test_it_stops_after_the_best_round_and_gives_that_one_back(tmp_path: Path) -> None:
    last, of = halves(Tiny())[1], examples()
    told = iter([0.5, 0.6, 0.4, 0.3, 0.2, 0.1])
    states: list[dict[str, Any]] = []

    def measure(network: torch.nn.Module) -> float:
        states.append({k: v.clone() for k, v in network.state_dict().items()})
        return next(told)

    best, scores = tune(last, of, Plan(rounds=9, steps=1, patience=3), measure, tmp_path / "c.pt")
    assert scores == [0.5, 0.6, 0.4, 0.3, 0.2]
    for name, value in best.state_dict().items():
        torch.testing.assert_close(value, states[1][name])
