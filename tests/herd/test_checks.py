"""The checks that guard a promotion, each at its limit and beyond."""

from __future__ import annotations

from dataclasses import replace

import pytest

from thumper_core.herd.checks import Statistics, anomalies
from thumper_core.settings import OpsSettings

SHOWN = Statistics("r1", 1000, 1000, 5, 40, 12, 18, 10, 0.9)


def keys(
    after: Statistics, before: Statistics | None = SHOWN, usual: tuple[float, ...] = ()
) -> list[str]:
    return [anomaly.key for anomaly in anomalies(before, after, OpsSettings(), usual)]


def test_the_same_herd_passes_and_so_does_a_first_one() -> None:
    assert keys(SHOWN) == []
    assert keys(SHOWN, None) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"n_processed": 999}, "incomplete"),
        ({"n_failed": 200}, "failure_rate"),
        ({"n_profiles": 0}, "profiles"),
        ({"n_profiles": 90}, "profiles"),
        ({"assignment_rate": 0.5}, "assignment_rate"),
        ({"assignment_rate": None}, "assignment_rate"),
        ({"n_bucks": 28, "n_does": 2}, "sex_ratio"),
        ({"n_bucks": 2, "n_does": 28}, "sex_ratio"),
    ],
)
def test_each_check_fails_alone(change: dict[str, int | float | None], found: str) -> None:
    assert keys(replace(SHOWN, **change)) == [found]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        # ln(21.5 / 3.5) - ln(11.5 / 7.5) = 1.39; standard error 0.74: chance gives up to 1.46
        ((21, 3), (11, 7), False),
        # ten times as many: 1.48 with a standard error of 0.25
        ((210, 30), (110, 70), True),
        # beyond chance, within the setting: 0.55, standard error 0.13
        ((210, 210), (210, 365), False),
        ((3, 2), (0, 5), False),  # too few to speak of a ratio
    ],
)
def test_a_sex_ratio_changes_by_more_than_chance(
    before: tuple[int, int], after: tuple[int, int], told: bool
) -> None:
    old, new = (replace(SHOWN, n_bucks=bucks, n_does=does) for bucks, does in (before, after))
    assert keys(new, old) == (["sex_ratio"] if told else [])


def test_throughput_needs_a_history() -> None:
    slow = replace(SHOWN, photos_per_s=1.0)
    assert keys(slow, usual=(10.0, 10.0)) == []
    assert keys(slow, usual=(10.0, 10.0, 11.0)) == ["throughput"]
