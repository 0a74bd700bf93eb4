"""Process and identify again beside the promoted run: a new run or herd, checked, then promoted in one step.

Until the promotion no view changes, and a call that was cut off at any moment
goes on when it is repeated.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from thumper_core.contracts import ThumperError
from thumper_core.herd.build import HerdResult, build_herd
from thumper_core.herd.checks import PHOTOS_MIN, Anomaly, anomalies, shown_statistics, statistics
from thumper_core.herd.grow import Grown, grow_herd
from thumper_core.pipeline.launch import Models
from thumper_core.pipeline.newest import newest_complete_run
from thumper_core.pipeline.progress import Progress
from thumper_core.pipeline.run import (
    RunSummary,
    Selection,
    Target,
    fingerprint,
    run,
)
from thumper_core.pipeline.strips import with_strips_settled
from thumper_core.settings import Settings
from thumper_core.store.herd_summary import HerdSummary
from thumper_core.store.meanings import set_meanings
from thumper_core.workspace import Workspace

ClearMode = Literal["none", "identities", "embeddings", "all"]
Say = Callable[[str], None]


@dataclass(frozen=True)
class ReprocessResult:
    """How a reprocess ended.

    run: None where no photo was looked at (`identities`); herd: None where it was stopped before
    the deer were told apart; anomalies: checks that failed; is_promoted: whether it is the promoted herd.
    """

    clear_mode: ClearMode
    run_id: str
    run: RunSummary | None
    herd: HerdResult | None
    anomalies: tuple[Anomaly, ...]
    is_promoted: bool

    @property
    def is_stopped(self) -> bool:
        """Whether it ended early and goes on when repeated."""
        return self.herd is None


def reprocess(
    workspace: Workspace,
    models: Models | None,
    *,
    clear_mode: ClearMode = "none",
    settings: Settings | None = None,
    retry_failed: bool = False,
    force: bool = False,
    usual_photos_per_s: Sequence[float] = (),
    on_progress: Callable[[Progress], None] | None = None,
    say: Say | None = None,
    stop: threading.Event | None = None,
) -> ReprocessResult:
    """Process and identify again; promote the result when it is complete and the checks pass.

    clear_mode: `none` tops up the run of the present models and identifies; `identities` identifies
    the shown run anew, with no individual carried over (names and decisions stay in the ledger);
    `embeddings` makes a new run that takes over the detections of one with the same detector; `all`
    makes a new run of everything; where the settings leave it open, both cut strips away. A new run that
    was completed but never shown is not made twice.
    models: needed unless `identities`. force: promote in spite of failed checks.

    A run that fails the checks becomes `rejected`: it is kept and topped up by later calls, but
    nothing takes it by itself. Raises ThumperError like `run` and `build_herd`.
    """
    settings = settings or workspace.settings
    say = say or (lambda text: None)
    summary: RunSummary | None = None
    if clear_mode == "identities":
        run_id = _shown_run(workspace)
    else:
        if models is None:
            raise ValueError(f"clear mode {clear_mode} needs models")
        if clear_mode != "none":
            settings = with_strips_settled(workspace, settings, anew=True)
        # The registry is where a person mends what a class means; runs leave known classes alone.
        set_meanings(workspace.ledger, models.detector.name, models.meanings, replace=True)
        say("Detecting and embedding")
        summary = run(
            workspace,
            models.detector,
            models.embedder,
            settings=settings,
            meanings=models.meanings,
            selection=Selection(retry_failed=retry_failed),
            target=_target(workspace, models, settings, clear_mode),
            on_progress=on_progress,
            stop=stop,
        )
        run_id = summary.run_id
        if summary.n_left or (stop is not None and stop.is_set()):
            return ReprocessResult(clear_mode, run_id, summary, None, (), is_promoted=False)
    say("Telling the deer apart")
    herd, failed = identify_checked(
        workspace,
        run_id,
        settings,
        carry_over=clear_mode != "identities",
        force=force,
        photos_per_s=photos_per_s(summary),
        usual_photos_per_s=usual_photos_per_s,
    )
    return ReprocessResult(clear_mode, run_id, summary, herd, failed, herd.is_promoted)


def identify_checked(
    workspace: Workspace,
    run_id: str,
    settings: Settings,
    *,
    carry_over: bool = True,
    force: bool = False,
    photos_per_s: float | None = None,
    usual_photos_per_s: Sequence[float] = (),
) -> tuple[HerdResult, tuple[Anomaly, ...]]:
    """Identify a run; record and promote the herd where the checks pass. Returns what failed."""
    failed: list[Anomaly] = []
    accept = _checks(workspace, run_id, settings, failed, force, photos_per_s, usual_photos_per_s)
    herd = build_herd(
        workspace,
        run_id=run_id,
        settings=settings,
        carry_over=carry_over,
        accept=accept,
        allow_empty=force,
    )
    _note_state(workspace, run_id, is_promoted=herd.is_promoted)
    return herd, tuple(failed)


def grow_checked(workspace: Workspace, run_id: str, settings: Settings) -> Grown:
    """Put new deer into the shown herd where that will do and the checks pass (`herd.grow`)."""
    return grow_herd(workspace, run_id, settings, _checks(workspace, run_id, settings, []))


def _checks(
    workspace: Workspace,
    run_id: str,
    settings: Settings,
    failed: list[Anomaly],
    force: bool = False,
    photos_per_s: float | None = None,
    usual_photos_per_s: Sequence[float] = (),
) -> Callable[[HerdSummary], bool]:
    """Whether a herd's summary passes beside the shown one's; what does not goes to `failed`."""
    before = shown_statistics(workspace)

    def accept(herd: HerdSummary) -> bool:
        after = statistics(workspace, run_id, herd.counts, photos_per_s)
        failed.extend(anomalies(before, after, settings.ops, usual_photos_per_s))
        return force or not failed

    return accept


def _target(
    workspace: Workspace, models: Models, settings: Settings, clear_mode: ClearMode
) -> Target:
    if clear_mode == "none":
        return Target()
    reuse = clear_mode == "embeddings"
    print_of = fingerprint(models.detector, models.embedder, settings)
    newest = workspace.ledger.find_run(print_of)
    if newest is not None and newest.run_id not in workspace.ledger.promotions("run"):
        # Complete or not: it was begun to replace what is shown, and is gone on with.
        return Target(into=newest.run_id, reuse_detections=reuse)
    return Target(fresh=True, reuse_detections=reuse)


def _shown_run(workspace: Workspace) -> str:
    shown = workspace.ledger.promoted("run")
    return shown if shown is not None else newest_complete_run(workspace).run_id


def _note_state(workspace: Workspace, run_id: str, *, is_promoted: bool) -> None:
    """Rejected, if it is not the shown run itself that failed; complete again once promoted."""
    state = workspace.ledger.run(run_id).state
    if not is_promoted and run_id not in workspace.ledger.promotions("run"):
        workspace.ledger.set_run_state(run_id, "rejected")
    elif is_promoted and state == "rejected":
        workspace.ledger.set_run_state(run_id, "complete")


def photos_per_s(summary: RunSummary | None) -> float | None:
    """The run's rate; None where too few photos were processed to tell."""
    if summary is None or summary.progress.done < PHOTOS_MIN:
        return None
    return summary.progress.done / max(summary.progress.elapsed_s, 1e-9)


def require_promoted(result: ReprocessResult) -> None:
    """Raise ThumperError, with the checks that failed, where the old herd is still shown."""
    if result.is_promoted or result.is_stopped:
        return
    reasons = " ".join(anomaly.message for anomaly in result.anomalies)
    raise ThumperError(
        f"The new herd was not promoted; the old one is still shown. {reasons} Look at it with "
        "`thumper status`, then repeat the command with --force to promote it all the same."
    )
