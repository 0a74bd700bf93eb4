"""One table of keys: no letter means two things, and the scripts of the parts keep to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from thumper_core.workspace import Workspace

PARTS = Path(__file__).parents[2] / "app" / "parts"


def test_no_key_means_two_things() -> None:
    keys: Any = import_module("keys")
    letters = [one.key[0] for one in keys.TABLE if re.match(r"[A-Z]( or |$)", one.key)]
    assert len(letters) == len(set(letters)) > 15


@pytest.mark.parametrize(
    ("part", "name", "pattern"),
    [
        ("asking", "NEXT", r'pressed === "n"\) say\(state, "next"\)'),
        ("asking", "UNDO", r'pressed === "z"\) say\(state, "undo"\)'),
        ("pairs", "SAME", r's: "same"'),
        ("pairs", "D", r'd: "different"'),
        ("pairs", "CANNOT_TELL", r'u: "unknowable"'),
        ("visit", "CANNOT_TELL", r'u: "unknowable"'),
        ("visit", "D", r'd: "new"'),
        ("visit", "OTHER", r'o: "other"'),
        ("visit", "NO_ANIMAL", r'x: "nothing"'),
        ("pairs", "VISITS", r'key === "v"\) more\(state, "visits"'),
        ("visit", "MATCHES", r'key === "m"\) more\(state, "matches"'),
        ("grid", "CHOOSE", r'pressed === "c".*choose\('),
        ("grid", "ALL", r'pressed === "a".*page\)'),
        ("boxes", "DRAW", r'key.toLowerCase\(\) === "r"'),
    ],
)
def test_scripts_of_parts_keep_to_the_table(part: str, name: str, pattern: str) -> None:
    letter = getattr(import_module("keys"), name).lower()
    (found,) = re.findall(pattern, (PARTS / f"{part}.js").read_text("utf-8"))
    assert re.search(rf'"{letter}"|\b{letter}: ', found)


def test_help_shows_the_keys(open_page: Callable[..., Any], herd: Workspace) -> None:
    at = open_page(herd.root, "help", document="keys")
    table = next(str(one.value) for one in at.markdown if "| Key |" in str(one.value))
    assert "| **Z** | Takes back what you decided last |" in table
