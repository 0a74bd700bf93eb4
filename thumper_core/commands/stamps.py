"""What cameras print into their photos, read when they are added and it is to name them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from thumper_core.commands.common import progress_bar
from thumper_core.counting import counted

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

CameraFromOption = Annotated[
    Literal["folder", "exif", "stamp", "auto"] | None,
    typer.Option(
        help="What names the camera: its folder, what it wrote into its photos (exif) or printed into "
        "them (stamp: needs `pip install 'thumper[stamp]'`), or the first of these that says it "
        "(auto). Default: the workspace's setting (folder)."
    ),
]


def read_printed(workspace: Workspace, paths: list[Path]) -> list[str]:
    """Read the strips of photos where they may name the camera, and name it; what there is to say of it.

    Where they are asked for and cannot be read, ThumperError says what to install; where they are one way of
    several, the others stay.
    """
    from thumper_core.contracts import ThumperError
    from thumper_core.ingest.add import add_paths
    from thumper_core.stamp.read import read_stamps
    from thumper_core.stamp.reader import LineReader

    source = workspace.settings.ingest.camera_from
    if source not in ("stamp", "auto"):
        return []
    try:
        reader = LineReader()
    except ThumperError:
        if source == "stamp":
            raise
        return []
    with progress_bar("Reading strips") as advance:
        found = read_stamps(workspace, reader, advance)
    if not found.n_photos:
        return []
    add_paths(workspace, paths)  # known files have their cameras named anew
    return [
        f"Strips: {counted(found.n_with_strip, 'photo')} of {found.n_photos:,} have one; "
        f"{found.n_named:,} say a camera's name, {found.n_timed:,} a time."
    ]
