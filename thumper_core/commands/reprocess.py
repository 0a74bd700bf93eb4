"""`reprocess`: everything again, beside what is shown."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import typer

from thumper_core.commands.common import (
    DetachOption,
    Exit,
    JsonOption,
    RetryFailedOption,
    TrustOption,
    load_models,
    open_workspace,
    out,
    print_json,
    progress_bar,
    say_if_resting,
    say_next,
    say_no_deer,
    stop_on_interrupt,
)
from thumper_core.commands.herd import show_herd
from thumper_core.commands.jobs import start_detached


class ClearMode(StrEnum):
    """What a reprocess makes anew."""

    NONE = "none"
    IDENTITIES = "identities"
    EMBEDDINGS = "embeddings"
    ALL = "all"


TurboOption = Annotated[
    bool,
    typer.Option(
        "--turbo", help="Every core decodes; otherwise one stays free, and others go first."
    ),
]


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(reprocess)


def reprocess(
    clear_mode: Annotated[
        ClearMode,
        typer.Option(
            help="none: process what is pending and identify. identities: identify, every deer "
            "gets a new ID. embeddings: keep detections, embed anew. all: everything anew."
        ),
    ] = ClearMode.NONE,
    detector: Annotated[str | None, typer.Option(help="Default: the workspace's.")] = None,
    embedder: Annotated[str | None, typer.Option(help="Default: the workspace's.")] = None,
    turbo: TurboOption = False,
    retry_failed: RetryFailedOption = False,
    force: Annotated[
        bool, typer.Option("--force", help="Show the new herd even when a check fails.")
    ] = False,
    trust: TrustOption = False,
    detach: DetachOption = False,
    json: JsonOption = False,
) -> None:
    """Process and identify again beside the old herd, which is shown until the new one is complete.

    Nothing is cleared: names, notes and decisions stay, and `thumper rollback` goes back.
    """
    from thumper_core.flows.reprocess import reprocess as work
    from thumper_core.flows.reprocess import require_promoted
    from thumper_core.pipeline.effort import with_effort
    from thumper_core.pipeline.limits import limit_of
    from thumper_core.pipeline.progress import Progress
    from thumper_core.questions.no_deer import why_no_deer

    workspace = open_workspace()
    if detach:
        start_detached()
        return
    settings = workspace.settings.replace("detect", detector=detector).replace(
        "embed", embedder=embedder
    )
    models = None
    if clear_mode is not ClearMode.IDENTITIES:
        models = load_models(workspace, settings, trust=trust)
        settings = with_effort(settings, models.detector, turbo=turbo, tuned=models.tuned)
    say_if_resting(workspace)
    with progress_bar("Photos") as advance, stop_on_interrupt() as stop:

        def show(progress: Progress) -> None:
            advance(progress.done, progress.total, f"{progress.rate:.1f}/s")

        result = work(
            workspace,
            models,
            clear_mode=clear_mode.value,
            settings=settings,
            retry_failed=retry_failed,
            force=force,
            on_progress=show,
            stop=stop,
        )
    no_deer = None
    if result.is_promoted and result.herd and not result.herd.summary.counts.n_individuals:
        no_deer = why_no_deer(workspace, run_id=result.run_id)
    if json:
        print_json(reprocess_facts(result) | {"no_deer": no_deer.sentence if no_deer else None})
    elif result.herd is None:
        out.print(f"Run {result.run_id} is not complete yet. The same command goes on.")
    elif no_deer is not None:
        say_no_deer(no_deer)
    elif result.is_promoted:
        show_herd(result.herd.summary, result.run_id)
        for anomaly in result.anomalies:
            out.print(f"[yellow]Note:[/yellow] {anomaly.message}")
        limit = limit_of(result.run.progress.as_dict()) if result.run else None
        if limit:
            out.print(limit.sentence)
        out.print("To go back: thumper rollback")
        say_next("report")
    require_promoted(result)
    if no_deer or (result.run is not None and result.run.progress.failures):
        raise typer.Exit(Exit.WITH_FAILURES)


def reprocess_facts(result: Any) -> dict[str, Any]:
    """A `ReprocessResult` as JSON values."""
    return {
        "clear_mode": result.clear_mode,
        "run_id": result.run_id,
        "left": result.run.n_left if result.run else 0,
        "herd_id": result.herd.herd_id if result.is_promoted else None,
        "promoted": result.is_promoted,
        "anomalies": [asdict(anomaly) for anomaly in result.anomalies],
    }
