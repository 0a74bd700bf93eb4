"""The `thumper` command."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from thumper_core import __version__, disk
from thumper_core.children import keep_folder_off_path
from thumper_core.commands import (
    antlers,
    cameras,
    demo,
    evaluate,
    export,
    flank,
    habits,
    herd,
    hit_list,
    imports,
    individuals,
    jobs,
    lab,
    learn,
    mail,
    match,
    merge,
    models,
    photos,
    reprocess,
    seasons,
    stamps,
    start,
    status,
    survey,
    sweep,
    system,
    train,
    trust,
    tune,
    unattended,
    upkeep,
    versions,
    who,
)
from thumper_core.commands import app as workbench
from thumper_core.commands.common import Exit, State, err
from thumper_core.contracts import UsageError
from thumper_core.workspace import chosen_folder

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="From a season of trail-camera photos to a herd of known deer.\n\n"
    "New here? [bold]thumper demo[/bold] renders a herd whose every deer is known and finds it "
    "again. With photos of your own: [bold]thumper start[/bold] PHOTOS, which is [bold]init[/bold], "
    "[bold]add[/bold], [bold]run[/bold], [bold]identify[/bold] and [bold]report[/bold].",
)


_INTERRUPTED = 130  # what typer makes of a KeyboardInterrupt


def _version(value: bool) -> None:
    if value:
        print(f"thumper {__version__}")
        raise typer.Exit()


@app.callback()
def options(
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace", "-w", metavar="DIR", help="Default: $THUMPER_WORKSPACE, else data/."
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that stand before the command."""
    State.workspace = workspace


for module in (
    start,
    photos,
    stamps,
    mail,
    versions,
    status,
    herd,
    survey,
    sweep,
    individuals,
    hit_list,
    cameras,
    imports,
    merge,
    export,
    flank,
    habits,
    habits,
    seasons,
    antlers,
    demo,
    evaluate,
    match,
    who,
    models,
    train,
    learn,
    workbench,
    lab,
    reprocess,
    tune,
    jobs,
    unattended,
    upkeep,
    system,
    trust,
):
    module.register(app)


def main() -> None:
    """Run the command line and exit with its code (see `Exit`)."""
    from thumper_core.work.worker import own_record

    keep_folder_off_path()
    record = own_record()
    if record is None:
        sys.exit(_run()[0])
    try:
        code, message = _run()
    except BaseException as error:
        record.end("failed", f"{type(error).__name__}: {error}")
        raise
    failed = "failed" if code not in (Exit.DONE, Exit.WITH_FAILURES) else "done"
    record.end("stopped" if State.is_stopped else failed, message)
    sys.exit(code)


def _run() -> tuple[int, str]:
    """Do what the command line says: its exit code, and what was complained of."""
    message = ""
    try:
        code = app(prog_name="thumper", standalone_mode=False)
        if code == _INTERRUPTED:
            raise KeyboardInterrupt
    except UsageError as error:
        code, message = Exit.WRONG_USE, str(error)
    except typer.Abort:
        code, message = Exit.REFUSED, "Aborted."
    except KeyboardInterrupt:
        code, message = Exit.REFUSED, "Interrupted; what was finished is kept."
    except BrokenPipeError:  # the reader of a pipe went away: nothing to complain about
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = Exit.DONE
    except Exception as error:
        show = getattr(error, "show", None)  # typer's own usage errors know how to print themselves
        if show is not None:
            show()
            return int(Exit.WRONG_USE), str(error)
        for_people = disk.told(error, chosen_folder(State.workspace))
        if for_people is None:
            raise
        code, message = Exit.REFUSED, str(for_people)
    if message:
        err.print(f"[bold red]Error:[/bold red] {escape(message)}")
    return int(code or 0), message


if __name__ == "__main__":
    main()
