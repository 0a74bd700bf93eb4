"""`cameras`: what they are called, what their clocks said wrong, and what stands before them."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.markup import escape

from thumper_core.commands.common import (
    JsonOption,
    in_words,
    open_workspace,
    out,
    print_json,
    say_next,
)
from thumper_core.commands.individuals import ByOption
from thumper_core.contracts import UsageError

T = TypeVar("T")
_TIME = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"]

cameras_app = typer.Typer(
    no_args_is_help=True,
    help="What cameras are called, their clocks, what stands before them: rename, use, clock, fixtures.",
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
    from thumper_core.cameras.naming import rename_camera, undo_rename

    if undo == (new is not None):
        raise UsageError("Give the old and the new name, or one name and --undo.")
    workspace = open_workspace()
    say(undo_rename(workspace, old) if new is None else rename_camera(workspace, old, new))


@cameras_app.command()
def use(
    folder: Annotated[Path, typer.Argument(metavar="PATH", help="A folder that was added.")],
) -> None:
    """Let a folder name the camera of its photos, which another path named first."""
    from thumper_core.cameras.naming import use_folder

    say(use_folder(open_workspace(), folder))


def say(lines: list[str]) -> None:
    """Print what a command did, line by line."""
    for line in lines:
        out.print(line, markup=False)


@cameras_app.command()
def clock(
    camera: Annotated[str, typer.Argument(metavar="CAMERA", help="A camera, in any spelling.")],
    offset: Annotated[
        str | None,
        typer.Option(metavar="[+-]HH:MM[:SS]", help="To add to what the camera's clock says."),
    ] = None,
    photo: Annotated[
        Path | None, typer.Option(help="A photo whose time is known; with --taken-at.")
    ] = None,
    taken_at: Annotated[
        datetime | None, typer.Option(formats=_TIME, help="When --photo was taken.")
    ] = None,
    begins: Annotated[
        datetime | None,
        typer.Option("--from", formats=_TIME, help="By the camera's clock; default: from ever."),
    ] = None,
    ends: Annotated[
        datetime | None,
        typer.Option("--to", formats=_TIME, help="Not included; default: for ever."),
    ] = None,
    files: Annotated[
        str | None, typer.Option(metavar="N-M", help="Only file names with these numbers.")
    ] = None,
    trust: Annotated[
        bool | None,
        typer.Option(
            "--trust-file-dates/--no-trust-file-dates",
            help="The dates of its files are when its photos were taken.",
        ),
    ] = None,
) -> None:
    """Give a camera's photos a time: an offset, one known photo, or its files' dates.

    A setting in cameras.csv; photos are never changed. It says how to take it back.
    """
    from thumper_core.cameras.finding import ClockFix
    from thumper_core.cameras.set_clock import clock_by_photo, set_clock, trust_file_dates
    from thumper_core.store.cameras.values import file_numbers, offset_s

    if (photo is None) != (taken_at is None):
        raise UsageError("--photo and --taken-at belong together: which photo, and when it was.")
    if (offset is not None) + (photo is not None) + (trust is not None) != 1:
        raise UsageError(
            "Say one of: --offset +12:00, --photo FILE with --taken-at TIME, --trust-file-dates."
        )
    workspace = open_workspace()
    if trust is not None:
        if begins or ends or files:
            raise UsageError("--trust-file-dates is for all photos of the camera.")
        say(trust_file_dates(workspace, camera, trust=trust))
        return
    if files is not None:
        _checked("--files", file_numbers, files)
    fix = ClockFix(
        _checked("--offset", offset_s, offset) if offset is not None else 0.0,
        begins.isoformat(" ") if begins else None,
        ends.isoformat(" ") if ends else None,
        files,
    )
    if photo is not None and taken_at is not None:
        say(clock_by_photo(workspace, camera, photo, taken_at, fix))
    else:
        say(set_clock(workspace, camera, fix))


@cameras_app.command()
def fixtures(json: JsonOption = False) -> None:
    """List the places where the same came back: feeders, stumps and lamps that are left out."""
    from thumper_core.questions.fixtures import places

    found = places(open_workspace())
    if json:
        print_json([one.as_dict() for one in found])
        return
    for one in found:
        out.print(f"[bold]{one.place_id}[/bold] {escape(one.camera)}: {one.message}")
        for line in place_commands(one.place_id) if one.said is None else ():
            out.print(f"    {line}", markup=False)
    if not found:
        out.print("Nothing came back alike at one place.")


@cameras_app.command()
def fixture(
    place: Annotated[
        str, typer.Argument(metavar="PLACE", help="Its ID, or how it begins: see fixtures.")
    ],
    animal: Annotated[
        bool, typer.Option("--animal", help="An animal rests there: its boxes count.")
    ] = False,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Say that what comes back at a place is a fixture, or with --animal that an animal does.

    It takes effect on counts at once, and on who is who with the next identification.
    """
    from thumper_core.herd.decide import decide
    from thumper_core.questions import fixtures as asked

    workspace = open_workspace()
    one = asked.place(workspace, place)
    decision = one.decision(is_fixture=not animal)
    number = decide(workspace, decision, by or getpass.getuser()).numbers[-1]
    if json:
        print_json({"decision_id": number, "place_id": one.place_id})
        return
    out.print(
        f"Decision {number}; to take it back: {in_words(f'herd undo {number}')}", markup=False
    )
    say_next("identify")


def place_commands(place_id: str) -> tuple[str, str]:
    """The commands that say what comes back at a place."""
    words = f"cameras fixture {place_id}"
    return (
        f"It is no animal: {in_words(words)}",
        f"An animal rests there: {in_words(f'{words} --animal')}",
    )


def _checked(option: str, read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except ValueError as error:
        raise UsageError(f"{option}: {text!r} {error}.") from None
