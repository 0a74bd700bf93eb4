"""The house: every public name has a use, every module one idea, every test the place of its module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import thumper_core

ROOT = Path(__file__).parents[1]
PACKAGES = ("thumper_core", "thumper_demo")
FRONT = {
    f"thumper_core.{name}": f"thumper_core.{home}" for name, home in thumper_core._HOMES.items()
}
"""Modules that the front door offers by another name than their own."""
USERS = (*PACKAGES, "app", "notebooks", "benchmarks", "deploy")


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


CALLED_BY_NAME = ("register", "settings_customise_sources")
"""Looked up by the command line in each of its modules, and by pydantic."""


def test_every_public_name_is_used_by_more_than_tests(files: list[Source]) -> None:
    unused = [name for package in PACKAGES for name in only_in_tests(files, package)]
    assert [name for name in unused if not name.endswith(CALLED_BY_NAME)] == []


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


LINES_MAX = 300


def too_long(folder: Path) -> list[str]:
    """Modules below a folder that hold more than one idea, by their length."""
    return [
        path.name
        for path in sorted(folder.rglob("*.py"))
        if len(path.read_text("utf-8").splitlines()) > LINES_MAX
    ]


@pytest.mark.parametrize("folder", [*PACKAGES, "app", "benchmarks"])
def test_no_module_is_long(folder: str) -> None:
    assert too_long(ROOT / folder) == []


def test_a_long_module_is_found(tmp_path: Path) -> None:
    (tmp_path / "short.py").write_text("x = 1\n" * LINES_MAX)
    assert too_long(tmp_path) == []
    (tmp_path / "long.py").write_text("x = 1\n" * (LINES_MAX + 1))
    assert too_long(tmp_path) == ["long.py"]


HOMES = {"thumper_core": "tests", "thumper_demo": "tests/demo", "app": "tests/app"}
"""Where the tests of each package stand."""
OF_THE_WHOLE = {
    "tests/app/test_axe.py",  # the pages as people hear and see them
    "tests/app/test_browser.py",  # the pages in a browser, from the first look to a corrected herd
    "tests/app/test_pages.py",
    "tests/decisions/test_kinds.py",  # a room of its own below decisions
    "tests/docs/test_docs.py",
    "tests/ingest/test_times.py",  # from files to the view `photos`
    "tests/notebooks/test_notebooks.py",
    "tests/test_deploy.py",
    "tests/test_facade.py",  # what the package itself offers
    "tests/test_house.py",
}
"""Tests of what is no module, beside all of those in tests/whole."""


def without_a_module(tests: set[str], root: Path) -> set[str]:
    """Test modules that are not named for a module, SQL text or room, or stand elsewhere than it."""
    homes: set[str] = set()
    for package, home in HOMES.items():
        for path in (root / package).rglob("*"):
            place = path.relative_to(root / package)
            if path.suffix in (".py", ".sql"):
                homes.add((Path(home) / place.with_name(f"test_{place.stem}.py")).as_posix())
            elif path.is_dir():
                homes.add((Path(home) / place / f"test_{place.name}.py").as_posix())
    return {test for test in tests if not test.startswith("tests/whole/")} - homes


def test_every_test_stands_where_its_module_does() -> None:
    tests = {p.relative_to(ROOT).as_posix() for p in (ROOT / "tests").rglob("test_*.py")}
    assert without_a_module(tests, ROOT) == OF_THE_WHOLE


@pytest.mark.parametrize(
    ("test", "is_home"),
    [
        ("tests/store/test_lake.py", True),
        ("tests/store/test_store.py", True),
        ("tests/test_files.py", True),
        ("tests/demo/test_plan.py", True),
        ("tests/whole/test_anything.py", True),
        ("tests/test_lake.py", False),
        ("tests/herd/test_lake.py", False),
        ("tests/store/test_lake_b.py", False),
    ],
)
def test_a_test_elsewhere_is_found(tmp_path: Path, test: str, is_home: bool) -> None:
    for source in ("thumper_core/store/lake.py", "thumper_core/files.py", "thumper_demo/plan.py"):
        (tmp_path / source).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / source).touch()
    assert without_a_module({test}, tmp_path) == (set() if is_home else {test})
