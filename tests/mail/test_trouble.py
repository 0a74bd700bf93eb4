"""What a server that cannot be read says becomes a sentence with something to try."""

from __future__ import annotations

import errno
import socket
import ssl
from typing import Any

import pytest

from tests.imap_server import Post, serving
from thumper_core.mail import server
from thumper_core.mail.boxes import Mailbox
from thumper_core.mail.trouble import why


def box(port: int, security: str) -> Mailbox:
    values: dict[str, Any] = {"host": "127.0.0.1", "user": "me", "password_env": "X"}
    return Mailbox(**values, port=port, security=security)


@pytest.mark.parametrize(
    ("security", "said"),
    [("tls", "Try --security starttls"), ("starttls", "Try --security tls")],
)
def test_a_server_that_encrypts_otherwise(security: str, said: str) -> None:
    with serving(Post({"INBOX": []})) as post:
        asked = box(post.port, security)
        with pytest.raises(Exception) as raised, server.connect(asked, "x"):
            pass
    assert said in why(raised.value, asked) and "[" not in why(raised.value, asked)


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_a_port_where_nothing_listens_and_one_that_is_silent(
    security: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_GREETING_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asked = box(silent.getsockname()[1], security)
        with pytest.raises(TimeoutError) as raised, server.connect(asked, "x"):
            pass
        assert "no answer" in why(raised.value, asked) and "--security" in why(raised.value, asked)
    with pytest.raises(ConnectionRefusedError) as refused, server.connect(asked, "x"):
        pass
    assert f"nothing listens at port {asked.port}" in why(refused.value, asked)


def test_what_comes_from_further_away() -> None:
    untrusted = ssl.SSLCertVerificationError(1, "failed")
    untrusted.verify_message = "self-signed certificate"
    cases = [
        (untrusted, "not accepted (self-signed certificate)"),
        (socket.gaierror(-2, "Name or service not known"), "no server of that name"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "cannot be reached"),
        (OSError(errno.EPIPE, "Broken pipe"), "Broken pipe"),
        (EOFError(), "EOFError"),
    ]
    for error, said in cases:
        assert said in why(error, box(993, "tls"))
