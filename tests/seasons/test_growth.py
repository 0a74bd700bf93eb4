"""Growth: the ratio of two estimates, by the delta method, against draws of both."""

from __future__ import annotations

import math

import numpy as np
import pytest

from thumper_core.herd.abundance.estimate import Estimate, Refused, Z
from thumper_core.seasons.growth import growth


def _estimate(value: float, sigma: float) -> Estimate:
    low, high = value * math.exp(-Z * sigma), value * math.exp(Z * sigma)
    return Estimate("m", value, low, high, ("a",), "s", cautions=("c",))


def test_it_is_as_draws_of_both_have_it() -> None:
    found = growth(_estimate(20, 0.1), _estimate(30, 0.2))
    assert isinstance(found, Estimate)
    rng = np.random.default_rng(1)
    drawn = 1.5 * np.exp(0.2 * rng.standard_normal(200_000) - 0.1 * rng.standard_normal(200_000))
    low, high = np.quantile(drawn, (0.025, 0.975))
    assert found.estimate == pytest.approx(1.5)
    assert (found.low, found.high) == pytest.approx((low, high), rel=0.01)
    assert (found.assumptions, found.cautions) == (("a",), ("c",))


def test_what_has_no_upper_end_gives_none() -> None:
    open_ended = Estimate("m", 20, 15, math.inf, (), "s")
    one, other = growth(open_ended, _estimate(20, 0.1)), growth(_estimate(20, 0.1), open_ended)
    assert isinstance(one, Estimate) and isinstance(other, Estimate)
    assert (one.low, other.high) == (0, math.inf)
    assert one.high < math.inf and other.low > 0


@pytest.mark.parametrize("none", [Refused("m", "why"), Estimate("m", 0, 0, 0, (), "s")])
def test_it_needs_both(none: Estimate | Refused) -> None:
    assert isinstance(growth(none, _estimate(20, 0.1)), Refused)
    assert isinstance(growth(_estimate(20, 0.1), none), Refused)
