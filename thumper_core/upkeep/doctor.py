"""What this machine has, what it lacks, and the command that mends it."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from thumper_core.children import run_python
from thumper_core.contracts import ThumperError
from thumper_core.cores import core_count
from thumper_core.vision.registry import load_registry, models_dir

_NEEDED = (
    "numpy",
    "polars",
    "duckdb",
    "pyarrow",
    "torch",
    "torchvision",
    "ultralytics-opencv-headless",
    "open_clip_torch",
    "timm",
    "openvino",
    "umap-learn",
    "hdbscan",
    "streamlit",
    "jupyterlab",
    "plotly",
    "simplejpeg",
    "pillow",
    "pillow-heif",
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `advice` is empty where nothing is to be done."""

    subject: str
    level: Literal["ok", "note", "missing"]
    detail: str
    advice: str = ""


def examine(folder: Path) -> list[Finding]:
    """Look at Python, packages, processor, GPU, models and the disk that holds `folder`."""
    return [*examine_machine(), examine_disk(folder)]


def examine_machine() -> list[Finding]:
    """Look at what is the same for every workspace; PyTorch is started for it, for seconds."""
    checks: tuple[Callable[[], Finding], ...] = (_python, _memory, _device, _models)
    return [check() for check in checks] + _packages()


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", "ok", version)


def _packages() -> list[Finding]:
    found, absent = [], []
    for name in _NEEDED:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            absent.append(name)
    findings = [Finding("Packages", "ok", ", ".join(found))] if found else []
    if absent:
        findings.append(
            Finding("Packages", "missing", ", ".join(absent), f"pip install {' '.join(absent)}")
        )
    return findings


def _memory() -> Finding:
    import psutil

    gib = psutil.virtual_memory().total / 2**30
    detail = f"{core_count()} cores, {gib:.0f} GiB memory"
    if gib < 4:
        return Finding("Machine", "note", detail, "Under 4 GiB: lower engine.queue_photos.")
    return Finding("Machine", "ok", detail)


_ASK_TORCH = """
import torch
from thumper_core.vision.backends import choose_backend, has_fast_bf16
backend = choose_backend("auto")
print(backend, has_fast_bf16(), torch.cuda.get_device_name() if backend == "cuda" else "", sep="\\t")
"""


def _device() -> Finding:
    # In a process of its own: a broken build may take the process with it, and a server that only
    # shows pages stays without PyTorch.
    child = run_python(["-c", _ASK_TORCH], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if child.returncode != 0:
        said = (child.stderr.strip().splitlines() or [f"it ended with code {child.returncode}"])[-1]
        return Finding("Device", "missing", f"PyTorch does not start: {said}", "Install it again.")
    backend, is_fast, name = child.stdout.rstrip("\n").splitlines()[-1].split("\t")
    if backend == "cuda":
        return Finding("Device", "ok", f"CUDA: {name}")
    speed = f"{'with' if is_fast == 'True' else 'without'} bfloat16 instructions"
    return Finding("Device", "note", f"processor through {backend}, {speed}; PyTorch sees no GPU")


def _models() -> Finding:
    try:
        registry = load_registry(None)
    except ThumperError as error:
        return Finding("Models", "missing", str(error), "Install Thumper again.")
    return Finding("Models", "ok", f"{len(registry.models)} known, registry in {models_dir()}")


def examine_disk(folder: Path) -> Finding:
    """Look at the disk that holds `folder`."""
    place = next(p for p in (folder.resolve(), *folder.resolve().parents) if p.exists())
    gib = shutil.disk_usage(place).free / 2**30
    detail = f"{gib:.0f} GiB free where the workspace is"
    if not os.access(place, os.W_OK):
        return Finding(
            "Disk", "missing", f"{place} cannot be written to", "Choose --workspace DIR."
        )
    if gib < 2:
        return Finding("Disk", "note", detail, "60,000 photos need about 1 GiB; make room.")
    return Finding("Disk", "ok", detail)
