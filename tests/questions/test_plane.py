"""A flat map: places as people write them, metres and degrees."""

from __future__ import annotations

import numpy as np
import pytest

from thumper_core.contracts import UsageError
from thumper_core.identify.links.travel import haversine_m
from thumper_core.questions import plane


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("30.1234, -98.5678", (30.1234, -98.5678)),
        (" 30.1234 -98.5678 ", (30.1234, -98.5678)),
        ("30.12° N, 98.41° W", (30.12, -98.41)),
        ("33.9S; 18.4e", (-33.9, 18.4)),
    ],
)
def test_a_place_is_read_as_people_write_it(text: str, place: plane.Place) -> None:
    assert plane.place_of(text) == place


@pytest.mark.parametrize("text", ["", "the gate", "30.1", "95.0, 10.0", "10.0, 181.0"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no place"):
        plane.place_of(text)


@pytest.mark.parametrize("centre", [(30.1, -98.4), (0.0, 179.99), (-62.0, 10.0)])
@pytest.mark.parametrize("away", [(0.0, 0.0), (850.0, -1200.0), (-9000.0, 4000.0)])
def test_metres_and_degrees_are_one_the_other_turned(
    centre: plane.Place, away: tuple[float, float]
) -> None:
    place = plane.degrees(centre, *away)
    assert plane.metres(centre, place) == pytest.approx(away, abs=0.2)
    flown = float(haversine_m(*(np.array(value) for value in (*centre, *place))))
    assert flown == pytest.approx(float(np.hypot(*away)), rel=2e-3, abs=0.2)


def test_a_map_shows_all_its_places() -> None:
    places = [(30.0, -98.0), (30.02, -98.0)]
    centre = plane.middle(places)
    assert centre == pytest.approx((30.01, -98.0))
    assert plane.width_m(centre, places) == 4000.0
    assert plane.width_m(centre, []) == plane.width_m(centre, [centre]) == 4000.0
    assert plane.width_m(centre, [(30.5, -98.0)]) > 100_000
