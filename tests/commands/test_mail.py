"""`mail add`, `list`, `fetch`, `remove`; `versions`; `trust` and `watch` where there are mailboxes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cellular import LARGE, SMALL, frame, jpeg, later, letter
from tests.imap_server import Post, serving
from thumper_core import trust
from thumper_core.mail.boxes import mailboxes
from thumper_core.workspace import Workspace

SECRET = "a secret of the ranch"


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """A thumbnail, its HD file, a bill."""
    one = frame("Creek", 1)
    mails = [
        letter([("t.jpg", jpeg(one, later(0), SMALL))], subject="Picture from Creek"),
        letter([("h.jpg", jpeg(one, later(0), LARGE))], subject="HD from Creek"),
        letter([("bill.pdf", b"%PDF-1.7")], subject="Your \x1b[2Jbill".replace("\x1b", "?")),
    ]
    monkeypatch.setenv("RANCH_MAIL", SECRET)
    messages = [(uid, later(uid), raw) for uid, raw in enumerate(mails, 1)]
    with serving(Post({"INBOX": messages}, password=SECRET)) as served:
        yield served


def naming(post: Post, *more: str) -> list[str]:
    return [
        "mail", "add", "ranch", "--host", "127.0.0.1", "--port", str(post.port), "--security", "none",
        "--user", post.user, "--password-env", "RANCH_MAIL", "--camera", "from (?P<camera>.+)", *more,
    ]  # fmt: skip


def test_from_a_mailbox_to_photos(
    tmp_path: Path,
    post: Post,
    call,  # type: ignore[no-untyped-def]
) -> None:
    root = tmp_path / "ranch"
    Workspace.create(root)

    def said(*words: str) -> tuple[int, str]:
        code, printed = call("-w", root, *words)
        assert SECRET not in printed
        return code, printed

    assert said("mail", "fetch")[0] == 2 and "mail add" in said("mail", "list")[1]
    assert said("watch")[0] == 2
    assert said(*naming(post, "--camera-of", "nonsense"))[0] == 2
    code, printed = said(*naming(post))
    assert code == 0 and "mail fetch ranch" in printed
    code, printed = said("mail", "fetch")
    assert code == 0
    assert "3 mails, 2 pictures saved, 1 refused" in printed
    assert "another size: 1" in printed and "bill.pdf (Your ?[2Jbill): This is a PDF" in printed
    found = json.loads(said("mail", "fetch", "ranch", "--again", "--json")[1])
    assert (found[0]["n_saved"], found[0]["n_again"], found[0]["added"]["n_files"]) == (0, 2, 2)
    assert [part["name"] for part in found[0]["refused"]] == ["bill.pdf"]
    listed = json.loads(said("mail", "list", "--json")[1])
    assert (listed[0]["pictures"], len(listed[0]["refused"])) == (2, 1)
    assert "bill.pdf" in said("mail", "list", "--refused")[1]

    rows = json.loads(said("versions", "--json")[1])
    assert [(Path(row["path"]).name, row["used"]) for row in rows] == [
        ("h.jpg", True),
        ("t.jpg", False),
    ]
    assert "1 picture in several versions" in said("versions")[1]
    assert said("versions", "--part", rows[1]["path"])[0] == 0
    assert Workspace.open(root).sql("select count(*) from photos").item() == 2
    assert said("versions", "--part", rows[1]["photo_id"])[0] == 2  # it is alone already
    assert said("versions", "--part", rows[1]["photo_id"], "--undo")[0] == 0
    assert Workspace.open(root).sql("select count(*) from photos").item() == 1
    assert said("versions", "--undo")[0] == 2 and said("versions", "--part", "no.jpg")[0] == 2

    post.password = "changed"
    code, printed = said("mail", "fetch")
    assert code == 1 and "Mailbox ranch at 127.0.0.1" in printed
    assert "refuses ranch@example.org" in printed
    assert said("mail", "remove", "ranch")[0] == 0 and said("mail", "remove", "ranch")[0] == 2
    assert Workspace.open(root).sql("select count(*) from photos").item() == 1
    files = [path for path in root.rglob("*") if path.is_file()]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


def test_a_foreign_mailbox_waits_for_a_word(
    tmp_path: Path,
    post: Post,
    call,  # type: ignore[no-untyped-def]
) -> None:
    root = tmp_path / "sent"
    Workspace.create(root)
    assert call("-w", root, *naming(post))[0] == 0
    trust.trusted_file().unlink()  # as on another machine
    code, printed = call("-w", root, "mail", "fetch")
    assert code == 3 and "thumper trust" in printed and post.asked == []
    code, printed = call("-w", root, "trust", "--json")
    [question] = json.loads(printed)
    assert code == 3 and "password from $RANCH_MAIL" in question["name"]
    assert call("-w", root, "trust", "--yes")[0] == 0
    assert call("-w", root, "mail", "fetch")[0] == 0 and post.fetched == [1, 2, 3]


def test_one_mailbox_that_cannot_be_read_stops_no_other(
    tmp_path: Path,
    post: Post,
    monkeypatch: pytest.MonkeyPatch,
    call,  # type: ignore[no-untyped-def]
) -> None:
    root = tmp_path / "ranch"
    Workspace.create(root)
    at = ["--host", "127.0.0.1", "--port", str(post.port), "--security", "none", "--user", "me"]
    monkeypatch.setenv("WRONG_MAIL", "wrong")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pw").write_text(SECRET)
    (tmp_path / "pw").chmod(0o644)  # others may read it
    for name, source in {
        "wrong": ["--password-env", "WRONG_MAIL"],
        "unset": ["--password-env", "NO_SUCH_MAIL"],
        "open": ["--password-file", "pw"],
    }.items():
        assert call("-w", root, "mail", "add", name, *at, *source)[0] == 0
    assert call("-w", root, *naming(post))[0] == 0
    code, printed = call("-w", root, "mail", "fetch")
    assert code == 1 and "ranch: 3 mails, 2 pictures saved" in printed
    for name, said in {"wrong": "refuses me", "unset": "not set", "open": "chmod 600"}.items():
        assert any(f"Mailbox {name} at" in line and said in line for line in printed.splitlines())
    assert not printed.startswith("\n") and "\n\n" not in printed

    trust.trusted_file().unlink()  # nor does one that is not trusted hide what was done
    assert call("-w", root, *naming(post))[0] == 0
    code, printed = call("-w", root, "mail", "fetch", "wrong", "ranch")
    assert code == 3 and "thumper trust" in printed and "ranch: 0 mails" in printed


def test_a_password_file_is_the_same_from_every_folder(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call,  # type: ignore[no-untyped-def]
) -> None:
    root = tmp_path / "ranch"
    Workspace.create(root)
    monkeypatch.chdir(tmp_path)
    words = ["mail", "add", "deer", "--host", "imap.example.org", "--user", "me"]
    assert call("-w", root, *words, "--password-file", "pw")[0] == 0
    assert mailboxes(root)["deer"].password_file == str(tmp_path / "pw")
