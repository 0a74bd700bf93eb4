"""The mailboxes of a workspace: `mailboxes.toml`, and who says that they may be asked.

The file travels with a workspace, so a mailbox in it is asked only where this user trusts it: a
stranger's would be told a password that lies on this machine. Where the password is, is written there;
what it is, never.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from thumper_core.contracts import UsageError
from thumper_core.files import write_whole
from thumper_core.stage import Stage
from thumper_core.trust import Subject, UntrustedError, hash_of, is_trusted
from thumper_core.workspace import Workspace

FILE_NAME: Final = "mailboxes.toml"
FOLDER: Final = "mail"
"""Below the workspace: a folder for each mailbox, in it one for each camera."""
PORTS: Final = {"tls": 993, "starttls": 143, "none": 143}
_NAME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,60}")
_SOURCES: Final = ("password_env", "password_file", "password_command")


class Mailbox(Stage):
    """One mailbox.

    camera: a regular expression with a group `camera` (and, if the mail says it, `time`), looked for in the
    subject, the sender, then the text; cameras: by a sender's address or a folder, what the camera is called;
    only_from: parts of senders' addresses, others' mails are left alone; every_s: between two looks of
    `watch`; message_mib_max: a larger message is refused.
    """

    host: str = Field(min_length=1, max_length=253)
    user: str = Field(min_length=1, max_length=320)
    port: int = Field(0, ge=0, le=65535)
    security: Literal["tls", "starttls", "none"] = "tls"
    folders: tuple[str, ...] = ("INBOX",)
    password_env: str = ""
    password_file: str = ""
    password_command: str = ""
    only_from: tuple[str, ...] = ()
    camera: str = ""
    cameras: dict[str, str] = Field(default_factory=dict)
    every_s: float = Field(300.0, ge=10)
    message_mib_max: int = Field(50, ge=1, le=1024)

    @field_validator("host", "user", "password_env", "password_file", "password_command")
    @classmethod
    def _printable(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("it holds characters that cannot be printed")
        return value

    @field_validator("folders", "only_from")
    @classmethod
    def _one_line_each(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(one and one.isprintable() for one in value):
            raise ValueError("each is a word or more, without control characters")
        return value

    @field_validator("only_from")
    @classmethod
    def _as_in_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(map(str.isascii, value)):
            raise ValueError("addresses are made of ASCII letters")
        return value

    @field_validator("camera")
    @classmethod
    def _names_a_camera(cls, value: str) -> str:
        try:
            pattern = re.compile(value)
        except re.error as error:
            raise ValueError(f"it is no regular expression: {error}") from error
        if value and "camera" not in pattern.groupindex:
            raise ValueError("it needs a group (?P<camera>...)")
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> Mailbox:
        if sum(bool(getattr(self, name)) for name in _SOURCES) != 1:
            raise ValueError(f"say where the password is: one of {', '.join(_SOURCES)}")
        if self.security == "none" and not _is_this_machine(self.host):
            raise ValueError(
                "security: without TLS a password can be read on the way; "
                "`none` is for a server on this machine"
            )
        return self

    @property
    def at_port(self) -> int:
        """The port, or the usual one."""
        return self.port or PORTS[self.security]

    @property
    def account(self) -> str:
        """By what the ledger knows how far it was read: UIDs are of one server's account."""
        return f"{self.user} at {self.host}"

    @property
    def password_source(self) -> tuple[str, str]:
        """(which of the three, its value)."""
        return next((name, getattr(self, name)) for name in _SOURCES if getattr(self, name))

    @property
    def subject(self) -> Subject:
        """What a person trusts: this server, this user, this password."""
        kind, where = self.password_source
        meant = (self.host, self.at_port, self.security, self.user, kind, where)
        shown = {"password_env": f"${where}", "password_command": f"`{where}`"}.get(kind, where)
        name = f"mailbox {self.account}:{self.at_port}, password from {shown}"
        return Subject("address", hash_of("address", "mailbox", *meant), name)


def mailboxes(root: Path) -> dict[str, Mailbox]:
    """The mailboxes of a workspace, by name; none where the file is absent.

    Raises UsageError, naming the file and the key, where it is not valid.
    """
    path = root / FILE_NAME
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"Cannot read {path}: {error}.") from error
    listed = document.get("mailboxes", {})
    if not isinstance(listed, dict) or set(document) - {"mailboxes"}:
        raise UsageError(f"{path}: each mailbox is a table [mailboxes.NAME].")
    return {name: checked(name, values, str(path)) for name, values in listed.items()}


def checked(name: str, values: Any, where: str) -> Mailbox:
    """A mailbox of these values. Raises UsageError, naming `where` and the key."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{where}: {name!a} is no name of a mailbox; take letters, digits, - and _."
        )
    try:
        return Mailbox.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{where}, mailbox {name}: {key + ': ' if key else ''}{said}.") from error


def save_mailboxes(root: Path, found: Mapping[str, Mailbox]) -> None:
    """Write the file whole; what is as usual is left out."""
    import tomli_w

    tables = {
        name: box.model_dump(mode="json", exclude_defaults=True) for name, box in found.items()
    }
    write_whole(root / FILE_NAME, tomli_w.dumps({"mailboxes": tables}), durable=True)


def require_trusted(name: str, box: Mailbox) -> None:
    """Raise UntrustedError where this user has not said that the mailbox may be asked."""
    if not is_trusted(box.subject.sha256):
        raise UntrustedError(
            box.subject,
            f"{FILE_NAME} of this workspace names the mailbox {name} ({box.subject.name}), and you have "
            "not said that you trust it: `thumper trust`.",
        )


def mail_dir(workspace: Workspace, name: str) -> Path:
    """Where a mailbox's pictures are saved: the root of its photos."""
    return workspace.root / FOLDER / name


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
