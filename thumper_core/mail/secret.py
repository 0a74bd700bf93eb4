"""A mailbox's password: asked for when it is needed, kept nowhere."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from pathlib import Path
from typing import Final

from thumper_core.children import users_environment
from thumper_core.contracts import ThumperError
from thumper_core.files import expanded
from thumper_core.mail.boxes import Mailbox

_COMMAND_S: Final = 60.0
_CHARS_MAX: Final = 4096


def password_of(box: Mailbox) -> str:
    """The password, from where the mailbox says. Raises ThumperError, which never holds it."""
    kind, where = box.password_source
    told = {"password_env": _of_environment, "password_file": _of_file}.get(kind, _of_command)(
        where
    )
    first = told.splitlines()[0] if told.strip() else ""
    if not first or len(first) > _CHARS_MAX:
        raise ThumperError(f"{kind} = {where!r} gives no password.")
    return first


def _of_environment(name: str) -> str:
    if name not in os.environ:
        raise ThumperError(f"The password is to be in ${name}, which is not set.")
    return os.environ[name]


def _of_file(name: str) -> str:
    path = expanded(name)
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
                mend = f"chmod 600 {shlex.quote(str(path))}"
                raise ThumperError(f"{path} holds a password, and others may read it: `{mend}`.")
            return file.read(_CHARS_MAX + 1).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ThumperError(f"Cannot read the password in {path}: {reason}.") from error


def _of_command(command: str) -> str:
    try:
        done = subprocess.run(
            shlex.split(command), capture_output=True, check=False, timeout=_COMMAND_S,
            stdin=subprocess.DEVNULL, env=users_environment(), cwd=Path.home(),
        )  # fmt: skip
        if done.returncode:
            raise ThumperError(f"The command for the password ended with {done.returncode}.")
        return done.stdout.decode("utf-8")
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise ThumperError(
            f"The command for the password did not work: {type(error).__name__}."
        ) from error
