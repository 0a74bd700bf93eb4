"""A mailbox becomes photos: the right ones once, the rest named, whatever happens on the way."""

from __future__ import annotations

import os
import struct
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.cellular import SMALL, frame, jpeg, later, letter
from tests.imap_server import Message, Post, serving
from thumper_core.contracts import ThumperError
from thumper_core.mail import fetch
from thumper_core.mail.boxes import checked, mailboxes, save_mailboxes
from thumper_core.mail.fetch import Fetched, take_mail
from thumper_core.trust import UntrustedError, remember
from thumper_core.workspace import Workspace

NAMED = r"from (?P<camera>.+)"


@contextmanager
def ranch(
    post: Post, folder: Path, monkeypatch: pytest.MonkeyPatch, **more: Any
) -> Iterator[Workspace]:
    """A workspace with the mailbox `ranch` at a server with this post."""
    monkeypatch.setenv("RANCH_MAIL", post.password)
    workspace = Workspace.create(folder / "ranch")
    with serving(post):
        values = {
            "host": "127.0.0.1", "port": post.port, "security": "none", "user": post.user,
            "password_env": "RANCH_MAIL", "camera": NAMED,
        }  # fmt: skip
        box = checked("ranch", values | more, "test")
        save_mailboxes(workspace.root, {"ranch": box})
        remember(box.subject)
        yield workspace


def message(uid: int, raw: bytes) -> Message:
    return uid, later(uid), raw


