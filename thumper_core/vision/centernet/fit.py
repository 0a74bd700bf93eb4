"""Tuning a CenterNet on a training list: it learns one class more and keeps what it knew."""

from __future__ import annotations

import copy
import math
import pickle
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from thumper_core.contracts import FloatArray, ImageArray, ThumperError, UsageError
from thumper_core.vision.centernet.augment import (
    Patch,
    pasted,
    patches_of,
    placed,
    weathered,
    within,
)
from thumper_core.vision.centernet.examples import Example
from thumper_core.vision.centernet.losses import (
    BOX_WEIGHT,
    box_loss,
    heat_loss,
    kept_loss,
    targets,
)
from thumper_core.vision.centernet.network import CenterNet

HOME: Final = 8
"""Pictures of a batch from the photos in which the class is looked for."""
AWAY: Final = 4
"""Pictures of a batch from other places, with other animals."""
REMEMBERED: Final = 6
"""Pictures of a batch, the last ones, on which the earlier network is asked too."""
Losses = tuple[float, float, float]
"""Of one step: heat map, boxes, and what was known before."""
OTHERS_SHARE: Final = 0.5
"""Share of the first ones into which another animal is put."""
FROZEN: Final = 30
"""Convolutions, the first ones, that stay as they are: edges and textures are the same everywhere."""
RATE: Final = 4e-3
"""A step's share of what a tensor is: with normalisation folded in, some are a hundred times others."""
LEAST_SCALE: Final = 1e-3
WARM_STEPS: Final = 20
SAVE_EVERY: Final = 20


@dataclass(frozen=True)
class Plan:
    """How a network is tuned: steps of HOME + AWAY pictures of size x size pixels."""

    steps: int = 450
    size: int = 384
    seed: int = 0
    keep: float = 0.5  # weight of what it knew before
    origin: str = ""  # which photos and labels, and from which weights


class Stopped(ThumperError):
    """A training was asked to stop; the same call goes on with it."""


@dataclass
class Course:
    """A training on its way: what is saved, and gone on with."""

    network: CenterNet
    mean: dict[str, torch.Tensor]
    optimizer: torch.optim.Optimizer
    step: int = 0
    losses: list[Losses] = field(default_factory=list)


def tune(
    start: CenterNet,
    examples: Sequence[Example],
    plan: Plan,
    saved: Path,
    on_progress: Callable[[int, int, Losses], None] | None = None,
    stop: threading.Event | None = None,
) -> tuple[CenterNet, list[Losses]]:
    """The network with its last class learned, and the losses of each step: heat, box, kept.

    start: its last heat map is the class, those before are what it knows. saved: a file that the
    training is kept in and goes on from when it was stopped; the pictures of a step depend on the
    plan and the step alone. on_progress(step, steps, losses); stop: ends it after the step under
    way. Raises UsageError for a file of another plan, Stopped where it ended early.
    """
    source = Pictures(examples, plan)
    before = copy.deepcopy(start).eval().requires_grad_(False)
    course = _opened(start, plan, saved)
    network = course.network.to(memory_format=torch.channels_last).train()
    while course.step < plan.steps:
        if stop is not None and stop.is_set():
            _save(course, plan, saved)
            raise Stopped(
                f"Stopped after {course.step} of {plan.steps} steps; the same command goes on."
            )
        _rate(course, plan)
        losses = _step(network, before, course, source, plan)
        course.step += 1
        course.losses.append(losses)
        share = 1 - min(0.995, course.step / (course.step + 20))
        for name, value in network.state_dict().items():
            course.mean[name].lerp_(value, share)
        if course.step % SAVE_EVERY == 0 or course.step == plan.steps:
            _save(course, plan, saved)
        if on_progress is not None:
            on_progress(course.step, plan.steps, losses)
    network.load_state_dict(course.mean)
    return network.eval(), course.losses


def _opened(start: CenterNet, plan: Plan, saved: Path) -> Course:
    network = copy.deepcopy(start)
    for convolution in network.convolutions()[:FROZEN]:
        convolution.requires_grad_(False)
    groups = [
        {
            "params": [parameter],
            "scale": max(float(parameter.detach().square().mean().sqrt()), LEAST_SCALE),
        }
        for parameter in network.parameters()
        if parameter.requires_grad
    ]
    optimizer = torch.optim.AdamW(groups, lr=RATE, weight_decay=0.0)
    course = Course(network, {k: v.clone() for k, v in network.state_dict().items()}, optimizer)
    if not saved.exists():
        return course
    try:
        kept: dict[str, Any] = torch.load(saved, weights_only=True)
    except (RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError):
        saved.unlink()  # it was read, and is damaged: nothing of it is of use
        return course
    if kept["plan"] != vars(plan):
        raise UsageError(
            f"{saved} is a training on other photos or labels, from other weights or with other "
            f"settings ({kept['plan']}). Delete it to start afresh."
        )
    network.load_state_dict(kept["network"])
    optimizer.load_state_dict(kept["optimizer"])
    course.mean, course.step, course.losses = kept["mean"], kept["step"], kept["losses"]
    return course


