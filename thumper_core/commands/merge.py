"""`merge`: two people's cards of one ranch become one workspace."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from thumper_core.commands.common import (
    JsonOption,
    err,
    open_workspace,
    out,
    print_json,
    run_words,
    say_next,
)
from thumper_core.commands.imports import ByOption, say_undo


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(merge)


def merge(
    other: Annotated[
        Path, typer.Argument(metavar="OTHER", help="A workspace's folder, or a bundle of one.")
    ],
    photos_to: Annotated[
        Path | None,
        typer.Option(
            "--photos-to",
            metavar="DIR",
            help="Where a bundle's photos go. Default: the folder photos/NAME of this workspace.",
        ),
    ] = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Bring another workspace in: photos, decisions with their authors, individuals.

    An individual of theirs is one of ours where photos that both have show it. What both say
    otherwise is listed, and ours stays. Nothing is written into the other workspace.
    """
    from dataclasses import asdict

    from thumper_core.imports.bundle import unpack_photos
    from thumper_core.imports.merge import merge_workspace, sentences
    from thumper_core.imports.other import open_other
    from thumper_core.pipeline.photo_counts import photo_counts

    workspace = open_workspace()
    with open_other(other) as theirs:
        target = photos_to or workspace.root / "photos" / theirs.label
        with err.status("Merging"):
            roots = unpack_photos(theirs, target.resolve())
            made = merge_workspace(workspace, theirs, author=by or getpass.getuser(), roots=roots)
        if json:
            facts = asdict(made)
            taken = facts["taken"] | {"photos": len(made.taken.photos)}
            print_json(facts | {"taken": taken, "herd": made.herd._asdict()})
            return
        for sentence in sentences(made, theirs.label):
            out.print(sentence, markup=False)
    say_undo(made.import_id)
    if photo_counts(workspace).pending:
        say_next(run_words(workspace))
    else:
        say_next("app" if made.herd.herd_id else "identify")
