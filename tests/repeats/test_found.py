"""What is left out as a fixture, and what is not: stumps, beds, troughs, moved cameras, words."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from tests.repeats.sights import HERE, photos_of, said, sights, visits
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Fixture, RestingPlace
from thumper_core.repeats.found import SCHEMA, repeats

STUMP = 1
ELSEWHERE = (400.0, 150.0, 520.0, 300.0)


def found(*parts: pl.DataFrame, words: pl.DataFrame | None = None) -> pl.DataFrame:
    detections = pl.concat(parts)
    return repeats(detections, photos_of(detections), said() if words is None else words)


def moved(by: float) -> tuple[float, ...]:
    return tuple(side + by for side in HERE)


def _bedded() -> pl.DataFrame:
    """One night from dusk to dawn, a photo every 20 minutes, the event cut now and then."""
    lies = [(f"bed{n // 4}", visits(1)[0][1] + timedelta(minutes=20 * n)) for n in range(40)]
    return sights(lies, STUMP)


@pytest.mark.parametrize(
    ("what", "n_left_out"),
    [
        (lambda: [sights(visits(3), STUMP)], 18),
        (lambda: [sights(visits(3), STUMP), sights(visits(3), None, ELSEWHERE, name="d")], 18),
        (lambda: [_bedded()], 0),
        (lambda: [sights(visits(20), None)], 0),  # deer after deer at one trough
        (lambda: [sights(visits(20), None, moved(9.0 * n), name=f"w{n}") for n in range(6)], 0),
        (lambda: [sights(visits(2, per_night=1, photos=9), STUMP)], 0),  # two visits
        (lambda: [sights(visits(1, per_night=6), STUMP)], 0),  # one night
        (lambda: [sights(visits(3), STUMP, moved(1.5 * n), name=f"b{n}") for n in range(3)], 54),
        (lambda: [sights([("e", None)] * 40, STUMP)], 0),  # no photo has a time
    ],
    ids=[
        "a stump", "a stump among deer", "a bedded deer", "a trough", "a wall of deer",
        "two visits", "one night", "a bumped camera", "photos without a time",
    ],
)  # fmt: skip
def test_what_comes_back_with_its_pixels_over_days_is_left_out(what, n_left_out: int) -> None:
    rows = found(*what())
    assert rows.height == n_left_out
    assert rows.schema == SCHEMA


def test_nothing_seen_gives_an_empty_table() -> None:
    assert found(sights([], STUMP)).is_empty()


def test_a_place_says_how_often_when_and_which_picture_shows_it() -> None:
    when = visits(4)
    between = sights(visits(4, per_night=4)[6:8], None, ELSEWHERE, name="d")
    rows = found(sights(when, STUMP), between)
    facts = rows.drop("detection_id", "is_picture").unique().to_dicts()
    assert len(facts) == 1
    wanted = {
        "run_id": "r1", "place_id": "t0000", "camera": "north", "is_infrared": True,
        "n_photos": 24, "n_events": 12, "n_days": 4, "first_at": when[0][1],
        "last_at": when[-1][1], "said": None,
    }  # fmt: skip
    assert {name: facts[0][name] for name in wanted} == wanted
    assert facts[0]["share"] == pytest.approx(24 / 26)
    assert rows["is_picture"].sum() == 1
    assert [facts[0][f"place_{c}"] for c in ("x1", "y1", "x2", "y2")] == pytest.approx(
        HERE, abs=1.5
    )


def test_cameras_lights_and_runs_are_apart() -> None:
    night, day = (
        sights(visits(3), STUMP, is_infrared=light, name=str(light)) for light in (True, False)
    )
    assert found(night, day).n_unique("place_id") == 2
    by_night = pl.col("event_id").str.head(2)
    every = sights(visits(3), STUMP)
    each = [
        every.filter(by_night == f"n{n}").with_columns(camera=pl.lit(f"c{n}")) for n in range(3)
    ]
    assert found(*each).is_empty()  # no camera saw it for more than a night
    other = sights(visits(3), STUMP, run_id="r2", name="o")
    both = pl.concat([night, other])
    rows = repeats(both, photos_of(night), said())
    assert rows["run_id"].unique().sort().to_list() == ["r1", "r2"]


def test_a_camera_that_was_moved_starts_afresh() -> None:
    before = sights(visits(3), STUMP)
    later = [(f"m{event}", at + timedelta(days=30)) for event, at in visits(3)]
    # the stump is elsewhere now, and where it was come deer
    after = sights(later, STUMP, ELSEWHERE, name="s")
    deer = sights(later, None, name="d")
    rows = found(before, after, deer)
    assert rows.n_unique("place_id") == 2
    assert not rows["detection_id"].str.starts_with("d").any()
    early = [(f"e{event}", at + timedelta(days=30)) for event, at in visits(1)]
    assert found(before, sights(early, STUMP, ELSEWHERE, name="s")).height == before.height


def test_it_is_read_anew_as_photos_come_and_does_not_depend_on_their_order() -> None:
    stump, deer = sights(visits(5), STUMP), sights(visits(5), None, ELSEWHERE, name="d")
    every = pl.concat([stump, deer])
    first = found(every.head(6))
    whole = found(every)
    assert first.is_empty()
    assert whole["detection_id"].sort().to_list() == stump["detection_id"].to_list()
    mixed = every.sample(fraction=1, shuffle=True, seed=3)
    assert repeats(mixed, photos_of(mixed), said()).equals(whole)


@pytest.mark.parametrize(
    ("nights", "jitter", "n_left_out"), [(3, 0.5, 0), (8, 0.5, 48), (8, 25.0, 0)]
)
def test_without_pixels_only_a_place_that_is_met_exactly_and_very_often_is_left_out(
    nights: int, jitter: float, n_left_out: int
) -> None:
    rows = found(sights(visits(nights), STUMP, jitter=jitter, patch=None))
    assert rows.height == n_left_out


def _key(frame: pl.DataFrame, row: int) -> BoxKey:
    photo, *box = frame.select("photo_id", "x1", "y1", "x2", "y2").row(row)
    return BoxKey(photo, tuple(box))


def test_a_person_says_that_an_animal_rests_there_and_takes_it_back() -> None:
    stump = sights(visits(3), STUMP)
    fixture, rests = Fixture(_key(stump, 4)), RestingPlace(_key(stump, 4))
    for words, undone, verdict in (
        ((), (), None),
        ((rests,), (), "resting_place"),
        ((rests,), (1,), None),
        ((fixture,), (), "fixture"),
        ((fixture, rests), (), "resting_place"),
        ((rests, fixture), (), "fixture"),
        ((rests, fixture), (2,), "resting_place"),
    ):
        rows = found(stump, words=said(*words, undone=undone))
        assert rows["said"].unique().to_list() == [verdict]
        assert rows.height == stump.height


def test_what_a_person_points_at_is_a_fixture_however_seldom_it_is_seen() -> None:
    seldom, deer = sights(visits(1), STUMP), sights(visits(2)[6:], None, name="d")
    words = said(Fixture(_key(seldom, 2)))
    rows = found(seldom, deer, words=words)
    assert rows["detection_id"].to_list() == seldom["detection_id"].to_list()
    assert rows["said"].unique().to_list() == ["fixture"]
    assert found(seldom, deer, words=said(Fixture(_key(seldom, 2)), undone=(1,))).is_empty()
    elsewhere = said(Fixture(_key(seldom, 2)), camera="south")
    assert found(seldom, deer, words=elsewhere).is_empty()


def test_a_word_about_a_place_is_about_both_lights() -> None:
    night = sights(visits(3), STUMP)
    day = sights(visits(3), 2, is_infrared=False, name="day")
    rows = found(night, day, words=said(RestingPlace(_key(night, 0))))
    assert rows["said"].unique().to_list() == ["resting_place"]
    assert rows.n_unique("place_id") == 2
