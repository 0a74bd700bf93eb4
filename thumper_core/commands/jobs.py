"""`jobs`, `stop`, `pause`, `go-on`, and `--detach`: work that goes on elsewhere."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from thumper_core.commands.common import (
    JsonOption,
    duration,
    in_words,
    open_workspace,
    out,
    print_json,
    table,
)
from thumper_core.counting import counted

if TYPE_CHECKING:
    from thumper_core.work.listing import Work

SHOWN = 15
JobArgument = Annotated[
    str | None, typer.Argument(metavar="[JOB]", help="Its number or name in the list.")
]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(jobs)
    app.command()(stop)
    app.command()(pause)
    app.command("go-on")(go_on)


def jobs(
    job: JobArgument = None,
    every: Annotated[bool, typer.Option("--all", help=f"Not only the last {SHOWN}.")] = False,
    json: JsonOption = False,
) -> None:
    """List what works here and what worked; with JOB, say more of one and show its log."""
    from thumper_core.work.listing import find, works

    workspace = open_workspace()
    if job is not None:
        _show_one(find(workspace, job), json)
        return
    found = works(workspace)
    shown = found if every else found[-SHOWN:]
    if json:
        print_json([asdict(work) for work in shown])
        return
    if not shown:
        out.print("Nothing has worked here yet.")
        return
    rows = [
        [
            work.work_id,
            work.what,
            work.state,
            f"{work.started_at.astimezone():%Y-%m-%d %H:%M}",
            duration(((work.ended_at or datetime.now(UTC)) - work.started_at).total_seconds()),
            f"{work.done:,} of {work.total:,}" if work.total else "-",
            work.run_id or "-",
        ]
        for work in shown
    ]
    table("Jobs", ["job", "what", "state", "started", "took", "photos", "run"], rows)
    if len(shown) < len(found):
        out.print(f"{len(found) - len(shown):,} older ones: --all")
    if any(work.is_alive for work in shown):
        out.print("Let it rest: thumper pause. End it: thumper stop. Its log: thumper jobs JOB")


def _show_one(work: Work, json: bool) -> None:
    has_log = work.log is not None and work.log.is_file()
    lines = work.log.read_text("utf-8", "replace").splitlines() if work.log and has_log else []
    if json:
        print_json(asdict(work) | {"log_lines": lines})
        return
    took = ((work.ended_at or datetime.now(UTC)) - work.started_at).total_seconds()
    out.print(
        f"Job {work.work_id}: {work.what}, {work.state} after {duration(took)}, process {work.pid}"
    )
    if work.total:
        out.print(
            f"{work.done:,} of {counted(work.total, 'photo')}"
            + (f" of run {work.run_id}" if work.run_id else "")
        )
    if work.message:
        out.print(work.message, markup=False)
    if not has_log:
        out.print("It worked in a terminal or for the system, so it left no log here.")
        return
    out.print(f"Log: {work.log}")
    for line in lines:
        out.print(f"    {line}", markup=False)


def stop(job: JobArgument = None) -> None:
    """End work after the photos under way, whoever started it; repeat its command to go on.

    Without JOB: the one that works.
    """
    from thumper_core.work.listing import stop as end

    work = end(open_workspace(), job)
    out.print(f"Job {work.work_id} ({work.what}) ends after the photos under way.")
    out.print("See: thumper jobs. The same command goes on later.")


def pause() -> None:
    """Let work in this workspace rest after the photos under way, whoever started it."""
    from thumper_core.pipeline.pause import pause as rest

    workspace = open_workspace()
    rest(workspace.root)
    out.print(
        f"Resting, and so will work that starts from now on. Next: {in_words('go-on')}",
        markup=False,
    )


def go_on() -> None:
    """Let work that rests go on."""
    from thumper_core.pipeline.pause import go_on as wake

    wake(open_workspace().root)
    out.print("Going on.")


def start_detached() -> None:
    """Start the command of this process again without `--detach`, in the background."""
    from thumper_core.detach import own_arguments
    from thumper_core.vision.registry import load_registry
    from thumper_core.work.launches import log_file
    from thumper_core.work.launches import start as launch

    workspace = open_workspace()
    root = workspace.root
    registry = load_registry(root / "registry.toml")
    line = own_arguments(sys.argv[1:], {*registry.models, *registry.questions})
    if not any(word.partition("=")[0] == "--detector" for word in line):
        # A file that the settings name is meant from this folder, as without `--detach`.
        named = own_arguments(
            ["--detector", workspace.settings.detect.detector],
            {*registry.models, *registry.questions},
        )
        line += named if named[1] != workspace.settings.detect.detector else []
    started = launch(root, "command", {"line": line})
    out.print(f"Working in the background: process {started.pid}")
    out.print(f"Log: {log_file(root, started.launch_id)}")
    out.print("See how far: thumper status --watch. Rest: thumper pause. End: thumper stop.")
