"""How to set up a survey."""

from __future__ import annotations

import math

import pytest

from thumper_core.contracts import UsageError
from thumper_core.survey.survey_plan import TABLE, plan


@pytest.mark.parametrize(
    ("area_ha", "cameras", "days", "n", "says"),
    [
        (600, None, 14, 10, []),
        (65, None, 14, 1, ["fewer than 6 cameras"]),
        (600, 4, 14, 4, ["10 cameras would do", "fewer than 6 cameras"]),
        (600, None, 5, 10, ["fewer miss deer"]),
        (600, None, 60, 10, ["So long a time".lower()]),
    ],
)
def test_a_plan(area_ha: float, cameras: int | None, days: int, n: int, says: list[str]) -> None:
    made = plan(area_ha, cameras, days)
    assert made.cameras == n
    assert made.ha_per_camera == pytest.approx(area_ha / n)
    warned = made.sentences[3:]
    assert len(warned) == len(says)
    assert all(part in sentence for part, sentence in zip(says, warned, strict=True))


@pytest.mark.parametrize(
    ("area_ha", "cameras", "days"), [(0, 1, 1), (math.inf, 1, 1), (9, 0, 1), (9, 1, 0)]
)
def test_nothing_is_no_plan(area_ha: float, cameras: int, days: int) -> None:
    with pytest.raises(UsageError, match="above zero"):
        plan(area_ha, cameras, days)


def test_every_published_figure_has_its_source() -> None:
    assert all("SEAFWA" in row.source and row.days and row.ha_per_camera for row in TABLE)
