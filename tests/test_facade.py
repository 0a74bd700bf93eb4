"""The front door: light to import, in step with what it names, and every example on it is true."""

from __future__ import annotations

import ast
import doctest
import inspect
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

import thumper_core
from tests.fakes import FakeDetector, FakeEmbedder
from tests.made_photos import HEIGHT, WIDTH
from tests.workspaces import Deer, build
from thumper_core.contracts import DEER, AgeClass, ClassMeaning, Sex
from thumper_core.flows import start
from thumper_core.pipeline.launch import Models
from thumper_core.vision import detectors, embedders

ROOT = Path(__file__).resolve().parents[1]
NAMES = sorted(thumper_core._HOMES)
FUNCTIONS = [name for name in NAMES if inspect.isfunction(getattr(thumper_core, name))]
HEAVY = ("polars", "duckdb", "numpy", "torch", "plotly", "streamlit", "PIL", "openvino")
FOR_PAGES = {
    "chosen_folder", "dated", "following", "limit_of", "load_of", "mark", "moment", "offset_s", "offset_text",
    "say",
}  # fmt: skip
"""What a page of the workbench needs and a notebook hardly does."""
PAGES_MAY = ("thumper_core.questions", "thumper_core.decisions", "thumper_core.work")


def inner(path: Path) -> list[str]:
    """The modules of the core that a file imports by more than the front door's names."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.startswith("thumper_core.")]
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "thumper_core":
                found += [
                    f"thumper_core.{a.name}"
                    for a in node.names
                    if a.name not in thumper_core.__all__
                ]
            elif node.module.split(".")[0] in ("thumper_core", "thumper_demo"):
                found.append(node.module)
    return found


# --- light ----------------------------------------------------------------------------------------


def test_importing_it_imports_nothing_else() -> None:
    code = (
        "import sys; before = set(sys.modules); import thumper_core; dir(thumper_core)\n"
        f"new = set(sys.modules) - before; print(sorted(new & {set(HEAVY)!r}))\n"
        "print(sorted(m for m in new if m.startswith('thumper_core')))\n"
        "from thumper_core import Workspace, Settings\n"
        "print(sorted({'torch', 'plotly', 'streamlit', 'openvino'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["[]", "['thumper_core']", "[]"]


# --- in step --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_name_leads_to_what_it_says(name: str) -> None:
    module, _, attribute = thumper_core._HOMES[name].partition(":")
    found = getattr(thumper_core, name)
    if attribute:
        assert not isinstance(found, ModuleType)
    else:
        assert isinstance(found, ModuleType)
        assert found.__name__ == f"thumper_core.{module}"
        assert name == module.split(".")[-1], "a module is called as its file is"
    assert name in dir(thumper_core)
    assert name in thumper_core.__all__


def test_no_name_is_hidden_by_a_package_of_the_core() -> None:
    below = {module.name for module in pkgutil.iter_modules(thumper_core.__path__)}
    own = {name for name, home in thumper_core._HOMES.items() if name == home}
    assert below & set(NAMES) == own


def test_a_name_that_is_not_there_is_said() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = thumper_core.nothing


def test_type_checkers_are_told_the_same() -> None:
    tree = ast.parse((ROOT / "thumper_core/__init__.py").read_text("utf-8"))
    (block,) = (
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    home, told = {}, {}
    for node in block.body:
        if isinstance(node, ast.ImportFrom):
            for a in node.names:
                home[a.asname or a.name] = f"{node.module}.{a.name}".removeprefix("thumper_core.")
                if a.asname:  # without it a name is not offered
                    told[a.name] = home[a.name]
        elif isinstance(node, ast.Assign):
            (target,) = node.targets
            pairs = (
                zip(target.elts, node.value.elts, strict=True)
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
                else [(target, node.value)]
            )
            told |= {ast.unparse(new): home[ast.unparse(old)] for new, old in pairs}
    assert told == {name: home.replace(":", ".") for name, home in thumper_core._HOMES.items()}


# --- who uses it ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda p: p.stem)
def test_notebooks_import_only_the_front_door(path: Path) -> None:
    assert inner(path) == []


@pytest.mark.parametrize("path", sorted((ROOT / "app").rglob("*.py")), ids=lambda p: p.stem)
def test_pages_import_the_front_door_questions_decisions_and_work(path: Path) -> None:
    beyond = [m for m in inner(path) if not (m + ".").startswith(tuple(r + "." for r in PAGES_MAY))]
    assert beyond == []


def test_a_side_door_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.py"
    page.write_text(
        "import thumper_core.herd.build\n"
        "from thumper_core import Workspace, settings, theme\n"
        "def late():\n"
        "    from thumper_core.workspace import Workspace\n"
        "    from thumper_demo import chain\n"
    )
    assert inner(page) == [
        "thumper_core.herd.build",
        "thumper_core.settings",
        "thumper_core.workspace",
        "thumper_demo",
    ]


# --- its examples ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the examples stand in: `ranch`, a workspace; `photos` and their `truth.parquet`; `known`.

    Four deer on ten photos at two cameras and a blank one; `known` has a folder for each deer.
    """
    folder = tmp_path_factory.mktemp("world")
    deer = [Deer("buck", 3, "Boss"), Deer("doe", 3), Deer("buck", 2), Deer("doe", 2)]
    ranch = build(folder, deer, cameras=("Creek", "North feeder"), n_blank=1)
    ranch.settings.save(ranch.settings_file)
    (blank,) = ranch.sql(
        "select p.path from photos p join outcomes using (photo_id) where n_detections = 0"
    )["path"]
    Image.new("RGB", (WIDTH, HEIGHT), "white").save(folder / "photos" / str(blank))
    truth = ranch.sql(
        "select p.path, d.photo_id as photo_sha256, a.individual_id as individual, d.species, d.sex, "
        'd.age_class, d."class", d.x1, d.y1, d.x2, d.y2, 1.0 as visible_fraction '
        "from detections d join photos p using (photo_id) join assignments a using (detection_id)"
    )
    truth.write_parquet(folder / "truth.parquet")
    ranch.sql(
        "select path, photo_id as photo_sha256, null::varchar as fault, event_id as event from photos"
    ).write_parquet(folder / "truth_photos.parquet")
    for path, who in truth.select("path", "individual").iter_rows():
        (folder / "known" / who).mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / "photos" / path, folder / "known" / who)
    return folder


