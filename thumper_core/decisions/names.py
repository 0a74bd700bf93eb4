"""What a name may be: clean text, and when two names are one to a reader."""

from __future__ import annotations

import unicodedata
from typing import Final

from thumper_core.contracts import UsageError

NAME_CHARS_MAX: Final = 40
_BAD_CATEGORIES = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
# Direction overrides make a name read other than it is; joiners inside a script are harmless.
_BIDI_CONTROLS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_name(text: str) -> str:
    """A name as it is stored: NFC, single spaces inside, none outside.

    Raises UsageError where it is blank, longer than 40 characters, or carries characters that do
    not print (control, direction override, unassigned).
    """
    bad = {c for c in text if unicodedata.category(c) in _BAD_CATEGORIES or c in _BIDI_CONTROLS}
    if bad:
        codes = ", ".join(f"U+{ord(c):04X}" for c in sorted(bad))
        raise UsageError(f"A name cannot hold characters that do not print ({codes}).")
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not any(c.isalnum() for c in name):
        raise UsageError("A name needs at least one letter or digit.")
    if len(name) > NAME_CHARS_MAX:
        raise UsageError(f"A name has at most {NAME_CHARS_MAX} characters; this has {len(name)}.")
    return name


def name_key(name: str) -> str:
    """What two names share when people would take them for the same one.

    Compatibility-normalised, case-folded, without invisible characters and extra spaces.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    visible = "".join(c for c in folded if unicodedata.category(c) != "Cf")
    return " ".join(visible.split())
