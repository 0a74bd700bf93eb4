"""Small pieces of the pages: text as people and files wrote it, and Thumper's own sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[2] / "app"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Run `thumper run --conf 0.1` again.", r"Run `thumper run --conf 0.1` again\."),
        ("`a_b` and *c* and `d`", r"`a_b` and \*c\* and `d`"),
        ("a ` alone_", r"a \` alone\_"),
        ("no\ncode", "no code"),
        ("", ""),
    ],
)
def test_commands_are_code_and_all_else_is_literal(text: str, shown: str) -> None:
    import ui

    assert ui.prose(text) == shown


def test_no_page_has_another_way_to_show_commands() -> None:
    odd = [file.name for file in APP.rglob("*.py") if 'replace("\\\\`"' in file.read_text("utf-8")]
    assert odd == []
