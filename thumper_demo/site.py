"""One camera: where it hangs, what it sees through, and the perspective that follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .noise import Rng, rng_for

STRIP_SHARE = 0.052  # height of the information strip at the bottom of the photo
_NAMES = (
    "Creek Crossing",
    "North Feeder",
    "Oak Ridge",
    "Pond Trail",
    "South Gate",
    "Windmill",
    "Cedar Draw",
    "Old Orchard",
    "Fence Gap",
    "Pine Bench",
    "River Bend",
    "Salt Lick",
    "West Blind",
    "Hollow",
    "Mesa Road",
    "Quarry",
)
_MODELS = (
    ("RidgeCam", "RC-24 IR"),
    ("RidgeCam", "RC-30 IR"),
    ("Fieldwatch", "FW 4K"),
    ("Fieldwatch", "FW Mini"),
)
_PROPS = ("rock", "feeder", "fence", "pond", "log", "none")
_PALETTES = ("meadow", "dry", "litter", "pasture", "scrub")


@dataclass(frozen=True)
class Site:
    """A camera and its place. Distances in metres, ``focal_px`` and ``horizon_px`` in pixels of the
    photo.
    """

    index: int
    name: str
    latitude: float
    longitude: float
    east_m: float
    north_m: float
    width: int
    height: int
    focal_px: float
    height_m: float
    horizon_px: float
    make: str
    model: str
    palette: str
    props: tuple[str, ...]
    seed: int

    @property
    def strip_px(self) -> int:
        """Height of the information strip."""
        return round(self.height * STRIP_SHARE)

    @property
    def bottom_px(self) -> int:
        """First row of the information strip: the scene ends here."""
        return self.height - self.strip_px

    def ground_row(self, distance_m: float) -> float:
        """Row of the ground at a distance."""
        return self.horizon_px + self.focal_px * self.height_m / distance_m

    def px_per_m(self, distance_m: float) -> float:
        """Pixels per metre at a distance."""
        return self.focal_px / distance_m

    def column(self, east_m: float, distance_m: float) -> float:
        """Column of a point ``east_m`` to the right of the optical axis."""
        return self.width / 2 + self.focal_px * east_m / distance_m


def make_sites(seed: int, n_cameras: int) -> list[Site]:
    """All cameras of a ranch about two kilometres across; about one in five takes 4:3 photos."""
    rng = rng_for(seed, "sites")
    order = rng.permutation(len(_NAMES))
    palettes, props = rng.permutation(len(_PALETTES)), rng.permutation(len(_PROPS))
    sites = []
    for i in range(n_cameras):
        name = _NAMES[int(order[i % len(_NAMES)])]
        if i >= len(_NAMES):
            name = f"{name} {i // len(_NAMES) + 1}"
        angle = 2 * np.pi * (i + rng.uniform(-0.2, 0.2)) / max(n_cameras, 1)
        radius = rng.uniform(350.0, 950.0)
        east, north = float(radius * np.cos(angle)), float(radius * np.sin(angle))
        sites.append(_site(rng, seed, i, name, east, north, (palettes, props)))
    return sites


def _site(
    rng: Rng,
    seed: int,
    i: int,
    name: str,
    east: float,
    north: float,
    deck: tuple[np.ndarray, np.ndarray],
) -> Site:
    four_three = i % 5 == 4
    width, height = (1280, 960) if four_three else (1280, 720)
    make, model = _MODELS[3] if four_three else _MODELS[int(rng.integers(3))]
    props = [_PROPS[int(deck[1][i % len(_PROPS)])]]
    if rng.random() < 0.35:
        props.append("rock")
    return Site(
        index=i,
        name=name,
        latitude=round(30.742 + north / 111_320.0, 6),
        longitude=round(-99.231 + east / (111_320.0 * 0.8594), 6),
        east_m=east,
        north_m=north,
        width=width,
        height=height,
        focal_px=float(rng.uniform(1080.0, 1230.0)),
        height_m=float(rng.uniform(1.0, 1.35)),
        horizon_px=float(height * rng.uniform(0.36, 0.44)),
        make=make,
        model=model,
        palette=_PALETTES[int(deck[0][i % len(_PALETTES)])],
        props=tuple(p for p in props if p != "none"),
        seed=int(rng_for(seed, "site", i).integers(2**31)),
    )
