"""`herd watch`, `taken`, `missing`, `dead`, `gone`, `found`: the hit list; `herd card`: one deer to share."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thumper_core.commands.common import err, open_workspace, out
from thumper_core.commands.individuals import ByOption, Who, herd_app
from thumper_core.commands.sharing import BlurPeople, blurring
from thumper_core.contracts import UsageError

if TYPE_CHECKING:
    from thumper_core.decisions.kinds import Status
    from thumper_core.workspace import Workspace

OnOption = Annotated[
    str | None, typer.Option("--on", metavar="DATE", help="The day, as 2026-11-12.")
]


def register(_: typer.Typer) -> None:
    """Add these commands to those of `herd`."""
    for command in (watch, taken, missing, dead, gone, found, card):
        herd_app.command()(command)


def watch(
    deer: Who,
    off: Annotated[bool, typer.Option("--off", help="Take it off the hit list.")] = False,
    by: ByOption = None,
) -> None:
    """Put a deer on the hit list: a notice is sent when new photos show it (`ops.notify_command`)."""
    from thumper_core.herd.decide import decide
    from thumper_core.questions import hit_list, named

    workspace = open_workspace()
    who = named.individual_named(workspace, deer, absent=True)
    said = hit_list.watching(workspace, who, watched=not off)
    decide(workspace, said, by or getpass.getuser())
    out.print(f"{who} is on the hit list." if not off else f"{who} is off the hit list.")
    settings = workspace.settings.ops
    if not off and not (settings.notify_command or settings.notify_webhook):
        err.print(
            "Nothing says where a notice goes: set ops.notify_command or ops.notify_webhook.",
            markup=False,
        )


def taken(
    deer: Who,
    on: OnOption = None,
    hunter: Annotated[str | None, typer.Option(metavar="NAME", help="Who took it.")] = None,
    by: ByOption = None,
) -> None:
    """Say that a deer was taken: it keeps its name and its pictures."""
    from thumper_core.decisions.kinds import Status

    day = _day(on)
    _say(deer, lambda who: Status(who, "harvested", day, hunter), by)


def missing(deer: Who, on: OnOption = None, by: ByOption = None) -> None:
    """Say that a deer is missing, since a day or just so."""
    from thumper_core.decisions.kinds import Status

    day = _day(on)
    _say(deer, lambda who: Status(who, "missing", day), by)


def dead(deer: Who, on: OnOption = None, by: ByOption = None) -> None:
    """Say that a deer was found dead, or is known to be; one that was shot is `taken`."""
    from thumper_core.decisions.kinds import Status

    day = _day(on)
    _say(deer, lambda who: Status(who, "dead", day), by)


def gone(deer: Who, on: OnOption = None, by: ByOption = None) -> None:
    """Say that a deer left for good: it is not missing any more."""
    from thumper_core.decisions.kinds import Status

    day = _day(on)
    _say(deer, lambda who: Status(who, "gone", day), by)


def found(deer: Who, on: OnOption = None, by: ByOption = None) -> None:
    """Say that a deer is there (again), whatever was said of it before."""
    from thumper_core.decisions.kinds import Status

    day = _day(on)
    _say(deer, lambda who: Status(who, "alive", day), by)


def card(
    deer: Who,
    output: Annotated[
        Path | None, typer.Option("--out", help="The PNG to write. Default: card-DEER.png here.")
    ] = None,
    places: Annotated[
        bool,
        typer.Option("--places", help="With its cameras and where they stand. Default: without."),
    ] = False,
    blur_people: BlurPeople = False,
) -> None:
    """Write a picture of one deer to share: best pictures, when it comes, and no place unless asked."""
    from thumper_core.export.files import write_file
    from thumper_core.questions import named
    from thumper_core.report.deer_card import deer_card

    workspace = open_workspace()
    who = named.individual_named(workspace, deer)
    workspace = blurring(workspace, blur_people)
    with err.status("Drawing the card"):
        png = deer_card(workspace, who, places=places)
    path = write_file(output or Path(f"card-{who}.png"), png)
    out.print(f"Card: {path}", markup=False)


def _say(deer: str, make: Callable[[str], Status], by: str | None) -> None:
    from thumper_core.herd.decide import decide
    from thumper_core.questions import named, words

    workspace: Workspace = open_workspace()
    who = named.individual_named(workspace, deer, absent=True)
    said = make(who)
    numbers = decide(workspace, said, by or getpass.getuser()).numbers
    out.print(
        f"{who} is {words.status(said.status, said.on, said.by)}. To take it back: thumper herd "
        f"undo {numbers[-1]}",
        markup=False,
    )
    seen = workspace.sql("select last_seen from individuals where individual_id = ?", [who])
    last = seen["last_seen"].drop_nulls()
    if said.status != "alive" and said.on and len(last) and last[0].date() > said.on:
        err.print(
            f"[yellow]Note:[/yellow] its last photo is of {last[0]:%Y-%m-%d}, later than that."
        )


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text) if text is not None else None
    except ValueError:
        raise UsageError(f"--on takes a day as 2026-11-12, not {text!r}.") from None
    if day is not None and day > date.today():
        raise UsageError(f"--on {day} is still to come: give the day when it happened.")
    return day
