"""What a cell of a camera table says: degrees, seconds, times, as people and spreadsheets write them.

Each function takes one cell's text. What can be read in two ways is not read: ValueError, whose
message goes on from the value (`'1,234' can be ...`) and says what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal

_MINUS: Final = str.maketrans(dict.fromkeys("\u2212\u2013\u2012\u2010\u2011\ufe63\uff0d", "-"))
_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)")
_EXPONENT: Final = re.compile(r"[+-]?\d+(?:\.\d*)?e[+-]?\d+", re.IGNORECASE)
_GROUPED: Final = re.compile(r"[+-]?[1-9]\d{0,2}(?:([.,' \u00a0\u202f\u2019])\d{3})+(?:[.,]\d+)?")
_PARTS: Final = re.compile(
    r"""(?P<sign>[+-]?)\s*(?P<d>\d{1,6}(?:[.,]\d*)?)
        (?:
            (?:\s*(?:[°º:*]|deg\.?)\s*|\s+)(?P<m>\d{1,2}(?:[.,]\d+)?)
            (?:
                (?:\s*['′’‘´`:]\s*|\s+)(?P<s>\d{1,2}(?:[.,]\d+)?)\s*(?:["″”“]|''|′′|’’)?
                |\s*['′’‘´`]?
            )
            |\s*(?:[°º]|deg\.?)?
        )""",
    re.VERBOSE | re.IGNORECASE,
)
_HEMISPHERE: Final = re.compile(
    r"^\s*([NSEWO])(?=[\s\d+-])|(?<=[\s\d°º'′’\"″”.])([NSEWO])\.?\s*$", re.I
)
_OFFSET: Final = re.compile(r"([+-]?)(\d{1,6}):([0-5]\d)(?::([0-5]\d)(?:\.0+)?)?")
_CLOCK: Final = re.compile(
    r"(.*?)[ T,]+(\d{1,2}):([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,6})\d*)?)?(?:\s*([AaPp])\.?[Mm]\.?)?"
)
_NUMERIC_DATE: Final = re.compile(r"(\d{1,4})([./-])\s*(\d{1,2})\2\s*(\d{1,4})\.?")
_NAMED_DATES: Final = (
    re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th)?[.\s-]+(?P<m>[^\W\d_]{3,9})[.,\s-]+(?P<y>\d{2,4})"),
    re.compile(r"(?P<m>[^\W\d_]{3,9})[.\s-]+(?P<d>\d{1,2})(?:st|nd|rd|th)?[,\s-]+(?P<y>\d{4})"),
)
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            ("jan",),
            ("feb",),
            ("mar", "mär", "mrz"),
            ("apr",),
            ("may", "mai"),
            ("jun",),
            ("jul",),
            ("aug",),
            ("sep",),
            ("oct", "okt"),
            ("nov",),
            ("dec", "dez"),
        ),
        1,
    )
    for name in names
}

Axis = Literal["latitude", "longitude"]
DateOrder = Literal["day first", "month first"]


def number(text: str, *, comma_files: bool = True) -> float:
    """A plain number with a point or a comma before its decimals.

    comma_files: fields are separated by commas, so a point is the decimal sign.
    """
    clean = text.translate(_MINUS).strip()
    if clean.startswith("(") and clean.endswith(")"):
        raise ValueError("has brackets; write a minus sign for a negative number")
    grouped = _GROUPED.fullmatch(clean)
    if grouped and not (grouped[1] == "." and comma_files and clean.count(".") == 1):
        whole = re.sub(r"[^\d+-]", "", clean)
        raise ValueError(
            f"can be a number with thousands separators or one with decimals; write {whole} or "
            "use a decimal point, as in 3.5"
        )
    if _EXPONENT.fullmatch(clean):
        return float(clean)
    if not _NUMBER.fullmatch(clean):
        raise ValueError("is not a number")
    return float(clean.replace(",", "."))


def degrees(text: str, axis: Axis) -> float:
    """Degrees, north and east positive: `47.8512`, `47,8512`, `47.8512° N`, `47°51'04"N`.

    A letter says the side of the world, or a sign does; both is too much.
    """
    clean = text.translate(_MINUS).strip()
    if _EXPONENT.fullmatch(clean):  # what programs write of a place close to a zero meridian
        return float(clean)
    letter, clean = _hemisphere(clean, axis)
    grouped = _GROUPED.fullmatch(clean)
    if grouped and (len(re.findall(r"[., ']", clean)) > 1):
        raise ValueError("has thousands separators in it; write degrees such as 47.8512")
    match = _PARTS.fullmatch(clean)
    if match is None:
        raise ValueError("is not a number of degrees, such as 47.8512")
    whole, minutes, seconds = (match[name] for name in "dms")
    if (minutes and re.search(r"[.,]", whole)) or (seconds and re.search(r"[.,]", minutes)):
        raise ValueError("has decimals before its last part; write degrees such as 47.8512")
    parts = [float(part.replace(",", ".")) if part else 0.0 for part in (whole, minutes, seconds)]
    if parts[1] >= 60 or parts[2] >= 60:
        raise ValueError("has 60 minutes or seconds or more")
    value = parts[0] + parts[1] / 60 + parts[2] / 3600
    if letter and match["sign"]:
        raise ValueError(f"has a sign and the letter {letter}; write one of them")
    return -value if match["sign"] == "-" or letter in ("S", "W") else value


def _hemisphere(text: str, axis: Axis) -> tuple[str, str]:
    """(N, S, E, W or nothing, the rest)."""
    match = _HEMISPHERE.search(text)
    if match is None:
        return "", text
    letter = (match[1] or match[2]).upper()
    if letter == "O":
        raise ValueError("has an O, which is east in German and west in French; write E or W")
    if (letter in "NS") != (axis == "latitude"):
        raise ValueError(
            f"is a {'latitude' if letter in 'NS' else 'longitude'}; are the two columns swapped?"
        )
    return letter, (text[: match.start()] + text[match.end() :]).strip()


def offset_s(text: str) -> float:
    """Seconds of `[+-]HH:MM[:SS]`, as for a clock's offset.

    >>> from thumper_core import offset_s
    >>> offset_s("-01:30")
    -5400.0
    """
    clean = text.translate(_MINUS).strip()
    match = _OFFSET.fullmatch(clean)
    if match is not None:
        hours, minutes, rest = int(match[2]), int(match[3]), int(match[4] or 0)
        return (-1.0 if match[1] == "-" else 1.0) * (hours * 3600 + minutes * 60 + rest)
    if re.search(r"[ap]\.?m\.?$", clean, re.IGNORECASE):
        raise ValueError("is a time of day, not an offset; write +01:00:00 for one hour")
    if _NUMBER.fullmatch(clean):
        raise ValueError(
            "has no unit; write it as +HH:MM or -HH:MM:SS, or as seconds in `clock_offset_s`"
        )
    raise ValueError("is not of the form +HH:MM or -HH:MM:SS")


def seconds(text: str, *, comma_files: bool = True) -> float:
    """A number of seconds, or `H:MM:SS`, which cannot be anything else."""
    if text.count(":") == 2:
        return offset_s(text)
    if ":" in text:
        raise ValueError(
            "can be hours and minutes or minutes and seconds; write H:MM:SS, or seconds"
        )
    return number(text, comma_files=comma_files)


def date_order(texts: Iterable[str]) -> DateOrder | None:
    """What order of day and month the dates of one file have, from those that can have only one.

    None: none of them says, or no two of them agree.
    """
    found: set[DateOrder] = set()
    for text in texts:
        match = _NUMERIC_DATE.fullmatch(_split_clock(text)[0])
        if match is None or match[2] == "." or len(match[1]) > 2:
            continue
        first, second = int(match[1]), int(match[3])
        if first > 12 >= second:
            found.add("day first")
        elif second > 12 >= first:
            found.add("month first")
    return found.pop() if len(found) == 1 else None


def moment(text: str, order: DateOrder | None = None) -> tuple[datetime, bool]:
    """A time by the camera's clock, and whether it is a date alone.

    ISO 8601, `2025/08/01`, `01.08.2025` (day first, as everywhere where dates have points),
    `14-Sep-2025`, and `8/1/2025` where it, or the file (`order`), leaves no doubt.

    >>> from thumper_core import moment
    >>> moment("01.08.2025")
    (datetime.datetime(2025, 8, 1, 0, 0), True)
    """
    clean = text.strip()
    try:
        value = datetime.fromisoformat(clean)
    except ValueError:
        day_text, clock = _split_clock(clean)
        year, month, day = _date(day_text, order)
        return _made(year, month, day, clock), not clock
    if value.tzinfo is not None:
        raise ValueError("has a time zone; give the camera's own clock")
    return value, ":" not in clean and not re.search(r"[T ]\d", clean)


def _split_clock(text: str) -> tuple[str, tuple[int, ...]]:
    """(the date's text, hour, minute, second, microsecond or nothing)."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return text.strip(), ()
    hour, half = int(match[2]), (match[6] or "").lower()
    if half and not 1 <= hour <= 12:
        return text.strip(), ()
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    micro = int((match[5] or "").ljust(6, "0"))
    return match[1].strip(), (hour, int(match[3]), int(match[4] or 0), micro)


def _date(text: str, order: DateOrder | None) -> tuple[int, int, int]:
    for form in _NAMED_DATES:
        named = form.fullmatch(text)
        month = _MONTHS.get(named["m"][:3].lower()) if named else None
        if named and month:
            if len(named["y"]) != 4:
                raise ValueError(f"has a year of {len(named['y'])} digits; write 2025-08-01")
            return int(named["y"]), month, int(named["d"])
    match = _NUMERIC_DATE.fullmatch(text)
    if match is None:
        hint = ""
        if re.fullmatch(r"[2-6]\d{4}(?:[.,]\d+)?", text):
            hint = "; it looks like a spreadsheet's number of a day: format the cell as a date"
        raise ValueError(f"is not a time such as 2024-05-01 06:30{hint}")
    first, middle, last = int(match[1]), int(match[3]), int(match[4])
    if len(match[1]) == 4:
        return first, middle, last
    if len(match[4]) != 4:
        raise ValueError("has a year of two digits; write 2025-08-01")
    if match[2] == "." or first == middle:
        return last, middle, first
    if first > 12 or middle > 12:
        return (last, middle, first) if first > 12 else (last, first, middle)
    if order is None:
        one, other = (f"{last:04d}-{m:02d}-{d:02d}" for m, d in ((first, middle), (middle, first)))
        raise ValueError(f"can be {one} or {other}; write the one that it is")
    month, day = (first, middle) if order == "month first" else (middle, first)
    return last, month, day


def _made(year: int, month: int, day: int, clock: tuple[int, ...]) -> datetime:
    try:
        hour, minute, second, micro = clock or (0, 0, 0, 0)
        return datetime(year, month, day, hour, minute, second, micro)
    except ValueError:
        raise ValueError("is no day or hour of the calendar; write 2024-05-01 06:30") from None


def file_numbers(text: str) -> tuple[int, int]:
    """`100-250`: the first and the last number, or one number alone. ValueError says what is wrong."""
    match = re.fullmatch(r"(\d{1,18})(?:\s*(?:-|\u2013|to)\s*(\d{1,18}))?", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if first > last:
        raise ValueError("is no range of file numbers such as 100-250")
    return first, last


def yes(text: str) -> bool:
    """Whether a cell says yes. ValueError says what is wrong."""
    word = text.strip().casefold()
    if word in ("yes", "y", "true", "1", "x", "ja"):
        return True
    if word in ("no", "n", "false", "0", "nein"):
        return False
    raise ValueError("is neither yes nor no")
