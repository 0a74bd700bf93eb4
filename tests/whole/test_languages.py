"""The catalogues say what the code says: every message, with its places and its plurals."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from thumper_core.language import ENGLISH, LANGUAGES

ROOT = Path(__file__).resolve().parents[2]
PLACE = re.compile(r"%?\{[^{}]*\}|:material/\w+:|`[^`]*`")
NAMES = sorted(set(LANGUAGES) - {ENGLISH})


@pytest.fixture(scope="module")
def languages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("languages", ROOT / "docs" / "languages.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(path: Path, locale: str | None = None) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def ids(catalogue: Catalog) -> set[object]:
    return {
        tuple(one.id) if isinstance(one.id, list | tuple) else one.id for one in catalogue if one.id
    }


def troubles(catalogue: Catalog) -> list[str]:
    """Translations that miss a place of their message, add one, or lack a plural."""
    found = []
    for one in catalogue:
        if not one.id:
            continue
        said = one.id if isinstance(one.id, list | tuple) else [one.id]
        told = one.string if isinstance(one.string, list | tuple) else [one.string]
        if len(told) != (catalogue.num_plurals if len(said) > 1 else 1) or not all(told):
            found.append(f"{said[0]}: not translated in all its forms")
        places = sorted(PLACE.findall(said[-1]))
        found += [f"{text}: other places" for text in told if sorted(PLACE.findall(text)) != places]
        blank = said[0][-1:] == " "
        found += [f"{text}: no blank at its end" for text in told if (text[-1:] == " ") != blank]
    return found


def test_the_template_has_every_message(languages: ModuleType) -> None:
    assert ids(languages.collect()) == ids(read(languages.TEMPLATE)), "run `make languages`"


@pytest.mark.parametrize("name", NAMES)
def test_a_catalogue_has_every_message_with_its_places(languages: ModuleType, name: str) -> None:
    catalogue = read(languages.LOCALE / name / "LC_MESSAGES" / "thumper.po", name)
    assert ids(catalogue) == ids(read(languages.TEMPLATE)), "run `make languages`"
    assert troubles(catalogue) == []


def test_every_language_has_a_catalogue(languages: ModuleType) -> None:
    assert [path.parents[1].name for path in languages.catalogues()] == NAMES


def test_what_is_wrong_in_a_catalogue_is_found() -> None:
    catalogue = Catalog(locale="de")
    catalogue.add("at {time}", "um {zeit}")
    catalogue.add("of `ops`", "von ops")
    catalogue.add(("visit", "visits"), ("Besuch", ""))
    catalogue.add("it is ", "es ist")
    catalogue.add("{n:,} of them", "{n:,} davon")
    assert len(troubles(catalogue)) == 4


MESSAGES = [
    ('say("a")', []),  # another's `say`: nothing of ours is imported
    ('from thumper_core import say\nsay("a"); mark("b")', ["a", "b"]),
    ('from thumper_core.language import say\nsay("a" if x else "b", n=1)', ["a", "b"]),
    ("from thumper_core import say\nsay(TABLE[key])", []),
    ('words.counted(n, "box", "boxes"); counted(n, "day")', [("box", "boxes"), ("day", "days")]),
    ('from thumper_core import say\nsay("one, "\n    "two")', ["one, two"]),
]


@pytest.mark.parametrize(("text", "expected"), MESSAGES)
def test_messages_of_a_module(languages: ModuleType, text: str, expected: list[object]) -> None:
    assert sorted(map(str, languages.of_python("app/x.py", text))) == sorted(map(str, expected))


def test_messages_of_a_script_and_of_a_setting(languages: ModuleType) -> None:
    assert list(languages.of_script('a = told("Undo"); told(text); say("no");')) == ["Undo"]
    text = 'gap: int = Field(10, description="Longest gap.")'
    assert list(languages.of_python("thumper_core/settings/stages.py", text)) == ["Longest gap."]


def said_at_import(text: str) -> list[int]:
    """Lines where a message is said while a module is imported, when nobody reads yet."""
    found: list[int] = []

    def look(node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            for default in (*node.args.defaults, *node.args.kw_defaults):
                if default is not None:
                    look(default)
            for decorator in getattr(node, "decorator_list", ()):
                look(decorator)
            return
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
            found.append(node.lineno)
        for child in ast.iter_child_nodes(node):
            look(child)

    look(ast.parse(text))
    return found


def test_nothing_is_said_before_somebody_reads(languages: ModuleType) -> None:
    for folder in ("app", "thumper_core"):
        for file in (ROOT / folder).rglob("*.py"):
            assert said_at_import(file.read_text("utf-8")) == [], file
    assert said_at_import('X = say("a")\ndef f(x=say("b")):\n    return say("c")\n') == [1, 2]
