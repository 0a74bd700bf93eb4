"""`mail`: mailboxes that cellular cameras send their pictures to."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from thumper_core.commands.common import (
    Exit,
    JsonOption,
    asking,
    err,
    open_workspace,
    out,
    print_json,
    progress_bar,
    run_words,
    say_next,
    stop_on_interrupt,
    table,
)
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.counting import counted
from thumper_core.trust import plain, remember

if TYPE_CHECKING:
    from thumper_core.ingest.add import AddSummary
    from thumper_core.mail.fetch import Fetched

_SHOWN_MAX = 20

mail_app = typer.Typer(
    no_args_is_help=True, help="Mailboxes that cellular cameras send to: add, list, fetch, remove."
)


def register(app: typer.Typer) -> None:
    """Add `mail` and its commands to the command line."""
    app.add_typer(mail_app, name="mail")


@mail_app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it here.")],
    host: Annotated[str, typer.Option(help="The IMAP server.")],
    user: Annotated[str, typer.Option(help="Who logs in, mostly the address.")],
    port: Annotated[int, typer.Option(help="0: the usual one (993, 143).")] = 0,
    security: Annotated[
        Literal["tls", "starttls", "none"],
        typer.Option(help="none: for a server on this machine alone."),
    ] = "tls",
    folder: Annotated[
        list[str] | None, typer.Option(help="A folder of it, repeatedly. Default: INBOX.")
    ] = None,
    password_env: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The variable of the environment with the password."),
    ] = None,
    password_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="A file that only you may read (mode 600).")
    ] = None,
    password_command: Annotated[
        str | None, typer.Option(metavar="COMMAND", help="A command that prints the password.")
    ] = None,
    only_from: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT", help="Only mails whose sender's address holds this, repeatedly."
        ),
    ] = None,
    camera: Annotated[
        str | None,
        typer.Option(
            metavar="REGEX",
            help="Finds the camera in the subject, the sender, then the text: a group (?P<camera>...), and "
            "perhaps (?P<time>...).",
        ),
    ] = None,
    camera_of: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS=CAMERA", help="The camera of a sender, or of a folder, repeatedly."
        ),
    ] = None,
    every: Annotated[float, typer.Option(help="Seconds between two looks of `watch`.")] = 300.0,
    message_mib: Annotated[int, typer.Option(help="A larger message is refused.")] = 50,
) -> None:
    """Name a mailbox, or change one. It is only read: what is unread there stays so.

    The password is asked for where you say it is, and kept nowhere. Naming a mailbox yourself is your
    word that it may be asked from this machine.
    """
    from thumper_core.mail.boxes import checked, mailboxes, save_mailboxes

    workspace = open_workspace()
    named = [one.rpartition("=") for one in camera_of or []]
    if not all(key and value for key, _, value in named):
        raise UsageError("--camera-of is ADDRESS=CAMERA.")
    values: dict[str, Any] = {
        "host": host,
        "user": user,
        "port": port,
        "security": security,
        "folders": tuple(folder or ["INBOX"]),
        "password_env": password_env or "",
        # As typed it would be another file wherever the next call is made.
        "password_file": str(Path(password_file).expanduser().absolute()) if password_file else "",
        "password_command": password_command or "",
        "only_from": tuple(only_from or []),
        "camera": camera or "",
        "cameras": {key: value for key, _, value in named},
        "every_s": every,
        "message_mib_max": message_mib,
    }
    box = checked(name, values, "mail add")
    save_mailboxes(workspace.root, mailboxes(workspace.root) | {name: box})
    remember(box.subject)
    out.print(f"Mailbox {name}: {box.user} at {box.host}:{box.at_port}.", markup=False)
    say_next(f"mail fetch {name}")


@mail_app.command("list")
def list_boxes(
    refused: Annotated[
        bool, typer.Option("--refused", help="What was not saved, with the reason for each.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show the mailboxes, and what came of them."""
    from thumper_core.questions.mailboxes import listed_mailboxes

    found = listed_mailboxes(open_workspace())
    if json:
        print_json([asdict(b) | {"refused": [part._asdict() for part in b.refused]} for b in found])
        return
    if not found:
        out.print("No mailboxes. `thumper mail add NAME --host HOST --user USER` names one.")
        return
    rows = [
        [b.name, b.user, b.host, ", ".join(b.folders), b.pictures, len(b.refused)] for b in found
    ]
    table("Mailboxes", ["name", "user", "server", "folders", "pictures", "refused"], rows)
    for b in found:
        if not b.is_trusted:
            err.print(
                f"{b.name} is not asked: you have not said that you trust it (thumper trust)."
            )
    if refused:
        columns = ["mailbox", "sent_at", "subject", "attachment", "reason"]
        lines = [
            [b.name, part.sent_at, part.subject, part.name, part.reason]
            for b in found
            for part in b.refused
        ]
        table("Refused", columns, lines)


