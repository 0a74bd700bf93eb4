"""`demo`: a herd whose every deer is known, rendered, found again and compared with the truth."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from thumper_core.commands.common import out, progress_bar, stop_on_interrupt
from thumper_core.commands.evaluate import show_evaluation
from thumper_core.commands.herd import show_herd
from thumper_core.contracts import UsageError
from thumper_core.counting import counted


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(demo)


def demo(
    directory: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Where photos, truth and results go.")
    ] = Path("data/demo"),
    seed: Annotated[int, typer.Option(help="Another seed is another herd.")] = 7,
    deer: Annotated[int, typer.Option(min=2, max=200)] = 24,
    cameras: Annotated[int, typer.Option(min=1, max=40)] = 6,
    photos: Annotated[int, typer.Option(min=1, max=200_000)] = 1200,
    difficulty: Annotated[float, typer.Option(min=0, max=1, help="How alike the deer are.")] = 0.3,
    stumps: Annotated[
        int, typer.Option(min=0, max=200, help="Stumps and lamps that look like deer at night.")
    ] = 0,
    years: Annotated[
        int, typer.Option(min=1, max=10, help="Summers of the same ranch that the photos are of.")
    ] = 1,
    render_only: Annotated[
        bool, typer.Option("--render-only", help="Only the photos and the truth.")
    ] = False,
) -> None:
    """Render a herd with known deer, run the whole chain on it, compare with the truth."""
    from thumper_demo import DemoPlan
    from thumper_demo.chain import render, run_demo

    started = time.monotonic()
    try:
        plan = DemoPlan(
            seed=seed,
            n_deer=deer,
            n_cameras=cameras,
            n_photos=photos,
            difficulty=difficulty,
            n_stumps=stumps,
            n_years=years,
        )
    except ValueError as error:
        raise UsageError(f"{error}.") from error
    with progress_bar("Demo") as advance, stop_on_interrupt() as stop:

        def say(step: str, done: int, total: int) -> None:
            advance(done, total or None, step)

        if render_only:
            render(directory, plan, say)
        else:
            result = run_demo(directory, plan, say, stop)
    if render_only:
        out.print(f"Photos in {directory / 'photos'}, the truth in {directory / 'truth.parquet'}")
        return
    show_herd(result.herd.summary, result.herd.run_id)
    show_evaluation(result.evaluation)
    if result.n_failed:
        out.print(
            f"In the report: {counted(result.n_failed, 'photo')} that the demo broke on purpose."
        )
    out.print(f"[bold]Report: {result.report}[/bold]   ({time.monotonic() - started:.0f} s)")
    out.print(f"Next: thumper --workspace {directory} app")
