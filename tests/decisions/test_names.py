"""What may be a name, and which names are one to a reader."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core.contracts import UsageError
from thumper_core.decisions.names import clean_name, name_key


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("Bambi", "BAMBI", True),
        ("Bambi", "  bambi ", True),
        ("Stra\u00dfe", "STRASSE", True),
        ("Jos\u00e9", "Jose\u0301", True),
        ("Bambi", "Bam\u200bbi", True),
        ("\uff22ambi", "Bambi", True),
        ("Jose", "Jos\u00e9", False),
        ("Bambi", "Bambi II", False),
    ],
)
def test_which_names_are_the_same(one: str, other: str, equal: bool) -> None:
    assert (name_key(one) == name_key(other)) is equal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bambi", "Bambi"),
        ("  Old \t Bambi\u00a0II ", None),  # a tab is a control character
        ("  Old   Bambi\u00a0II ", "Old Bambi II"),
        ("Jose\u0301", "Jos\u00e9"),
        ("x" * 40, "x" * 40),
        ("7", "7"),
        ("O'Malley", "O'Malley"),
        ("鹿", "鹿"),
        ("<b>Bambi</b>", "<b>Bambi</b>"),  # text is text: pages escape it
        ("", None),
        ("   ", None),
        ("...", None),
        ("x" * 41, None),
        ("Bam\x00bi", None),
        ("Bam\nbi", None),
        ("Bam\u202ebi", None),
        ("Bam\ud800bi", None),
    ],
)
def test_what_may_be_a_name(text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(UsageError, match="name"):
            clean_name(text)
    else:
        assert clean_name(text) == expected


@settings(deadline=None)
@given(st.text(max_size=60))
def test_cleaning_is_final(text: str) -> None:
    try:
        name = clean_name(text)
    except UsageError:
        return
    assert clean_name(name) == name
    assert name == name.strip() and len(name) <= 40
