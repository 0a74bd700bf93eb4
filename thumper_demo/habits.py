"""How deer live: who walks with whom, before which cameras, and when."""

from __future__ import annotations

import numpy as np

from .noise import Rng
from .site import Site
from .traits import Deer

Homes = dict[tuple[str, bool], tuple[float, float]]
"""Metres east and north of where an animal lives, by its name and whether it is a buck by now."""


def parties(herd: tuple[Deer, ...]) -> list[list[Deer]]:
    """Who walks together: a doe with her fawns, bucks alone or as a bachelor pair."""
    parties = [
        [deer, *(f for f in herd if f.mother == deer.name)] for deer in herd if deer.kind == "doe"
    ]
    parties += [[deer] for deer in herd if deer.kind == "fawn" and deer.mother is None]
    bucks = [deer for deer in herd if deer.kind == "buck"]
    parties += [[deer] for deer in bucks]
    return parties


def home_ranges(
    rng: Rng,
    parties: list[list[Deer]],
    sites: tuple[Site, ...],
    homes: Homes,
) -> list[np.ndarray]:
    """Per party, the chance of each camera: near its home, and at most three cameras. A deer keeps the
    home it had in an earlier chapter, and a doe that grew up stays where her mother lived; a buck leaves.
    """
    ranges = []
    for party in parties:
        leader = party[0]
        key = (leader.name, leader.kind == "buck")
        if key not in homes:
            home = sites[int(rng.integers(len(sites)))]
            east, north = home.east_m + rng.normal(0, 200.0), home.north_m + rng.normal(0, 200.0)
            homes[key] = (east, north)
        east, north = homes[key]
        for follower in party[1:]:
            homes[follower.name, False] = (east, north)
        d2 = np.array([(s.east_m - east) ** 2 + (s.north_m - north) ** 2 for s in sites])
        weight = np.exp(-(d2 - d2.min()) / (2 * 550.0**2))
        weight[np.argsort(-weight)[3:]] = 0.0
        ranges.append(weight / weight.sum())
    return ranges


def company(
    rng: Rng,
    party: int,
    parties: list[list[Deer]],
    ranges: list[np.ndarray],
    weights: np.ndarray,
) -> list[Deer]:
    """Sometimes another party of the same sort comes along; where it does, they share a camera."""
    if rng.random() > 0.30:
        return []
    mine = parties[party][0].kind
    near = [
        k
        for k, other in enumerate(parties)
        if k != party
        and float((ranges[k] * weights).sum()) > 0.05
        and (other[0].kind == mine or rng.random() < 0.12)
    ]
    if not near:
        return []
    return list(parties[int(rng.choice(near))])[:2]


def minute_of_visit(rng: Rng, kind: str, days: int) -> float:
    """Minutes after the start: deer at dawn and dusk, raccoons and coyotes at night, people and
    cattle by day.
    """
    roll = rng.random()
    if kind in ("person", "utv", "cow", "turkey"):
        hour = float(np.clip(rng.normal(13.0, 3.2), 6.9, 19.9))
    elif kind == "raccoon":
        hour = float(rng.uniform(20.5, 30.0))
    elif kind == "blank":
        hour = float(rng.uniform(0.0, 24.0))
    elif roll < 0.38:
        hour = float(rng.normal(7.3, 1.0))
    elif roll < 0.74:
        hour = float(rng.normal(19.0, 1.1))
    elif roll < 0.88 or kind == "coyote":
        hour = float(rng.uniform(20.5, 30.0))
    else:
        hour = float(rng.uniform(9.0, 17.0))
    return float(rng.integers(days)) * 1440.0 + (hour % 24.0) * 60.0
