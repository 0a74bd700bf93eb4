"""A filter as parts of an address, and back: a link shows the same, and nonsense is left out with a word."""

from __future__ import annotations

from datetime import date

import pytest

from thumper_core.questions.photo_filter import (
    IN_ADDRESS,
    NOBODY,
    PhotoFilter,
    from_address,
    to_address,
)

KNOWN = {
    "cameras": ["Creek", "Old oak"],
    "species": ["white-tailed deer", "raccoon"],
    "individuals": ["deer-001"],
}
ALL = PhotoFilter(
    "buck",
    "Old oak",
    date(2026, 9, 1),
    date(2026, 9, 30),
    "deer-001",
    (20, 5),
    "infrared",
    "raccoon",
    (0.2, 0.55),
    True,
)


@pytest.mark.parametrize(
    "chosen",
    [
        PhotoFilter(),
        ALL,
        PhotoFilter(individual_id=NOBODY),
        PhotoFilter(hours=(22, 0)),
        PhotoFilter(hours=(0, 6), sure=(0.0, 0.5)),
    ],
)
def test_an_address_gives_the_filter_back(chosen: PhotoFilter) -> None:
    parts = to_address(chosen)
    assert set(parts) <= IN_ADDRESS
    assert from_address(parts, **KNOWN) == (chosen, "")


def test_every_part_is_in_the_address() -> None:
    assert set(to_address(ALL)) == IN_ADDRESS
    assert to_address(ALL)["hours"] == "20-5" and to_address(ALL)["confidence"] == "0.2-0.55"
    assert to_address(PhotoFilter()) == {}


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("show", "unicorns"),
        ("camera", "Moon"),
        ("from", "2026-13-01"),
        ("to", "yesterday"),
        ("individual", "deer-999"),
        ("hours", "99-3"),
        ("hours", "5-5"),
        ("hours", "0-24"),
        ("hours", "dusk"),
        ("light", "green"),
        ("species", "yeti"),
        ("confidence", "0.9-0.2"),
        ("confidence", "nan-1"),
        ("confidence", "0-2"),
        ("corrected", "1"),
    ],
)
def test_what_makes_no_sense_is_left_out_with_a_word(name: str, bad: str) -> None:
    chosen, told = from_address({"light": "colour", name: bad, "photo": "x"}, **KNOWN)
    assert f"{name} = {bad}" in told and "photo" not in told
    assert chosen == PhotoFilter(light=None if name == "light" else "colour")


def test_days_that_end_before_they_begin_are_left_out() -> None:
    chosen, told = from_address({"from": "2026-09-30", "to": "2026-09-01"}, **KNOWN)
    assert chosen == PhotoFilter() and "end before they begin" in told


@pytest.mark.parametrize(
    ("chosen", "asks"),
    [
        (PhotoFilter("nothing"), False),
        (PhotoFilter(light="colour", hours=(1, 2), corrected=True), False),
        (PhotoFilter("doe"), True),
        (PhotoFilter(sure=(0, 0.5)), True),
        (PhotoFilter(individual_id=NOBODY), True),
    ],
)
def test_what_is_said_of_boxes_is_known(chosen: PhotoFilter, asks: bool) -> None:
    assert chosen.asks_of_boxes == asks
