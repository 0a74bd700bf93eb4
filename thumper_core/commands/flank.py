"""`herd flank`: which side of its animal a picture shows."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from thumper_core.commands.common import JsonOption, open_workspace, out, print_json
from thumper_core.commands.individuals import ByOption, Picture, herd_app
from thumper_core.contracts import Flank


def register(app: typer.Typer) -> None:
    """Add this command to those about the herd."""
    herd_app.command("flank")(say_flank)


def say_flank(
    picture: Picture,
    side: Annotated[Flank, typer.Argument(help="The animal's own side that it shows.")],
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Say which side of its animal a picture shows; who is who stays as it is.

    The next identification with local matching, the questions on Review and the counts go by it.
    """
    from thumper_core.decisions.kinds import ShowsFlank
    from thumper_core.herd.decide import decide
    from thumper_core.questions.named import picture_named
    from thumper_core.questions.words import flank_words

    workspace = open_workspace()
    said = ShowsFlank(picture_named(workspace, picture), side)
    number = decide(workspace, said, by or getpass.getuser()).numbers[-1]
    if json:
        print_json({"decision_id": number, "flank": str(side)})
        return
    out.print(
        f"Noted: {flank_words(side)}. Decision {number}; to take it back: thumper herd undo {number}"
    )
