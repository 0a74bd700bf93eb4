"""`learn`: everything that people's corrections are enough for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from thumper_core.commands.common import (
    DetachOption,
    Exit,
    JsonOption,
    in_words,
    open_workspace,
    out,
    print_json,
    progress_bar,
    stop_on_interrupt,
)
from thumper_core.commands.jobs import start_detached


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(learn)


def learn(
    only: Annotated[
        str | None, typer.Option(metavar="NAME", help="Just this: detector, heads, or reid.")
    ] = None,
    look: Annotated[
        bool, typer.Option("--look", help="Say what could be learned, and learn nothing.")
    ] = False,
    even_few: Annotated[
        bool,
        typer.Option(
            "--even-few", help="Also where hardly anything is new since the last attempt."
        ),
    ] = False,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Of the detector's training, of twelve pictures; default 200."),
    ] = None,
    detach: DetachOption = False,
    json: JsonOption = False,
) -> None:
    """Learn from what people said: the detector, the heads for species and sex, and re-identification.

    Each new model is tried beside the one in use, on what was kept back from it, and used from then on
    only where it is better. It goes on where it was stopped when the same command is given again.
    """
    from thumper_core.flows.learn import learn as work
    from thumper_core.learning.ready import ready
    from thumper_core.vision.centernet.fit import Plan

    workspace = open_workspace()
    if look:
        found = ready(workspace)
        if json:
            print_json([asdict(one) | {"is_enough": one.is_enough} for one in found])
            return
        for one in found:
            out.print(f"{one.called.capitalize()}: {one.sentence}", markup=False)
        return
    if detach:
        start_detached()
        return
    with progress_bar("Learning") as advance, stop_on_interrupt() as stop:
        learnt = work(
            workspace,
            only=only,
            even_few=even_few,
            plan=Plan(steps=steps) if steps else None,
            say=lambda step, done, total: advance(done, total or None, step),
            stop=stop,
        )
    if json:
        print_json(learnt.as_dict())
    else:
        for sentence in learnt.sentences:
            out.print(sentence.replace("`thumper ", f"`{in_words('')}"), markup=False)
    if learnt.failed:
        raise typer.Exit(Exit.REFUSED)
