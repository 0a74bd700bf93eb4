"""How one animal differs from visit to visit: learned exactly, and what it does to a space."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.identify.space.visits import known_visits
from thumper_core.evaluate.retrieval import rank
from thumper_core.identify.space.axes import Axes
from thumper_core.identify.space.learn import learn_space
from thumper_core.identify.space.similarity import group_means, unit
from thumper_core.identify.space.visit_spread import (
    FREEDOM_HALF,
    SHARE_MAX,
    VisitSpread,
    learn_spread,
)
from thumper_core.settings import IdentifySettings

ON = IdentifySettings(whitening="on")


def test_it_is_the_covariance_of_visits_about_their_animal() -> None:
    rng = np.random.default_rng(0)
    vectors = unit(rng.normal(size=(12, 5)))
    index = np.arange(12, dtype=np.int32)
    animal = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, -1, -1, 3])
    event = np.array([0, 0, 1, 2, 3, 4, 5, 6, 6, 7, 8, 9])  # 2 and 3 were seen on one visit only
    spread = learn_spread(vectors, index, event, animal)
    assert spread is not None and spread.freedom == 4
    base = unit(vectors - vectors.mean(axis=0)).astype(np.float64)
    visits = [[base[[0, 1]].mean(axis=0), base[2], base[3]], [base[4], base[5], base[6]]]
    apart = np.concatenate([np.array(v) - np.mean(v, axis=0) for v in visits])
    np.testing.assert_allclose(spread.covariance(np.eye(5)), apart.T @ apart / 4, atol=1e-6)


@pytest.mark.parametrize("animal", [[-1, -1, -1], [0, 1, 2], [0, 0, 1]])
def test_without_a_second_visit_there_is_nothing(animal: list[int]) -> None:
    vectors = unit(np.eye(3))
    event = np.array([0, 0, 1])
    assert learn_spread(vectors, np.arange(3, dtype=np.int32), event, np.array(animal)) is None


def test_little_evidence_counts_little() -> None:
    axes = np.eye(3, dtype=np.float32)
    shares = [VisitSpread(axes, freedom).share for freedom in (0, 1, FREEDOM_HALF, 10**6)]
    assert shares == sorted(shares) and shares[0] == 0
    assert shares[2] == SHARE_MAX / 2 and shares[3] == pytest.approx(SHARE_MAX, abs=1e-3)


def test_it_goes_with_the_vectors_onto_other_axes() -> None:
    known = known_visits()
    spread = known.spread()
    assert spread is not None
    axes = Axes.fit(known.vectors, 10)
    assert axes.axes is not None
    moved = spread.seen_on(axes).covariance(np.eye(10))
    np.testing.assert_allclose(
        moved, axes.axes.T @ spread.covariance(np.eye(40)) @ axes.axes, atol=1e-5
    )


def average_precision(means: np.ndarray, known) -> float:  # type: ignore[no-untyped-def]
    return float(rank(means, known.who, known.event).average_precision.mean())


def test_animals_it_never_saw_are_found_better() -> None:
    # The same directions of nuisance for other animals: what a lamp or a pose does, whoever stands there.
    rng = np.random.default_rng(0)
    whole = known_visits(animals=32)
    half = whole.who < 16
    spread = whole.spread(half)
    assert spread is not None
    rows = np.flatnonzero(~half)
    frames = np.isin(whole.index, rows)
    rest = replace(
        whole,
        vectors=whole.vectors[frames],
        index=np.unique(whole.index[frames], return_inverse=True)[1].astype(np.int32),
        photo=np.arange(frames.sum(), dtype=np.int32),
        event=np.arange(len(rows), dtype=np.int32),
        event_name=np.arange(len(rows)).astype(np.str_),
        who=whole.who[rows] - 16,
        links=whole.links.among(rows),
    )
    alone, ours = (average_precision(rest.space(s, ON), rest) for s in (None, spread))
    assert ours > alone + 0.1
    shuffled = replace(whole, who=rng.permutation(whole.who)).spread(half)
    assert average_precision(rest.space(shuffled, ON), rest) < ours - 0.1


def test_a_space_says_what_was_counted_in_and_maps_what_comes_later() -> None:
    known = known_visits()
    spread = known.spread()
    assert spread is not None
    named = replace(spread, source="what Kim taught")
    space = learn_space(
        known.vectors, known.index, known.photo, known.event, known.event_name, None,
        known.links, ON, named,
    )  # fmt: skip
    assert any(step.startswith("what Kim taught counted in for") for step in space.steps)
    mapped = space.mapping.apply(known.vectors, None, known.index, known.event_name)
    np.testing.assert_allclose(mapped, space.vectors, atol=1e-4)
    off = learn_space(
        known.vectors, known.index, known.photo, known.event, known.event_name, None,
        known.links, IdentifySettings(whitening="off"), named,
    )  # fmt: skip
    assert off.steps == ("whitening off",)
    means = group_means(space.vectors, known.index, len(known.event))
    assert np.isfinite(means).all()
