"""What happens: who passes which camera, when, how far away and which way, as a list of photos to
be taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from .casting import Subject, cast_burst
from .habits import Homes, company, home_ranges, minute_of_visit, parties
from .light import light_name
from .noise import Rng, rng_for
from .site import Site, make_sites
from .traits import Deer, make_herd
from .years import SUMMER_DAYS_MAX, Chapter, Life, chapters, lives

START = datetime(2025, 8, 25)
DAYS = 21
MIN_GAP_MIN = 40.0  # between two visits to a camera, so that they are two events


@dataclass(frozen=True)
class DemoPlan:
    """What to render. ``n_photos`` counts whole photos (the few broken files come on top).

    ``difficulty`` 0..1: how alike the deer are. ``other_share``: share of visits by other animals,
    people and vehicles; ``blank_share``: share of triggers with nothing there. ``frames``: photos
    of one trigger. ``n_stumps``: stumps and lamps that look like deer (see ``stumps``); who comes
    when does not depend on them. ``n_years``: summers that the photos are spread over, with a part of
    each winter; the herd's first summer is that of a plan of one year (see ``years``).
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
    n_years: int = 1

    def __post_init__(self) -> None:
        for name, low, high in (
            ("n_deer", 0, 500),
            ("n_cameras", 1, 200),
            ("n_photos", 1, 1_000_000),
            ("frames", 1, 20),
            ("n_stumps", 0, 1_000),
            ("n_years", 1, 10),
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
        if self.n_years > 1 and self.days_of(self.n_photos / self.n_years) > SUMMER_DAYS_MAX:
            raise ValueError(
                f"n_photos: {self.n_cameras} cameras do not take as many in {self.n_years} years; "
                "ask for fewer photos, or for more cameras"
            )

    @property
    def photos_a_day(self) -> int:
        """About as many as the cameras take in all."""
        return self.frames * self.n_cameras * 8

    def days_of(self, n_photos: float) -> int:
        """The days of a summer that so many photos need, at least three weeks."""
        return max(DAYS, math.ceil(n_photos / self.photos_a_day))


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
    chapter: int = 0


@dataclass(frozen=True)
class Script:
    """Everything that is drawn: cameras, herd and photos. ``herd``: every deer, as it looked in the last
    year that it saw; ``lives``: the same year by year, empty where there is one year only; ``photos``
    name the chapter that they are of.
    """

    plan: DemoPlan
    sites: tuple[Site, ...]
    herd: tuple[Deer, ...]
    photos: tuple[Photo, ...]
    chapters: tuple[Chapter, ...]
    lives: tuple[Life, ...] = ()

    def lives_of(self, year: int) -> list[Life]:
        """Who lived in the summer of a year."""
        return [life for life in self.lives if life.year == year]


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
    told = _lives(plan)
    if told:
        days = _summer_days(plan)
        parts = chapters(told, plan.n_photos, _first_day(plan), days, plan.photos_a_day)
    else:
        herd = tuple(make_herd(plan.seed, plan.n_deer, plan.difficulty))
        parts = (Chapter(START, plan.days_of(plan.n_photos), plan.n_photos, herd, 24.0),)
    photos: list[Photo] = []
    homes: Homes = {}
    for number, part in enumerate(parts):
        # The first has the stream that a plan of one year has.
        rng = rng_for(plan.seed, "story", *([number] if number else []))
        last = photos[-1] if photos else None
        counts = (last.event + 1, last.burst + 1) if last else (0, 0)
        photos += _chapter(rng, plan, sites, part, number, homes, counts)
    everyone = {deer.name: deer for part in parts for deer in part.herd}
    lived = tuple(life for year in told for life in year)
    everyone |= {life.deer.name: life.deer for life in lived}
    return Script(
        plan, sites, tuple(everyone.values()), tuple(_number(photos, sites)), parts, lived
    )


def _lives(plan: DemoPlan) -> list[tuple[Life, ...]]:
    if plan.n_years == 1:
        return []
    days = _summer_days(plan)
    first = _first_day(plan)
    return lives(plan.seed, plan.n_deer, plan.difficulty, first, plan.n_years, days)


def _first_day(plan: DemoPlan) -> datetime:
    """The last summer is that of a plan of one year: photos of days to come have no time."""
    return START.replace(year=START.year - plan.n_years + 1)


def _summer_days(plan: DemoPlan) -> int:
    return plan.days_of(math.ceil(plan.n_photos / plan.n_years))


def _chapter(
    rng: Rng,
    plan: DemoPlan,
    sites: tuple[Site, ...],
    part: Chapter,
    number: int,
    homes: Homes,
    counts: tuple[int, int],
) -> list[Photo]:
    """The photos of one chapter, not numbered yet. homes: where who lives, filled as they come; counts:
    the first event and burst.
    """
    herd, days = part.herd, part.days
    cloudy = rng.random(days) < 0.35
    warm = rng.normal(part.mean_c, 2.5, days)
    groups = parties(herd)
    ranges = home_ranges(rng, groups, sites, homes)
    diary = _Diary({}, {})
    photos: list[Photo] = []
    deck: list[int] = []
    event, burst = counts
    while len(photos) < part.n_photos:
        kind = _visit_kind(rng, plan, bool(herd))
        names: list[str] = []
        group: list[Deer] = []
        weights = np.full(len(sites), 1.0 / len(sites))
        if kind == "deer":
            if not deck:
                deck = [int(k) for k in rng.permutation(len(groups))]
            party = deck.pop()
            group, weights = list(groups[party]), ranges[party]
            group += company(rng, party, groups, ranges, weights)
            names = [deer.name for deer in group]
        site, minute = 0, 0.0
        for _ in range(60):
            site = int(rng.choice(len(sites), p=weights))
            minute = minute_of_visit(rng, kind, days)
            if diary.free(site, names, minute):
                break
        diary.note(site, names, minute)
        start = part.start + timedelta(minutes=round(minute, 4))
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
                        number,
                    )
                )
            burst += 1
            start += timedelta(seconds=round(float(rng.uniform(25.0, 200.0)), 3))
        event += 1
    return photos[: part.n_photos]


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
