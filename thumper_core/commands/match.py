"""`match`: look for the keypoints that local matching compares, so that `identify` need not wait."""

from __future__ import annotations

from typing import Annotated

import typer

from thumper_core.commands.common import (
    Exit,
    JsonOption,
    err,
    open_workspace,
    out,
    print_json,
    progress_bar,
)


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(match)


def match(
    run_id: Annotated[
        str | None, typer.Option("--run", help="Default: the newest complete run.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Look for keypoints on the best crop of every visit of a deer; stopped, it goes on.

    `thumper identify --matching on` compares them, and looks for those that are missing itself.
    """
    from thumper_core.herd.keypoints import collect_keypoints

    workspace = open_workspace()
    with progress_bar("Looking for keypoints") as advance:
        found = collect_keypoints(workspace, run_id=run_id, on_progress=advance)
    if json:
        print_json({"crops": found.n_crops, "new": found.n_made, "unread": found.n_unread})
    else:
        out.print(
            f"{found.n_crops:,} crops, {found.n_made:,} of them looked at now. "
            "`thumper identify --matching on` compares them."
        )
    if found.n_unread:
        err.print(f"{found.n_unread:,} crops are of photos that cannot be read now.")
        raise typer.Exit(Exit.WITH_FAILURES)
