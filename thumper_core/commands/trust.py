"""`trust`: what a workspace names that needs this person's word, and what has it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from thumper_core.commands.common import (
    Exit,
    JsonOption,
    State,
    err,
    may_ask,
    out,
    print_json,
    table,
)
from thumper_core.trust import Subject, UntrustedError, plain
from thumper_core.trust import remember as believe
from thumper_core.trust import revoke as take_back
from thumper_core.trust import trusted as all_trusted
from thumper_core.workspace import chosen_folder


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(trust)


def trust(
    yes: Annotated[
        bool, typer.Option("--yes", help="Trust all of it without being asked.")
    ] = False,
    list_all: Annotated[
        bool, typer.Option("--list", help="Show what you trust on this machine, and ask nothing.")
    ] = False,
    revoke: Annotated[
        str | None,
        typer.Option(metavar="NAME|SHA256", help="Trust this no longer; 8 digits of a hash do."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show what this workspace names that needs your word, and ask for each. See docs/trust.md.

    Exit code 3 where something was left untrusted.
    """
    from thumper_core.vision.registry import load_registry

    if revoke is not None:
        for sha256 in take_back(revoke, load_registry(None).hashes):
            out.print(f"No longer trusted: {sha256}")
        return
    if list_all:
        known = [asdict(one) for one in all_trusted()]
        if json:
            print_json(known)
        else:
            columns = ["name", "kind", "since", "sha256"]
            table("Trusted on this machine", columns, [[one[c] for c in columns] for one in known])
        return
    open_questions = questions()
    if json:
        print_json([asdict(subject) | {"why": why} for subject, why in open_questions])
    elif not open_questions:
        out.print("Nothing in this workspace needs your word.")
    left = [subject for subject, why in open_questions if not _settled(subject, why, yes, json)]
    if left:
        raise typer.Exit(Exit.REFUSED)


def questions() -> list[tuple[Subject, str]]:
    """What the workspace names and this user has not trusted, each with a sentence that says why."""
    from thumper_core.mail.boxes import mailboxes
    from thumper_core.mail.boxes import require_trusted as require_mailbox_trusted
    from thumper_core.settings import Settings
    from thumper_core.upkeep.notify import untrusted
    from thumper_core.vision.pickled import is_pickled, require_trusted
    from thumper_core.vision.registry import load_registry
    from thumper_core.vision.weights import find_file, sha256_of

    root = chosen_folder(State.workspace).resolve()
    registry = load_registry(root / "registry.toml")
    found = [
        (question.error.subject, str(question.error)) for question in registry.questions.values()
    ]
    named = [*(question.spec for question in registry.questions.values()), *registry]
    for spec in named:
        path = find_file(spec) if spec.is_foreign and spec.loader == "ultralytics" else None
        if path is None or not is_pickled(path):
            continue
        try:
            require_trusted(path, sha256_of(path), registry)
        except UntrustedError as error:
            found.append((error.subject, str(error)))
    for subject in untrusted(Settings.load(root / "thumper.toml").ops):
        what = "has this command run" if subject.kind == "command" else "has this address told"
        found.append((subject, plain(f"thumper.toml {what} when something is odd: {subject.name}")))
    for name, box in mailboxes(root).items():
        try:
            require_mailbox_trusted(name, box)
        except UntrustedError as error:
            found.append((error.subject, str(error)))
    return found


def _settled(subject: Subject, why: str, yes: bool, quiet: bool) -> bool:
    """Tell and ask; whether it is trusted now."""
    if not quiet:
        err.print(why, markup=False)
    if not yes and (quiet or not may_ask() or not typer.confirm("Trust it?", err=True)):
        return False
    believe(subject)
    if not quiet:
        out.print(f"Trusted from now on: {plain(subject.name)}", markup=False)
    return True
