"""`doctor`, `app`: the machine and the pages."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import typer

from thumper_core.commands.common import Exit, JsonOption, State, out, print_json
from thumper_core.workspace import ENVIRONMENT


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(doctor)


def doctor(json: JsonOption = False) -> None:
    """Say what this machine has, what is missing, and the command that mends it."""
    from thumper_core.ops.doctor import examine

    findings = examine(State.workspace or Path(os.environ.get(ENVIRONMENT) or "data"))
    if json:
        print_json([asdict(finding) for finding in findings])
    else:
        marks = {"ok": "[green]ok[/green]     ", "note": "[yellow]note[/yellow]   "}
        for finding in findings:
            mark = marks.get(finding.level, "[red]missing[/red]")
            out.print(f"{mark} {finding.subject}: {finding.detail}")
            if finding.advice:
                out.print(f"        {finding.advice}")
    if any(finding.level == "missing" for finding in findings):
        raise typer.Exit(Exit.REFUSED)
