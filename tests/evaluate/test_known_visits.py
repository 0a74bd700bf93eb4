"""What is tried on what was kept back: nothing of it is learned from, and worse is seen to be worse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.identify.space.visits import known_visits
from thumper_core.evaluate.known_visits import FOLDS, Kept, folds, tried
from thumper_core.settings import IdentifySettings

ON = IdentifySettings(whitening="on")


def test_what_is_known_is_counted() -> None:
    known = known_visits(animals=3, visits=4)
    assert (known.n_animals, known.n_again) == (3, 9)
    assert known.is_known.all()
    alone = replace(known, who=np.arange(12, dtype=np.int32))
    assert (alone.n_animals, alone.n_again, alone.is_known.any()) == (0, 0, False)
    one_visit = replace(known, event=np.zeros(12, np.int32))
    assert one_visit.n_animals == 0 and one_visit.spread() is None


@pytest.mark.parametrize("keep", ["visits", "animals"])
def test_nothing_that_is_kept_back_is_learned_from(keep: Kept) -> None:
    known = known_visits()
    asked: list[np.ndarray] = []

    def learn(which: np.ndarray) -> None:
        asked.append(which)

    done = []
    found = tried(known, learn, None, ON, keep, lambda a, b: done.append((a, b)))
    assert found.before == found.after and found.noise == 0
    assert done == [(k + 1, FOLDS) for k in range(FOLDS)]
    assert (np.sum([~which for which in asked], axis=0) == 1).all()  # each is kept back once
    unit = known.event if keep == "visits" else known.who
    for which in asked:
        assert not set(unit[which]) & set(unit[~which])
    assert (folds(known, keep) == folds(known, keep)).all()


def test_better_is_better_and_shuffled_is_worse() -> None:
    known = known_visits()
    found = tried(known, known.spread, None, ON, "animals")
    assert found.after > found.before + found.noise and found.n_animals == 16
    shuffled = replace(known, who=np.random.default_rng(0).permutation(known.who))
    worse = tried(known, shuffled.spread, known.spread, ON, "animals")
    assert worse.after < worse.before - worse.noise
    same = tried(known, known.spread, known.spread, ON, "visits")
    assert same.before == same.after


def test_without_anybody_known_there_is_no_figure() -> None:
    known = known_visits(animals=4, visits=3)
    alone = replace(known, who=np.arange(12, dtype=np.int32))
    found = tried(alone, alone.spread, None, ON, "visits")
    assert found.n_asked == 0 and np.isnan(found.before)
