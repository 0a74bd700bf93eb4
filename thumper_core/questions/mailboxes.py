"""The mailboxes of a workspace, and what came of them, for the command line and the pages."""

from __future__ import annotations

from dataclasses import dataclass

from thumper_core.mail.boxes import mailboxes
from thumper_core.store.mail_rows import MailPart
from thumper_core.trust import is_trusted
from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class ListedMailbox:
    """pictures: saved files, each once; refused: attachments that were not saved, with reasons; is_trusted:
    whether this user said that it may be asked.
    """

    name: str
    user: str
    host: str
    folders: tuple[str, ...]
    pictures: int
    refused: tuple[MailPart, ...]
    is_trusted: bool


def listed_mailboxes(workspace: Workspace) -> list[ListedMailbox]:
    """Every mailbox, in the order of the file. Raises UsageError where that cannot be read."""
    found = []
    for name, box in mailboxes(workspace.root).items():
        parts = workspace.ledger.mail_parts(box.account)
        found.append(
            ListedMailbox(
                name,
                box.user,
                box.host,
                box.folders,
                len({part.path for part in parts if part.path}),
                tuple(part for part in parts if part.reason),
                is_trusted(box.subject.sha256),
            )
        )
    return found
