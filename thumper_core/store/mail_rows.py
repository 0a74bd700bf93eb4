"""How far mailboxes were read, and what became of each attachment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from thumper_core.store.ledger_file import LedgerFile
from thumper_core.store.records import now_text


class MailPart(NamedTuple):
    """One attachment of a message, or the message itself where none could be had of it.

    sent_at: ISO, by the mail; name: as the mail calls it; path: where it was saved, relative to the
    mailbox's folder; reason: why it was not. One of both is None.
    """

    sent_at: str | None
    subject: str
    name: str
    path: str | None = None
    reason: str | None = None


class MailRows(LedgerFile):
    """The tables `mail_read` and `mail_parts`. mailbox: a server's account, whatever it is called here."""

    def mail_read_to(self, mailbox: str, folder: str) -> tuple[int, int]:
        """(UIDVALIDITY, last UID) of what was read of a mailbox's folder; zeros: nothing yet."""
        query = "select uidvalidity, uid from mail_read where mailbox = ? and folder = ?"
        with self.reading() as c:
            row = c.execute(query, (mailbox, folder)).fetchone()
        return (int(row[0]), int(row[1])) if row else (0, 0)

    def mail_was_read(
        self,
        mailbox: str,
        folder: str,
        uidvalidity: int,
        messages: Mapping[int, Sequence[MailPart]],
    ) -> None:
        """Remember that messages were read, by UID, and what came of their parts: all, or nothing."""
        with self.transaction() as c:
            c.executemany(
                "insert or replace into mail_parts (mailbox, folder, uidvalidity, uid, part, sent_at, "
                "subject, name, path, reason) values (?,?,?,?,?,?,?,?,?,?)",
                [
                    (mailbox, folder, uidvalidity, uid, number, *part)
                    for uid, parts in messages.items()
                    for number, part in enumerate(parts)
                ],
            )
            c.execute(
                "insert or replace into mail_read values (?,?,?,?,?)",
                (mailbox, folder, uidvalidity, max(messages), now_text()),
            )

    def mail_parts(self, mailbox: str) -> list[MailPart]:
        """What became of the attachments of a mailbox, in the order in which they were read."""
        columns = ", ".join(MailPart._fields)
        query = (
            f"select {columns} from mail_parts where mailbox = ? "
            "order by folder, uidvalidity, uid, part"
        )
        with self.reading() as c:
            return [MailPart(*row) for row in c.execute(query, (mailbox,))]

    def forget_mail(self, mailbox: str) -> None:
        """Forget how far a mailbox was read; what was saved stays where it is."""
        with self.transaction() as c:
            c.execute("delete from mail_read where mailbox = ?", (mailbox,))
            c.execute("delete from mail_parts where mailbox = ?", (mailbox,))
