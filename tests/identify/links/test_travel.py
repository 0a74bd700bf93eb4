"""Impossible travel against trying every pair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core.identify.links.travel import HORIZON_S, Stays, haversine_m, impossible_pairs


def test_haversine_known_distances() -> None:
    # Dallas Love Field to Houston Hobby; a degree of the equator; pole to pole
    assert haversine_m(32.8471, -96.8518, 29.6454, -95.2789) == pytest.approx(386_000, rel=0.01)
    assert haversine_m(0.0, 0.0, 0.0, 1.0) == pytest.approx(111_195, rel=1e-4)
    assert haversine_m(90.0, 0.0, -90.0, 0.0) == pytest.approx(20_015_115, rel=1e-4)
    assert haversine_m(0.0, 179.9, 0.0, -179.9) == pytest.approx(22_239, rel=1e-3)


def stays(seed: int, n: int, spread_deg: float) -> Stays:
    rng = np.random.default_rng(seed)
    places = 30 + rng.uniform(0, spread_deg, (5, 2))
    camera = rng.integers(0, 5, n)
    start = rng.uniform(0, 20_000, n)
    start[rng.random(n) < 0.1] = np.nan
    latitude = places[camera, 0].copy()
    latitude[rng.random(n) < 0.1] = np.nan
    return Stays(start, start + rng.uniform(0, 20, n), latitude, places[camera, 1], camera)


@given(st.integers(0, 10_000), st.integers(0, 40), st.sampled_from([0.001, 0.05, 0.3, 30.0]))
@settings(max_examples=80, deadline=None)
def test_equals_trying_every_pair(seed: int, n: int, spread_deg: float) -> None:
    s = stays(seed, n, spread_deg)
    expected = []
    for i in range(n):
        for j in range(i + 1, n):
            if s.camera[i] == s.camera[j]:
                continue
            values = [s.start_s[i], s.start_s[j], s.latitude[i], s.latitude[j]]
            if np.isnan(values).any():
                continue
            gap = max(0, s.start_s[i] - s.end_s[j], s.start_s[j] - s.end_s[i])
            far = haversine_m(s.latitude[i], s.longitude[i], s.latitude[j], s.longitude[j])
            if gap <= HORIZON_S and far - 100 > 12 * (gap + 240):
                expected.append([i, j])
    assert impossible_pairs(s, 12.0).tolist() == expected
