"""A password comes from where it is said to be, and no message holds it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from thumper_core.contracts import ThumperError
from thumper_core.mail.boxes import Mailbox
from thumper_core.mail.secret import password_of

SECRET = "hush hush"


def of(**source: str) -> str:
    return password_of(Mailbox(host="h", user="u", **source))  # type: ignore[arg-type]


def test_where_it_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANCH_MAIL", SECRET)
    assert of(password_env="RANCH_MAIL") == SECRET
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\nanother line\n")
    file.chmod(0o600)
    assert of(password_file=str(file)) == SECRET
    script = tmp_path / "tell.py"
    script.write_text(f"print({SECRET!r})")
    assert of(password_command=f"{sys.executable} {script}") == SECRET


def test_what_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "open"
    file.write_text(SECRET)
    file.chmod(0o644)
    empty = tmp_path / "empty"
    empty.touch(0o600)
    script = tmp_path / "fail.py"
    script.write_text(f"print({SECRET!r}); raise SystemExit(3)")
    monkeypatch.setenv("EMPTY_MAIL", " ")
    cases = [
        ({"password_env": "NOT_THERE"}, "not set"),
        ({"password_env": "EMPTY_MAIL"}, "gives no password"),
        ({"password_file": str(file)}, "chmod 600"),
        ({"password_file": str(empty)}, "gives no password"),
        ({"password_file": str(tmp_path / "none")}, "Cannot read"),
        ({"password_command": f"{sys.executable} {script}"}, "ended with 3"),
        ({"password_command": "no-such-program-here"}, "did not work"),
    ]
    for source, said in cases:
        with pytest.raises(ThumperError, match=said) as raised:
            of(**source)
        assert SECRET not in str(raised.value)
