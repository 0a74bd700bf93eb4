"""How often do the intervals of habits hold the truth, and is what was planted found?

    python benchmarks/habits.py [--seasons 500] [--pairs 200] [--seed 40000] [--only PART] [--json FILE]

Simulated seasons (`_simulated_habits.py`): 60 days, 6 cameras, 8 deer or one, each with hours and cameras of
its own, spells of days in which one deer or all come more often, and weather that lasts for days and has
nothing to do with them. Every ratio is 1: counted is how often its 95% interval holds that, and in how many
seasons anything stands out. Then visits are doubled while pressure is low, and while it falls. Two deer:
apart, and one that comes 1-3 hours after the other on a share of its visits. Light: visits at any hour alike.
One deer, as its own page asks: its two visits a day come in spells of its own, which widen what chance does.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from _simulated_habits import Season, season

from thumper_core.habits.clock import clock_of
from thumper_core.habits.conditions import by_light, by_moon, by_weather
from thumper_core.habits.effects import Effect, judged
from thumper_core.habits.following import Following, following
from thumper_core.habits.overlap import overlap
from thumper_core.habits.sun import sun_of_days
from thumper_core.questions.habits import MOON_PHASES, moon_phase

TARGET = 0.93
TARGET_ONE = 0.90
PARTS = ("herd", "planted", "pairs", "one")
LOW = {"pressure_hpa": 2.0}
FALLING = {"pressure_change_12h_hpa": 2.0}
ONE_DEER: dict[str, Any] = {"n_deer": 1, "visits_a_day": 2.0}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seasons", type=int, default=500)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=40_000)
    parser.add_argument("--only", choices=PARTS, action="append", help="some of the parts; all")
    parser.add_argument("--json", type=Path)
    said = parser.parse_args()
    parts = said.only or PARTS
    told: dict[str, Any] = {}

    def say(name: str, found: dict[str, Any]) -> None:
        told[name] = found
        print(f"{name}: {json.dumps(found, indent=2)}", flush=True)

    print(f"seeds from {said.seed}")
    seeds = range(said.seed, said.seed + said.seasons)
    few = range(said.seed, said.seed + said.seasons // 5)
    if "herd" in parts:
        say("nothing so, 8 deer", nothing_so(seeds, {}, TARGET))
    for name, planted, level in (
        ("low pressure, twice", LOW, ("pressure", 0)),
        ("falling pressure, twice", FALLING, ("pressure_change_12h", 0)),
    ):
        if "planted" in parts:
            say(f"planted: {name}", found_again(few, planted, level))
    if "pairs" in parts:
        say("two deer", two_deer(range(said.seed, said.seed + said.pairs)))
    if "one" in parts:
        say("nothing so, one deer", nothing_so(seeds, ONE_DEER, TARGET_ONE))
    if said.json:
        said.json.write_text(json.dumps(told, indent=2))


def effects_of(one: Season) -> list[Effect]:
    """All effects of a season, judged together as a page does."""
    dates = one.days["day"].unique().sort()
    phases = pl.DataFrame({"day": dates, "phase": [moon_phase(day) for day in dates]})
    order = pl.col("phase").replace_strict(
        {name: place for place, name in enumerate(MOON_PHASES)}, return_dtype=pl.Int32
    )
    factors = [
        by_moon(one.days, one.visits, phases.sort(order, "day")),
        *by_weather(one.days, one.visits, one.weather),
    ]
    return judged([effect for factor in factors for effect in factor.effects])


def nothing_so(seeds: range, options: dict[str, Any], target: float) -> dict[str, Any]:
    """By factor, the share of intervals that hold 1; and of seasons in which anything stands out."""
    holds: dict[str, list[bool]] = defaultdict(list)
    refused = any_out = n_visits = 0
    for seed in seeds:
        one = season(seed, **options)
        n_visits += one.visits.height
        found = effects_of(one)
        any_out += any(effect.stands_out for effect in found)
        for effect in [*found, *light_alike(seed, one)]:
            if effect.low is None or effect.high is None:
                refused += 1
            else:
                holds[effect.factor].append(effect.low <= 1 <= effect.high)
    each = [held for part in holds.values() for held in part]
    return {
        "holds 1": {factor: round(float(np.mean(part)), 3) for factor, part in holds.items()},
        "in all": round(float(np.mean(each)), 4),
        "intervals": len(each),
        "too few": refused,
        "seasons": len(seeds),
        "anything stands out": round(any_out / len(seeds), 3),
        "visits a season": round(n_visits / len(seeds)),
        "met": bool(np.mean(each) >= target),
    }


def light_alike(seed: int, one: Season) -> list[Effect]:
    """Light, of the same visits at hours drawn anew: day and night alike."""
    random = np.random.default_rng(seed)
    at = [
        start.replace(hour=0, minute=0) + timedelta(minutes=float(random.uniform(0, 1440)))
        for start in one.visits["started_at"]
    ]
    visits = one.visits.with_columns(pl.Series("started_at", at, pl.Datetime("us")))
    dates = one.days["day"].unique().sort().to_list()
    clock = clock_of("-06:00", -99.0, visits["started_at"][0])
    suns = one.days.join(sun_of_days(dates, 30.7, -99.2, clock), on="day")
    return by_light(one.days, visits, suns).effects


def found_again(seeds: range, planted: dict[str, float], level: tuple[str, int]) -> dict[str, Any]:
    """How often what was planted stands out, in its factor's level, and its ratio."""
    factor, place = level
    out, ratios, others = 0, [], 0
    for seed in seeds:
        found = effects_of(season(seed, planted=planted))
        own = [effect for effect in found if effect.factor == factor][place]
        out += own.stands_out
        ratios += [own.ratio] if own.ratio is not None else []
        others += any(one.stands_out for one in found if not one.factor.startswith("pressure"))
    return {
        "stands out": round(out / len(seeds), 3),
        "median ratio": round(float(np.median(ratios)), 2),
        "temperature, wind or moon stand out": round(others / len(seeds), 3),
        "seasons": len(seeds),
    }


