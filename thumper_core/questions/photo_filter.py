"""Which photos are asked for, and the same as parts of an address, so that a link shows what was seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

from thumper_core.language import mark, say
from thumper_core.questions.words import listed

SHOWS: Final[dict[str, str]] = {
    "all": mark("Everything"),
    "deer": mark("Any deer"),
    "buck": mark("Bucks"),
    "doe": mark("Does"),
    "fawn": mark("Fawns"),
    "unsexed": mark("Deer of unknown sex"),
    "other": mark("Other animals, people"),
    "nothing": mark("Nothing found"),
    "failed": mark("Cannot be read"),
    "waiting": mark("Not looked at yet"),
}
"""What a photo shows, by its name in an address."""
LIGHTS: Final[dict[str, str]] = {
    "daylight": mark("Daylight"),
    "night": mark("Night"),
    "colour": mark("In colour"),
    "infrared": mark("In infrared"),
}
"""Of the sun, from sunrise to sunset and from sunset to sunrise; and what the camera took the photo in."""
BY_SUN: Final = ("daylight", "night")
NOBODY: Final = "nobody"
"""In place of an individual: a deer that belongs to none."""


@dataclass(frozen=True)
class PhotoFilter:
    """Which photos to list; None, or `all`: any. All that is said of a box holds for one and the same box.

    show: of `SHOWS`; first, last: days, both included; individual_id: or `NOBODY`; hours: from the
    beginning of the first (0 to 23) to the beginning of the second, over midnight where that is smaller;
    light: of `LIGHTS`; species: as the view `detections` says it; sure: least and most confidence of a
    box, in [0, 1]; corrected: a person said what is in the photo, or where.
    """

    show: str = "all"
    camera: str | None = None
    first: date | None = None
    last: date | None = None
    individual_id: str | None = None
    hours: tuple[int, int] | None = None
    light: str | None = None
    species: str | None = None
    sure: tuple[float, float] | None = None
    corrected: bool = False

    @property
    def asks_of_boxes(self) -> bool:
        """Whether it says anything of a photo's boxes, so that some of them may not be meant."""
        of_photos = ("all", "nothing", "failed", "waiting")
        said = (self.individual_id, self.species, self.sure)
        return self.show not in of_photos or any(one is not None for one in said)


_NAMES: Final = {
    "show": "show",
    "camera": "camera",
    "first": "from",
    "last": "to",
    "individual_id": "individual",
    "hours": "hours",
    "light": "light",
    "species": "species",
    "sure": "confidence",
    "corrected": "corrected",
}
"""Fields by their names in an address."""
IN_ADDRESS: Final = frozenset(_NAMES.values())


def to_address(chosen: PhotoFilter) -> dict[str, str]:
    """The filter as parts of an address; what is not asked for is absent.

    >>> to_address(PhotoFilter(light="infrared", hours=(20, 5)))
    {'hours': '20-5', 'light': 'infrared'}
    """
    plain = PhotoFilter()
    return {
        _NAMES[field.name]: _written(getattr(chosen, field.name))
        for field in fields(chosen)
        if getattr(chosen, field.name) != getattr(plain, field.name)
    }


def from_address(
    parts: Mapping[str, str],
    *,
    cameras: Collection[str],
    species: Collection[str],
    individuals: Collection[str],
    lights: Collection[str] = tuple(LIGHTS),
) -> tuple[PhotoFilter, str]:
    """The filter that an address asks for, and a sentence on what of it is left out; empty: nothing.

    cameras, species, individuals, lights: what there is. Parts that are no filter's are not looked at.
    """
    readers: dict[str, Callable[[str], Any]] = {
        "show": _one_of(SHOWS),
        "camera": _one_of(cameras),
        "first": date.fromisoformat,
        "last": date.fromisoformat,
        "individual_id": _one_of((*individuals, NOBODY)),
        "hours": _hours,
        "light": _one_of(lights),
        "species": _one_of(species),
        "sure": _sure,
        "corrected": _yes,
    }
    found: dict[str, Any] = {}
    bad: list[str] = []
    for field, name in _NAMES.items():
        if name not in parts:
            continue
        try:
            found[field] = readers[field](parts[name])
        except ValueError:
            bad.append(f"{name} = {parts[name][:60]}")
    if found.get("first") and found.get("last") and found["first"] > found["last"]:
        del found["first"], found["last"]
        bad.append(say("days that end before they begin"))
    if not bad:
        return PhotoFilter(**found), ""
    return PhotoFilter(**found), say(
        "Left out of the address, which asks for what is not here: {listed}.", listed=listed(bad)
    )


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return "-".join(f"{one:g}" for one in value)
    return "yes" if value is True else str(value)


def _one_of(known: Collection[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in known:
            raise ValueError(text)
        return text

    return read


def _hours(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,2})-(\d{1,2})", text)
    first, end = (int(one) for one in found.groups()) if found else (0, 0)
    if first == end % 24 or end > 24 or first > 23:
        raise ValueError(text)
    return first, end % 24


def _sure(text: str) -> tuple[float, float]:
    found = re.fullmatch(r"([01](?:\.\d{1,3})?)-([01](?:\.\d{1,3})?)", text)
    least, most = (float(one) for one in found.groups()) if found else (1.0, 0.0)
    if not 0 <= least < most <= 1:
        raise ValueError(text)
    return least, most


def _yes(text: str) -> bool:
    if text != "yes":
        raise ValueError(text)
    return True
