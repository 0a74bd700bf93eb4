"""Ranges where bucks are photographed more than does."""

from __future__ import annotations

import math

import pytest

from thumper_core.herd.abundance.estimate import Estimate, Refused
from thumper_core.survey.detectability import FACTORS, bucks_per_doe_ranged, herd_ranged

EQUAL = "A visit of bucks is as likely to be photographed as one of does."
GIVEN = Estimate("x", 0.8, 0.6, 1.0, (EQUAL, "Other."), "source", 0.1)


def test_fewer_bucks_per_doe_than_were_photographed() -> None:
    found = bucks_per_doe_ranged(GIVEN)
    assert isinstance(found, Estimate)
    assert (found.low, found.high) == pytest.approx((0.6 / 1.9, 1.0))
    assert found.estimate == pytest.approx(0.8 / math.sqrt(1.9))
    assert EQUAL not in found.assumptions
    assert "Other." in found.assumptions
    assert found.std_error is None


def test_more_does_than_the_ratio_says_and_no_more_bucks() -> None:
    found = herd_ranged(Estimate("herd", 30, 25, 40, (), ""), n_bucks=10)
    assert isinstance(found, Estimate)
    assert (found.low, found.high) == pytest.approx((25, 10 + 30 * 1.9))
    assert found.estimate == pytest.approx(10 + 20 * math.sqrt(1.9))


def test_without_a_ratio_there_is_no_range() -> None:
    refused = Refused("x", "No.")
    assert bucks_per_doe_ranged(refused) is refused


def test_the_range_is_the_published_one() -> None:
    assert FACTORS == (1.0, 1.9)
