"""Pictures that leave the machine: crops of individuals, whole photos, and people blurred in all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from thumper_core.commands.common import err, out, progress_bar
from thumper_core.counting import counted
from thumper_core.workspace import Workspace

BlurPeople = Annotated[
    bool,
    typer.Option(
        "--blur-people",
        help="Blur people in pictures for good, and vehicles as a whole, because of their plates.",
    ),
]
_ZipArgument = Annotated[Path, typer.Argument(metavar="OUT.zip")]


def blurring(workspace: Workspace, blur_people: bool) -> Workspace:
    """The workspace, its pictures blurred where that is asked, and a word on what that hides.

    Raises ThumperError where no run looked for people.
    """
    if not blur_people:
        return workspace
    from thumper_core.questions import blurred

    narrowed, sentences = blurred.blurring(workspace)
    for sentence in sentences:
        err.print(sentence, markup=False)
    return narrowed


def crops(
    workspace: Workspace,
    output: _ZipArgument,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Most pictures of each deer, the best. Default: all.")
    ] = None,
    blur_people: BlurPeople = False,
    no_gps: Annotated[
        bool,
        typer.Option(
            "--no-gps", help="As of `photos`; these pictures never hold a position or EXIF."
        ),
    ] = False,
) -> None:
    """A ZIP file with a folder of pictures for each individual, the best first, and a table of them.

    Without anything of the photos' files, positions too, and without the strips that cameras print.
    """
    from thumper_core.report.crops_zip import TABLE, crops_zip

    workspace = blurring(workspace, blur_people)
    if no_gps:
        err.print(
            "Pictures of the deer are made anew from pixels: no position is in them, asked or not."
        )
    with progress_bar("Pictures") as advance:
        made = crops_zip(workspace, output, limit=limit, on_progress=advance)
    out.print(
        f"Written: {made.file} ({counted(made.n_crops, 'picture')} of "
        f"{counted(made.n_individuals, 'group')}, and {TABLE}).",
        markup=False,
    )
    _say_left(made.n_left, made.n_withheld, 0)


def photos(
    workspace: Workspace,
    output: _ZipArgument,
    blur_people: BlurPeople = False,
    no_gps: Annotated[
        bool,
        typer.Option(
            "--no-gps",
            help="Take positions, maker notes and all else but time, maker and model out of the files; "
            "pixels stay.",
        ),
    ] = False,
) -> None:
    """A ZIP file with copies of the photos themselves. What a camera prints into them stays in them."""
    from thumper_core.export.photo_copies import photo_copies

    workspace = blurring(workspace, blur_people)
    with progress_bar("Photos") as advance:
        made = photo_copies(workspace, output, no_gps=no_gps, on_progress=advance)
    blurred = f", {made.n_blurred:,} of them blurred" if blur_people else ""
    out.print(f"Written: {made.file} ({counted(made.n_photos, 'photo')}{blurred}).", markup=False)
    _say_left(made.n_left, made.n_unlooked, made.n_clips)


def _say_left(n_unread: int, n_unlooked: int, n_clips: int) -> None:
    if n_unread:
        out.print(f"Could not be read: {counted(n_unread, 'picture')}.")
    if n_unlooked:
        out.print(
            f"Left out because no people were looked for in them, or they are of clips: "
            f"{counted(n_unlooked, 'picture')}. `thumper run` looks at photos that are pending."
        )
    if n_clips:
        out.print(f"Left out because they cannot be changed: {counted(n_clips, 'clip')}.")
