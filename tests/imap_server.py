"""A small IMAP server on this machine: what `imaplib` asks, said as RFC 9051 says it."""

from __future__ import annotations

import base64
import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

Message = tuple[int, datetime, bytes]  # UID, when it came (UTC), its bytes


@dataclass
class Post:
    """What the server holds and does, and what it was asked.

    folders: name -> messages; claims: sizes that it says instead of the true ones, by UID; cut_after: it
    hangs up after so many messages were fetched; lies: UIDs of which it sends more than it said; keeps: those
    that it does not give; echoes: it says passwords that it refuses; ignores_from: it finds mails of every
    sender.
    """

    folders: dict[str, list[Message]]
    user: str = "ranch@example.org"
    password: str = "correct horse"
    uidvalidity: int = 7
    claims: dict[int, int] = field(default_factory=dict)
    lies: set[int] = field(default_factory=set)
    keeps: set[int] = field(default_factory=set)
    cut_after: int | None = None
    echoes: bool = False
    ignores_from: bool = False
    port: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def fetched(self) -> list[int]:
        """UIDs whose bytes were asked for, in order."""
        bodies = [line for line in self.asked if "BODY" in line]
        return [int(re.search(r"FETCH (\d+)", line)[1]) for line in bodies]  # type: ignore[index]


@contextmanager
def serving(post: Post) -> Iterator[Post]:
    """Serve until the end of the block; `post.port` says where."""

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), _handler(post)) as server:
        post.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield post
        finally:
            server.shutdown()
            thread.join()


def _handler(post: Post) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            _Talk(post, self.rfile.readline, self.wfile.write).run()

    return Handler


class _Talk:
    """One connection."""

    def __init__(self, post: Post, read: Callable[[], bytes], write: Callable[[bytes], int]):
        self.post, self.read, self.write = post, read, write
        self.messages: list[Message] = []

    def run(self) -> None:
        self.say("* OK ready")
        while line := self.read():
            tag, _, command = line.decode().strip().partition(" ")
            self.post.asked.append(command)
            try:
                done = self.answer(command)
            except (BrokenPipeError, ConnectionResetError):
                return
            if done is None:
                return
            self.say(f"{tag} {done} done")

    def say(self, line: str) -> None:
        self.write(line.encode() + b"\r\n")

    def answer(self, command: str) -> str | None:
        word = command.split(" ")[0].upper()
        if word == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1 AUTH=PLAIN")
            return "OK"
        if word == "LOGIN":
            given = [part.replace('\\"', '"') for part in re.findall(r'"((?:\\"|[^"])*)"', command)]
            return self.let_in((given + command.split(" ")[1:2])[-1:] + given[-1:], given)
        if word == "AUTHENTICATE":
            self.say("+ ")
            _, user, password = base64.b64decode(self.read()).decode().split("\0")
            return self.let_in([], [user, password])
        if word == "LOGOUT":
            self.say("* BYE")
            return "OK"
        if word == "EXAMINE":  # a folder opened for reading only; SELECT would change it
            name = re.search(r'"(.*)"', command)
            self.messages = self.post.folders.get(name[1] if name else "", [])
            self.say(f"* OK [UIDVALIDITY {self.post.uidvalidity}] valid")
            return "OK [READ-ONLY]" if name and name[1] in self.post.folders else "NO none"
        if command.startswith("UID SEARCH"):
            return self.search(command)
        if command.startswith("UID FETCH"):
            return self.fetch(command)
        return "BAD"

    def let_in(self, _: list[str], given: list[str]) -> str:
        if given[-1:] == [self.post.password]:
            return "OK"
        said = f" not with {given[-1:]}" if self.post.echoes else ""
        return f"NO [AUTHENTICATIONFAILED]{said}"

    def search(self, command: str) -> str:
        first = int(cast(re.Match[str], re.search(r"UID (\d+):\*", command))[1])
        last = max((uid for uid, _, _ in self.messages), default=0)
        senders = [one.encode() for one in re.findall(r'FROM "([^"]*)"', command)]
        found = [
            str(uid)
            for uid, _, raw in self.messages
            if (uid >= first or uid == last)
            and (
                self.post.ignores_from
                or not senders
                or any(one in raw.split(b"\n\n")[0] for one in senders)
            )
        ]
        self.say(f"* SEARCH {' '.join(found)}")
        return "OK"

    def fetch(self, command: str) -> str | None:
        asked = {int(uid) for uid in command.split(" ")[2].split(",")}
        for number, (uid, came, raw) in enumerate(self.messages, 1):
            if uid not in asked:
                continue
            if "RFC822.SIZE" in command:
                size = self.post.claims.get(uid, len(raw))
                date = f"{came:%d-%b-%Y %H:%M:%S} +0000"
                self.say(f'* {number} FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE "{date}")')
                continue
            assert "BODY.PEEK[]" in command, "a mail would be marked as read"
            if uid in self.post.keeps:
                return "NO it is broken here"
            if self.post.cut_after is not None:
                if not self.post.cut_after:
                    return None
                self.post.cut_after -= 1
            n = 3 << 30 if uid in self.post.lies else len(raw)
            self.write(f"* {number} FETCH (UID {uid} BODY[] {{{n}}}\r\n".encode() + raw + b")\r\n")
        return "OK"
