"""What the text of a strip says, and what neighbours mend."""

from __future__ import annotations

from datetime import datetime

import pytest

from thumper_core.stamp.text import Stamp, checked, day_comes_first, understand

TEXTS = {
    "cuddeback": (
        "11  7/26/2018  2:54PM  BARN FEED - 002",
        (datetime(2018, 7, 26, 14, 54), "BARN FEED", "002", None),
    ),
    "without a name": ("2/21/2020 10:19PM-015", (datetime(2020, 2, 21, 22, 19), None, "015", None)),
    "noon and midnight": (
        "9/21/2018 12:40AM OAK-1",
        (datetime(2018, 9, 21, 0, 40), "OAK-1", None, None),
    ),
    "reconyx": (
        "2020-04-16 10:10:32 AM  M 3/3  82°F  R49",
        (datetime(2020, 4, 16, 10, 10, 32), "R49", None, 27.8),
    ),
    "run together": (
        "2019-07-0700:03:35  M 3/3  59°F  R50",
        (datetime(2019, 7, 7, 0, 3, 35), "R50", None, 15.0),
    ),
    "run together by one digit": (
        "2020-04-224:31:11  PM  92°F  R50",
        (datetime(2020, 4, 22, 16, 31, 11), "R50", None, 33.3),
    ),
    "a day that is none": ("13/45/2018 2:54PM OAK", (None, "OAK", None, None)),
    "an hour that is none": ("7/26/2018 19:54PM OAK", (None, "OAK", None, None)),
    "a clock that was reset": ("1/1/1980 00:00 OAK", (None, "OAK", None, None)),
    "24 hours and pressure": (
        "07/26/2018 14:54 29.92inHg -3C Creek",
        (datetime(2018, 7, 26, 14, 54), "Creek", None, -3.0),
    ),
    "nothing": ("", (None, None, None, None)),
    "symbols": ("(1", (None, None, None, None)),
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts(name: str) -> None:
    text, expected = TEXTS[name]
    said = understand(text, 0.9, day_first=False)
    assert (said.at, said.camera, said.number, said.temperature_c) == expected
    assert said.has_seconds == (name == "reconyx" or name.startswith("run together"))


def test_which_number_is_the_day_is_learned_from_dates_that_can_be_one_only() -> None:
    european = ["05.06.2018 10:00", "26.06.2018 10:00"]
    assert day_comes_first(european)
    assert not day_comes_first(["5/6/2018 10:00", "6/26/2018 10:00"])
    assert not day_comes_first([])
    assert understand(european[0], 1, day_first=True).at == datetime(2018, 6, 5, 10)


def stamp(camera: str | None, day: int | None, confidence: float = 0.9) -> Stamp:
    at = None if day is None else datetime(2018, 9, day, 6)
    return Stamp("", at, camera=camera, confidence=confidence)


def test_a_name_that_was_misread_is_the_one_that_its_neighbours_have() -> None:
    right = [stamp("BARN FEED", 1)] * 10
    found = checked([*right, stamp("BARN FEEO", 1), stamp("BARNFEED", 1), stamp("Oak", 1)])
    assert [s.camera for s in found[10:]] == ["BARN FEED", "BARN FEED", "Oak"]
    assert [s.confidence for s in found[9:]] == [0.9, 0.45, 0.45, 0.9]
    two = checked([*right, *[stamp("BARN FEEL", 1)] * 9])
    assert {s.camera for s in two} == {"BARN FEED", "BARN FEEL"}, (
        "both are often enough to be names"
    )
    assert checked([]) == []


def test_a_time_that_neither_neighbour_bears_out_is_none() -> None:
    far = Stamp("", datetime(2008, 9, 2, 6), camera="Oak", confidence=0.8)
    found = checked([stamp("Oak", 1), stamp("Oak", 1), far, stamp("Oak", 2), stamp("Oak", 2)])
    assert [s.at is None for s in found] == [False, False, True, False, False]
    assert found[2].confidence == 0.4
    other = [stamp("Oak", 1), stamp("Oak", 1), Stamp("", far.at, camera="Creek"), stamp("Oak", 2)]
    assert checked(other)[2].at == far.at, "another camera's photos lie in the folder"
    season = [stamp("Oak", 1), stamp("Oak", 2), Stamp("", datetime(2020, 2, 21), camera="Oak")]
    assert checked(season)[2].at == datetime(2020, 2, 21), "a season later, nobody comes behind"
