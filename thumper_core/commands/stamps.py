"""What cameras print into their photos: read when they are added and it is to name them, or when asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from thumper_core.commands.common import (
    JsonOption,
    open_workspace,
    out,
    print_json,
    progress_bar,
    stop_on_interrupt,
)
from thumper_core.counting import counted

if TYPE_CHECKING:
    from thumper_core.stamp.read import Reads, StampsRead
    from thumper_core.workspace import Workspace

CameraFromOption = Annotated[
    Literal["folder", "exif", "stamp", "auto"] | None,
    typer.Option(
        help="What names the camera: its folder, what it wrote into its photos (exif) or printed into "
        "them (stamp: needs the extra `stamp`), or the first of these that says it "
        "(auto). Default: the workspace's setting (folder)."
    ),
]
_BY_STAMP = ("stamp", "auto")


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(stamps)


def stamps(json: JsonOption = False) -> None:
    """Read what cameras printed into the photos that are here: time, temperature, number, name.

    Needs the extra `stamp`. Each photo is read once; stop it, repeat it: it goes on. A strip
    fills in the time where there is no other, and Health compares it with the others. It names cameras only
    where the workspace says so (`add --camera-from stamp` or `auto`).
    """
    from dataclasses import asdict

    from thumper_core.ingest.add import add_paths
    from thumper_core.stamp.reader import LineReader

    workspace = open_workspace()
    found = _read(workspace, LineReader())
    if found.n_photos and workspace.settings.ingest.camera_from in _BY_STAMP:
        add_paths(workspace, [Path(root) for root in workspace.ledger.roots()])
    if json:
        print_json(asdict(found))
        return
    if not found.n_photos and not found.n_left:
        out.print("Every strip was read already.")
    for line in _said(found):
        out.print(line, markup=False)


def read_printed(workspace: Workspace, paths: list[Path]) -> list[str]:
    """Read the strips of photos where they may name the camera, and name it; what there is to say of it.

    Where they are asked for and cannot be read, ThumperError says what to install; where they are one way of
    several, the others stay.
    """
    from thumper_core.contracts import ThumperError
    from thumper_core.ingest.add import add_paths
    from thumper_core.stamp.reader import LineReader

    source = workspace.settings.ingest.camera_from
    if source not in _BY_STAMP:
        return []
    try:
        reader = LineReader()
    except ThumperError:
        if source == "stamp":
            raise
        return []
    found = _read(workspace, reader)
    if found.n_photos:
        add_paths(workspace, paths)  # known files have their cameras named anew
    return _said(found)


def _read(workspace: Workspace, reader: Reads) -> StampsRead:
    from thumper_core.stamp.read import read_stamps

    with progress_bar("Reading strips") as advance, stop_on_interrupt() as stop:
        return read_stamps(workspace, reader, advance, stop)


def _said(found: StampsRead) -> list[str]:
    said = []
    if found.n_photos:
        said.append(
            f"Strips: {counted(found.n_with_strip, 'photo')} of {found.n_photos:,} have one; "
            f"{found.n_named:,} say a camera's name, {found.n_timed:,} a time."
        )
    if found.n_left:
        said.append(
            f"{counted(found.n_left, 'photo')} left to read; `thumper stamps` goes on with them."
        )
    return said
