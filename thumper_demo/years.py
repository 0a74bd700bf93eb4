"""Several years of one ranch: who is born, grows up, comes and dies, and when the cameras are looked at.

Antlers are grown anew every summer, coats moult and keep their pattern, bucks grow until they are
four. The first summer is the herd that a plan of one year has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from .antlers import regrow_antlers, size_at
from .noise import Rng, rng_for
from .skeleton import Build
from .traits import FAWN_SHARE, Deer, grown_up, make_herd, newcomer, variety

SURVIVAL = {"doe": 0.88, "buck": 0.72, "fawn": 0.75}
"""The chance to live from one summer to the next."""
WINTER_DAYS = 14
SUMMER_DAYS_MAX = 100  # so that some of the autumn is left to die in
SUMMER_SHARE = 0.7  # of a year's photos; the others are of winter
_WINTER = (1, 20)  # month and day on which winter's part begins
_COMING = 0.06  # immigrants a year, as a share of the herd, beside those who fill it up
_BUCKS_COMING = 0.6  # share of immigrants: it is young bucks that leave where they were born


@dataclass(frozen=True)
class Life:
    """One deer in one year. ``year``: of its summer; ``deer``: as it looks in that summer; ``sex``: of
    fawns too; ``origin``: founder, born or immigrant; ``died_at``: where it does not see the next summer.
    """

    year: int
    deer: Deer
    age: int
    sex: str
    origin: str
    mother: str | None
    died_at: datetime | None

    @property
    def birth_year(self) -> int:
        """The summer in which it was born."""
        return self.year - self.age


@dataclass(frozen=True)
class Chapter:
    """Days in a row that the cameras are looked at: ``days`` from ``start`` on, in which this ``herd``
    gives ``n_photos`` photos at about ``mean_c`` degrees.
    """

    start: datetime
    days: int
    n_photos: int
    herd: tuple[Deer, ...]
    mean_c: float


@dataclass(frozen=True)
class _Known:
    """What stays of a deer: how it is built full-grown, its coat, its antlers without a year's luck."""

    deer: Deer
    age: int
    sex: str
    origin: str
    mother: str | None


def lives(
    seed: int, n_deer: int, difficulty: float, first: datetime, n_years: int, days: int
) -> list[tuple[Life, ...]]:
    """Who lives in each year. The cameras are looked at from ``first`` on for ``days`` days of each summer,
    and nobody dies before that is over.
    """
    spread = variety(difficulty)
    rng = rng_for(seed, "years")
    founders = make_herd(seed, n_deer, difficulty)
    herd = list(_founders(rng, founders))
    told: list[tuple[Life, ...]] = []
    for k in range(n_years):
        if k:
            survivors = {life.deer.name for life in told[-1] if life.died_at is None}
            herd = [_older(rng, one, spread) for one in herd if one.deer.name in survivors]
            everyone = [life.deer for year in told for life in year]
            new = list(_arrivals(rng, seed, herd, everyone, n_deer, spread))
            herd = [*herd, *new]
        summer = first.replace(year=first.year + k)
        looks = [_worn(rng, one, spread) for one in herd] if k else founders
        told.append(tuple(
            _year(rng, one, look, summer, days) for one, look in zip(herd, looks, strict=True)
        ))  # fmt: skip
    return told