@pytest.fixture
def quick_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fakes in place of the networks, whose own tests are elsewhere and take seconds to open."""
    detector, embedder = FakeDetector(), FakeEmbedder()
    meanings = {"doe": ClassMeaning(DEER, Sex.FEMALE, AgeClass.ADULT)}
    monkeypatch.setattr(
        start, "open_models", lambda *asked, **kept: Models(detector, embedder, meanings)
    )
    monkeypatch.setattr(detectors, "open_detector", lambda *asked, **kept: detector)
    monkeypatch.setattr(embedders, "open_embedder", lambda *asked, **kept: embedder)


SLOW = ("open_detector", "open_embedder")
"""Their examples open real networks."""


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in SLOW])
@pytest.mark.usefixtures("quick_models")
def test_every_function_has_an_example_that_is_true(
    name: str, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("ranch", "photos", "known"):
        shutil.copytree(world / part, tmp_path / part)
    for part in ("truth.parquet", "truth_photos.parquet"):
        shutil.copy(world / part, tmp_path)
    monkeypatch.chdir(tmp_path)
    assert untrue(name) == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_models_are_opened_as_the_examples_say(name: str) -> None:
    assert untrue(name) == ""


def untrue(name: str) -> str:
    """What is wrong with the examples of a function; empty: nothing."""
    (test,) = doctest.DocTestFinder(recurse=False).find(getattr(thumper_core, name), name, globs={})
    told: list[str] = []
    if not any(name in example.source for example in test.examples):
        return f"{name} shows no example of its use"
    doctest.DocTestRunner().run(test, out=told.append)
    return "".join(told)


def test_the_page_names_what_is_there() -> None:
    page = (ROOT / "docs/facade.md").read_text("utf-8")
    table = [line for line in page.splitlines() if line.startswith("|")][2:]
    named = {name for line in table for name in re.findall(r"`(\w+)`", line)}
    assert named <= set(NAMES)
    assert set(FUNCTIONS) - named <= FOR_PAGES
