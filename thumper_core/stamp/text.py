"""What a strip's text says: date and time, temperature, the camera's name and number. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from thumper_core.contracts import CLOCKS_SINCE
from thumper_core.ingest.said import celsius, plain

_DATE: Final = re.compile(  # the clock may follow without a space
    r"(?<!\d)(?:(\d{4})\s?([/.-])\s?(\d{1,2})\s?\2\s?(\d{1,2})"
    r"|(\d{1,2})\s?([/.-])\s?(\d{1,2})\s?\6\s?(\d{4}|\d{2}))(?=\s|\d{1,2}\s?[:;]|$)"
)
_CLOCK: Final = re.compile(
    r"(?<!\d)(\d{1,2})\s?[:;]\s?(\d{2})(?:\s?[:;]\s?(\d{2}))?\s*([AaPp])?\.?\s?[Mm]?(?![a-z])"
)
_TEMPERATURE: Final = re.compile(r"(?<![\d/])(-?\d{1,3})\s*[°º'oO*\"]?\s*([CF])(?![A-Za-z])")
_SERIES: Final = re.compile(r"(?<![A-Za-z])[MT]\s*\d{1,2}\s*/\s*\d{1,2}")
_PRESSURE: Final = re.compile(r"\d+(?:\.\d+)?\s*(?:inHg|hPa|mbar|mb)\b", re.IGNORECASE)
_NUMBERED: Final = re.compile(r"^(.*?)\s*[-–—]\s*(\d{2,4})(?!\d)")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _&'#.-]*")
_NEIGHBOURS: Final = 3
_AGREE_DAYS: Final = 60
_STRAY_DAYS: Final = 400
_DOUBTED: Final = 0.5


@dataclass(frozen=True)
class Stamp:
    """text: as read; at: wall clock, None: not understood; has_seconds; camera, number: as printed;
    confidence: of the reader, 0 to 1, halved where the neighbours had to help.
    """

    text: str
    at: datetime | None = None
    has_seconds: bool = False
    temperature_c: float | None = None
    camera: str | None = None
    number: str | None = None
    confidence: float = 0.0


def day_comes_first(texts: Sequence[str]) -> bool:
    """Whether a camera's dates are day/month, by those of all its strips that can be only one of the two."""
    first = second = 0
    for text in texts:
        match = _DATE.search(text)
        if match is not None and match[5]:
            first += int(match[5]) > 12
            second += int(match[7]) > 12
    return first > second


def understand(text: str, confidence: float, *, day_first: bool) -> Stamp:
    """What the text of one photo's strip says."""
    rest = text
    date, clock = _DATE.search(text), None
    if date is not None:
        rest = rest[: date.start()] + "  " + rest[date.end() :]
    clock = _CLOCK.search(rest)
    if clock is not None:
        rest = rest[: clock.start()] + "  " + rest[clock.end() :]
    warmth = _TEMPERATURE.search(rest)
    for form in (_TEMPERATURE, _SERIES, _PRESSURE):
        rest = form.sub("  ", rest)
    # Two spaces part what was printed apart: a moon that was read as a letter is no part of a name.
    parts = [part for part in re.split(r"\s{2,}", rest.strip()) if part]
    numbered = next((m for part in parts if (m := _NUMBERED.search(part))), None)
    names = [numbered[1]] if numbered else parts
    number = numbered[2] if numbered else None
    return Stamp(
        text=text,
        at=_time(date, clock, day_first),
        has_seconds=clock is not None and clock[3] is not None,
        temperature_c=celsius(f"{warmth[1]}{warmth[2]}") if warmth else None,
        camera=_name(names),
        number=number,
        confidence=confidence,
    )


def checked(stamps: Sequence[Stamp]) -> list[Stamp]:
    """Strips of one folder in the order of its files, each checked against its neighbours.

    A name that differs from a far commoner one by a letter or two, or by spaces, is taken for that; a time
    that lies more than a year from those before and from those behind it, which agree and are of the same
    name, is none.
    """
    names = Counter(s.camera for s in stamps if s.camera)
    usual = {name: _usual(name, names) for name in names}
    found = []
    for i, stamp in enumerate(stamps):
        helped = False
        if stamp.camera and usual[stamp.camera] != stamp.camera:
            stamp, helped = replace(stamp, camera=usual[stamp.camera]), True
        before, behind = (
            _middle([s for s in near if s.camera and usual[s.camera] == stamp.camera])
            for near in (stamps[max(0, i - _NEIGHBOURS) : i], stamps[i + 1 : i + 1 + _NEIGHBOURS])
        )
        agree = before and behind and abs((behind - before).days) <= _AGREE_DAYS
        if stamp.at and before and agree and abs((stamp.at - before).days) > _STRAY_DAYS:
            stamp, helped = replace(stamp, at=None), True
        factor = _DOUBTED if helped else 1.0
        found.append(replace(stamp, confidence=stamp.confidence * factor))
    return found


def _middle(stamps: Sequence[Stamp]) -> datetime | None:
    times = sorted(stamp.at for stamp in stamps if stamp.at)
    return times[len(times) // 2] if times else None


def _usual(name: str, counted: Counter[str]) -> str:
    """The commonest spelling that a reader can have taken for this name."""
    best = name
    for other, n in counted.items():
        if n <= counted[best]:
            continue
        same_letters = other.replace(" ", "") == name.replace(" ", "")
        few = n >= 5 * counted[name] and len(name) > 3
        if same_letters or (few and _distance(other, name) <= 1 + len(name) // 8):
            best = other
    return best


def _distance(a: str, b: str) -> int:
    """Letters to change, add or leave out (Levenshtein 1966)."""
    row = list(range(len(b) + 1))
    for i, one in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (one != other))
    return row[-1]


def _time(
    date: re.Match[str] | None, clock: re.Match[str] | None, day_first: bool
) -> datetime | None:
    if date is None or clock is None:
        return None
    if date[1]:
        year, month, day = int(date[1]), int(date[3]), int(date[4])
    else:
        one, two, year = int(date[5]), int(date[7]), int(date[8])
        year += 2000 if year < 100 else 0
        day, month = (one, two) if day_first else (two, one)
    hour, half = int(clock[1]), (clock[4] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        at = datetime(year, month, day, hour, int(clock[2]), int(clock[3] or 0))
    except ValueError:
        return None
    return at if at >= CLOCKS_SINCE else None


def _name(texts: Sequence[str]) -> str | None:
    """The part of texts that may be a name: letters in it, no odd signs around it."""
    found = [plain(part.strip(" -_.")) for text in texts for part in _NAME.findall(text)]
    words = [part for part in found if part and len(part) > 1 and any(c.isalpha() for c in part)]
    return max(words, key=len) if words else None