def two_deer(seeds: range) -> dict[str, Any]:
    """Following of deer that live apart and of planted followers; coverage of the overlap's interval."""
    apart, planted, overlaps = [], [], []
    for seed in seeds:
        one = season(seed, n_deer=2, visits_a_day=1.5, n_cameras=3)
        a, b = (one.visits.filter(pl.col("individual_id") == who) for who in ("D0", "D1"))
        apart += said_to_follow(a, b, one.days)
        planted += said_to_follow(a, pl.concat([b, after(seed, a)]), one.days)
        overlaps.append(overlap_holds(seed))
    return {
        "apart, said to follow (each way)": round(float(np.mean(apart)), 3),
        "ways": len(apart),
        "planted (a quarter of visits followed), said to follow": round(float(np.mean(planted)), 3),
        "planted ways": len(planted),
        "overlap's interval holds the true one": round(float(np.mean(overlaps)), 3),
    }


def said_to_follow(a: pl.DataFrame, b: pl.DataFrame, days: pl.DataFrame) -> list[bool]:
    """Whether b is said to come after a; nothing where the record cannot tell."""
    found = following(a, b, days, 1800.0)
    return [found.stands_out] if isinstance(found, Following) else []


def after(seed: int, visits: pl.DataFrame) -> pl.DataFrame:
    """A quarter of the visits again, 1-3 hours later on the same day."""

    def later() -> Iterator[dict[str, Any]]:
        random = np.random.default_rng(seed)
        for row in visits.iter_rows(named=True):
            at = row["started_at"] + timedelta(hours=float(random.uniform(1, 3)))
            if random.random() < 0.25 and at.date() == row["started_at"].date():
                yield {**row, "started_at": at}

    return pl.DataFrame(list(later()), schema=visits.schema)


def overlap_holds(seed: int) -> bool:
    """Of two deer with two peaks each, drawn from von Mises mixtures, 40 to 120 visits."""
    random = np.random.default_rng(seed)
    peaks = random.uniform(0, 2 * np.pi, (2, 2))
    widths = random.uniform(1.0, 4.0, 2)
    at = np.linspace(0, 2 * np.pi, 2001)[:-1]
    true, drawn = [], []
    for own, width in zip(peaks, widths, strict=True):
        kernel = np.exp(width * np.cos(at[:, None] - own))
        true.append((kernel / kernel.mean(axis=0) / 2 / np.pi).mean(axis=1))
        n = int(random.integers(40, 121))
        drawn.append((random.choice(own, n) + random.vonmises(0, width, n)) % (2 * np.pi))
    found = overlap(*drawn, seed=seed)
    return bool(found.low <= np.minimum(*true).mean() * 2 * np.pi <= found.high)


if __name__ == "__main__":
    main()
