"""Vectors of animals that visits change much in a few directions, and frames of a visit hardly."""

from __future__ import annotations

import numpy as np

from thumper_core.evaluate.known_visits import KnownVisits
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.space.similarity import unit


def known_visits(
    animals: int = 16, visits: int = 6, *, nuisance: float = 1.0, dim: int = 40, seed: int = 0
) -> KnownVisits:
    """Each visit is one tracklet of three frames; nuisance: how far a visit moves an animal."""
    rng = np.random.default_rng(seed)
    identity = rng.normal(size=(animals, dim))
    directions = rng.normal(size=(4, dim))
    count = animals * visits
    who = np.repeat(np.arange(animals), visits)
    moved = identity[who] + nuisance * rng.normal(size=(count, 4)) @ directions
    index = np.repeat(np.arange(count), 3).astype(np.int32)
    frames = moved[index] + 0.5 * rng.normal(size=(3 * count, dim))
    event = np.arange(count, dtype=np.int32)
    return KnownVisits(
        vectors=unit(frames),
        index=index,
        photo=np.arange(3 * count, dtype=np.int32),
        light=None,
        event=event,
        event_name=event.astype(np.str_),
        who=who.astype(np.int32),
        links=Constraints.none(count),
    )
