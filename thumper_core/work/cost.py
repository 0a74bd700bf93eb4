"""What a reprocess would do and cost, said before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from thumper_core.counting import counted
from thumper_core.language import mark, say
from thumper_core.pipeline.newest import newest_complete_run
from thumper_core.pipeline.room import Room, room_for
from thumper_core.pipeline.run import count_pending
from thumper_core.questions.trials import NoBoxesSoWeak, run_of
from thumper_core.store.jobs import jobs
from thumper_core.work.launches import launches
from thumper_core.workspace import Workspace

if TYPE_CHECKING:
    from thumper_core.flows.reprocess import ClearMode

CLEAR_MODES: Final[dict[str, tuple[str, str]]] = {
    "none": (
        mark("Only what is new"),
        mark(
            "Processes the photos that have no result with these models yet, then identifies the herd "
            "again. Other models than before mean that every photo is new to them."
        ),
    ),
    "identities": (
        mark("New identities"),
        mark(
            "Reads no photo. Groups the deer anew from nothing: every deer gets a new ID, and names have "
            "to be given again to those it finds."
        ),
    ),
    "embeddings": (
        mark("New embeddings"),
        mark(
            "Keeps what was detected and looks at every deer again with the embedder, in a new run."
        ),
    ),
    "all": (
        mark("Everything again"),
        mark(
            "Begins a new run over every photo beside the old one; the herd that is shown stays until "
            "the new one is complete and passes the checks."
        ),
    ),
}
KEPT: Final = mark("No decision is deleted, and the last herd can be rolled back to.")
_RATE_UNKNOWN: Final = 10.0  # photos a second: a plain laptop's
_USUAL_IDENTIFY_S: Final = 60.0


@dataclass(frozen=True)
class Cost:
    """n_photos that would be processed; seconds it would take; whether the rate was measured.

    room: the disk that it has and needs; None where no photo is read.
    """

    n_photos: int
    seconds: float
    is_measured: bool
    room: Room | None = None


def cost(workspace: Workspace, mode: ClearMode, detector: str, embedder: str) -> Cost:
    """What a mode would cost with these models, from the rate of runs before.

    A run counts as one of these models by their names; settings that differ besides would begin
    a new one, which the process finds out when it starts.
    """
    rate, is_measured = _rate(workspace, detector, embedder)
    if mode == "identities":
        return Cost(0, _identify_s(workspace), is_measured)
    same = [
        run
        for run in workspace.ledger.runs()
        if (run.detector, run.embedder) == (detector, embedder) and run.state != "discarded"
    ]
    run_id = same[-1].run_id if same and mode == "none" else ""
    n = count_pending(workspace, run_id)
    settings = workspace.settings.replace("detect", detector=detector)
    room = room_for(workspace, settings.replace("embed", embedder=embedder), n)
    return Cost(n, n / rate + _identify_s(workspace), is_measured, room)


def usual_seconds(n_photos: int) -> float:
    """What so many photos take from nothing to a herd, where nothing was measured: a plain laptop's."""
    return n_photos / _RATE_UNKNOWN + _USUAL_IDENTIFY_S


def new_run_told(
    workspace: Workspace, *, embedder: str | None = None, weak: NoBoxesSoWeak | None = None
) -> str:
    """Why something cannot be tried on the runs that are there, what it needs, and about what it costs.

    embedder: of which there is no run, or weak: a run that kept no box as weak as one that is asked for.
    """
    run = run_of(workspace, weak.run_id) if weak else newest_complete_run(workspace)
    mode: ClearMode = "all" if weak else "embeddings"
    price = cost(workspace, mode, run.detector, embedder or run.embedder)
    minutes = max(1, round(price.seconds / 60))
    guess = "" if price.is_measured else say(", at a guess")
    takes = say(
        "{photos}, about {minutes}{guess}",
        photos=counted(price.n_photos, "photo"),
        minutes=counted(minutes, "minute"),
        guess=guess,
    )
    if weak:
        return say("{weak} That is {takes}.", weak=weak, takes=takes)
    return say(
        "No complete run has the embedder {embedder}: it needs a new one ({takes}): thumper "
        "run --embedder {embedder}",
        embedder=embedder,
        takes=takes,
    )


def _rate(workspace: Workspace, detector: str, embedder: str) -> tuple[float, bool]:
    """Photos a second of the newest jobs, of these models if there are any."""
    models = {run.run_id: (run.detector, run.embedder) for run in workspace.ledger.runs()}
    rates: list[tuple[bool, float]] = []
    for job in jobs(workspace.ledger):
        done, elapsed = job.progress.get("done", 0), job.progress.get("elapsed_s", 0.0)
        if done >= 20 and elapsed > 0:
            rates.append((models.get(job.run_id or "") == (detector, embedder), done / elapsed))
    if not rates:
        return _RATE_UNKNOWN, False
    best = [rate for same, rate in rates if same] or [rate for _, rate in rates]
    return best[-1], True


def _identify_s(workspace: Workspace) -> float:
    """Seconds an identification takes: the last one's, else a guess by the deer detections."""
    done = [
        one for one in launches(workspace.root) if one.kind == "identify" and one.state == "done"
    ]
    if done:
        from datetime import datetime

        last = done[-1]
        span = datetime.fromisoformat(last.updated_at) - datetime.fromisoformat(last.started_at)
        return span.total_seconds()
    n = workspace.sql("select count(*) as n from detections")["n"][0]
    return 3.0 + int(n) / 1500
