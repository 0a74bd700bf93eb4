"""The whole chain on a rendered herd: render, add, run, identify, compare, report."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.evaluate.demo import evaluate_workspace
from thumper_core.herd.build import HerdResult, build_herd
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.choice import RENDERED
from thumper_core.pipeline.launch import open_models
from thumper_core.pipeline.run import run
from thumper_core.report.pages.html import report
from thumper_core.vision.registry import load_registry
from thumper_core.workspace import Workspace
from thumper_demo import DemoPlan, render_demo

MARKER = "demo.json"
Say = Callable[[str, int, int], None]


@dataclass(frozen=True)
class DemoResult:
    """What the demo found, and how close it is to the truth (flat evaluation JSON)."""

    workspace: Workspace
    herd: HerdResult
    evaluation: dict[str, Any]
    report: Path
    n_failed: int


def render(directory: Path, plan: DemoPlan, say: Say) -> None:
    """Render the photos and the truth into `directory`; a finished herd of this plan is kept.

    Raises UsageError where the folder holds something else, or a demo of another plan.
    """
    marker = directory / MARKER
    if marker.exists():
        # a demo made before an option was there is one that does without it
        if DemoPlan(**json.loads(marker.read_text("utf-8"))) == plan:
            return
        raise UsageError(
            f"{directory} holds a demo with other options. Choose another folder, or delete it."
        )
    if directory.exists() and any(directory.iterdir()) and not (directory / ".rendering").exists():
        raise UsageError(f"{directory} is not empty and not a demo. Choose another folder.")
    directory.mkdir(parents=True, exist_ok=True)
    (directory / ".rendering").touch()
    shutil.rmtree(directory / "photos", ignore_errors=True)  # of a rendering that was cut off
    render_demo(plan, directory, on_progress=lambda done, total: say("Rendering", done, total))
    marker.write_text(json.dumps(asdict(plan)), "utf-8")
    (directory / ".rendering").unlink()


def run_demo(directory: Path, plan: DemoPlan, say: Say, stop: threading.Event) -> DemoResult:
    """Render and process a demo herd in `directory`, which becomes a workspace.

    say(step, done, total) hears of the progress. Raises ThumperError where it was stopped.
    """
    render(directory, plan, say)
    workspace = Workspace.create(directory)
    add_paths(
        workspace, [directory / "photos"], on_progress=lambda done, n: say("Reading", done, n)
    )
    say("Loading the models", 0, 0)
    _choose_detector(workspace)
    models = open_models(workspace, workspace.settings)
    summary = run(
        workspace,
        models.detector,
        models.embedder,
        meanings=models.meanings,
        on_progress=lambda p: say("Detecting and embedding", p.done, p.total),
        stop=stop,
    )
    if summary.is_stopped:
        raise ThumperError("Stopped. The same command goes on where this one was.")
    say("Telling the deer apart", 0, 0)
    herd = build_herd(workspace, run_id=summary.run_id)
    say("Comparing with the truth", 0, 0)
    evaluation = evaluate_workspace(workspace, directory / "truth.parquet")
    say("Writing the report", 0, 0)
    path = report(workspace, None)
    return DemoResult(workspace, herd, evaluation, path, summary.progress.failed)


def _choose_detector(workspace: Workspace) -> None:
    """Keep the shipped detector and its working threshold in the workspace's settings."""
    spec = load_registry(None).get(RENDERED)
    changed = workspace.settings.replace("detect", detector=spec.name, conf_min=spec.conf_min)
    if changed != workspace.settings:
        workspace.settings = changed
        changed.save(workspace.settings_file)
