"""The chances of known deer and of a new one: they add up, they are calibrated, and nothing is invented."""

from __future__ import annotations

import numpy as np
import pytest

from tests.identify.meet.meetings import sightings
from thumper_core.identify.meet.chances import learn_chances, prior_of_new
from thumper_core.identify.meet.gallery import Sightings, compare
from thumper_core.identify.scale.calibrate import reliability_curve

DEER = 24


def gallery(seed: int = 0, moment: float = 1.0) -> Sightings:
    return sightings(np.tile(np.arange(DEER), 6), moment=moment, seed=seed)


def trials(known: Sightings) -> list[tuple[Sightings, Sightings]]:
    """A quarter of the deer never seen, and a quarter of the visits asked about."""
    found = []
    for k in range(4):
        out = (known.who % 4 == k) | (known.event * 4 // len(known) == k)
        found.append((known.rows(out), known.rows(~out)))
    return found


def asked(share_new: float, seed: int, moment: float = 1.0, n: int = 400) -> Sightings:
    rng = np.random.default_rng(seed)
    new = rng.random(n) < share_new
    who = np.where(new, DEER + rng.integers(0, 8, n), rng.integers(0, DEER, n))
    return sightings(who, moment=moment, seed=seed, first_event=1000)


@pytest.mark.parametrize("share_new", [0.05, 0.3])
def test_the_chance_of_a_new_deer_is_calibrated_and_its_share_is_found(share_new: float) -> None:
    known = gallery()
    model = learn_chances(known, trials(known))
    query = asked(share_new, seed=5)
    found = compare(query, known, model.yardstick)
    prior = prior_of_new(model, query, found, known)
    deer, new = model.expecting(prior).chances(query, found)
    assert np.allclose(deer.sum(axis=1) + new, 1)
    is_new = query.who >= DEER
    assert new.mean() == pytest.approx(is_new.mean(), abs=0.12)
    assert reliability_curve(new, is_new.astype(float))[0] < 0.13
    right = known.deer[deer.argmax(axis=1)] == query.who
    assert right[~is_new].mean() > 0.9


def test_where_nothing_tells_deer_apart_no_share_is_read_into_the_answers() -> None:
    known = gallery(moment=40.0)
    model = learn_chances(known, trials(known))
    query = asked(0.5, seed=6, moment=40.0)
    found = compare(query, known, model.yardstick)
    assert model.apart < 0.2
    assert 0.005 < prior_of_new(model, query, found, known) < 0.3


@pytest.mark.parametrize("n", [0, 1, 3])
def test_a_small_gallery_answers_with_the_lines_it_starts_from(n: int) -> None:
    known = sightings(np.arange(n))
    model = learn_chances(known, [])
    query = sightings(np.array([0, 5]), seed=3, first_event=50)
    found = compare(query, known, model.yardstick)
    deer, new = model.expecting(prior_of_new(model, query, found, known)).chances(query, found)
    assert deer.shape == (2, n) and np.isfinite(new).all()
    assert np.allclose(deer.sum(axis=1) + new, 1)
    if not n:
        assert new.tolist() == [1, 1]
