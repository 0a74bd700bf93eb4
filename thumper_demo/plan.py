"""What happens: who passes which camera, when, how far away and which way, as a list of photos to
be taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from .casting import Subject, cast_burst
from .light import light_name
from .noise import Rng, rng_for
from .site import Site, make_sites
from .traits import Deer, make_herd

START = datetime(2025, 8, 25)
DAYS = 21
MIN_GAP_MIN = 40.0  # between two visits to a camera, so that they are two events


@dataclass(frozen=True)
class DemoPlan:
    """What to render. ``n_photos`` counts whole photos (the few broken files come on top).

    ``difficulty`` 0..1: how alike the deer are. ``other_share``: share of visits by other animals,
    people and vehicles; ``blank_share``: share of triggers with nothing there. ``frames``: photos
    of one trigger. ``n_stumps``: stumps and lamps that look like deer (see ``stumps``); who comes
    when does not depend on them.
    """

    seed: int = 7
    n_deer: int = 24
    n_cameras: int = 6
    n_photos: int = 1200
    difficulty: float = 0.3
    other_share: float = 0.17
    blank_share: float = 0.11
    frames: int = 3
    n_stumps: int = 0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("n_deer", 0, 500),
            ("n_cameras", 1, 200),
            ("n_photos", 1, 1_000_000),
            ("frames", 1, 20),
            ("n_stumps", 0, 1_000),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise ValueError(
                    f"{name} must be a whole number from {low} to {high}, not {value!r}"
                )
        for name in ("difficulty", "other_share", "blank_share"):
            value = getattr(self, name)
            if not (isinstance(value, int | float) and 0.0 <= value <= 1.0):
                raise ValueError(f"{name} must be a number from 0 to 1, not {value!r}")
        if self.other_share + self.blank_share > 1.0:
            raise ValueError("other_share and blank_share together must not exceed 1")


@dataclass(frozen=True)
class Photo:
    """One photo to be taken. ``dt_s``: seconds from the burst's middle frame. ``path`` is relative
    to ``photos/``.
    """

    index: int
    site: int
    path: str
    taken_at: datetime
    light: str
    temperature_c: int
    event: int
    burst: int
    dt_s: float
    subjects: tuple[Subject, ...]


@dataclass(frozen=True)
class Script:
    """Everything that is drawn: cameras, herd and photos."""

    plan: DemoPlan
    sites: tuple[Site, ...]
    herd: tuple[Deer, ...]
    photos: tuple[Photo, ...]


@dataclass
class _Diary:
    """Who was where when, to keep visits apart."""

    cameras: dict[int, list[float]]
    animals: dict[str, list[float]]

    def free(self, site: int, names: list[str], minute: float) -> bool:
        if any(abs(minute - other) < MIN_GAP_MIN for other in self.cameras.get(site, [])):
            return False
        return all(
            abs(minute - other) >= 60.0 for name in names for other in self.animals.get(name, [])
        )

    def note(self, site: int, names: list[str], minute: float) -> None:
        self.cameras.setdefault(site, []).append(minute)
        for name in names:
            self.animals.setdefault(name, []).append(minute)


def write_script(plan: DemoPlan) -> Script:
    """The whole story of a demo herd; depends on the plan only."""
    sites = tuple(make_sites(plan.seed, plan.n_cameras))
    herd = tuple(make_herd(plan.seed, plan.n_deer, plan.difficulty))
    rng = rng_for(plan.seed, "story")
    days = max(DAYS, math.ceil(plan.n_photos / plan.frames / (plan.n_cameras * 8)))
    cloudy = rng.random(days) < 0.35
    warm = rng.normal(24.0, 2.5, days)
    parties = _parties(rng, herd)
    ranges = _home_ranges(rng, parties, sites)
    diary = _Diary({}, {})
    photos: list[Photo] = []
    deck: list[int] = []
    event = burst = 0
    while len(photos) < plan.n_photos:
        kind = _visit_kind(rng, plan, bool(herd))
        names: list[str] = []
        group: list[Deer] = []
        weights = np.full(len(sites), 1.0 / len(sites))
        if kind == "deer":
            if not deck:
                deck = [int(k) for k in rng.permutation(len(parties))]
            party = deck.pop()
            group, weights = list(parties[party]), ranges[party]
            group += _company(rng, party, parties, ranges, weights)
            names = [deer.name for deer in group]
        site, minute = 0, 0.0
        for _ in range(60):
            site = int(rng.choice(len(sites), p=weights))
            minute = _minute(rng, kind, days)
            if diary.free(site, names, minute):
                break
        diary.note(site, names, minute)
        start = START + timedelta(minutes=round(minute, 4))
        day = min(int(minute // 1440), days - 1)
        for _ in range(int(rng.choice([1, 2, 3], p=[0.5, 0.3, 0.2]))):
            subjects = cast_burst(rng, sites[site], kind, group)
            step = float(rng.uniform(0.8, 1.3))
            hour = start.hour + start.minute / 60
            degrees = round(float(warm[day]) + 7.0 * math.cos((hour - 15.5) / 24 * 2 * math.pi))
            for frame in range(plan.frames):
                at = start + timedelta(milliseconds=round(1000 * step * frame))
                photos.append(
                    Photo(
                        0,
                        site,
                        "",
                        at,
                        light_name(hour, bool(cloudy[day])),
                        degrees,
                        event,
                        burst,
                        step * (frame - (plan.frames - 1) / 2),
                        subjects,
                    )
                )
            burst += 1
            start += timedelta(seconds=round(float(rng.uniform(25.0, 200.0)), 3))
        event += 1
    return Script(plan, sites, herd, tuple(_number(photos[: plan.n_photos], sites)))


def _number(photos: list[Photo], sites: tuple[Site, ...]) -> list[Photo]:
    """Sort by camera and time, give file names as the cameras would: a counter per camera."""
    done = []
    ordered = sorted(photos, key=lambda p: (p.site, p.taken_at, p.burst))
    counter: dict[int, int] = {}
    for index, photo in enumerate(ordered):
        counter[photo.site] = counter.get(photo.site, 0) + 1
        path = f"{sites[photo.site].name}/IMG_{counter[photo.site]:04d}.jpg"
        done.append(replace(photo, index=index, path=path))
    return done


def _visit_kind(rng: Rng, plan: DemoPlan, deer: bool) -> str:
    roll = rng.random()
    if roll < plan.blank_share:
        return "blank"
    if roll < plan.blank_share + plan.other_share or not deer:
        kinds = ("coyote", "cow", "raccoon", "turkey", "person", "utv")
        return str(rng.choice(kinds, p=(0.18, 0.18, 0.18, 0.18, 0.16, 0.12)))
    return "deer"


def _parties(rng: Rng, herd: tuple[Deer, ...]) -> list[list[Deer]]:
    """Who walks together: a doe with her fawns, bucks alone or as a bachelor pair."""
    parties = [
        [deer, *(f for f in herd if f.mother == deer.name)] for deer in herd if deer.kind == "doe"
    ]
    parties += [[deer] for deer in herd if deer.kind == "fawn" and deer.mother is None]
    bucks = [deer for deer in herd if deer.kind == "buck"]
    parties += [[deer] for deer in bucks]
    return parties


def _home_ranges(rng: Rng, parties: list[list[Deer]], sites: tuple[Site, ...]) -> list[np.ndarray]:
    """Per party, the chance of each camera: near its home, and at most three cameras."""
    ranges = []
    for _ in parties:
        home = sites[int(rng.integers(len(sites)))]
        east, north = home.east_m + rng.normal(0, 200.0), home.north_m + rng.normal(0, 200.0)
        d2 = np.array([(s.east_m - east) ** 2 + (s.north_m - north) ** 2 for s in sites])
        weight = np.exp(-(d2 - d2.min()) / (2 * 550.0**2))
        weight[np.argsort(-weight)[3:]] = 0.0
        ranges.append(weight / weight.sum())
    return ranges


def _company(
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


def _minute(rng: Rng, kind: str, days: int) -> float:
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
