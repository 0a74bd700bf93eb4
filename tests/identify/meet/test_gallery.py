"""How new sightings compare with known deer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.identify.meet.meetings import sightings
from thumper_core.identify.meet import gallery
from thumper_core.identify.meet.gallery import (
    FEATURES,
    NEAREST,
    Yardstick,
    compare,
    joined,
    luck,
)

RNG = np.random.default_rng


def test_what_speaks_for_a_deer_against_a_plain_reckoning() -> None:
    known = sightings(np.repeat(np.arange(5), 6))
    asked = sightings(np.arange(5), seed=1, first_event=100)
    yardstick = Yardstick.of(known, RNG(0))
    found = compare(asked, known, yardstick)
    alike = yardstick.measured(asked, known)
    for q in range(5):
        for k in range(5):
            mine = np.sort(alike[q, known.who == k])[::-1]
            assert found.features[q, k, 0] == pytest.approx(
                mine[:NEAREST].mean() - yardstick.spread * luck(np.array(6.0))
            )
            assert found.features[q, k, 1] == pytest.approx(mine.mean())
            assert (
                found.nearest[q, k]
                == np.flatnonzero(known.who == k)[alike[q, known.who == k].argmax()]
            )
    assert found.features[:, :, 0].argmax(axis=1).tolist() == [0, 1, 2, 3, 4]
    assert found.features.shape == (5, 5, len(FEATURES))


@pytest.mark.parametrize("earlier_only", [False, True])
def test_many_are_compared_piece_by_piece_as_at_once(
    monkeypatch: pytest.MonkeyPatch, earlier_only: bool
) -> None:
    known = sightings(np.repeat(np.arange(5), 6))
    asked = sightings(np.arange(5), seed=1, first_event=100)
    yardstick = Yardstick.of(known, RNG(0))
    whole = compare(asked, known, yardstick, earlier_only=earlier_only)
    monkeypatch.setattr(gallery, "PAIRS_AT_ONCE", 2 * len(known))
    pieces = compare(asked, known, yardstick, earlier_only=earlier_only)
    np.testing.assert_allclose(pieces.features, whole.features, rtol=1e-5)
    assert np.array_equal(pieces.open, whole.open)
    assert np.array_equal(pieces.nearest, whole.nearest)
    none = compare(asked.rows(np.zeros(0, np.int64)), known, yardstick)
    assert none.features.shape == (0, 5, len(FEATURES))


def test_luck_against_draws() -> None:
    for n in (1, 2, 3, 4, 8, 12):
        fresh = np.sort(np.random.default_rng(n).normal(size=(20_000, n)), axis=1)[:, ::-1]
        assert luck(np.array(float(n))) == pytest.approx(fresh[:, :NEAREST].mean(), abs=0.03)


def test_one_deer_is_one_and_two_are_nought_on_the_yardstick() -> None:
    known = sightings(np.repeat(np.arange(8), 6))
    alike = Yardstick.of(known, RNG(0)).measured(known, known)
    same = known.who[:, None] == known.who[None, :]
    apart = ~np.eye(len(known), dtype=bool)
    assert alike[same & apart].mean() == pytest.approx(1, abs=0.02)
    assert alike[~same].mean() == pytest.approx(0, abs=0.02)


def test_pictures_of_one_visit_are_never_compared() -> None:
    known = sightings(np.repeat(np.arange(3), 2))
    found = compare(known.rows([0]), known.rows([0, 2, 3]), Yardstick.of(known, RNG(0)))
    assert found.open.tolist() == [[False, True]]
    assert found.nearest[0, 0] == -1 and np.isfinite(found.features).all()


def test_a_clock_that_says_nothing_speaks_for_nobody() -> None:
    known = sightings(np.repeat(np.arange(3), 4))
    blank = np.full(len(known), np.nan)
    known = replace(known, hour=blank, day=blank, kind=np.full(len(known), -1, np.int32))
    asked = replace(known.rows([0]), event=np.array([99], np.int32))
    found = compare(asked, known, Yardstick.of(known, RNG(0)))
    for name in ("hour", "recent", "kind"):
        assert found.features[0, :, FEATURES.index(name)].tolist() == [0, 0, 0]


def test_sightings_put_together_keep_their_order() -> None:
    a, b = sightings(np.array([0, 1])), sightings(np.array([2]))
    both = joined(a, b)
    assert both.who.tolist() == [0, 1, 2] and len(both) == 3
    assert both.deer.tolist() == [0, 1, 2]
