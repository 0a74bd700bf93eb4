"""What pages and commands say is plain: nobody, everybody and anybody are in none of their sentences."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ODD = re.compile(r"\b(nobody|everybody|anybody)\b", re.IGNORECASE)
FOLDERS = ("app", "thumper_core", "thumper_demo")
HELD = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def said(path: Path) -> Iterator[str]:
    """The texts of a module that may be shown: all but docstrings, and those too of commands."""
    tree = ast.parse(path.read_text("utf-8"))
    unsaid: set[int] = set()
    is_command = path.parent.name == "commands"
    for node in ast.walk(tree):
        if isinstance(node, HELD):
            keeps = is_command and isinstance(node, ast.FunctionDef) and node.decorator_list
            for one in node.body:
                if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) and not keeps:
                    unsaid.add(id(one.value))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in unsaid
        ):
            yield node.value


@pytest.mark.parametrize("folder", FOLDERS)
def test_sentences_are_plain(folder: str) -> None:
    odd = [
        f"{path.relative_to(ROOT)}: {text[:90]}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for text in said(path)
        if ODD.search(text) and " " in text
    ]
    odd += [
        f"{path.name}: {line.strip()[:90]}"
        for path in sorted((ROOT / folder).rglob("*.js"))
        for line in path.read_text("utf-8").splitlines()
        if ODD.search(line.partition("//")[0])
    ]
    assert odd == []


def test_an_odd_sentence_is_found(tmp_path: Path) -> None:
    (tmp_path / "commands").mkdir()
    text = '"""Nobody asks."""\ndef f():\n    """Nobody sees."""\n    return "It tells nobody."\n'
    (tmp_path / "x.py").write_text(text)
    assert list(said(tmp_path / "x.py")) == ["It tells nobody."]
    command = f'"""Of none."""\n@app.command()\n{text.partition(chr(10))[2]}'
    (tmp_path / "commands" / "x.py").write_text(command)
    assert list(said(tmp_path / "commands" / "x.py")) == ["Nobody sees.", "It tells nobody."]