def bomb() -> bytes:
    """A PNG of a few bytes that unpacks to 60,000 x 60,000 pixels, or would."""
    size = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    packed = zlib.compress(bytes(60_001))
    chunks = [(b"IHDR", size), (b"IDAT", packed), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def without_padding(raw: bytes) -> bytes:
    """The mail with the last `=` of its attachment lost."""
    assert b"=\n\n--" in raw
    return raw.replace(b"==\n\n--", b"\n\n--").replace(b"=\n\n--", b"\n\n--")


def forwarded(raw: bytes, depth: int = 1) -> bytes:
    """A mail that holds a mail, and so on."""
    from email import message_from_bytes, policy

    for _ in range(depth):
        mail = EmailMessage()
        mail["Subject"], mail["From"] = "Fwd: picture from East", "me@example.org"
        mail.set_content("Look at this.")
        mail.add_attachment(message_from_bytes(raw, policy=policy.default))
        raw = mail.as_bytes()
    return raw


def season(n_mails: int) -> tuple[list[Message], int, dict[str, int]]:
    """So many messages; how many pictures they show, and how often each reason is to be said."""
    n_thumbs, n_again, n_bursts = n_mails * 56 // 100, n_mails * 14 // 100, n_mails // 25
    raws: list[bytes] = []
    thumbs, larges = [], []
    cameras = ("North gate", "Creek", "Old oak", "East")
    for n in range(n_thumbs):
        camera, at = cameras[n % 4], later(n * 7)
        one = frame(camera, n)
        thumbs.append((f"IMG_{n:04d}.jpg", jpeg(one, at, SMALL, quality=40)))
        raws.append(letter([thumbs[-1]], subject=f"New picture from {camera}"))
        if n % 4 == 0:  # asked for in HD, and sent days later
            larges.append((f"HD{n}.jpg", jpeg(one, at), camera))
    raws += [letter([(name, data)], subject=f"HD from {c}") for name, data, c in larges]
    raws += [  # downloaded again under another name
        letter([(f"again {n}.jpg", thumbs[n][1])], subject=f"New picture from {cameras[n % 4]}")
        for n in range(n_again)
    ]
    for n in range(n_bursts):  # two in one mail: a burst of one second
        burst = [
            (
                f"B{n}_{k}.jpg",
                jpeg(frame("Creek", 5000 + 2 * n + k), later(9000 + n), SMALL, sequence=k),
            )
            for k in range(2)
        ]
        raws.append(letter(burst, subject="Burst from Creek"))
    odd = jpeg(frame("East", 900), later(20_000), SMALL)
    raws += [  # as mails are, and none of it lost
        without_padding(letter([("padding.jpg", odd)], subject="from East")),
        letter([("type", jpeg(frame("East", 901), later(20_010), SMALL))], subject="from East",
               kind="application/octet-stream"),
        forwarded(letter([("fwd.jpg", jpeg(frame("East", 902), later(20_020), SMALL))])),
        letter([("../../etc/CON.jpg", jpeg(frame("East", 903), later(20_030), SMALL))],
               subject="from ../East"),
    ]  # fmt: skip
    broken = [
        ("it is empty", b""),
        ("it is no picture, or damaged", b"\xff\xd8\xff\xe0" + os.urandom(300)),
        ("text file", b"<html>Your plan has ended</html>"),
        ("claims 60,000 x 60,000", bomb()),
        ("ZIP archive", b"PK\x03\x04" + b"0" * 100),
        ("it is a logo", jpeg(frame("East", 1), None, (200, 40))),
        ("PDF", b"%PDF-1.7 bill"),
    ]
    reasons: Counter[str] = Counter()
    while len(raws) < n_mails - 2:
        reason, data = broken[len(raws) % len(broken)]
        reasons[reason] += 1
        # beside a good one, in the same mail, which is not lost for it
        raws.append(letter([(f"bad{len(raws)}.jpg", data), thumbs[0]], subject="from North gate"))
    raws.append(letter([("2 GB.jpg", b"x" * 5000)]))  # whose size the server tells
    raws.append(forwarded(letter([thumbs[0]]), depth=6))
    reasons |= {"larger than 50 MiB": 1, "mails deep": 1}
    order = sorted(
        range(len(raws)), key=lambda n: n if n < n_thumbs else n_thumbs + (n * 7919) % 1009
    )
    messages = [message(uid, raws[n]) for uid, n in enumerate(order, 1)]
    return messages, n_thumbs + 2 * n_bursts + 4, dict(reasons)


@pytest.mark.parametrize("n_mails", [50, pytest.param(500, marks=pytest.mark.slow)])
def test_a_mailbox_is_the_right_photos_once_and_the_rest_is_named(
    n_mails: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages, n_pictures, reasons = season(n_mails)
    n_hd = n_mails * 14 // 100
    assert len(messages) == n_mails
    post = Post({"INBOX": messages})
    large = next(uid for uid, _, raw in messages if b"2 GB" in raw)
    post.claims[large] = 2 << 30
    with ranch(post, tmp_path, monkeypatch) as workspace:
        fetched, added = take_mail(workspace, "ranch")
    assert (fetched.n_messages, fetched.problem, fetched.n_guessed) == (n_mails, None, 0)
    assert large not in post.fetched
    said = [part.reason or "" for part in fetched.refused]
    assert {r: sum(r in one for one in said) for r in reasons} == reasons
    assert len(said) == sum(reasons.values())
    assert added is not None and added.n_versions == n_hd and added.n_unreadable == 0
    photos = workspace.sql("select camera, width from photos")
    assert photos.height == n_pictures
    assert Counter(photos["width"]) == {640: n_hd, 320: n_pictures - n_hd}
    assert set(photos["camera"]) == {"North gate", "Creek", "Old oak", "East", "-East"}
    assert fetched.n_saved == n_pictures + n_hd
    kept = workspace.ledger.mail_parts("ranch@example.org at 127.0.0.1")
    assert len([part for part in kept if part.reason]) == len(said)


def few(n: int = 6) -> list[Message]:
    return [
        message(uid, letter([(f"IMG_{uid:04d}.jpg", jpeg(frame("Creek", uid), later(uid * 9), SMALL))],
                            subject="New picture from Creek"))
        for uid in range(1, n + 1)
    ]  # fmt: skip


def paths(workspace: Workspace) -> list[str]:
    return sorted(workspace.sql("select path from photos")["path"].to_list())


def test_nothing_is_fetched_twice_and_what_comes_later_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post({"INBOX": few(4)})
    with ranch(post, tmp_path, monkeypatch) as workspace:
        take_mail(workspace, "ranch")
        assert post.fetched == [1, 2, 3, 4]
        post.folders["INBOX"] = few(6)[2:]  # others were deleted there; the photos stay
        assert take_mail(workspace, "ranch")[0].n_saved == 2
        assert post.fetched == [1, 2, 3, 4, 5, 6]
        assert take_mail(workspace, "ranch")[0].n_messages == 0
        first = paths(workspace)
        assert len(first) == 6
        post.uidvalidity += 1  # the server counts anew: all is read again, and nothing doubled
        post.folders["INBOX"] = [message(uid + 90, raw) for uid, _, raw in few(6)]
        fetched, _ = take_mail(workspace, "ranch")
        assert (fetched.n_messages, fetched.n_saved, fetched.n_again) == (6, 0, 6)
        assert paths(workspace) == first
        fetched, _ = take_mail(workspace, "ranch", again=True)
        assert (fetched.n_messages, fetched.n_saved) == (6, 0)


def test_another_account_of_the_same_name_is_read_from_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post({"INBOX": few(2)})
    with ranch(post, tmp_path, monkeypatch) as workspace:
        take_mail(workspace, "ranch")
        post.folders["INBOX"] = [message(uid - 2, raw) for uid, _, raw in few(4)[2:]]
        box = mailboxes(workspace.root)["ranch"].model_copy(update={"user": "other@example.org"})
        save_mailboxes(workspace.root, {"ranch": box})
        remember(box.subject)
        assert take_mail(workspace, "ranch")[0].n_saved == 2


def test_a_line_that_breaks_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    post = Post({"INBOX": few(6)}, cut_after=3)
    with ranch(post, tmp_path, monkeypatch) as workspace:
        fetched, added = take_mail(workspace, "ranch")
        assert fetched.n_saved == 3 and "ranch at 127.0.0.1" in (fetched.problem or "")
        assert added is not None and added.n_new == 3
        post.cut_after = None
        assert take_mail(workspace, "ranch")[0].n_saved == 3
        assert Counter(post.fetched) == Counter([1, 2, 3, 4, 4, 5, 6])
        assert len(paths(workspace)) == 6


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_kill_between_saving_and_remembering_doubles_nothing(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post({"INBOX": few(3)})
    with ranch(post, tmp_path, monkeypatch) as workspace:
        ledger = type(workspace.ledger)
        remember_it: Callable[..., None] = ledger.mail_was_read

        def killed(*told: Any) -> None:
            if where == "after":
                remember_it(*told)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(ledger, "mail_was_read", killed)
            with pytest.raises(KeyboardInterrupt):
                take_mail(workspace, "ranch")
        take_mail(workspace, "ranch")
        assert len(paths(workspace)) == 3
        assert len(list((workspace.root / "mail" / "ranch").rglob("*.jpg"))) == 3


@pytest.mark.parametrize(
    ("fault", "reason"),
    [({"lies": {2}}, "larger than 50 MiB"), ({"keeps": {2}}, "does not give it")],
)
def test_a_message_that_cannot_be_had_is_lost_alone(
    fault: dict[str, Any], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post({"INBOX": few(4)}, **fault)
    with ranch(post, tmp_path, monkeypatch) as workspace:
        fetched, _ = take_mail(workspace, "ranch")
    assert [reason in (part.reason or "") for part in fetched.refused] == [True]
    assert (fetched.n_saved, fetched.problem) == (3, None)


def test_a_server_that_searches_for_no_sender_lets_nobody_else_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    senders = ("Cam <One@Cameras.Example>", "cameras.example <spam@elsewhere.example>")
    messages = [
        message(uid, letter([("i.jpg", jpeg(frame("x", uid), later(uid), SMALL))], sender=sender))
        for uid, sender in enumerate(senders, 1)
    ]
    post = Post({"INBOX": messages}, ignores_from=True)
    with ranch(post, tmp_path, monkeypatch, only_from=("Cameras.example",)) as workspace:
        fetched, _ = take_mail(workspace, "ranch")
        assert len(paths(workspace)) == fetched.n_saved == 1
    assert [part.reason for part in fetched.refused] == ["its sender is none of --only-from"]


def test_folders_senders_and_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def one(uid: int, **more: str) -> Message:
        picture = jpeg(frame("x", uid), later(uid * 9), SMALL)
        return message(uid, letter([("image.jpg", picture)], **more))

    strange = one(9, sender="spam@elsewhere.example")
    post = Post(
        {
            "INBOX": [
                one(1, subject="none"),
                one(2, sender="Two <TWO@cameras.example>", subject="-"),
                strange,
            ],
            "Cams/S&APw-d": [one(3, subject="-"), one(4, subject="-")],
        }
    )  # fmt: skip
    more = {
        "folders": ("INBOX", "Cams/S\u00fcd"), "only_from": ("cameras.example", "other.example"),
        "cameras": {"two@cameras.example": "Creek"},
    }  # fmt: skip
    with ranch(post, tmp_path, monkeypatch, **more) as workspace:
        fetched, _ = take_mail(workspace, "ranch")
    assert fetched.n_guessed == 1
    letters = [path for path in paths(workspace) if path != "S\u00fcd/image.jpg"]
    assert [path.partition("/")[0] for path in letters] == ["Creek", "S\u00fcd", "ranch"]
    # of two pictures of one name the second gets letters, never digits
    assert letters[1].removeprefix("S\u00fcd/image ").removesuffix(".jpg").isalpha()


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"user": "ranch@example.org"}, "refuses ranch@example.org"),
        ({"password_env": "NO_SUCH_PASSWORD"}, "not set"),
    ],
)
def test_a_refused_password_is_said_and_never_shown(
    broken: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post({"INBOX": few(1)}, password="another one", echoes=True)
    with ranch(post, tmp_path, monkeypatch, **broken) as workspace:
        remember(mailboxes(workspace.root)["ranch"].subject)
        monkeypatch.setenv("RANCH_MAIL", "secret-7")
        fetched, added = take_mail(workspace, "ranch")
    problem = fetched.problem or ""
    assert problem.startswith("Mailbox ranch at 127.0.0.1: ") and said in problem
    assert "secret-7" not in problem and added is None
    kept = [path for path in workspace.root.rglob("*") if path.is_file()]
    assert not [path for path in kept if b"secret-7" in path.read_bytes()]


def test_a_mailbox_of_a_foreign_workspace_is_not_asked_before_it_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post({"INBOX": few(1)})
    with ranch(post, tmp_path, monkeypatch) as workspace:
        box = mailboxes(workspace.root)["ranch"]
        for change in ({"user": "other"}, {"port": post.port + 1}, {"password_env": "HOME"}):
            save_mailboxes(workspace.root, {"ranch": box.model_copy(update=change)})
            with pytest.raises(UntrustedError, match="thumper trust"):
                take_mail(workspace, "ranch")
        assert post.asked == []
        with pytest.raises(ThumperError, match="no mailbox 'creek'"):
            take_mail(workspace, "creek")


def test_a_stop_ends_between_two_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    post = Post({"INBOX": few(4)})
    stop = threading.Event()

    def at_two(done: int, total: int) -> None:
        assert total == 4
        if done == 2:
            stop.set()

    with ranch(post, tmp_path, monkeypatch) as workspace:
        fetched, _ = take_mail(workspace, "ranch", stop=stop, on_progress=at_two)
        assert fetched == Fetched("ranch", n_messages=2, n_saved=2)
        assert take_mail(workspace, "ranch")[0].n_messages == 2


def test_a_full_disk_is_said_and_what_was_not_saved_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post({"INBOX": few(2)})

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device", "x")

    with ranch(post, tmp_path, monkeypatch) as workspace:
        with monkeypatch.context() as patch:
            patch.setattr(fetch, "write_whole", full)
            with pytest.raises(ThumperError, match="full"):
                take_mail(workspace, "ranch")
        assert take_mail(workspace, "ranch")[0].n_saved == 2


def test_an_empty_mailbox_adds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ranch(Post({"INBOX": []}), tmp_path, monkeypatch) as workspace:
        assert take_mail(workspace, "ranch") == (Fetched("ranch"), None)
