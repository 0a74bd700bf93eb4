"""Tuning an embedder's last layers on animals that somebody knows: same animal, other visit.

The loss is supervised contrastive (Khosla et al. 2020, "Supervised contrastive learning", equation 2) over a
batch of some animals' crops, of which those of one visit are no example of each other: they are alike
anyway. Beside it stands what the network knew: a crop's vector may change, but not at will, because a few
dozen animals are not what the network will meet.

The first layers stay as they are, edges and textures are the same everywhere: so each crop goes through
them once for each of its weathered versions, and a training on two cores takes minutes. Crops are weathered
as cameras and light do it; they are not mirrored, because the other flank is another pattern.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from thumper_core.contracts import FloatArray, ImageArray, UsageError
from thumper_core.files import write_whole

Labels = npt.NDArray[np.integer]
Measure = Callable[[torch.nn.Module], float]
Progress = Callable[[int, int, str], None]

ANIMALS: Final = 8
"""Animals of a batch."""
CROPS: Final = 4
"""Crops of each, of as many visits as it has."""
TEMPERATURE: Final = 0.1
LAST: Final = 2
"""Stages, the last ones, that are tuned."""
KEPT: Final = 1.0
"""Weight of what the network knew."""
RATE: Final = 3e-4
GREY: Final = 0.5
"""Share of the crops that lose their colour: an infrared photo has none."""


@dataclass(frozen=True)
class Examples:
    """maps: (N, V, C, H, W) float16, what the first layers make of V weathered versions of each crop; animal,
    visit: (N,) codes.
    """

    maps: npt.NDArray[np.float16]
    animal: Labels
    visit: Labels


@dataclass(frozen=True)
class Plan:
    """rounds of `steps` batches, each measured; it stops `patience` rounds after the best one."""

    rounds: int = 20
    steps: int = 15
    patience: int = 4
    seed: int = 0
    origin: str = ""  # which examples, and which weights


@dataclass
class Course:
    """A training on its way: what is saved, and gone on with. scores: of each round, the first before any."""

    network: torch.nn.Module
    optimizer: torch.optim.Optimizer
    best: dict[str, torch.Tensor]
    round: int = 0
    scores: list[float] = field(default_factory=list)

    @property
    def best_round(self) -> int:
        """The round after which it was best; 0: before any."""
        return int(np.argmax(self.scores))


def tune(
    start: torch.nn.Module,
    examples: Examples,
    plan: Plan,
    measure: Measure,
    saved: Path,
    on_progress: Progress | None = None,
) -> tuple[torch.nn.Module, list[float]]:
    """The network as it was when it did best on what `measure` keeps from it, and the scores of each round.

    start: the last layers, maps (B, C, H, W) to vectors; measure: larger is better; saved: a file in which
    the training is kept and from which it goes on when it was stopped: the batches of a round depend on
    the plan and the round alone. on_progress(step, steps, words). UsageError for a file of other
    examples, weights or plans.
    """
    before = copy.deepcopy(start).eval().requires_grad_(False)
    course = _opened(start, plan, saved)
    total = plan.rounds * plan.steps
    tell = on_progress or (lambda done, total, words: None)
    if not course.scores:
        course.scores.append(measure(course.network.eval()))
    while course.round < plan.rounds and course.round - course.best_round < plan.patience:
        loss = math.nan
        for number, rows in enumerate(batches(examples, plan, course.round)):
            loss = _step(course, before, examples, rows, (plan.seed, course.round, number))
            tell(course.round * plan.steps + number + 1, total, f"loss {loss:.2f}")
        course.round += 1
        course.scores.append(measure(course.network.eval()))
        if course.best_round == course.round:
            course.best = {k: v.clone() for k, v in course.network.state_dict().items()}
        _save(course, plan, saved)
        tell(course.round * plan.steps, total, f"{course.scores[-1]:.3f} on what was kept back")
    course.network.load_state_dict(course.best)
    return course.network.eval(), course.scores


def batches(examples: Examples, plan: Plan, number: int) -> Iterator[npt.NDArray[np.int64]]:
    """Rows of each batch of a round: ANIMALS animals by lot, CROPS crops of each, of other visits first."""
    rng = np.random.default_rng([plan.seed, number])
    animals = np.unique(examples.animal)
    for _ in range(plan.steps):
        rows: list[int] = []
        for animal in rng.permutation(animals)[:ANIMALS]:
            own = rng.permutation(np.flatnonzero(examples.animal == animal))
            _, first = np.unique(examples.visit[own], return_index=True)
            order = np.concatenate([own[rng.permutation(first)], np.delete(own, first)])
            rows += order[:CROPS].tolist()
        yield np.array(rows, np.int64)


def contrast(vectors: torch.Tensor, animal: torch.Tensor, visit: torch.Tensor) -> torch.Tensor:
    """The supervised contrastive loss of (B, D) unit vectors; crops of one visit count in no way."""
    logits = vectors @ vectors.T / TEMPERATURE
    apart = visit[:, None] != visit[None, :]
    same = (animal[:, None] == animal[None, :]) & apart
    logits = logits.masked_fill(~apart, -torch.inf)
    share = logits - torch.logsumexp(logits, dim=1, keepdim=True)
    asks = same.any(dim=1)
    each = share.masked_fill(~same, 0).sum(dim=1)[asks] / same.sum(dim=1)[asks]
    return -each.mean() if bool(asks.any()) else vectors.sum() * 0


class FirstLayers(torch.nn.Module):
    """Normalised pictures (B, 3, S, S) to the maps that the last layers take."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.parts = torch.nn.Sequential(network.conv_stem, network.bn1, *network.blocks[:-LAST])

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Look at the pictures."""
        found: torch.Tensor = self.parts(pixels)
        return found


class LastLayers(torch.nn.Module):
    """Maps (B, C, H, W) to vectors; shares its layers with the network that it is of."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.parts = torch.nn.Sequential(
            *network.blocks[-LAST:], network.conv_head, network.bn2, network.global_pool
        )

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Put them together."""
        return torch.flatten(self.parts(maps), 1)


def halves(network: Any) -> tuple[FirstLayers, LastLayers]:
    """The layers that stay and those that are tuned. UsageError for a network that is built otherwise."""
    names = ("conv_stem", "bn1", "blocks", "conv_head", "bn2", "global_pool")
    if not all(hasattr(network, name) for name in names):
        raise UsageError(
            "Only EfficientNets can be tuned here, as `efficientnet_lite2_gem` is one: choose such an "
            "embedder."
        )
    return FirstLayers(network).eval(), LastLayers(network).eval()


def weathered(crops: ImageArray, seed: tuple[int, ...]) -> FloatArray:
    """(B, S, S, 3) float32, 0 to 255: as another camera, another light and another box would show them."""
    import cv2

    rng = np.random.default_rng(seed)
    size = crops.shape[1]
    made = np.empty(crops.shape, np.float32)
    for place, crop in enumerate(crops):
        side = size * rng.uniform(0.72, 1.0)
        left, top = rng.uniform(0, size - side, 2)
        turn = cv2.getRotationMatrix2D(
            (left + side / 2, top + side / 2), rng.uniform(-8, 8), size / side
        )
        turn[:, 2] += size / 2 - np.array([left + side / 2, top + side / 2])
        seen: Any = cv2.warpAffine(
            crop, turn, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        ).astype(np.float32)
        if rng.random() < GREY:
            seen[:] = seen.mean(axis=2, keepdims=True)
        seen = 255 * np.clip(seen / 255, 0, 1) ** rng.uniform(0.6, 1.6)
        seen = (seen - 128) * rng.uniform(0.6, 1.3) + 128 + rng.uniform(-30, 30)
        if rng.random() < 0.3:
            seen = cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.6, 2.0))
        seen += rng.normal(0, rng.uniform(0, 10), seen.shape)
        if rng.random() < 0.4:  # a twig, or the frame's edge
            x, y = rng.integers(0, size, 2)
            w, h = rng.integers(size // 10, size // 3, 2)
            seen[y : y + h, x : x + w] = rng.uniform(0, 255)
        made[place] = np.clip(seen, 0, 255)
    return made


def _step(
    course: Course,
    before: torch.nn.Module,
    examples: Examples,
    rows: npt.NDArray[np.int64],
    seed: tuple[int, ...],
) -> float:
    version = np.random.default_rng(seed).integers(0, examples.maps.shape[1], len(rows))
    pictures = torch.from_numpy(examples.maps[rows, version].astype(np.float32))
    animal, visit = (
        torch.from_numpy(np.asarray(c[rows])) for c in (examples.animal, examples.visit)
    )
    vectors = functional.normalize(course.network(pictures), dim=1)
    with torch.no_grad():
        known = functional.normalize(before(pictures), dim=1)
    kept = (vectors * known).sum(dim=1)
    loss = contrast(vectors, animal, visit) + KEPT * (1 - kept).mean()
    course.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(course.network.parameters(), 5)
    course.optimizer.step()
    return float(loss.detach())


def _opened(start: torch.nn.Module, plan: Plan, saved: Path) -> Course:
    network = copy.deepcopy(start).eval().requires_grad_(True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-4)
    course = Course(network, optimizer, {k: v.clone() for k, v in network.state_dict().items()})
    if not saved.exists():
        return course
    kept: dict[str, Any] = torch.load(saved, weights_only=True)
    if kept["plan"] != repr(plan):
        raise UsageError(
            f"{saved} is a training on other animals, from other weights or with other settings. Delete "
            "it to start afresh."
        )
    network.load_state_dict(kept["network"])
    optimizer.load_state_dict(kept["optimizer"])
    course.best, course.round, course.scores = kept["best"], kept["round"], kept["scores"]
    return course


def _save(course: Course, plan: Plan, saved: Path) -> None:
    kept = {
        "plan": repr(plan),
        "network": course.network.state_dict(),
        "optimizer": course.optimizer.state_dict(),
        "best": course.best,
        "round": course.round,
        "scores": course.scores,
    }
    saved.parent.mkdir(parents=True, exist_ok=True)
    write_whole(saved, lambda path: torch.save(kept, path))
