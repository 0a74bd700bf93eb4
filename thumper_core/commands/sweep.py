"""`sweep`: every threshold at once, and other settings tried and kept as experiments."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thumper_core.commands.common import JsonOption, err, open_workspace, out, print_json, table
from thumper_core.contracts import UsageError
from thumper_core.files import write_whole

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

RunOption = Annotated[
    str | None,
    typer.Option(
        "--run", help="Default: the complete run that was worked on or shown last and has animals."
    ),
]


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(sweep)


def sweep(
    run_id: RunOption = None,
    csv: Annotated[Path | None, typer.Option(help="Write the table to this file.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Write a picture page (HTML) here.")] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            metavar="NOTE",
            help="Try the settings below, every combination of them, and keep each as an experiment "
            "under this note. Nothing that is shown changes.",
        ),
    ] = None,
    threshold: Annotated[
        str | None,
        typer.Option(help="With --keep: thresholds from 0 to 1 or auto; commas between."),
    ] = None,
    conf: Annotated[
        str | None,
        typer.Option(help="With --keep: weakest detections that are grouped; commas between."),
    ] = None,
    burst_gap: Annotated[
        str | None,
        typer.Option(help="With --keep: longest gaps inside one burst, s; commas between."),
    ] = None,
    embedder: Annotated[
        str | None,
        typer.Option(help="With --keep: embedders, of each the newest run; commas between."),
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who tries; default: your account.")] = None,
    kept: Annotated[
        bool, typer.Option("--kept", help="List the experiments that are kept.")
    ] = False,
    use: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER", help="Make a kept experiment's settings those of the workspace."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show what every threshold would give, and which one the photos recommend.

    With --keep, --kept and --use: try other settings side by side, list what was tried, use one.
    """
    workspace = open_workspace()
    if keep is None and any(v is not None for v in (threshold, conf, burst_gap, embedder)):
        raise UsageError(
            "--threshold, --conf, --burst-gap and --embedder belong to --keep NOTE, which keeps what "
            "comes of them."
        )
    if use is not None:
        _use(workspace, use)
    elif kept:
        _list(workspace, json)
    elif keep is not None:
        from thumper_core.questions.trials import numbers, parts

        given = {
            "thresholds": numbers("--threshold", threshold or "auto", auto=True),
            "conf_mins": numbers("--conf", conf or ""),
            "burst_gaps_s": numbers("--burst-gap", burst_gap or ""),
            "run_ids": [*parts(run_id or ""), *_runs(workspace, parts(embedder or ""))],
        }
        _try(workspace, given, keep, by or getpass.getuser(), json)
    else:
        _sweep(workspace, run_id, csv, plot, json)


def _sweep(
    workspace: Workspace, run_id: str | None, csv: Path | None, plot: Path | None, json: bool
) -> None:
    from thumper_core.export.files import csv_text
    from thumper_core.herd.build import sweep_run

    with err.status("Sweeping"):
        identification = sweep_run(workspace, run_id=run_id)
    thresholds = identification.thresholds
    frame = thresholds.sweep
    if csv is not None:
        write_whole(csv, csv_text(frame).encode())
        err.print(f"Table written to {csv}")
    if plot is not None:
        from thumper_core.report.figures import sweep as draw

        draw(frame, recommended=thresholds.recommendation.threshold).write_html(plot)
        err.print(f"Picture written to {plot}")
    if json:
        print_json(
            {
                "recommended": thresholds.recommendation.threshold,
                "reason": thresholds.recommendation.reason,
                "sweep": frame.to_dicts(),
            }
        )
        return
    shown = frame.gather_every(max(1, frame.height // 20))
    table("Sweep", shown.columns, [list(row) for row in shown.iter_rows()])
    out.print(thresholds.recommendation.reason)


def _runs(workspace: Workspace, embedders: list[str]) -> list[str]:
    """The newest complete run of each embedder. UsageError, with what one costs, where there is none."""
    from thumper_core.questions.trials import runs_with
    from thumper_core.work.cost import new_run_told

    found = []
    for name in embedders:
        having = runs_with(workspace, name)
        if not having:
            raise UsageError(new_run_told(workspace, embedder=name))
        found.append(having[-1].run_id)
    return found


def _try(workspace: Workspace, given: dict[str, Any], note: str, author: str, json: bool) -> None:
    """Measure every combination and keep it."""
    from thumper_core.questions import experiments, trials
    from thumper_core.work.cost import new_run_told

    try:
        wanted = trials.choices(workspace, **given)
    except trials.NoBoxesSoWeak as error:
        raise UsageError(new_run_told(workspace, weak=error)) from None
    numbers = []
    with err.status(f"Trying {len(wanted)} settings"):
        for choice, figures in trials.measure(workspace, wanted):
            number = trials.keep(workspace, choice, figures, author=author, note=note)
            numbers.append(number)
            if not json:
                out.print(experiments.told(number, figures))
    if json:
        rows = experiments.table(workspace)
        print_json(rows.filter(rows["experiment_id"].is_in(numbers)).reverse().to_dicts())
        return
    out.print("Next: thumper sweep --kept")


def _list(workspace: Workspace, json: bool) -> None:
    from thumper_core.questions import experiments

    rows = experiments.table(workspace)
    if json:
        print_json(rows.to_dicts())
        return
    if rows.is_empty():
        out.print("No experiment is kept. Try one: thumper sweep --keep 'a first one'")
        return
    names = {"experiment_id": "No.", "note": "note", "run_id": "run"}
    told = names | experiments.SETTINGS | experiments.FIGURES
    del told["detector"]
    cells = [[experiments.shown(name, row[name]) for name in told] for row in rows.to_dicts()]
    table("Experiments", list(told.values()), cells)
    out.print("To use the settings of one: thumper sweep --use NUMBER")


def _use(workspace: Workspace, number: int) -> None:
    from thumper_core.questions import trials

    row = trials.kept(workspace, number)
    trials.use(workspace, row)
    out.print(
        f"The settings of experiment {number} are those of the workspace now. "
        f"Next: thumper identify --run {row.run_id}"
    )