def _save(course: Course, plan: Plan, saved: Path) -> None:
    kept = {
        "plan": vars(plan),
        "network": course.network.state_dict(),
        "mean": course.mean,
        "optimizer": course.optimizer.state_dict(),
        "step": course.step,
        "losses": course.losses,
    }
    part = saved.with_suffix(".part")
    torch.save(kept, part)
    part.replace(saved)


def _rate(course: Course, plan: Plan) -> None:
    warm = min(1.0, (course.step + 1) / WARM_STEPS)
    fall = 0.02 + 0.49 * (1 + math.cos(math.pi * course.step / plan.steps))
    for group in course.optimizer.param_groups:
        group["lr"] = RATE * group["scale"] * warm * fall


def _step(
    network: CenterNet, before: CenterNet, course: Course, source: Pictures, plan: Plan
) -> Losses:
    images, boxes, doubtful = source.batch(course.step)
    x = torch.from_numpy(images).permute(0, 3, 1, 2).float().div(255)
    x = x.contiguous(memory_format=torch.channels_last)
    logits, sides = network(x)
    heat, weight, box = targets(boxes, doubtful, plan.size)
    learned, boxed = heat_loss(logits[:, -1], heat), box_loss(sides, weight, box)
    with torch.no_grad():
        known, known_sides = before(x[-REMEMBERED:])
    kept = kept_loss(logits[-REMEMBERED:, :-1], sides[-REMEMBERED:], known[:, :-1], known_sides)
    total = learned + BOX_WEIGHT * boxed + plan.keep * kept
    course.optimizer.zero_grad()
    total.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), 10)
    course.optimizer.step()
    return float(learned.detach()), float(boxed.detach()), float(kept.detach())


class Pictures:
    """The pictures of each step: (HOME + AWAY, size, size, 3) uint8 RGB, and the boxes in them."""

    def __init__(self, examples: Sequence[Example], plan: Plan) -> None:
        self.plan = plan
        self.home = [e for e in examples if not e.apart]
        self.away = [e for e in examples if e.apart]
        if not self.home:
            raise UsageError("No photos are left in which the class could be learned.")
        cameras = [e.camera for e in self.home]
        # Photos of one camera are near copies: a hundred of them teach about as much as ten.
        odds = np.array([1 / math.sqrt(cameras.count(camera)) for camera in cameras])
        self.odds = odds / odds.sum()
        every = [patch for e in examples for patch in patches_of(e)]
        self.others = [patch for patch in every if not patch.wanted]
        self.wanted = [patch for patch in every if patch.wanted]

    def batch(self, step: int) -> tuple[ImageArray, list[FloatArray], list[FloatArray]]:
        """The pictures of a step; for each the boxes of what is learned and of what is doubtful."""
        made = [
            self.picture(np.random.default_rng([self.plan.seed, step, place]), place < HOME)
            for place in range(HOME + AWAY)
        ]
        images, boxes, doubtful = zip(*made, strict=True)
        return np.stack(images), list(boxes), list(doubtful)

    def picture(
        self, rng: np.random.Generator, at_home: bool
    ) -> tuple[ImageArray, FloatArray, FloatArray]:
        """One picture, with its boxes of what is learned and of what is doubtful."""
        if at_home or not self.away:
            example = self.home[rng.choice(len(self.home), p=self.odds)]
        else:
            example = self.away[rng.integers(len(self.away))]
        image, boxes, wanted = example.image, example.boxes, example.wanted
        doubtful = example.doubtful
        chance = rng.random()
        company: list[Patch] = []
        if at_home and chance < OTHERS_SHARE:
            company = self.others
        elif chance < (OTHERS_SHARE + 0.1 if at_home else 0.5):
            company = self.wanted
        if company:
            patch = company[rng.integers(len(company))]
            image, box = pasted(image, boxes, patch, rng)
            if box is not None:
                boxes = np.concatenate([boxes, box[None]])
                wanted = np.append(wanted, patch.wanted)
                doubtful = np.append(doubtful, False)
        canvas, moved = placed(image, boxes, self.plan.size, rng)
        cut, seen = within(moved, self.plan.size)
        return weathered(canvas, rng), cut[seen & wanted], cut[seen & doubtful]
