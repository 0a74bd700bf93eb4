"""Users of the pages: passwords are kept as hashes, bad users are refused, roles hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from thumper_core.cli import app
from thumper_core.contracts import UsageError
from thumper_core.upkeep import access
from thumper_core.workspace import Workspace


def test_passwords_are_hashed_and_checked(tmp_path: Path) -> None:
    access.add_user(tmp_path, "ann", "a long password", "viewer")
    access.add_user(tmp_path, "bob", "another long one", "editor")
    text = (tmp_path / "access.toml").read_text()
    assert "a long password" not in text
    assert (tmp_path / "access.toml").stat().st_mode & 0o077 == 0
    ann, bob = (
        access.log_in(tmp_path, "ann", "a long password"),
        access.log_in(tmp_path, "bob", "another long one"),
    )
    assert ann is not None and not ann.may_edit
    assert bob is not None and bob.may_edit
    for name, password in (("ann", "another long one"), ("eve", "a long password"), ("", "")):
        assert access.log_in(tmp_path, name, password) is None


@pytest.mark.parametrize(
    ("name", "password", "role"),
    [
        ("ann", "short", "viewer"),
        ("", "a long password", "viewer"),
        ("ann", "a long password", "owner"),
        ("a\nb", "a long password", "viewer"),
    ],
)
def test_bad_users_are_refused(tmp_path: Path, name: str, password: str, role: str) -> None:
    with pytest.raises(UsageError):
        access.add_user(tmp_path, name, password, role)


def test_a_user_is_added_by_the_command_line(tmp_path: Path) -> None:
    Workspace.create(tmp_path)
    twice = "a long password\n" * 2

    def access_of(*arguments: str, typed: str = twice) -> Any:
        return CliRunner().invoke(app, ["-w", str(tmp_path), "access", *arguments], input=typed)

    assert access_of("ann", "--role", "editor").exit_code == 0
    assert access.log_in(tmp_path, "ann", "a long password") == access.User("ann", "editor")
    assert access_of("ann").exit_code == 0  # again: another role
    assert access.log_in(tmp_path, "ann", "a long password") == access.User("ann", "viewer")
    assert access_of("bob", "--role", "owner").exit_code == 2
    assert isinstance(access_of("bob", typed="short\nshort\n").exception, UsageError)
    assert access.log_in(tmp_path, "bob", "short") is None
