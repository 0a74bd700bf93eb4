"""Folders that say nothing of a camera: those it makes itself, those of a card, those of a date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

_DCF: Final = re.compile(r"[1-9]\d\d\w{5}", re.ASCII)
_KNOWN_DCF: Final = re.compile(
    r"[1-9]\d\d(?:recnx|media|image|photo|dicam|dscim|mfcam|btcf|stlth|spypt|cuddy|moult|bushn|"
    r"canon|nikon|nc[a-z]\d\d|nd\d{3}|nz\d{3}|msdcf|olymp|_pana|_fuji|casio|gopro|apple|andro|"
    r"sharp|phone|kc\d{3}|ek\d{3}|[a-z]{2}\d{3}|_[a-z]{4})",
    re.ASCII,
)
"""Suffixes that cameras write; `100ACRES` alone may be a place."""
_COPY_OF: Final = re.compile(r"(?:copy(?: \(\d+\))? of|kopie von|copie de|copia de)\s+")
_COPY: Final = re.compile(
    r"(?:\s*\(\d+\)|[\s_-]*\b(?:copy|copie|copia|kopie|backup|bak|old)\b(?:\s*\d+)?|[\s_-]+\d{1,2})+$"
)
_CARD: Final = re.compile(
    r"(?:micro\s*)?(?:sd|sdhc|sdxc|cf|card|sd\s*card|memory\s*card|karte|sd\s*karte|speicherkarte)"
    r"\s*(?:no|nr|#)?\s*(?:\d{1,4}|[a-h])?"
)
_LABELS: Final = frozenset({"no name", "untitled", "unbenannt", "removable disk"})
_MONTHS: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR: Final = r"(?:19|20)\d\d"
_SEPARATOR: Final = r"[-_. ]"
_DATE: Final = re.compile(
    rf"{_YEAR}(?:{_SEPARATOR}\d\d?(?:{_SEPARATOR}\d\d?)?)?"
    rf"|\d\d?{_SEPARATOR}\d\d?{_SEPARATOR}{_YEAR}"
    rf"|{_MONTHS}[-_. ]*(?:\d\d?,?[-_. ]+)?{_YEAR}|(?:\d\d?[-_. ]+)?{_MONTHS}[-_. ]+{_YEAR}"
    rf"|{_YEAR}[-_. ]+{_MONTHS}"
)


def is_made_by_camera(folder: str, above: str = "") -> bool:
    """Whether a camera makes folders of this name on its card, or it is a copy of such a one.

    above: the folder that holds it: in a `DCIM`, every name of the form is a camera's own. Source
    of the form: DCF 2.0 (CIPA DC-009), section 3.
    """
    name = _original(folder)
    if name == "dcim" or _KNOWN_DCF.fullmatch(name):
        return True
    return _original(above) == "dcim" and _DCF.fullmatch(name) is not None


def without_names(folders: Sequence[str]) -> list[bool]:
    """For each of nested folders, whether it is called after a card, an unnamed disk or a date alone.

    A number of two digits is a date inside another: `2024/11/05`.
    """
    found: list[bool] = []
    in_date = False
    for folder in folders:
        in_date = _is_date(folder) or (in_date and re.fullmatch(r"\d\d?", folder) is not None)
        found.append(in_date or is_made_by_camera(folder) or _is_card(folder))
    return found


def _is_card(folder: str) -> bool:
    forms = _spaced(folder), _original(folder)
    return any(name in _LABELS or _CARD.fullmatch(name) for name in forms)


def _is_date(folder: str) -> bool:
    forms = _spaced(folder), _original(folder)
    return any(_DATE.fullmatch(name) or _is_compact_date(name) for name in forms)


def _spaced(folder: str) -> str:
    return re.sub(r"[\s_-]+", " ", folder.casefold()).strip()


def _original(folder: str) -> str:
    """The name without the marks that copying adds, in lower case."""
    name = folder.casefold().strip()
    return _COPY.sub("", _COPY_OF.sub("", name)).strip(" _-")


def _is_compact_date(text: str) -> bool:
    """`20241105`: eight digits that are a day."""
    if not re.fullmatch(rf"{_YEAR}\d{{4}}", text):
        return False
    try:
        datetime.strptime(text, "%Y%m%d")
    except ValueError:
        return False
    return True
