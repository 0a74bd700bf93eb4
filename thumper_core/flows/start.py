"""A season in one call: a workspace, its photos, a run over them, a herd and its report.

Every step is the one of the command of its name; called again, each goes on where it was.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from thumper_core.contracts import ThumperError
from thumper_core.herd.build import HerdResult, build_herd, unchanged_herd
from thumper_core.ingest.add import AddSummary, add_paths
from thumper_core.pipeline.launch import Models, open_models
from thumper_core.pipeline.photo_counts import photo_counts
from thumper_core.pipeline.run import RunSummary, run
from thumper_core.pipeline.tuned import with_tuned
from thumper_core.questions.no_deer import why_no_deer
from thumper_core.questions.reasons import NoDeer
from thumper_core.report.write import write_reports
from thumper_core.settings import Settings
from thumper_core.workspace import Workspace

Step = Literal["add", "models", "run", "identify", "report"]
Progress = Callable[[Step, int, int], None]
"""Called with the step and how much of it is done, of how much: files, none, photos, percent, reports."""


@dataclass(frozen=True)
class Started:
    """What each step found.

    added: files; run: photos; herd: the deer, None where `run` was stopped with photos left, which
    the same call goes on with, where nothing is new since the herd that is shown, and where there are no
    deer: no_deer says why, and nothing is recorded then; reports: the files that were written; herd_id:
    of the herd that was made, or that stays.
    """

    workspace: Workspace
    added: AddSummary
    run: RunSummary
    herd: HerdResult | None
    reports: tuple[Path, ...]
    no_deer: NoDeer | None = None
    herd_id: str | None = None

    @property
    def is_stopped(self) -> bool:
        """Whether it ended early and goes on when repeated."""
        return self.herd_id is None and self.no_deer is None


def start(
    root: Path | str,
    photos: Sequence[Path | str] | Path | str,
    *,
    settings: Settings | None = None,
    models: Models | None = None,
    formats: Sequence[str] = ("html",),
    on_progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> Started:
    """From folders of photos to a herd and its report: init, add, run, identify, report.

    root: the workspace's folder, made where there is none; photos: one folder or file, or several,
    which are only read; settings: kept as the workspace's own, None: those it has; models: None:
    those that the settings name; formats: of the reports (`report.write.NAMES`); stop: once set,
    the run ends after the photos under way. Repeated, it reads what is new and processes what is
    pending, and makes no herd again that is there. Photos in which no deer is to be expected get their
    report, too. Raises UsageError for a path that is not there, and ThumperError where there is no
    photo, where a model is absent, and as `run` and `build_herd` do.

    >>> from thumper_core import start
    >>> found = start("season", "photos")
    >>> found.added.n_files, found.run.n_left
    (11, 0)
    >>> found.workspace.sql("select count(*) as photos from photos")["photos"].item()
    11
    >>> [path.name for path in found.reports]
    ['herd-report.html']
    """
    say = on_progress or (lambda step, done, total: None)
    workspace = Workspace.create(root)
    if settings is not None and settings != workspace.settings:
        workspace.settings = settings
        settings.save(workspace.settings_file)
    paths = [photos] if isinstance(photos, Path | str) else photos
    added = add_paths(
        workspace, [Path(path) for path in paths], on_progress=lambda n, of: say("add", n, of)
    )
    if not photo_counts(workspace).total:
        folders = ", ".join(str(path) for path in paths)
        raise ThumperError(f"There is no photo in {folders}. Name the folder that holds them.")
    say("models", 0, 0)
    models = models or open_models(workspace, workspace.settings)
    say("run", 0, 0)
    ran = run(
        workspace,
        models.detector,
        models.embedder,
        settings=with_tuned(workspace.settings, models.tuned),
        meanings=models.meanings,
        on_progress=lambda progress: say("run", progress.done, progress.total),
        stop=stop,
    )
    if ran.n_left:
        return Started(workspace, added, ran, None, ())
    no_deer = why_no_deer(workspace)
    if no_deer is not None and not no_deer.is_final:
        return Started(workspace, added, ran, None, (), no_deer)
    kept = unchanged_herd(workspace) if no_deer is None else None
    herd = None
    if no_deer is None and kept is None:
        herd = build_herd(
            workspace, on_progress=lambda stage, share: say("identify", round(100 * share), 100)
        )
    herd_id = herd.herd_id if herd else kept.herd_id if kept else None
    say("report", 0, len(formats))
    reports = write_reports(workspace, formats)
    say("report", len(formats), len(formats))
    return Started(workspace, added, ran, herd, tuple(reports), no_deer, herd_id)
