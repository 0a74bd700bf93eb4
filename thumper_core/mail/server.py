"""An IMAP server, asked so that nothing there changes and no answer of it can fill the memory.

Folders are opened for reading only and messages are peeked at: what is unread stays so. RFC 9051.
"""

from __future__ import annotations

import imaplib
import re
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from thumper_core.contracts import ThumperError
from thumper_core.mail.boxes import Mailbox
from thumper_core.trust import plain

_GREETING_S: Final = 20.0  # to answer, and to let in
_ANSWER_S: Final = 60.0  # a search of a large folder takes its time
_AT_ONCE: Final = 200  # messages in one question for sizes
_SPARE_BYTES: Final = 1 << 20  # a server may count a message's bytes in another way
_UID: Final = re.compile(rb"\bUID (\d+)")
_SIZE: Final = re.compile(rb"\bRFC822\.SIZE (\d+)")


class TooLarge(Exception):
    """The server sends more than it said, or than is wanted: the connection is of no use any more."""


class RefusedError(ThumperError):
    """The server does not let the user in, or does not do what IMAP promises."""


class _Bounded:
    """No literal is read that is larger than `bytes_max`."""

    bytes_max = 1 << 20

    def read(self, size: int) -> bytes:
        """Read a literal. Raises TooLarge."""
        if size > self.bytes_max:
            raise TooLarge(f"{size} bytes")
        data: bytes = super().read(size)  # type: ignore[misc]
        return data


class _Plain(_Bounded, imaplib.IMAP4):
    pass


class _Tls(_Bounded, imaplib.IMAP4_SSL):
    pass


@dataclass(frozen=True)
class Envelope:
    """A message that has not been fetched. came_at: at the server, UTC; None: it does not say."""

    uid: int
    n_bytes: int
    came_at: datetime | None


class Server:
    """A connection that is logged in; see `connect`."""

    def __init__(self, box: Mailbox, connection: imaplib.IMAP4) -> None:
        self._box, self._connection = box, connection

    def open_folder(self, folder: str) -> int:
        """Open a folder for reading only; its UIDVALIDITY."""
        self._ask("select", _quoted(_utf7(folder)), True)
        _, values = self._connection.response("UIDVALIDITY")
        try:
            return int(values[0])
        except (TypeError, ValueError, IndexError) as error:
            raise RefusedError(f"{self._box.host} gives no UIDVALIDITY of {folder!r}.") from error

    def messages_after(self, uid: int) -> list[Envelope]:
        """The messages of the open folder with a higher UID, lowest first."""
        found = self._ask("uid", "SEARCH", f"UID {uid + 1}:*{_from(self._box.only_from)}")
        words = b" ".join(one for one in found if isinstance(one, bytes)).split()
        uids = sorted({int(word) for word in words if word.isdigit()})
        new = [one for one in uids if one > uid]  # `*` is the last message, however low
        return [
            one for at in range(0, len(new), _AT_ONCE) for one in self._sizes(new[at:][:_AT_ONCE])
        ]

    def fetch(self, uid: int, bytes_max: int) -> bytes | None:
        """A message's bytes; None where it is gone. Raises TooLarge where more come."""
        self._connection.bytes_max = bytes_max + _SPARE_BYTES  # type: ignore[attr-defined]
        found = self._ask("uid", "FETCH", str(uid), "(UID BODY.PEEK[])")
        return next(
            (one[1] for one in found if isinstance(one, tuple) and b"BODY[]" in one[0]), None
        )

    def _sizes(self, uids: Sequence[int]) -> Iterator[Envelope]:
        asked = ",".join(map(str, uids))
        found: dict[int, Envelope] = {}
        for answer in self._ask("uid", "FETCH", asked, "(UID RFC822.SIZE INTERNALDATE)"):
            line = answer[0] if isinstance(answer, tuple) else answer
            uid, size = _UID.search(line or b""), _SIZE.search(line or b"")
            if uid and size:
                came = imaplib.Internaldate2tuple(line)
                at = datetime.fromtimestamp(time.mktime(came), UTC) if came else None
                found[int(uid[1])] = Envelope(int(uid[1]), int(size[1]), at)
        yield from (found[uid] for uid in uids if uid in found)

    def _ask(self, command: str, *words: Any) -> list[Any]:
        status, found = getattr(self._connection, command)(*words)
        if status != "OK":
            raise imaplib.IMAP4.error(plain(str(found[0] if found else status)))
        return list(found)


@contextmanager
def connect(box: Mailbox, password: str) -> Iterator[Server]:
    """Log in, and out at the end.

    Raises OSError, imaplib.IMAP4.error; RefusedError where the server refuses the user or the password.
    """
    connection = _open(box)
    try:
        _log_in(connection, box, password)
        connection.sock.settimeout(_ANSWER_S)
        yield Server(box, connection)
    except BaseException:
        connection.shutdown()  # in the middle of an answer nothing more can be said
        raise
    with suppress(OSError, imaplib.IMAP4.error):
        connection.logout()


def _log_in(connection: imaplib.IMAP4, box: Mailbox, password: str) -> None:
    try:
        if password.isascii() and box.user.isascii():
            connection.login(box.user, password)
        else:
            word = f"\0{box.user}\0{password}".encode()
            connection.authenticate("PLAIN", lambda _: word)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        # Not `from` it: what the server says may hold what it was sent.
        raise RefusedError(
            f"{box.host} refuses {box.user}. Many providers want a password that is made for this "
            "program, in the account's security settings."
        ) from None


def _open(box: Mailbox) -> imaplib.IMAP4:
    if box.security == "tls":
        context = ssl.create_default_context()
        return _Tls(box.host, box.at_port, ssl_context=context, timeout=_GREETING_S)
    connection = _Plain(box.host, box.at_port, timeout=_GREETING_S)
    if box.security == "starttls":
        try:
            connection.starttls(ssl.create_default_context())
        except (OSError, imaplib.IMAP4.error):
            connection.shutdown()
            raise
    return connection


def _from(senders: Sequence[str]) -> str:
    """A search for mails of any of these senders; words before, `OR a OR b c`."""
    words = [f"FROM {_quoted(sender)}" for sender in senders]
    return "".join(
        f" {'OR ' if at < len(words) - 1 else ''}{word}" for at, word in enumerate(words)
    )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _utf7(name: str) -> str:
    """A folder's name as IMAP writes it (RFC 3501, 5.1.3)."""
    parts = re.split(r"([^\x20-\x7e]+)", name)
    return "".join(
        "&" + b64encode(part.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"
        if at % 2
        else part.replace("&", "&-")
        for at, part in enumerate(parts)
    )
