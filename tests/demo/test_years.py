"""Several years of one ranch: the first is as ever; deer are born, grow, come, die; the truth says so."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from thumper_demo import DemoPlan, render_demo
from thumper_demo.compose import Studio
from thumper_demo.plan import Script, write_script
from thumper_demo.truth import YEARS_SCHEMA
from thumper_demo.years import Life

PLAN = DemoPlan(seed=5, n_deer=24, n_cameras=4, n_photos=450, n_years=3)


@pytest.fixture(scope="module")
def script() -> Script:
    return write_script(PLAN)


def _by_deer(script: Script) -> dict[str, list[Life]]:
    found = defaultdict(list)
    for life in script.lives:
        found[life.deer.name].append(life)
    return found


def test_one_year_is_drawn_as_it_was_before_there_were_several() -> None:
    """Written down when a plan had one year only."""
    script = write_script(DemoPlan(seed=37, n_deer=8, n_cameras=2, n_photos=12))
    said: list[tuple[object, ...]] = [
        (
            p.path,
            f"{p.taken_at:%Y-%m-%d %H:%M:%S}",
            p.light,
            p.event,
            p.burst,
            [(s.individual or s.kind, round(s.distance_m, 3)) for s in p.subjects],
        )
        for p in script.photos
    ]
    said += [
        (
            d.name,
            d.kind,
            d.mother,
            d.coat.pattern,
            round(d.build.scale, 4),
            d.antlers and (d.antlers.points, round(d.antlers.beam_m, 4)),
        )
        for d in script.herd
    ]
    digest = hashlib.sha256(repr(said).encode()).hexdigest()
    assert digest == "f4e1c2aaf2f382f59e1f2f23604ca36eeb79fb615eea40d6b6a654fd382846f4"
    picture, _ = Studio(script).draw(script.photos[6])  # of a buck: in hard antlers
    assert float(picture.mean()) == pytest.approx(106.241, abs=0.01)
    assert script.lives == ()


def test_the_first_summer_has_the_herd_of_a_plan_of_one_year(script: Script) -> None:
    alone = write_script(DemoPlan(seed=5, n_deer=24, n_cameras=4, n_photos=450))
    first = [life.deer for life in script.lives if life.year == 2023]
    for before, now in zip(alone.herd, first, strict=True):
        assert (now.name, now.coat, now.build, now.antlers) == (
            before.name,
            before.coat,
            before.build,
            before.antlers,
        )
    assert script.sites == alone.sites


def test_as_many_photos_as_asked_over_three_summers_and_winters(script: Script) -> None:
    assert len(script.photos) == 450
    months = pl.Series([p.taken_at for p in script.photos]).dt.strftime("%Y")
    assert set(months) == {"2023", "2024", "2025", "2026"}
    assert len({p.path for p in script.photos}) == 450
    starts = [part.start for part in script.chapters]
    assert len(starts) == 6
    for part, number in zip(script.chapters, range(6), strict=True):
        days = [(p.taken_at - part.start).days for p in script.photos if p.chapter == number]
        assert 0 <= min(days) <= max(days) <= part.days


def test_who_lived_is_seen_and_nobody_after_death_or_before_it_came(script: Script) -> None:
    by_deer = _by_deer(script)
    for name, lived in by_deer.items():
        assert [b.year - a.year for a, b in pairwise(lived)] == [1] * (len(lived) - 1)
        assert all(b.age - a.age == 1 for a, b in pairwise(lived))
        assert {life.birth_year for life in lived} == {lived[0].birth_year}
        assert all(life.died_at is None for life in lived[:-1])
        if lived[-1].year < 2025:
            assert lived[-1].died_at is not None, name
    for photo in script.photos:
        for subject in photo.subjects:
            if subject.individual:
                lived = by_deer[subject.individual]
                assert photo.taken_at.year >= lived[0].year
                assert lived[-1].died_at is None or photo.taken_at < lived[-1].died_at


def test_some_die_are_born_and_come(script: Script) -> None:
    by_deer = _by_deer(script)
    kinds = {life.origin for life in script.lives}
    assert kinds == {"founder", "born", "immigrant"}
    at_risk = [life for life in script.lives if life.year < 2025]
    died = [life for life in at_risk if life.died_at is not None]
    assert 0.6 < 1 - len(died) / len(at_risk) < 0.95
    grown = [lived for lived in by_deer.values() if lived[0].age == 0 and len(lived) > 1]
    assert grown
    for fawn, yearling, *_ in grown:
        assert fawn.deer.coat.spots
        assert not yearling.deer.coat.spots
        assert yearling.deer.kind == {"male": "buck", "female": "doe"}[yearling.sex]
        assert yearling.deer.build.scale > 1.2 * fawn.deer.build.scale
        assert yearling.deer.coat.pattern == fawn.deer.coat.pattern
    mothers = {life.mother for life in script.lives if life.origin == "born"}
    assert mothers <= {life.deer.name for life in script.lives if life.deer.kind == "doe"}


def test_bucks_are_in_velvet_in_hard_antlers_and_without(script: Script) -> None:
    bucks = [life for life in script.lives if life.deer.kind == "buck"]
    for life in bucks:
        deer = life.deer
        assert deer.rubbed_at is not None
        assert deer.cast_at is not None
        assert deer.antler_state(deer.rubbed_at - timedelta(days=1)) == "velvet"
        assert deer.antler_state(deer.rubbed_at) == "hard"
        assert deer.antler_state(deer.cast_at) == "shed"
    does = [life.deer for life in script.lives if life.deer.kind == "doe"]
    assert {deer.antler_state(script.chapters[0].start) for deer in does} == {None}


def test_the_truth_and_the_cameras_say_what_was_drawn(tmp_path: Path) -> None:
    plan = DemoPlan(seed=6, n_deer=4, n_cameras=1, n_photos=9, frames=1, n_years=3)
    summary = render_demo(plan, tmp_path, workers=1, faulty=False)
    lived = pl.read_parquet(tmp_path / "truth_years.parquet")
    assert lived.columns == YEARS_SCHEMA.names
    assert summary.n_deer == lived["individual"].n_unique()
    truth = pl.read_parquet(summary.truth)
    seen = truth.filter(pl.col("individual").is_not_null())
    assert set(seen["individual"]) <= set(lived["individual"])
    states = seen.filter(pl.col("antlers").is_not_null())
    assert set(states["class"]) <= {"buck"}
    stays = pl.read_csv(summary.cameras_csv)
    assert len(stays) == 6
    assert stays["from"][0] == "2023-08-25"
    assert stays["to"][0] >= "2023-09-15"


def test_more_photos_than_the_cameras_take_in_a_summer_are_refused() -> None:
    with pytest.raises(ValueError, match=r"n_photos: 1 cameras do not take as many in 2 years"):
        DemoPlan(n_cameras=1, n_photos=90_000, n_years=2)
