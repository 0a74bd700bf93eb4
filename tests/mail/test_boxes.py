"""Which mailboxes there are is said in a file that anybody may have written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from thumper_core.contracts import UsageError
from thumper_core.mail.boxes import FILE_NAME, checked, mailboxes, require_trusted, save_mailboxes
from thumper_core.trust import UntrustedError, remember

WHOLE: dict[str, Any] = {"host": "imap.example.org", "user": "me", "password_env": "X"}


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    assert mailboxes(tmp_path) == {}
    box = checked(
        "ranch", WHOLE | {"cameras": {"a@b.example": "Oak"}, "folders": ("a", "b")}, "here"
    )
    save_mailboxes(tmp_path, {"ranch": box})
    assert mailboxes(tmp_path) == {"ranch": box}
    assert "port" not in (tmp_path / FILE_NAME).read_text()  # as usual, so left out
    assert (box.at_port, checked("x", WHOLE | {"security": "starttls"}, "").at_port) == (993, 143)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"host": ""}, "host"),
        ({"password_env": ""}, "where the password is"),
        ({"password_file": "p"}, "where the password is"),
        ({"password": "secret"}, "password: Extra"),
        ({"security": "none"}, "without TLS"),
        ({"security": "none", "host": "127.0.0.1.example.org"}, "without TLS"),
        ({"user": "a\r\nb"}, "cannot be printed"),
        ({"folders": ("a\r\nDELETE",)}, "control characters"),
        ({"only_from": ("\u00fc",)}, "ASCII"),
        ({"camera": "("}, "no regular expression"),
        ({"camera": "x"}, r"\(\?P<camera>"),
        ({"every_s": 0}, "every_s"),
    ],
)
def test_what_cannot_be_is_said(change: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=f"here, mailbox ranch.*{said}"):
        checked("ranch", WHOLE | change, "here")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_a_server_on_this_machine_needs_no_tls(host: str) -> None:
    assert checked("x", WHOLE | {"host": host, "security": "none"}, "").at_port == 143


@pytest.mark.parametrize(
    "text", ["[", "mailboxes = 3", "[other]\n", "[mailboxes.'../x']\n", "[mailboxes]\nx = 3\n"]
)
def test_a_file_that_is_none_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(UsageError, match=FILE_NAME):
        mailboxes(tmp_path)


def test_trust_is_for_one_server_one_user_and_one_password() -> None:
    box = checked("ranch", WHOLE, "")
    remember(box.subject)
    require_trusted("ranch", box)
    require_trusted("ranch", box.model_copy(update={"folders": ("other",), "camera": ""}))
    for change in ({"host": "h"}, {"user": "u"}, {"port": 1}, {"password_env": "OTHER"}):
        with pytest.raises(UntrustedError, match="thumper trust"):
            require_trusted("ranch", box.model_copy(update=change))
