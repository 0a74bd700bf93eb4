"""A season in one command: each step told as its own command, stopped, gone on with, added to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.herds import START, GreyDetector, make_deer_photos, models
from thumper_core.commands import start as command
from thumper_core.commands.common import State
from thumper_core.contracts import ClassMeaning, ThumperError
from thumper_core.pipeline import launch
from thumper_core.workspace import Workspace

Call = Callable[..., tuple[int, str]]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Fake models; the settings that each opening of them was asked with."""
    asked: list[Any] = []

    def open_models(workspace: Workspace, settings: Any, **options: Any) -> launch.Models:
        asked.append(settings)
        return models()

    monkeypatch.setattr(launch, "open_models", open_models)
    monkeypatch.setattr("thumper_core.pipeline.effort.give_way", lambda: None)
    return asked


def commands(printed: str) -> list[str]:
    return [line[2:] for line in printed.splitlines() if line.startswith("$ ")]


def test_every_step_is_told_as_its_own_command_and_done(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    make_deer_photos(tmp_path / "cards", n_deer=3, n_events=3)
    (tmp_path / "eye.onnx").write_bytes(b"weights")
    code, printed = call("start", "cards", "ranch", "--detector", "eye.onnx")
    assert code == 0, printed
    assert commands(printed) == [
        "thumper init ranch",
        "thumper -w ranch add cards --camera-level 1",
        "thumper -w ranch run --detector eye.onnx",
        "thumper -w ranch identify",
        "thumper -w ranch report",
    ]
    assert printed.index("2 cameras by the folders at level 1") < printed.index("$ thumper init")
    assert "Next:" not in printed
    assert printed.rstrip().endswith("Look at it: thumper -w ranch app")
    workspace = Workspace.open("ranch")
    assert workspace.sql("select count(*) from individuals").item() > 0
    assert (workspace.reports_dir / "herd-report.html").is_file()
    assert workspace.settings.detect.detector == str(tmp_path / "eye.onnx")

    shown = workspace.ledger.promoted("herd")
    code, printed = call("start", "cards", "ranch")  # nothing is new
    assert code == 0, printed
    assert f"Nothing is new since herd {shown} was made, so it stays." in printed
    assert commands(printed)[-1] == "thumper -w ranch report"
    assert [herd.herd_id for herd in workspace.ledger.herds()] == [shown]

    later = START + timedelta(days=9)
    make_deer_photos(tmp_path / "later", n_deer=1, n_events=1, start=later)
    monkeypatch.setenv("THUMPER_WORKSPACE", "ranch")
    code, printed = call("start", "later", "--camera-level", "-1")
    assert code == 0, printed
    assert commands(printed)[0] == "thumper -w ranch add later --camera-level -1"
    assert len(workspace.ledger.herds()) == 2
    assert [settings.detect.detector for settings in opened] == [
        "eye.onnx", *[str(tmp_path / "eye.onnx")] * 2
    ]  # fmt: skip


@pytest.mark.slow
def test_a_stop_ends_the_chain_and_the_same_command_goes_on(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[Any]
) -> None:
    make_deer_photos(tmp_path / "cards", n_deer=3, n_events=3)
    whole = GreyDetector.detect

    def stopped(self: GreyDetector, batch: Any) -> Any:
        State.is_stopped = True
        stop.set()
        return whole(self, batch)

    stop = threading.Event()

    @contextmanager
    def on_interrupt() -> Iterator[threading.Event]:
        yield stop

    with monkeypatch.context() as patch:
        patch.setattr(GreyDetector, "detect", stopped)
        patch.setattr("thumper_core.commands.photos.stop_on_interrupt", on_interrupt)
        code, printed = call("start", tmp_path / "cards", tmp_path / "ranch", "--detector", "demo")
    assert code == 3
    assert commands(printed)[-1].endswith(" run --detector demo")
    assert "The same command goes on." in printed and "identify" not in printed
    assert Workspace.open(tmp_path / "ranch").ledger.promoted("herd") is None
    code, printed = call("start", tmp_path / "cards", tmp_path / "ranch")
    assert code == 0, printed
    assert "thumper init" not in printed
    assert len(Workspace.open(tmp_path / "ranch").ledger.runs()) == 1


def test_a_second_interrupt_says_that_nothing_is_lost(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[Any]
) -> None:
    def interrupted(*args: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("thumper_core.pipeline.run.run", interrupted)
    make_deer_photos(tmp_path / "cards", n_deer=1, n_events=1)
    code, printed = call("start", tmp_path / "cards", tmp_path / "ranch", "--detector", "demo")
    assert (code, "Interrupted; what was finished is kept." in printed) == (3, True)


def test_photos_that_cannot_be_read_are_the_exit_code_of_the_whole(
    call: Call, tmp_path: Path, opened: list[Any]
) -> None:
    make_deer_photos(tmp_path / "cards", n_deer=3, n_events=3)
    (tmp_path / "cards" / "cam0" / "20250901_120000.jpg").write_bytes(b"no picture")
    code, printed = call("start", tmp_path / "cards", tmp_path / "ranch")
    assert code == 1
    assert commands(printed)[-1].endswith(" report")
    assert "Could not be read in full: 1 not_an_image" in printed
    assert (
        f"Look at it: thumper -w {tmp_path / 'ranch'} app\n"
        "Exit code 1: 1 photo could not be read in full (cam0/20250901_120000.jpg).\n"
    ) in printed


def test_photos_without_an_animal_get_their_report_and_the_last_line_says_so(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[Any]
) -> None:
    monkeypatch.setattr(launch, "open_models", lambda *args, **options: models(bad=True))
    make_deer_photos(tmp_path / "cards", n_deer=1, n_events=2)
    (tmp_path / "cards" / "cam0" / "broken.jpg").write_bytes(b"no picture")
    code, printed = call("start", tmp_path / "cards", tmp_path / "ranch")
    assert code == 1
    assert "The 4 photos seem to show no animal, which is no fault: grey found nothing" in printed
    assert commands(printed)[-1].endswith(" report")
    assert (tmp_path / "ranch" / "reports" / "herd-report.html").is_file()
    assert "Next:" not in printed
    assert (
        f"Look at it: thumper -w {tmp_path / 'ranch'} app\n"
        "Exit code 1: there are no deer to tell apart; 1 photo could not be read in full "
        "(cam0/broken.jpg).\n"
    ) in printed


def test_without_deer_the_reason_and_what_goes_on_are_the_last_words(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[Any]
) -> None:
    def open_models(*args: Any, **options: Any) -> launch.Models:
        return replace(
            models(), meanings={name: ClassMeaning("animal") for name in ("doe", "buck")}
        )

    monkeypatch.setattr(launch, "open_models", open_models)
    make_deer_photos(tmp_path / "cards", n_deer=3, n_events=3)
    command = ["start", tmp_path / "cards", tmp_path / "ranch", "--detector", "demo"]
    code, printed = call(*command)
    assert code == 1
    assert commands(printed)[-1].endswith(" identify")
    assert printed.count('say only "animal"') == 1
    last = f"Next: thumper -w {tmp_path / 'ranch'} identify --species 'white-tailed deer'"
    assert printed.rstrip().endswith(last)
    code, printed = call(*command, "--species", " Mule  Deer")
    assert "The species of interest is mule deer.\n" in printed.split("$ thumper")[0]
    assert code == 0, printed
    workspace = Workspace.open(tmp_path / "ranch")
    assert workspace.settings.species == "mule deer"
    assert workspace.ledger.promoted("herd") is not None


def test_an_error_is_the_step_s_own_and_ends_the_chain(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[Any]
) -> None:
    make_deer_photos(tmp_path / "cards", n_deer=1, n_events=1)

    def refuse(*args: Any, **options: Any) -> None:
        raise ThumperError("The disk is full.")

    monkeypatch.setattr("thumper_core.pipeline.run.run", refuse)
    code, printed = call("start", tmp_path / "cards", tmp_path / "ranch")
    assert (code, "The disk is full." in printed) == (3, True)
    assert commands(printed)[-1].endswith(" run")
    code, printed = call("start", tmp_path / "nowhere", tmp_path / "other")
    assert (code, "no folder" in printed) == (2, True)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--detector", "magic"], "`thumper models add"),
        (["--detector", "magic.pt"], "magic.pt does not exist. Known: demo, whitetail"),
        (["--detector", "efficientnet_lite0"], "use it with --embedder"),
        (["--detector", "megadetector-v6-yolov10-c"], "thumper models pull megadetector"),
        (["--detector", "odd.h5"], "a detector is a .pt or .onnx file"),
        (["--detector", "trap.pt"], "is a pickle"),
        (["--embedder", "demo"], "use it with --detector"),
        (["--species", "person"], "name a species"),
    ],
    ids=lambda value: "" if isinstance(value, str) else " ".join(value),
)
def test_what_cannot_be_is_refused_before_anything_is_made(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    make_deer_photos(tmp_path / "cards", n_deer=1, n_events=1)
    (tmp_path / "odd.h5").write_bytes(b"x")
    (tmp_path / "trap.pt").write_bytes(b"\x80\x04N.")
    code, printed = call("start", "cards", "ranch", *words)
    assert code in (2, 3)
    assert says in printed
    assert commands(printed) == []
    assert not (tmp_path / "ranch").exists()


@pytest.mark.parametrize("words", [[], ["--yes"], ["--camera-level", "-1"]], ids=" ".join)
def test_a_person_is_asked_before_a_workspace_is_made(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[Any], words: list[str]
) -> None:
    make_deer_photos(tmp_path / "cards" / "season", n_deer=2, n_events=2)
    asked: list[str] = []
    answers = iter([False, True, False])

    def confirm(text: str, **options: Any) -> bool:
        asked.append(text)
        return next(answers) if not words else False

    def prompt(text: str, **options: Any) -> int | str:
        asked.append(text)
        return options["default"] if text.startswith("Which") else 1

    monkeypatch.setattr(command, "may_ask", lambda: True)
    monkeypatch.setattr(typer, "confirm", confirm)
    monkeypatch.setattr(typer, "prompt", prompt)
    code, printed = call("start", tmp_path / "cards", tmp_path / "ranch", *words)
    if words == ["--yes"]:
        assert (code, asked) == (0, [])
        assert "2 cameras by the folders at level 2: cam0 (4), cam1 (4)." in printed
        return
    assert (code, "Aborted" in printed) == (3, True)
    assert not (tmp_path / "ranch").exists()
    assert asked[-1].startswith("Go on, in the workspace")
    if words:
        assert len(asked) == 2
    else:
        assert [text.split()[0] for text in asked] == ["Are", "Level", "Are", "Which", "Go"]
        assert "1 camera by the folders at level 1: season (8)." in printed
