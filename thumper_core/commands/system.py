"""`doctor`: the machine, what it lacks, and the command that mends it."""

from __future__ import annotations

from dataclasses import asdict

import typer

from thumper_core.commands.common import Exit, JsonOption, State, out, print_json
from thumper_core.workspace import chosen_folder


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(doctor)


def doctor(json: JsonOption = False) -> None:
    """Say what this machine has, what is missing, and the command that mends it."""
    from thumper_core.upkeep.doctor import examine

    findings = examine(chosen_folder(State.workspace))
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
