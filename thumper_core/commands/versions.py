"""`versions`: which photos are one picture in several sizes, and which are not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thumper_core.commands.common import JsonOption, open_workspace, out, print_json, table
from thumper_core.contracts import UsageError
from thumper_core.counting import counted

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

CellularOption = Annotated[
    bool,
    typer.Option(
        "--cellular",
        help="What lies there was sent by cellular cameras: late, in any order, and numbered as it came.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(versions)


def versions(
    part: Annotated[
        str | None,
        typer.Option(
            metavar="PHOTO", help="This one is a picture of its own: its path, or its ID."
        ),
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="With --part: take that back, and look again.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Look among all photos, not only among new ones.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """List pictures of which there are several versions: thumbnail, HD, original. The largest is used."""
    from thumper_core.ingest.versions import pair_versions

    workspace = open_workspace()
    if undo and part is None:
        raise UsageError("--undo is for `--part PHOTO`.")
    if part is not None:
        photo_id = _photo_of(workspace, part)
        if not workspace.ledger.part_version(photo_id, back=undo):
            raise UsageError(
                f"{part} is no version of a picture that could be "
                + ("joined again." if undo else "parted.")
            )
        if not undo:
            out.print(f"{part} is a picture of its own from now on.", markup=False)
    if again or undo:
        out.print(f"{counted(pair_versions(workspace, again=True), 'version')} found.")
    if part is not None or again:
        return
    used = workspace.ledger.used_instead()
    found = [one for one in workspace.ledger.versions() if not one.parted]
    paths = workspace.ledger.paths_of([one.photo_id for one in found])
    rows = [
        {
            "picture_id": one.picture_id,
            "photo_id": one.photo_id,
            "path": os.fsdecode(next(iter(paths.get(one.photo_id, [])), b"")),
            "width": one.width,
            "height": one.height,
            "used": one.photo_id not in used,
        }
        for one in found
    ]
    if json:
        print_json(rows)
        return
    shown = [[r["path"], f"{r['width']} x {r['height']}", "yes" if r["used"] else ""] for r in rows]
    table(
        f"{counted(len({r['picture_id'] for r in rows}), 'picture')} in several versions",
        ["path", "pixels", "used"],
        shown,
    )


def _photo_of(workspace: Workspace, text: str) -> str:
    """The ID of a version by its path or its ID."""
    known = [one.photo_id for one in workspace.ledger.versions()]
    paths = workspace.ledger.paths_of(known)
    wanted = os.fsencode(Path(text).absolute())
    by_path = [photo_id for photo_id, found in paths.items() if wanted in found]
    if text in known or by_path:
        return text if text in known else by_path[0]
    raise UsageError(f"{text} is no version of any picture: `thumper versions` lists them.")
