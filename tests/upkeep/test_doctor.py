"""What a machine has and lacks, and the command that mends it."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from thumper_core.upkeep import doctor

SAYS_PROCESSOR = subprocess.CompletedProcess([], 0, "a warning\nopenvino\tTrue\t\n", "")


@pytest.fixture
def torch_says(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Let PyTorch's own process answer so, without the seconds that it takes."""

    def answered(child: object) -> None:
        monkeypatch.setattr(doctor, "run_python", lambda *args, **options: child)

    answered(SAYS_PROCESSOR)
    return answered


def of(subject: str, findings: list[doctor.Finding]) -> list[doctor.Finding]:
    return [one for one in findings if one.subject == subject]


def test_everything_is_looked_at_once(torch_says: object, tmp_path: Path) -> None:
    found = doctor.examine(tmp_path)
    assert [one.subject for one in found] == [
        "Python", "Machine", "Device", "Models", "Packages", "Disk"
    ]  # fmt: skip
    assert found[:-1] == doctor.examine_machine()
    assert found[-1] == doctor.examine_disk(tmp_path)


@pytest.mark.parametrize(
    ("code", "out", "err", "level", "says"),
    [
        (0, "cuda\tTrue\tNVIDIA H200\n", "", "ok", "CUDA: NVIDIA H200"),
        (0, "torch\tFalse\t\n", "", "note", "processor through torch, without bfloat16"),
        (0, "openvino\tTrue\t\n", "", "note", "processor through openvino, with bfloat16"),
        (1, "", "Traceback\nImportError: libc10.so\n", "missing", "ImportError: libc10.so"),
        (-11, "", "", "missing", "it ended with code -11"),
    ],
)
def test_the_device(
    torch_says: Callable[[object], None], code: int, out: str, err: str, level: str, says: str
) -> None:
    torch_says(subprocess.CompletedProcess([], code, out, err))
    (found,) = of("Device", doctor.examine_machine())
    assert found.level == level and says in found.detail


def test_a_package_that_is_absent_comes_with_the_command(
    torch_says: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = importlib.metadata.version

    def without_two(name: str) -> str:
        if name in ("timm", "pillow-heif"):
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without_two)
    there, absent = of("Packages", doctor.examine_machine())
    assert there.level == "ok" and "polars" in there.detail and "timm" not in there.detail
    assert absent == doctor.Finding(
        "Packages", "missing", "timm, pillow-heif", "pip install timm pillow-heif"
    )


def test_little_memory_is_noted(torch_says: object, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = psutil.virtual_memory()._replace(total=2 * 2**30)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    (found,) = of("Machine", doctor.examine_machine())
    assert found.level == "note" and "2 GiB" in found.detail and "queue_photos" in found.advice


@pytest.mark.parametrize(
    ("free", "can_write", "level"),
    [(2**40, True, "ok"), (2**30, True, "note"), (2**40, False, "missing")],
)
def test_the_disk_of_a_folder_that_is_not_there_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, can_write: bool, level: str
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    monkeypatch.setattr(os, "access", lambda path, mode: can_write)
    found = doctor.examine_disk(tmp_path / "not" / "yet")
    assert (found.subject, found.level) == ("Disk", level)
    assert (found.advice == "") == (level == "ok")
