"""The command line: what it says, how it ends, and that nothing it refuses leaves a trace."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import thumper_core.cli as cli
from tests.fakes import FakeDetector, FakeEmbedder, make_photos
from thumper_core import __version__
from thumper_core.contracts import ClassMeaning
from thumper_core.pipeline import launch
from thumper_core.workspace import Workspace


@pytest.fixture
def fake_models(monkeypatch: pytest.MonkeyPatch) -> None:
    models = launch.Models(
        FakeDetector(), FakeEmbedder(), {"doe": ClassMeaning("white-tailed deer")}
    )
    monkeypatch.setattr(launch, "open_models", lambda *args, **options: models)


def commands() -> list[list[str]]:
    import click
    import typer

    found: list[list[str]] = []

    def walk(command: click.Command, path: list[str]) -> None:
        found.append(path)
        for name, child in getattr(command, "commands", {}).items():
            walk(child, [*path, name])

    walk(typer.main.get_command(cli.app), [])
    return found


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_every_command_explains_itself(path: list[str]) -> None:
    result = CliRunner().invoke(cli.app, [*path, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output
    # brackets are markup there: an extra would vanish
    assert "install 'thumper'" not in result.output


HEAVY = {
    "PIL", "cv2", "duckdb", "matplotlib", "onnxruntime", "open_clip", "openvino", "pandas", "plotly",
    "polars", "ray", "scipy", "sklearn", "streamlit", "timm", "torch", "torchvision", "ultralytics",
}  # fmt: skip
"""Each costs a tenth of a second or more to import."""


@pytest.mark.parametrize(
    ("words", "needs"),
    [
        (["--help"], set()),
        (["--version"], set()),
        (["run", "--help"], set()),
        (["-w", "WORK", "status"], {"duckdb", "polars"}),
        (["-w", "WORK", "status", "--json"], {"duckdb", "polars"}),
    ],
    ids=lambda value: " ".join(sorted(value) if isinstance(value, set) else value) or "nothing",
)
def test_a_command_imports_no_library_that_it_does_not_need(
    tmp_path: Path, words: list[str], needs: set[str]
) -> None:
    Workspace.create(tmp_path)
    code = (
        "import sys; from thumper_core.cli import main\n"
        f"sys.argv[1:] = {[str(tmp_path) if word == 'WORK' else word for word in words]!r}\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        f"print(*sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.splitlines()[-1].split()) == needs


def test_version(call) -> None:  # type: ignore[no-untyped-def]
    assert call("--version") == (0, f"thumper {__version__}\n")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["nonsense"], 2, "nonsense"),
        (["-w", "WORK", "run", "--conf", "7"], 2, "--conf"),
        (["-w", "nowhere", "status"], 3, "init"),
        (["-w", "WORK", "add", "no-such-folder"], 2, "no-such-folder"),
        (["-w", "WORK", "run", "--detector", "no-such-model"], 2, "models add"),
        (["-w", "WORK", "identify"], 1, "Next: thumper -w WORK add"),
        (["-w", "WORK", "identify", "--threshold", "high"], 2, "auto"),
        (["-w", "WORK", "identify", "--method", "magic"], 2, "average"),
        (["-w", "WORK", "evaluate", "demo"], 3, "thumper demo"),
        (["-w", "WORK", "rollback"], 3, "no earlier herd"),
        (["models", "pull", "no-such-model"], 2, "Known"),
        (["models", "add", "no-such-file.pt", "--name", "x"], 2, "does not exist"),
        (["train", "detector", "--out", "x.pt", "--seeds", "a:b"], 2, "FIRST:LAST"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_wrong_use_is_refused_with_the_next_step(
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, says: str
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    call("init", "WORK")
    got, printed = call(*words)
    assert got == code, printed
    assert says in " ".join(printed.split())
    assert "Traceback" not in printed


def test_init_add_run_status(call, fake_models: None, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    photos, work = tmp_path / "photos", tmp_path / "work"
    photos.mkdir()
    make_photos(photos, 40)
    assert call("init", work)[0] == 0
    code, printed = call("-w", work, "add", photos, "--json")
    assert (code, json.loads(printed)["n_new"]) == (0, 40)
    code, printed = call("-w", work, "add", photos)
    assert code == 0
    assert "40 unchanged" in printed
    code, printed = call("-w", work, "run")
    assert code == 1  # three of the photos are broken, and are recorded
    assert "not_an_image" in printed
    assert "Limited by" in printed
    code, printed = call("-w", work, "run")
    assert code == 0
    assert "0 photos left" in printed
    state = json.loads(call("-w", work, "status", "--json")[1])
    assert state["photos"]["pending"] == 0
    assert state["photos"]["failed"] == 3
    assert {row["reason"] for row in state["failures"]} == {"not_an_image", "empty_file"}
    assert f"Next: thumper -w {work} identify" in call("-w", work, "status")[1]


def test_a_bad_settings_file_is_named_with_its_key(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    call("init", tmp_path)
    broken = {"[detect]\nconf_min = 7\n": "detect.conf_min", "[nope": "not valid TOML"}
    for text, says in broken.items():
        (tmp_path / "thumper.toml").write_text(text)
        code, printed = call("-w", tmp_path, "status")
        assert code == 2
        assert says in " ".join(printed.split())


def test_camera_level_is_remembered(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    photos, work = tmp_path / "photos", tmp_path / "work"
    make_photos(photos / "ranch", 4, broken=False)
    call("init", work)
    call("-w", work, "add", photos, "--camera-level", "2")
    assert call("-w", work, "add", photos)[0] == 0

    cameras = Workspace.open(work).sql("select distinct camera from photos order by 1")
    assert cameras["camera"].to_list() == ["cam0", "cam1"]


def test_what_names_the_camera_is_remembered_and_what_is_missing_for_it_is_said(  # type: ignore[no-untyped-def]
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos, work = tmp_path / "photos", tmp_path / "work"
    make_photos(photos, 4, broken=False)
    call("init", work)
    assert call("-w", work, "add", photos, "--camera-from", "exif")[0] == 0
    assert Workspace.open(work).settings.ingest.camera_from == "exif"
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    code, printed = call("-w", work, "add", photos, "--camera-from", "stamp")
    assert code == 3
    assert "thumper[stamp]" in " ".join(printed.split())
    assert call("-w", work, "add", photos, "--camera-from", "auto")[0] == 0, "one way of several"


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m thumper_core.cli --help | head -c 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
