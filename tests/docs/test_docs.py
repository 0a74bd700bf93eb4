"""The documentation says what is true: generated pages, links, commands."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from thumper_core.cli import app

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"
PAGES = sorted([*DOCS.glob("*.md"), REPOSITORY / "README.md"])
ROOT = get_command(app)


def _script(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def code_lines(text: str) -> list[str]:
    """Lines of console blocks, and code inside of sentences, that call `thumper`."""
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    lines += re.findall(r"`([^`\n]+)`", prose)
    return [line.strip() for line in lines if re.match(r"(\S*/)?thumper ", line.strip())]


def problem(line: str) -> str | None:
    """What is wrong with a call of `thumper`; None: nothing."""
    words = [word for word in shlex.split(line, comments=True) if word != "..."][1:]
    command, rest = ROOT, list(words)
    while rest:
        below = getattr(command, "commands", None)
        word = rest.pop(0)
        if word.startswith("-"):
            flag, _, value = word.partition("=")
            known = [p for p in command.params if flag in [*p.opts, *p.secondary_opts]]
            if not known and flag != "--help":
                return f"{line}: {flag} is no option of it"
            if known and not known[0].is_flag and not value:
                del rest[: known[0].nargs]
        elif below is not None:
            if word not in below:
                return f"{line}: there is no command {word}"
            command = below[word]
        elif not any(p.param_type_name == "argument" for p in command.params):
            return f"{line}: it takes no argument {word}"
    return None


def test_the_reference_is_up_to_date() -> None:
    written = (DOCS / "reference.md").read_text("utf-8")
    assert written == _script("reference").page(), "run: python docs/reference.py"


def test_the_picture_of_the_rooms_is_up_to_date() -> None:
    script = _script("architecture")
    assert script.PICTURE.read_text("utf-8") == script.picture(), "run: python docs/architecture.py"


def places(text: str) -> list[str]:
    """Files and folders that the table of the architecture page sends a reader to."""
    rows = re.findall(r"^\| .+ \| (.+) \|$", text, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    return [name for name in named if not name.startswith("-")]


def is_there(name: str) -> bool:
    """Whether a place of the table is a file, a module or a folder; most are of `thumper_core`."""
    return any(
        (folder / f"{name}{suffix}").exists()
        for folder in (REPOSITORY / "thumper_core", REPOSITORY)
        for suffix in ("", ".py")
    )


def test_the_architecture_page_names_what_is_there() -> None:
    named = places((DOCS / "architecture.md").read_text("utf-8"))
    assert len(named) > 50
    assert [name for name in named if not is_there(name)] == []


@pytest.mark.parametrize(
    ("name", "there"),
    [("ingest/scan", True), ("app/views/", True), ("identify/scale.py", False), ("ops", False)],
)
def test_a_place_that_is_gone_is_noticed(name: str, there: bool) -> None:
    assert is_there(name) == there


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file.read_text("utf-8"))):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_are_shown_exist(page: Path) -> None:
    assert [p for line in code_lines(page.read_text("utf-8")) if (p := problem(line))] == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("thumper run --detector x", None),
        (".venv/bin/thumper -w ranch add photos --camera-level 1  # text", None),
        ("thumper models list", None),
        ("thumper fly", "no command fly"),
        ("thumper models fly", "no command fly"),
        ("thumper run --wings", "--wings is no option"),
        ("thumper run --limit 3 --detector", None),  # in a sentence the value may be left out
        ("thumper status now", "no argument now"),
    ],
)
def test_wrong_commands_are_noticed(line: str, expected: str | None) -> None:
    found = problem(line)
    assert found is None if expected is None else found is not None and expected in found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_that_are_shown_exist(page: Path) -> None:
    from thumper_core.settings import Settings
    from thumper_core.stage import Stage

    stages = {
        name: type(f.default).model_fields
        for name, f in Settings.model_fields.items()
        if isinstance(f.default, Stage)
    }
    text = page.read_text("utf-8")
    for stage, key in re.findall(r"`(\w+)\.(\w+)`", text):
        if stage in stages:
            assert key in stages[stage], f"{stage}.{key}"
