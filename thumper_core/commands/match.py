"""`match`: look for the keypoints that local matching compares, so that `identify` need not wait."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from thumper_core.commands.common import (
    Exit,
    JsonOption,
    err,
    in_words,
    open_workspace,
    out,
    print_json,
    progress_bar,
)
from thumper_core.commands.sharing import BlurPeople, blurring
from thumper_core.contracts import UsageError

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace


_SUFFIXES: Final = (".jpg", ".jpeg", ".png")


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(match)


def match(
    run_id: Annotated[
        str | None, typer.Option("--run", help="Default: the newest complete run.")
    ] = None,
    draw: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="A B",
            help="Draw what matches in two pictures instead: a detection's ID, or a deer's ID or name.",
        ),
    ] = None,
    output: Annotated[
        Path,
        typer.Option("--out", help="With --draw: the new file to write, .jpg or .png."),
    ] = Path("match.jpg"),
    blur_people: BlurPeople = False,
    json: JsonOption = False,
) -> None:
    """Look for keypoints on the best crop of every animal in a burst; stopped, it goes on.

    `thumper identify --matching on` compares them, and looks for those that are missing itself.
    """
    from thumper_core.herd.keypoints import collect_keypoints

    workspace = open_workspace()
    if draw is not None:
        _draw(blurring(workspace, blur_people), draw, output, json)
        return
    if blur_people:
        raise UsageError("--blur-people belongs to --draw: without it no picture is written.")
    with progress_bar("Looking for keypoints") as advance:
        found = collect_keypoints(workspace, run_id=run_id, on_progress=advance)
    if json:
        print_json({"crops": found.n_crops, "new": found.n_made, "unread": found.n_unread})
    else:
        out.print(
            f"{found.n_crops:,} crops, {found.n_made:,} of them looked at now. "
            f"`{in_words('identify --matching on')}` compares them.",
            markup=False,
        )
    if found.n_unread:
        err.print(f"{found.n_unread:,} crops are of photos that cannot be read now.")
        raise typer.Exit(Exit.WITH_FAILURES)


def _draw(workspace: Workspace, pictures: tuple[str, str], output: Path, json: bool) -> None:
    from thumper_core.questions.named import detection_named
    from thumper_core.report.pictures.matches import show_matches

    _require_new(output)
    a, b = (detection_named(workspace, text) for text in pictures)
    with err.status("Looking for what matches"):
        shown = show_matches(workspace, a, b, look=True)
    if shown.jpeg is not None:
        _write(output, shown.jpeg)
    if json:
        file = None if shown.jpeg is None else str(output)
        print_json({"a": a, "b": b, "file": file, "text": shown.text})
    else:
        out.print(shown.text if shown.jpeg is None else f"{output}: {shown.text}", markup=False)
    if shown.jpeg is None:
        raise typer.Exit(Exit.WITH_FAILURES)


def _require_new(output: Path) -> None:
    """Raise UsageError where a picture cannot be written to a path, or something is there already."""
    if output.is_dir():
        raise UsageError(f"{output} is a folder: give --out the name of a file, as match.jpg.")
    if output.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"{output} ends neither in .jpg nor in .png: give --out such a name.")
    if output.exists() or output.is_symlink():
        raise UsageError(f"{output} is there already: give --out another name, or delete it.")
    if not output.parent.is_dir():
        raise UsageError(f"There is no folder {output.parent}: make it, or give --out another.")


def _write(output: Path, jpeg: bytes) -> None:
    """The picture as its file's name says. Raises ThumperError where the disk refuses."""
    import io

    from PIL import Image

    from thumper_core.disk import refusal
    from thumper_core.files import write_whole

    content = jpeg
    if output.suffix.lower() == ".png":
        buffer = io.BytesIO()
        Image.open(io.BytesIO(jpeg)).save(buffer, "PNG")
        content = buffer.getvalue()
    try:
        write_whole(output, content)
    except OSError as error:
        raise refusal(
            error, output, f"Cannot write {output}: {error.strerror or error}."
        ) from error
