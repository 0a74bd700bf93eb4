"""The story: the herd's mix, visits that do not collide, home ranges, activity, and what difficulty
does.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_demo.coat import ATLAS_SHAPE, paint_coat
from thumper_demo.plan import DAYS, START, DemoPlan, Script, write_script
from thumper_demo.traits import herd_mix, make_herd, variety


@pytest.fixture(scope="module")
def script() -> Script:
    """The default demo's script."""
    return write_script(DemoPlan())


def test_default_herd_is_two_thirds_does_with_some_fawns(script: Script) -> None:
    kinds = Counter(deer.kind for deer in script.herd)
    assert kinds == {"doe": 12, "buck": 7, "fawn": 5}
    assert kinds["doe"] / (kinds["doe"] + kinds["buck"]) == pytest.approx(0.65, abs=0.03)
    does = {deer.name for deer in script.herd if deer.kind == "doe"}
    for deer in script.herd:
        assert (deer.antlers is not None) == (deer.kind == "buck")
        assert (deer.mother in does) == (deer.kind == "fawn")
    assert len({deer.name for deer in script.herd}) == 24


@given(n=st.integers(0, 200))
def test_the_mix_adds_up(n: int) -> None:
    does, bucks, fawns = herd_mix(n)
    assert does + bucks + fawns == n
    assert min(does, bucks, fawns) >= 0
    assert does >= bucks


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n_photos=st.integers(1, 60),
    n_cameras=st.integers(1, 8),
    n_deer=st.integers(0, 12),
)
def test_a_script_has_as_many_photos_as_asked_and_unique_paths(
    seed: int, n_photos: int, n_cameras: int, n_deer: int
) -> None:
    made = write_script(DemoPlan(seed, n_deer, n_cameras, n_photos))
    assert len(made.photos) == n_photos
    assert len({photo.path for photo in made.photos}) == n_photos
    assert [photo.index for photo in made.photos] == list(range(n_photos))
    assert len({site.name for site in made.sites}) == n_cameras


def test_bursts_are_three_photos_a_second_apart(script: Script) -> None:
    bursts = defaultdict(list)
    for photo in script.photos:
        bursts[photo.burst].append(photo)
    assert Counter(len(photos) for photos in bursts.values())[3] == len(bursts)
    for photos in bursts.values():
        gaps = [b.taken_at - a.taken_at for a, b in pairwise(photos)]
        assert all(timedelta(seconds=0.5) < gap < timedelta(seconds=2) for gap in gaps)
        assert len({photo.site for photo in photos}) == 1


def test_visits_keep_apart(script: Script) -> None:
    """Two events of a camera are over half an hour apart; nobody is in two places at once."""
    spans: dict[tuple[int, int], list[float]] = defaultdict(list)
    seen: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for photo in script.photos:
        minute = (photo.taken_at - START).total_seconds() / 60
        spans[photo.site, photo.event].append(minute)
        for subject in photo.subjects:
            if subject.individual:
                seen[subject.individual][round(minute) // 20].add(photo.site)
    by_site: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for (site, _), minutes in spans.items():
        by_site[site].append((min(minutes), max(minutes)))
    for visits in by_site.values():
        visits.sort()
        assert all(later[0] - earlier[1] > 30 for earlier, later in pairwise(visits))
    assert all(len(sites) == 1 for slots in seen.values() for sites in slots.values())


def test_each_deer_is_seen_often_and_at_few_cameras(script: Script) -> None:
    events, cameras = defaultdict(set), defaultdict(set)
    for photo in script.photos:
        for subject in photo.subjects:
            if subject.individual:
                events[subject.individual].add(photo.event)
                cameras[subject.individual].add(photo.site)
    assert len(events) == 24
    assert min(len(e) for e in events.values()) >= 4
    assert np.median([len(c) for c in cameras.values()]) <= 4


def test_three_weeks_mostly_at_dawn_and_dusk(script: Script) -> None:
    days = {(photo.taken_at - START).days for photo in script.photos}
    assert max(days) <= DAYS
    assert len(days) >= 18
    hours = [p.taken_at.hour for p in script.photos if any(s.individual for s in p.subjects)]
    twilight = sum(5 <= h <= 9 or 17 <= h <= 21 for h in hours)
    assert twilight / len(hours) > 0.55
    night = sum(p.light == "night" for p in script.photos) / len(script.photos)
    assert 0.2 < night < 0.6


def test_groups_blanks_and_others_occur(script: Script) -> None:
    kinds = Counter(subject.kind for photo in script.photos for subject in photo.subjects)
    assert set(kinds) == {
        "doe",
        "fawn",
        "buck",
        "coyote",
        "cow",
        "raccoon",
        "turkey",
        "person",
        "utv",
    }
    assert any(len(photo.subjects) >= 3 for photo in script.photos)
    blanks = sum(not photo.subjects for photo in script.photos) / len(script.photos)
    assert 0.04 < blanks < 0.2


def test_harder_means_more_alike() -> None:
    def spread(difficulty: float) -> float:
        coats = np.stack(
            [paint_coat(deer.coat) for deer in make_herd(3, 10, difficulty) if deer.kind == "doe"]
        )
        assert coats.shape[1:] == ATLAS_SHAPE
        assert coats.min() >= 0.0
        assert coats.max() <= 1.0
        return float(coats.std(axis=0).mean())

    easy, default, hard = (spread(d) for d in (0.0, 0.3, 1.0))
    assert easy >= default > 2.5 * hard
    assert variety(0.0) > variety(0.3) > variety(0.7) > variety(1.0) > 0.0


def test_looks_of_adults_do_not_repeat_in_a_herd_of_24(script: Script) -> None:
    adults = [deer.coat for deer in script.herd if deer.kind != "fawn"]
    looks = {(c.pattern, c.pattern_sign, round(c.tone), round(c.leg_tone)) for c in adults}
    assert len(looks) >= len(adults) - 2


def test_antlers_of_bucks_differ(script: Script) -> None:
    antlers = [deer.antlers for deer in script.herd if deer.antlers]
    assert len({a.points for a in antlers}) >= 4
    assert all(4 <= a.points <= 12 for a in antlers)
    assert max(a.beam_m for a in antlers) > 1.2 * min(a.beam_m for a in antlers)