def chapters(
    told: list[tuple[Life, ...]], n_photos: int, first: datetime, days: int, photos_a_day: int
) -> tuple[Chapter, ...]:
    """Of every year ``days`` of summer, from ``first`` on, and two weeks of winter; more where cameras that
    take ``photos_a_day`` photos need them. One without photos is left out.
    """
    found = []
    for k, year in enumerate(told):
        of_year = n_photos * (k + 1) // len(told) - n_photos * k // len(told)
        summer = round(SUMMER_SHARE * of_year)
        start = first.replace(year=first.year + k)
        names = {life.deer.name for life in year if life.died_at is None}
        herd = tuple(life.deer for life in year)
        cold = tuple(_in_winter(deer, names) for deer in herd if deer.name in names)
        winter_days = max(WINTER_DAYS, -(-(of_year - summer) // photos_a_day))
        winter = datetime(start.year + 1, *_WINTER)
        found += [
            Chapter(start, days, summer, herd, 24.0),
            Chapter(winter, winter_days, of_year - summer, cold, 8.0),
        ]
    return tuple(chapter for chapter in found if chapter.n_photos)


def _founders(rng: Rng, herd: list[Deer]) -> Iterator[_Known]:
    """The herd of the first summer with ages; the buck with the longer beams is the older one."""
    bucks = sorted(
        (d for d in herd if d.antlers), key=lambda d: d.antlers.beam_m if d.antlers else 0
    )
    ages = dict(zip((d.name for d in bucks), sorted(rng.integers(1, 7, len(bucks))), strict=True))
    for deer in herd:
        age = 0 if deer.kind == "fawn" else int(ages.get(deer.name, rng.integers(1, 9)))
        yield _Known(_full_grown(deer, age), age, _sex(rng, deer), "founder", deer.mother)


def _full_grown(deer: Deer, age: int) -> Deer:
    build = _scaled(deer.build, 1.0 / _body(deer, age))
    if deer.antlers is None:
        return replace(deer, build=build)
    beam_m = min(deer.antlers.beam_m / size_at(age), 0.66)
    return replace(deer, build=build, antlers=replace(deer.antlers, beam_m=beam_m))


def _body(deer: Deer, age: int) -> float:
    """How large a deer of an age is, as a share of what it will be."""
    return float(np.interp(age, (1, 4), (0.92, 1.0))) if deer.kind != "fawn" else 1.0


def _scaled(build: Build, by: float) -> Build:
    return replace(build, scale=build.scale * by)


def _sex(rng: Rng, deer: Deer) -> str:
    said = ("female", "male")[int(rng.integers(2))]
    return said if deer.kind == "fawn" else deer.sex


def _older(rng: Rng, one: _Known, spread: float) -> _Known:
    deer = one.deer
    if deer.kind == "fawn":
        deer = grown_up(rng, deer, "buck" if one.sex == "male" else "doe", spread)
    # A coat that is grown anew is a little paler, darker or redder; its pattern stays.
    s = min(spread, 1.0)
    coat = replace(
        deer.coat,
        tone=float(np.clip(deer.coat.tone + 0.08 * s * rng.normal(), -1.7, 0.95)),
        warmth=float(np.clip(deer.coat.warmth + 0.10 * s * rng.normal(), 0.0, 1.3)),
        leg_tone=deer.coat.leg_tone + 0.08 * float(rng.normal()),
        head_tone=deer.coat.head_tone + 0.08 * float(rng.normal()),
        neck_tone=deer.coat.neck_tone + 0.08 * float(rng.normal()),
    )
    return replace(one, deer=replace(deer, coat=coat), age=one.age + 1)


def _arrivals(
    rng: Rng, seed: int, herd: list[_Known], everyone: list[Deer], n_deer: int, spread: float
) -> Iterator[_Known]:
    """Fawns of this summer, and deer from elsewhere that fill the herd up; everyone: who ever lived."""
    known = list(everyone)
    n_named = len({deer.name for deer in everyone})
    does = [one.deer.name for one in herd if one.deer.kind == "doe" and one.age >= 2]
    n_fawns = round(FAWN_SHARE * n_deer) if does else 0
    n_new = max(n_deer - len(herd) - n_fawns, int(rng.poisson(_COMING * n_deer)))
    # Single fawns as long as there are does; then twins.
    mothers = [does[int(k)] for k in rng.permutation(len(does))]
    for k in range(n_fawns + n_new):
        is_fawn = k < n_fawns
        kind = "fawn" if is_fawn else ("buck" if rng.random() < _BUCKS_COMING else "doe")
        name = f"deer-{n_named + k + 1:02d}"
        deer = newcomer(rng, seed, name, kind, known, spread)
        known.append(deer)
        mother = mothers[k % len(mothers)] if is_fawn else None
        age = 0 if is_fawn else int(rng.integers(1, 4))
        origin = "born" if is_fawn else "immigrant"
        yield _Known(replace(deer, mother=mother), age, _sex(rng, deer), origin, mother)


def _worn(rng: Rng, one: _Known, spread: float) -> Deer:
    """A deer as this summer shows it: as large as it is by now, in the antlers that it grew."""
    antlers = one.deer.antlers
    if antlers is not None:
        antlers = regrow_antlers(rng, antlers, one.age, min(spread, 1.0))
    return replace(
        one.deer, build=_scaled(one.deer.build, _body(one.deer, one.age)), antlers=antlers
    )


def _year(rng: Rng, one: _Known, deer: Deer, summer: datetime, days: int) -> Life:
    """One deer in one year: when it loses velvet and antlers, and whether it dies."""
    if deer.antlers is not None:
        rubbed = datetime(summer.year, 9, 5) + timedelta(days=round(4.0 * float(rng.normal())))
        cast = datetime(summer.year + 1, 1, 5) + timedelta(days=int(rng.integers(0, 60)))
        deer = replace(deer, rubbed_at=rubbed, cast_at=cast)
    died = None
    if rng.random() >= SURVIVAL[deer.kind]:
        over = max(datetime(summer.year, 10, 1), summer + timedelta(days=days))
        before = datetime(summer.year + 1, *_WINTER) - over
        died = over + timedelta(days=int(rng.integers(0, before.days)))
    return Life(summer.year, deer, one.age, one.sex, one.origin, one.mother, died)


def _in_winter(deer: Deer, alive: set[str]) -> Deer:
    """Greyer, fawns larger and without spots; without a mother where she died."""
    coat = replace(deer.coat, spots=False, warmth=max(deer.coat.warmth - 0.3, 0.0))
    larger = _scaled(deer.build, 1.22) if deer.kind == "fawn" else deer.build
    mother = deer.mother if deer.mother in alive else None
    return replace(deer, coat=coat, build=larger, mother=mother)
