"""How to set up a camera survey, and what published ones say of how good it will be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from thumper_core.contracts import UsageError
from thumper_core.counting import counted
from thumper_core.language import figure, mark, say

HA_PER_CAMERA: Final = 65.0
"""The blocks in which Jacobson et al. 1997 (Wildlife Society Bulletin 25: 547-556) stood one camera."""
DAYS: Final = (10, 14)
PREBAIT_DAYS: Final = 7
CAMERAS_GOOD: Final = 6


@dataclass(frozen=True)
class Published:
    """What one study found, at one camera for `ha_per_camera` hectares over `days` days."""

    ha_per_camera: float
    days: int
    found: str
    source: str


_MCKINLEY: Final = "McKinley, Demarais, Gee & Jacobson 2006, Proceedings of the SEAFWA 60: 83-88"
_MOORE: Final = "Moore et al. 2014, Journal of the SEAFWA 1: 127-132"
TABLE: Final = (
    Published(41, 7, mark("the number of adult bucks was estimated with 76% accuracy"), _MCKINLEY),
    Published(81, 7, mark("the number of adult bucks was estimated with 59% accuracy"), _MCKINLEY),
    Published(81, 3, mark("sex ratio and fawn crop no longer changed with more days"), _MCKINLEY),
    Published(
        81,
        14,
        mark("more than 90% of marked bucks and 84% of marked does were photographed"),
        _MOORE,
    ),
    Published(81, 14, mark("the classic estimate was 32% below the herd on average"), _MOORE),
)
"""Abstracts of the papers; in Oklahoma McKinley et al. photographed 22% of marked bucks and 34% of marked
does only, so a place can be far worse than the table."""


@dataclass(frozen=True)
class Plan:
    """cameras, days: as they are to be; ha_per_camera: what each stands for; sentences: what to do and
    to know, in order.
    """

    area_ha: float
    cameras: int
    days: int
    ha_per_camera: float
    sentences: tuple[str, ...]


def hectares(area_ha: float) -> str:
    """`300`; below ten with what it takes to be more than nothing: `2.5`, `0.01`."""
    return figure(area_ha, ",.0f" if area_ha >= 10 else ".2g")


def plan(area_ha: float, cameras: int | None = None, days: int = DAYS[1]) -> Plan:
    """A plan for so many hectares; cameras: as many as there are, None: as many as it takes.

    UsageError where area, cameras or days are not positive.
    """
    if (
        not (area_ha > 0 and math.isfinite(area_ha))
        or min(days, 1 if cameras is None else cameras) < 1
    ):
        raise UsageError("Hectares, cameras and days are above zero.")
    wanted = math.ceil(area_ha / HA_PER_CAMERA)
    used = cameras or wanted
    each = area_ha / used
    said = [
        say(
            "{cameras} for {area} ha: one for {each} ha. Lay a grid over the map and stand one in "
            "each block, where deer pass most.",
            cameras=counted(used, "camera"),
            area=hectares(area_ha),
            each=hectares(each),
        ),
        say(
            "Bait, where the law allows it, from {n} days before until the last day, the same at every "
            "camera.",
            n=PREBAIT_DAYS,
        ),
        say(
            "Run all cameras day and night for {days}, and write places into cameras.csv: density needs "
            "coordinates.",
            days=counted(days, "day"),
        ),
    ]
    if each > 81 * 1.05:
        said.append(
            say(
                "Each camera stands for more than the published surveys tried (41 to 81 ha); {n} cameras "
                "would do.",
                n=wanted,
            )
        )
    if used < CAMERAS_GOOD:
        said.append(
            say(
                "With fewer than {n} cameras intervals are wide, and density can hardly be told.",
                n=CAMERAS_GOOD,
            )
        )
    if days < DAYS[0]:
        said.append(
            say("{low} to {high} days are usual; fewer miss deer.", low=DAYS[0], high=DAYS[1])
        )
    if days > 3 * DAYS[1]:
        said.append(
            say("Over so long a time deer come, go and die, which every method here rules out.")
        )
    return Plan(area_ha, used, days, each, tuple(said))
