"""Who may open the pages from another machine: names, roles and password hashes.

`<workspace>/access.toml` holds a `[users.NAME]` table each: `role` (`viewer` sees, `editor` decides)
and `password` (scrypt, RFC 7914, with its salt); `[oidc]` lists who may come by a provider
(`ops.oidc`). Without the file there is no login, and the pages listen on this machine only.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

import tomli_w

from thumper_core.contracts import UsageError
from thumper_core.files import write_whole

Role = Literal["viewer", "editor"]
ROLES: Final = get_args(Role)
PASSWORD_CHARS_MIN: Final = 10
_COST: Final = {"n": 2**14, "r": 8, "p": 1}
_NOBODY: Final = "scrypt$" + "00" * 16 + "$" + "00" * 32


@dataclass(frozen=True)
class User:
    """A user who logged in."""

    name: str
    role: str

    @property
    def may_edit(self) -> bool:
        """Whether decisions, settings and work are allowed."""
        return self.role == "editor"


def has_users(root: Path) -> bool:
    """Whether a user is listed."""
    return bool(_users(root))


def add_user(root: Path, name: str, password: str, role: str) -> None:
    """List a user, or change one. Raises UsageError for a bad name, role or short password."""
    if role not in ROLES:
        raise UsageError(f"role: {role!r} is not one of {', '.join(ROLES)}.")
    if not name.isprintable() or not name.strip() or len(name) > 80:
        raise UsageError("A user's name has 1 to 80 printable characters.")
    if len(password) < PASSWORD_CHARS_MIN:
        raise UsageError(f"A password has at least {PASSWORD_CHARS_MIN} characters.")
    salt = secrets.token_bytes(16)
    hashed = f"scrypt${salt.hex()}${_scrypt(password, salt).hex()}"
    access = read_access(root)
    users = access.get("users", {}) | {name: {"role": role, "password": hashed}}
    text = tomli_w.dumps(access | {"users": users})

    def write(path: Path) -> None:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)

    write_whole(_file(root), write)


def log_in(root: Path, name: str, password: str) -> User | None:
    """The user, or None where name or password is wrong; both take the same time."""
    entry = _users(root).get(name, {})
    _, salt, expected = str(entry.get("password", _NOBODY)).split("$")
    found = _scrypt(password, bytes.fromhex(salt))
    if hmac.compare_digest(found, bytes.fromhex(expected)) and entry:
        return User(name, str(entry.get("role", "viewer")))
    return None


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, dklen=32, maxmem=2**26, **_COST)


def read_access(root: Path) -> dict[str, Any]:
    """What `access.toml` says; nothing where there is none. Raises UsageError for a broken one."""
    try:
        return tomllib.loads(_file(root).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"Cannot read {_file(root)}: {error}.") from error


def _users(root: Path) -> dict[str, dict[str, Any]]:
    return dict(read_access(root).get("users", {}))


def _file(root: Path) -> Path:
    return root / "access.toml"
