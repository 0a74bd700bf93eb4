"""The files in deploy/ name commands, options, folders and packages that there are.

No image is built here: what a build would stumble over in this repository is checked one by one.
"""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import typer
import yaml

from tests.conftest import REPOSITORY
from thumper_core.cli import app

DEPLOY = REPOSITORY / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
UNITS = sorted(DEPLOY.glob("*.service")) + sorted(DEPLOY.glob("*.timer"))


def instructions(word: str) -> list[str]:
    """What follows an instruction of the Dockerfile, its continued lines joined."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.partition(" ")[2].strip() for line in joined.splitlines() if line.startswith(word)]


def accept(words: list[str]) -> None:
    """Fail where the command line does not know a command or one of its options."""
    command: click.Command = typer.main.get_command(app)
    rest = words
    context = None
    while True:
        context = command.make_context(command.name or "thumper", list(rest), parent=context)
        if not isinstance(command, click.Group):
            return
        rest = [*context._protected_args, *context.args]
        assert rest, f"no command in {words}"
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None, f"no command {name}"
        command = found


def compose(name: str) -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / name).read_text())


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(path.read_text())
    return parser


def test_the_image_copies_what_is_there_and_is_not_ignored() -> None:
    sources = [word for line in instructions("COPY") for word in line.split()[:-1]]
    assert {"thumper_core", "models", "app", "notebooks"} <= set(sources)
    kept = (REPOSITORY / ".dockerignore").read_text().splitlines()
    for source in sources:
        assert (REPOSITORY / source).exists(), source
        assert f"!{source}" in kept, f"{source} is not sent to the build"
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    for needed in (project["project"]["readme"], *project["project"]["license-files"]):
        assert needed in sources, f"{needed}: without it the package cannot be built"


def test_the_image_installs_the_locked_versions_of_what_thumper_needs() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    lock = (REPOSITORY / "requirements.lock").read_text()
    locked = {line.split("==")[0].lower().replace("_", "-") for line in lock.splitlines()}
    for wanted in project["dependencies"]:
        assert re.split(r"[<>=\[]", wanted)[0].lower() in locked, wanted
    script = instructions("RUN")[1]
    listing = re.search(r'python -c "(.*?)"', script)
    assert listing is not None
    printed = subprocess.run(
        [sys.executable, "-c", listing[1]],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert printed.stdout.split() == project["dependencies"]
    assert len(re.findall(r"^(?:torch|torchvision)==\S+$", lock, re.M)) == 2
    python = re.match(r"python:(\d+\.\d+)", instructions("FROM")[0])
    assert python is not None and project["requires-python"] == f">={python[1]}"


def test_the_image_starts_and_checks_with_commands_that_are_there() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert instructions("ENTRYPOINT") == ['["thumper"]'] and "thumper" in project["scripts"]
    accept(yaml.safe_load(instructions("CMD")[0]))
    check = instructions("HEALTHCHECK")[0]
    accept(shlex.split(check.partition("CMD thumper ")[2].partition(" >")[0]))
    assert not re.search(r"^USER root|--privileged|\bsudo\b", DOCKERFILE, re.M)
    assert instructions("USER") == ["thumper"]


def test_the_services_start_commands_on_folders_that_they_mount(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = compose("compose.yaml")["services"]
    for name, service in services.items():
        build = service["build"]
        assert (DEPLOY / build["context"]).resolve() == REPOSITORY
        assert (REPOSITORY / build["dockerfile"]).is_file()
        arguments = {line.split("=")[0] for line in instructions("ARG")}
        assert set(build["args"]) <= arguments
        inside = {
            volume.split(":")[-2 if volume.endswith(":ro") else -1] for volume in service["volumes"]
        }
        assert inside == {"/photos", "/workspace", "/home/thumper/own"}
        assert "/photos:ro" in service["volumes"][0]  # photos are never written to
        words = shlex.split(service["command"])
        for folder in (word for word in words if word.startswith("/")):
            assert folder in inside, f"{name} works on {folder}"
        accept([str(tmp_path) if word.startswith("/") else word for word in words])
        for other in service.get("depends_on", {}):
            assert other in services
    port = services["app"]["command"].split("--port ")[1].split()[0]
    assert services["app"]["ports"] == [f"127.0.0.1:{port}:{port}"]  # for this machine alone
    assert port in instructions("EXPOSE")[0]
    assert set(compose("compose.gpu.yaml")["services"]) <= set(services)


def test_trust_is_not_kept_in_the_workspace() -> None:
    """A workspace that somebody sent would bring its own otherwise."""
    [settings] = instructions("ENV")
    home = re.search(r"THUMPER_HOME=(\S+)", settings)
    assert home is not None and not home[1].startswith("/workspace")
    assert home[1] in instructions("VOLUME")[0].split()
    document = compose("compose.yaml")
    for service in document["services"].values():
        [volume] = [one for one in service["volumes"] if one.endswith(f":{home[1]}")]
        assert volume.split(":")[0] in document["volumes"]


def test_the_command_that_adds_a_user_is_one(tmp_path: Path) -> None:
    told = re.search(r"--rm app (access NAME --role editor)", (DEPLOY / "compose.yaml").read_text())
    assert told is not None
    accept(told[1].split())


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_names_a_command_that_is_there(path: Path, tmp_path: Path) -> None:
    parser = unit(path)
    assert parser["Unit"]["Description"]
    if path.suffix == ".timer":
        assert path.with_suffix(".service") in UNITS
        assert parser["Install"]["WantedBy"] == "timers.target"
        return
    program, *words = shlex.split(parser["Service"]["ExecStart"])
    assert program.endswith("/bin/thumper")
    accept([str(tmp_path) if word.startswith("%h/") else word for word in words])
    assert parser["Service"]["Environment"].startswith("THUMPER_WORKSPACE=")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    """With a program and folders that exist; the rest is as it ships."""
    for path in UNITS:
        text = re.sub(r"%h/[\w./-]*/thumper", shutil.which("true") or "/bin/true", path.read_text())
        (tmp_path / path.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", *(str(tmp_path / path.name) for path in UNITS)],
        capture_output=True, text=True, check=False, env={"XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    complaints = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert complaints == [] and done.returncode == 0, done.stderr
