"""Mailboxes become photos: what is new is fetched, saved, and added.

A message is remembered as read after its pictures are on the disk, so a kill anywhere loses nothing: some
are fetched again, and their pictures have the same names and bytes. What is refused is remembered with its
reason.
"""

from __future__ import annotations

import imaplib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from thumper_core.contracts import ThumperError
from thumper_core.disk import refusal
from thumper_core.files import content_hash, fsync, write_whole
from thumper_core.ingest.add import AddSummary, add_paths
from thumper_core.ingest.header import read_header
from thumper_core.mail.boxes import Mailbox, mail_dir, mailboxes, require_trusted
from thumper_core.mail.names import Told, beside, file_name, told_by
from thumper_core.mail.parts import Attachment, one_line, read_letter
from thumper_core.mail.secret import password_of
from thumper_core.mail.server import Envelope, RefusedError, Server, TooLarge, connect
from thumper_core.mail.trouble import why
from thumper_core.store.mail_rows import MailPart
from thumper_core.trust import plain
from thumper_core.workspace import Workspace

_AT_ONCE: Final = 20  # messages: what a kill can cost
Progress = Callable[[int, int], None]
"""Called with the messages read so far and the messages there are, of a folder."""


@dataclass
class Fetched:
    """What one look into a mailbox brought.

    n_messages: read; n_saved: pictures and clips; n_again: those that were there already, byte for byte;
    n_guessed: saved ones whose camera no mail names; refused: attachments that were not saved, with reasons;
    problem: why it ended early; what is left comes with the next look.
    """

    mailbox: str
    n_messages: int = 0
    n_saved: int = 0
    n_again: int = 0
    n_guessed: int = 0
    refused: list[MailPart] = field(default_factory=list)
    problem: str | None = None


def take_mail(
    workspace: Workspace,
    name: str,
    *,
    again: bool = False,
    stop: threading.Event | None = None,
    on_progress: Progress | None = None,
) -> tuple[Fetched, AddSummary | None]:
    """Fetch what is new in a mailbox and add it; None: nothing lies in its folder yet.

    again: every message anew. Raises UsageError where there is no such mailbox, UntrustedError where this
    user does not trust it, ThumperError where the disk is full. A password that cannot be had or is refused
    is a `problem` as a line that breaks is.
    """
    box = mailboxes(workspace.root).get(name)
    if box is None:
        raise ThumperError(f"There is no mailbox {plain(name)!r}: `thumper mail list`.")
    require_trusted(name, box)
    if again:
        workspace.ledger.forget_mail(box.account)
    look = _Look(workspace, name, box, stop or threading.Event(), on_progress)
    look.run()
    if not any(look.folder.glob("*/*")):
        return look.found, None
    workspace.ledger.add_root(str(look.folder.resolve()), 1)
    return look.found, add_paths(workspace, [look.folder], sent=True)


class _Passed(Exception):
    """A message was passed over, and its connection is of no use any more."""


