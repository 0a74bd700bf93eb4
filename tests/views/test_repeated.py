"""Fixtures in the views: what is left out, what a person brings back, and runs of any age."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.repeats.ranches import add_run, made
from tests.repeats.sights import HERE, sights, visits
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Decision, Fixture, Reclass, RestingPlace, Undo
from thumper_core.herd.decide import decide
from thumper_core.questions import fixtures
from thumper_core.questions.photo_filter import PhotoFilter
from thumper_core.questions.photo_list import photo_counts
from thumper_core.questions.source import animals, without_fixtures
from thumper_core.workspace import Workspace

DEER = "white-tailed deer"
ELSEWHERE = (400.0, 150.0, 520.0, 300.0)


STUMP = sights(visits(3), 1, name="s")
AND_DEER = pl.concat([STUMP, sights(visits(4)[18:], None, ELSEWHERE, name="d")])


@pytest.fixture
def ranch(tmp_path: Path) -> Workspace:
    return made(tmp_path / "ranch", AND_DEER)


def _key(row: int) -> BoxKey:
    photo, *box = STUMP.select("photo_id", "x1", "y1", "x2", "y2").row(row)
    return BoxKey(photo, tuple(box))


def _say(workspace: Workspace, word: Decision) -> int:
    return decide(workspace, word, "kim").numbers[0]


def _species(workspace: Workspace) -> dict[str, int]:
    rows = workspace.sql("select species, count(*) as n from detections group by species")
    return dict(rows.iter_rows())


def test_what_comes_back_is_a_fixture_with_its_evidence_and_no_deer(ranch: Workspace) -> None:
    assert _species(ranch) == {"fixture": 18, DEER: 6}
    row = ranch.sql(
        'select "class", sex, source, repeated, repeated_first, repeated_last, repeated_place '
        "from detections where species = 'fixture' limit 1"
    ).row(0)
    first, last = STUMP["taken_at"].min(), STUMP["taken_at"].max()
    assert row == ("deer", "unknown", "model", 18, first, last, "s0000")
    deer = ranch.sql("select repeated from detections where species <> 'fixture'")
    assert deer["repeated"].null_count() == deer.height


def test_pages_and_formats_take_a_photo_of_a_fixture_for_one_without_animals(
    ranch: Workspace,
) -> None:
    for show, n in (("nothing", 18), ("deer", 6), ("other", 0)):
        assert photo_counts(ranch, PhotoFilter(show=show)).n_photos == n
    every = animals(ranch)
    assert every["repeated"].drop_nulls().to_list() == [18] * 18
    assert without_fixtures(every).height == 6


def test_a_person_brings_a_place_back_or_one_box_of_it(ranch: Workspace) -> None:
    (place,) = fixtures.places(ranch)
    assert place.said is None
    number = _say(ranch, place.decision(is_fixture=False))
    assert _species(ranch) == {DEER: 24}
    (back,) = fixtures.places(ranch)
    assert (back.said, back.n_photos) == ("resting_place", 18)
    _say(ranch, Undo(number))
    assert _species(ranch) == {"fixture": 18, DEER: 6}
    _say(ranch, Reclass(_key(3), DEER))
    assert _species(ranch) == {"fixture": 17, DEER: 7}
    _say(ranch, place.decision(is_fixture=True))
    assert fixtures.places(ranch)[0].said == "fixture"
    assert _species(ranch) == {"fixture": 17, DEER: 7}


def test_one_box_that_a_person_points_at_takes_those_like_it(tmp_path: Path) -> None:
    ranch = made(tmp_path, pl.concat([STUMP.head(4), sights(visits(3)[9:], None, name="d")]))
    assert _species(ranch) == {DEER: 13}
    number = _say(ranch, Fixture(_key(1)))
    assert _species(ranch) == {"fixture": 4, DEER: 9}
    _say(ranch, RestingPlace(_key(1)))
    assert _species(ranch) == {DEER: 13}
    assert [p.said for p in fixtures.places(ranch)] == ["resting_place"]
    assert number == 1


def test_a_run_made_before_patches_were_kept_opens_and_is_judged_by_place(tmp_path: Path) -> None:
    assert _species(made(tmp_path / "few", AND_DEER, old=True)) == {DEER: 24}
    often = sights(visits(8), 1, HERE, jitter=0.5)
    assert _species(made(tmp_path / "often", often, old=True)) == {"fixture": 48}


def test_the_table_is_kept_between_processes_and_made_anew_as_photos_come(ranch: Workspace) -> None:
    assert _species(ranch)["fixture"] == 18
    (kept,) = ranch.cache_dir.glob("repeats-*.parquet")
    assert _species(Workspace.open(ranch.root)) == _species(ranch)
    kept.write_bytes(b"damaged")
    assert _species(Workspace.open(ranch.root)) == {"fixture": 18, DEER: 6}
    add_run(ranch, STUMP.head(5))
    assert _species(ranch) == {DEER: 5}
    assert [p.name for p in ranch.cache_dir.glob("repeats-*.parquet")] != [kept.name]
