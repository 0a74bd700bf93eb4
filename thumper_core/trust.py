"""What a person trusts on this machine: hashes, kept with the user and never in a workspace.

A workspace is a folder that may come from anywhere. What it names is believed as far as it can only be
wrong; what could run code, reach out or stand for something else needs the word of the person who
sits here, once: weights that are pickles, models that take the name of a known one, commands and
addresses. The word is kept by SHA-256 in `trusted.toml` of the user's own folder.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.files import user_dir, write_whole

Kind = Literal["weights", "model", "command", "address"]
FILE_NAME: Final = "trusted.toml"
_SHORTEST: Final = 8  # digits of a hash that stand for it


@dataclass(frozen=True)
class Subject:
    """Something that needs trust.

    kind: `weights`, a file that runs code when it is loaded; `model`, a registry's entry; `command`;
    `address`, which is sent something or asked for something; sha256: of the file's bytes, or
    `hash_of` what is meant; name: what a person knows it by.
    """

    kind: Kind
    sha256: str
    name: str


@dataclass(frozen=True)
class Trusted:
    """A subject that the user trusted, and on which day."""

    kind: str
    sha256: str
    name: str
    since: str  # ISO


class UntrustedError(ThumperError):
    """Something needs a person's trust first. The message says what, and the command that gives it."""

    def __init__(self, subject: Subject, message: str) -> None:
        super().__init__(plain(message))
        self.subject = subject


def plain(text: str) -> str:
    """Text of a stranger as a terminal may show it: nothing in it hides or overwrites the rest."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def hash_of(kind: Kind, *meant: Any) -> str:
    """SHA-256 of what is not a file: JSON values that say all of it. 64 hex digits."""
    text = json.dumps([kind, *meant], sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def trusted_file() -> Path:
    """Where this user's trust is kept."""
    return user_dir() / FILE_NAME


def trusted() -> list[Trusted]:
    """What this user trusts, in the order in which it was said. Raises UsageError."""
    return _read()[0]


def is_trusted(sha256: str, shipped: Collection[str] = ()) -> bool:
    """Whether the user trusts this hash; shipped: hashes that need no word unless it was taken back."""
    known, revoked = _read()
    return sha256 not in revoked and (
        sha256 in shipped or any(one.sha256 == sha256 for one in known)
    )


def remember(subject: Subject) -> None:
    """Trust it on this machine from now on."""
    known, revoked = _read()
    kept = [one for one in known if one.sha256 != subject.sha256]
    today = date.today().isoformat()
    new = Trusted(subject.kind, subject.sha256, plain(subject.name), today)
    _write([*kept, new], [one for one in revoked if one != subject.sha256])


def revoke(text: str, shipped: Collection[str] = ()) -> list[str]:
    """Trust no longer what has this name, or whose hash begins so; the hashes that are meant.

    shipped: hashes that are trusted without a word, which can be taken back too. Raises UsageError
    where nothing is meant.
    """
    known, revoked = _read()
    found = [one.sha256 for one in known if one.name == text]
    if not found and len(text) >= _SHORTEST:
        every = {one.sha256 for one in known} | set(shipped)
        found = sorted(sha256 for sha256 in every if sha256.startswith(text.lower()))
    if not found:
        raise UsageError(
            f"Nothing that is trusted is called {text!r} or has a hash that begins so. "
            "`thumper trust --list` lists all."
        )
    _write(
        [one for one in known if one.sha256 not in found], list(dict.fromkeys([*revoked, *found]))
    )
    return found


def _read() -> tuple[list[Trusted], list[str]]:
    path = trusted_file()
    try:
        document = tomllib.loads(path.read_text("utf-8"))
        known = [Trusted(**entry) for entry in document.get("trusted", [])]
        return known, [str(one) for one in document.get("revoked", [])]
    except FileNotFoundError:
        return [], []
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path}, which keeps what you trust, cannot be read ({error}). Mend it, or delete it "
            "and say again what you trust."
        ) from error


def _write(known: list[Trusted], revoked: list[str]) -> None:
    import tomli_w

    path = trusted_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"revoked": revoked, "trusted": [asdict(one) for one in known]}
    write_whole(path, tomli_w.dumps(document))