class _Look:
    """One look into one mailbox."""

    def __init__(
        self,
        workspace: Workspace,
        name: str,
        box: Mailbox,
        stop: threading.Event,
        on_progress: Progress | None,
    ) -> None:
        self._ledger, self._name, self._box, self._stop = workspace.ledger, name, box, stop
        self._on_progress = on_progress
        self._bytes_max = box.message_mib_max << 20
        self.folder = mail_dir(workspace, name)
        self.found = Fetched(name)
        rows = self._ledger.files_under(str(self.folder.resolve()))
        self._saved = {row.photo_id: row.path for row in rows if row.content and not row.missing}

    def run(self) -> None:
        """Read every folder of the mailbox, over as many connections as it takes."""
        try:
            password = password_of(self._box)
        except ThumperError as error:
            self._ends(str(error))
            return
        while not self._stop.is_set():
            try:
                with connect(self._box, password) as server:
                    for folder in self._box.folders:
                        self._read(server, folder)
                return
            except _Passed:
                continue  # that message is remembered; the others come over a new connection
            except RefusedError as error:
                self._ends(str(error))
                return
            except (OSError, imaplib.IMAP4.error, TooLarge) as error:
                self._ends(why(error, self._box).replace(password, "***"))
                return

    def _ends(self, told: str) -> None:
        self.found.problem = f"Mailbox {self._name} at {self._box.host}: {told}"

    def _read(self, server: Server, folder: str) -> None:
        uidvalidity = server.open_folder(folder)
        known, last = self._ledger.mail_read_to(self._box.account, folder)
        new = server.messages_after(last if known == uidvalidity else 0)
        read: dict[int, list[MailPart]] = {}

        def remember() -> None:
            if read:
                self._ledger.mail_was_read(self._box.account, folder, uidvalidity, read)
                read.clear()

        try:
            for number, envelope in enumerate(new, 1):
                if self._stop.is_set():
                    return
                try:
                    read[envelope.uid] = self._take(server, folder, envelope)
                except TooLarge as error:
                    read[envelope.uid] = [self._too_large(envelope)]
                    raise _Passed from error
                self.found.n_messages += 1
                if len(read) == _AT_ONCE:
                    remember()
                if self._on_progress is not None:
                    self._on_progress(number, len(new))
        finally:
            remember()

    def _take(self, server: Server, folder: str, envelope: Envelope) -> list[MailPart]:
        """Fetch a message and save its pictures; what became of each part."""
        if envelope.n_bytes > self._bytes_max:
            return [self._too_large(envelope)]
        try:
            raw = server.fetch(envelope.uid, self._bytes_max)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:  # the others are not to wait for it
            reason = f"the server does not give it ({one_line(str(error))})"
            return [self._refused(MailPart(_text(envelope.came_at), "", "message"), reason)]
        if raw is None:  # it was deleted meanwhile
            return []
        letter = read_letter(raw)
        if not self._is_wanted(letter.sender):  # the server was asked for these alone, and sent it
            sent = MailPart(_text(envelope.came_at), one_line(letter.subject), "message")
            return [self._refused(sent, "its sender is none of --only-from")]
        told = told_by(self._name, self._box, folder, letter)
        parts = []
        for attachment in letter.attachments:
            sent = MailPart(_text(envelope.came_at), one_line(letter.subject), attachment.name)
            if attachment.reason is not None:
                parts.append(self._refused(sent, attachment.reason))
            else:
                parts.append(sent._replace(path=self._save(attachment, told, envelope.came_at)))
        return parts

    def _is_wanted(self, sender: str) -> bool:
        parts = self._box.only_from
        return not parts or any(part.lower() in sender for part in parts)

    def _too_large(self, envelope: Envelope) -> MailPart:
        size = f"{envelope.n_bytes / 2**20:,.0f} MiB" if envelope.n_bytes > self._bytes_max else ""
        reason = f"it is larger than {self._box.message_mib_max} MiB" + (
            f": {size}" if size else ""
        )
        return self._refused(MailPart(_text(envelope.came_at), "", "message"), reason)

    def _refused(self, part: MailPart, reason: str) -> MailPart:
        refused = part._replace(reason=reason)
        self.found.refused.append(refused)
        return refused

    def _save(self, attachment: Attachment, told: Told, came_at: datetime | None) -> str:
        """Where a picture lies below the mailbox's folder: saved now, or before."""
        photo_id = content_hash(attachment.data)
        if photo_id in self._saved:
            self.found.n_again += 1
            return self._saved[photo_id]
        is_timed = read_header(attachment.data).exif.taken_at is not None
        name = file_name(attachment.name, attachment.suffix, told.time, is_timed=is_timed)
        folder = self.folder / told.camera
        path = folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.read_bytes() != attachment.data:
                path = folder / beside(name, attachment.data)
            write_whole(path, partial(_write, attachment.data, came_at), durable=True)
            fsync(folder)
        except OSError as error:
            raise refusal(error, self.folder, f"Cannot save {path}: {error.strerror}.") from error
        self._saved[photo_id] = path.relative_to(self.folder).as_posix()
        self.found.n_saved += 1
        self.found.n_guessed += told.is_guess
        return self._saved[photo_id]


def _write(data: bytes, came_at: datetime | None, path: Path) -> None:
    """The file's date is that of the mail: when the camera was heard of."""
    path.write_bytes(data)
    if came_at is not None:
        os.utime(path, (came_at.timestamp(),) * 2)


def _text(at: datetime | None) -> str | None:
    return at.isoformat(" ", "seconds") if at else None
