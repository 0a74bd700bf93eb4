"""`cameras`: what cameras are called, and what their clocks said wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from thumper_core.commands.common import open_workspace, out
from thumper_core.contracts import UsageError

cameras_app = typer.Typer(
    no_args_is_help=True, help="What cameras are called, and their clocks: rename, use, clock."
)


def register(app: typer.Typer) -> None:
    """Add `cameras` and its commands to the command line."""
    app.add_typer(cameras_app, name="cameras")


@cameras_app.command()
def rename(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A camera, in any spelling.")],
    new: Annotated[str | None, typer.Argument(metavar="[NEW]", help="What it is called.")] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take back what was renamed to OLD.")
    ] = False,
) -> None:
    """Call a camera something else, now and for cards to come; folders stay as they are."""
    from thumper_core.ops.camera_naming import rename_camera, undo_rename

    if undo == (new is not None):
        raise UsageError("Give the old and the new name, or one name and --undo.")
    workspace = open_workspace()
    say(undo_rename(workspace, old) if new is None else rename_camera(workspace, old, new))


@cameras_app.command()
def use(
    folder: Annotated[Path, typer.Argument(metavar="PATH", help="A folder that was added.")],
) -> None:
    """Let a folder name the camera of its photos, which another path named first."""
    from thumper_core.ops.camera_naming import use_folder

    say(use_folder(open_workspace(), folder))


def say(lines: list[str]) -> None:
    """Print what a command did, line by line."""
    for line in lines:
        out.print(line, markup=False)
