"""The texts of the pages' "?": whole, and each leads to a place of the documents that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from thumper_core.questions import documents

APP = Path(__file__).resolve().parents[2] / "app"


def test_each_help_leads_to_a_part_of_a_document() -> None:
    import helps

    for key in helps.HELPS:
        document, anchor = re.findall(r"help\?document=(\w+)&at=([\w-]+)\)$", helps.of(key))[0]
        assert anchor in {part.anchor for part in documents.parts(document)}, key


def test_each_help_is_whole_and_short() -> None:
    import helps

    for key, told in helps.HELPS.items():
        for text in (told.means, told.computed, told.doubt):
            assert text.endswith("."), key
            assert len(text) < 260, key


def test_each_help_stands_beside_a_figure() -> None:
    import helps

    asked: set[str] = set()
    for file in APP.rglob("*.py"):
        text = file.read_text("utf-8")
        asked |= set(re.findall(r'helps\.of\("(\w+)"\)', text))
        if re.search(r"helps\.of\([^\"]", text):  # of a key that stands in a table of the module
            asked |= set(re.findall(r'"(\w+)"', text))
    assert set(helps.HELPS) - asked == set()


def test_pages_ask_for_help_that_is_there() -> None:
    import helps

    asked = {
        key
        for file in APP.rglob("*.py")
        for key in re.findall(r'helps\.of\("(\w+)"\)', file.read_text("utf-8"))
    }
    assert asked
    assert asked <= set(helps.HELPS)
    with pytest.raises(KeyError):
        helps.of("luck")
