"""What a camera writes of itself beside the time: its name and number, temperature, battery, moon, pressure.

Cuddeback writes `KEY=value` pairs into EXIF's UserComment (`ID=BARN FEED,LO=002,BP=25%`). The pairs are read
by the names that are known; long ones (`Temperature=12C`) are those that other makers and programs use.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_PAIR: Final = re.compile(r"\s*([A-Za-z][A-Za-z _]{0,23}?)\s*[=:]\s*([^,;\n\r]*)")
_FIELDS: Final = {
    **dict.fromkeys(("id", "camera", "camera name", "name"), "camera"),
    **dict.fromkeys(("lo", "camera id", "camera number"), "number"),
    **dict.fromkeys(("bp", "battery", "bat", "batt"), "battery"),
    **dict.fromkeys(("temperature", "temp", "ambient temperature"), "temperature"),
    **dict.fromkeys(("moon", "moon phase", "moonphase"), "moon"),
    **dict.fromkeys(("pressure", "barometer", "baro"), "pressure"),
}
_NUMBER: Final = re.compile(r"(-?\d+(?:\.\d+)?)\s*(.*)")
_CHARSETS: Final = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16", b"\0" * 8: "ascii"}
_TEXT_MAX: Final = 64
_COLDEST_C, _HOTTEST_C = -60.0, 80.0
_HPA: Final = {"hpa": 1.0, "mbar": 1.0, "mb": 1.0, "inhg": 33.8639, "in": 33.8639, "kpa": 10.0}


class Said(NamedTuple):
    """camera, number: as in the camera's menu; temperature_c: degrees; battery_pct: 0 to 100; battery_v;
    moon: its phase in words; pressure_hpa. Each None where it is not said, or nonsense.
    """

    camera: str | None = None
    number: str | None = None
    temperature_c: float | None = None
    battery_pct: float | None = None
    battery_v: float | None = None
    moon: str | None = None
    pressure_hpa: float | None = None

    def filled_by(self, other: Said) -> Said:
        """What is said here, and elsewhere what is not."""
        missing = {k: v for k, v in other._asdict().items() if getattr(self, k) is None}
        return self._replace(**missing)


NOTHING: Final = Said()


def read_comment(comment: str | bytes | None) -> Said:
    """What a UserComment says in `KEY=value` pairs; nothing of any other."""
    found: dict[str, str] = {}
    for key, value in _PAIR.findall(_text(comment)):
        field = _FIELDS.get(key.lower())
        if field is not None and value.strip():
            found.setdefault(field, value.strip())
    return Said(
        camera=plain(found.get("camera")),
        number=plain(found.get("number")),
        temperature_c=celsius(found.get("temperature")),
        battery_pct=_percent(found.get("battery")),
        moon=plain(found.get("moon")),
        pressure_hpa=_hpa(found.get("pressure")),
    )


def plain(text: str | None) -> str | None:
    """A text without padding and control characters; None where nothing is left."""
    if text is None:
        return None
    printable = "".join(char if char.isprintable() else " " for char in text.split("\0", 1)[0])
    return " ".join(printable.split())[:_TEXT_MAX] or None


def celsius(text: str | None) -> float | None:
    """`54F`, `12 °C`, `-3C` in degrees Celsius; None without a unit, or where no place is as cold or hot."""
    match = _NUMBER.match((text or "").strip())
    if match is None:
        return None
    unit = match[2].strip(" °º").upper()[:1]
    if unit not in ("C", "F"):
        return None
    degrees = float(match[1])
    return within_air(degrees if unit == "C" else round((degrees - 32) / 1.8, 1))


def within_air(degrees_c: float) -> float | None:
    """A temperature as air has it somewhere, else None."""
    return degrees_c if _COLDEST_C <= degrees_c <= _HOTTEST_C else None


def _percent(text: str | None) -> float | None:
    match = _NUMBER.match(text or "")
    if match is None or match[2].strip() != "%":
        return None
    share = float(match[1])
    return share if 0 <= share <= 100 else None


def _hpa(text: str | None) -> float | None:
    match = _NUMBER.match(text or "")
    factor = _HPA.get(match[2].strip().lower()) if match else None
    if match is None or factor is None:
        return None
    pressure = round(float(match[1]) * factor, 1)
    return pressure if 500 <= pressure <= 1100 else None


def _text(comment: str | bytes | None) -> str:
    if comment is None:
        return ""
    if isinstance(comment, str):
        return comment
    charset = _CHARSETS.get(comment[:8])
    body = comment[8:] if charset else comment
    return body.decode(charset or "utf-8", "replace")
