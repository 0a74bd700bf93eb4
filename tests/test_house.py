"""The house is lived in: every public name has a use outside the tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import thumper_core

ROOT = Path(__file__).parents[1]
FRONT = {
    f"thumper_core.{name}": f"thumper_core.{home}" for name, home in thumper_core._HOMES.items()
}
"""Modules that the front door offers by another name than their own."""
USERS = ("thumper_core", "app", "notebooks", "benchmarks", "deploy")


@dataclass
class Source:
    """One file: what it defines at its top level, and what it uses, where that can be told."""

    module: str
    tree: ast.Module
    aliases: dict[str, str] = field(default_factory=dict)  # local name -> module
    imported: set[tuple[str, str]] = field(default_factory=set)  # (module, name)
    attributes: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    reads: list[tuple[ast.stmt, set[str]]] = field(default_factory=list)  # names, by statement

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                self.aliases |= {a.asname or a.name: a.name for a in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = self.module.split(".")[: -node.level] if node.level else []
                module = ".".join([*base, *([node.module] if node.module else [])])
                for a in node.names:
                    self.imported.add((module, a.name))
                    self.aliases[a.asname or a.name] = FRONT.get(
                        f"{module}.{a.name}", f"{module}.{a.name}"
                    )
            elif isinstance(node, ast.Attribute):
                self.attributes.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                self.texts.add(node.value)
        for statement in self.tree.body:
            names = (inner for inner in ast.walk(statement) if isinstance(inner, ast.Name))
            read = {name.id for name in names if isinstance(name.ctx, ast.Load)}
            self.reads.append((statement, read))
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module = self.aliases.get(node.value.id)
                if module:
                    self.imported.add((module, node.attr))

    def top_level(self) -> Iterator[tuple[str, ast.stmt]]:
        """Public names and the statements that define them; decorated functions are used by that."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                if isinstance(node, ast.ClassDef) or not node.decorator_list:
                    yield node.name, node
            elif isinstance(node, ast.Assign):
                yield from ((t.id, node) for t in node.targets if isinstance(t, ast.Name))
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                yield node.target.id, node

    def names_outside(self, definition: ast.stmt) -> set[str]:
        """Names that the file reads anywhere but in one of its statements."""
        return set().union(*(read for node, read in self.reads if node is not definition))


def sources() -> list[Source]:
    found = []
    for folder in USERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found.append(
                Source(module.removesuffix(".__init__"), ast.parse(path.read_text("utf-8")))
            )
    return found


def only_in_tests(files: list[Source], package: str) -> list[str]:
    """Public functions, classes, constants and methods of a package that nothing uses."""
    imported = {use for file in files for use in file.imported}
    attributes = {attribute for file in files for attribute in file.attributes}
    texts = {text for file in files for text in file.texts}
    unused = []
    for file in files:
        if file.module != package and not file.module.startswith(package + "."):
            continue
        for name, node in file.top_level():
            named = file.module in texts and name in texts  # looked up by module and name
            used = named or (file.module, name) in imported or name in file.names_outside(node)
            if not name.startswith("_") and not used:
                unused.append(f"{file.module}.{name}")
            if isinstance(node, ast.ClassDef):
                unused += [
                    f"{file.module}.{name}.{method.name}"
                    for method in node.body
                    if isinstance(method, ast.FunctionDef)
                    and not method.name.startswith("_")
                    and method.name not in attributes
                ]
    return unused


@pytest.fixture(scope="module")
def files() -> list[Source]:
    return sources()


LEFT = {
    "thumper_core.questions.source.span",
    "thumper_core.herd.checks.Statistics.from_dict",
    "thumper_core.work.launches.latest",
    "thumper_core.decisions.corrections.apply_decisions",
    "thumper_core.decisions.corrections.locate",
    "thumper_core.store.ledger.Ledger.add_decision",
    "thumper_core.store.ledger.Ledger.update_individual",
}
"""Still to go, with the tests that use them."""
CALLED_BY_NAME = ("register", "settings_customise_sources")
"""Looked up by the command line in each of its modules, and by pydantic."""


def test_every_public_name_is_used_by_more_than_tests(files: list[Source]) -> None:
    unused = only_in_tests(files, "thumper_core")
    mine = [name for name in unused if not name.endswith(CALLED_BY_NAME)]
    assert set(mine) <= LEFT


def test_a_name_that_only_tests_use_is_found() -> None:
    text = """
LEVEL = 1
SPARE = 2
def used(): return LEVEL
def spare(): return spare()
def _private(): ...
class Thing:
    def called(self): ...
    def never(self): ...
@command
def decorated(): ...
"""
    house = [
        Source("house.room", ast.parse(text)),
        Source(
            "house.door", ast.parse("from house import room\nroom.used(); room.Thing().called()")
        ),
        Source("other", ast.parse("spare = 1; spare")),  # of the same name, and another thing
    ]
    unused = ["house.room.SPARE", "house.room.spare", "house.room.Thing.never"]
    assert only_in_tests(house, "house") == unused
    house.append(Source("late", ast.parse("WORK = {'x': ('house.room', 'spare')}")))
    assert only_in_tests(house, "house") == [unused[0], unused[2]]