@mail_app.command()
def fetch(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Default: all.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Every message anew; what is there is not doubled.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Save the pictures of new mails and add them. Stop it, repeat it: it goes on where it was.

    Exit code 1 where a mailbox could not be read to its end.
    """
    from thumper_core.mail.boxes import mailboxes
    from thumper_core.mail.fetch import take_mail

    workspace = open_workspace()
    wanted = names or list(mailboxes(workspace.root))
    if not wanted:
        raise UsageError("No mailboxes. `thumper mail add NAME --host HOST --user USER` names one.")
    results = []
    refused: ThumperError | None = None
    with stop_on_interrupt() as stop:
        for name in wanted:
            with progress_bar("Mails") as advance:
                try:
                    results.append(
                        asking(
                            lambda name=name, advance=advance: take_mail(  # type: ignore[misc]
                                workspace, name, again=again, stop=stop, on_progress=advance
                            )
                        )
                    )
                except ThumperError as error:  # said when the others are done
                    refused = refused or error
    if json:
        print_json(
            [
                asdict(one) | {"added": asdict(added) if added else None}
                | {"refused": [part._asdict() for part in one.refused]}
                for one, added in results
            ]
        )  # fmt: skip
    else:
        for one, added in results:
            _say(one, added)
        if any(one.n_saved for one, _ in results):
            say_next(run_words(workspace))
    if refused is not None:
        raise refused
    if any(one.problem for one, _ in results):
        raise typer.Exit(Exit.WITH_FAILURES)


@mail_app.command()
def remove(name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Ask a mailbox no longer. What was saved stays, and so does how far it was read."""
    from thumper_core.mail.boxes import mailboxes, save_mailboxes

    workspace = open_workspace()
    boxes = mailboxes(workspace.root)
    if name not in boxes:
        raise UsageError(f"There is no mailbox {name!r}: `thumper mail list`.")
    save_mailboxes(workspace.root, {k: box for k, box in boxes.items() if k != name})
    out.print(f"Mailbox {name} is asked no longer.", markup=False)


def _say(one: Fetched, added: AddSummary | None) -> None:
    again = f", {one.n_again:,} there already" if one.n_again else ""
    out.print(
        f"{one.mailbox}: {counted(one.n_messages, 'mail')}, {counted(one.n_saved, 'picture')} saved{again}, "
        f"{len(one.refused):,} refused.",
        markup=False,
    )
    if added is not None and added.n_versions:
        out.print(f"Versions of pictures that are there in another size: {added.n_versions:,}.")
    if one.n_guessed:
        out.print(
            f"{counted(one.n_guessed, 'picture')}: no mail names the camera; {one.mailbox} stands in "
            "(`thumper mail add` with --camera or --camera-of).",
            markup=False,
        )
    for part in one.refused[:_SHOWN_MAX]:
        out.print(f"    {part.name} ({part.subject}): {plain(part.reason or '')}", markup=False)
    if len(one.refused) > _SHOWN_MAX:
        out.print(f"    and {len(one.refused) - _SHOWN_MAX:,} more: thumper mail list --refused")
    if one.problem:
        err.print(one.problem, markup=False)
