"""Notices of anomalies, sent to a command or a web address.

`thumper.toml` travels with a workspace, so what it names is run or called only where this user trusts
it; what the environment says (`THUMPER_OPS__NOTIFY_COMMAND`) is the user's own word.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from thumper_core.children import users_environment
from thumper_core.settings import OpsSettings, Settings
from thumper_core.trust import Subject, hash_of, is_trusted, plain

_TIMEOUT_S: Final = 20.0


def notify(settings: OpsSettings, event: str, message: str, **facts: Any) -> list[str]:
    """Send `event` (a word) and `message` where the settings say; returns what went wrong.

    The command gets JSON on its standard input and `THUMPER_EVENT`, `THUMPER_MESSAGE` in its
    environment; the address gets the JSON as a POST, with a `text` field that chat services show.
    A notification that fails never fails the work it speaks of. A command or address that is not
    trusted counts as what went wrong. The command works in the user's home folder.
    """
    body: Mapping[str, Any] = {"event": event, "message": message, "text": message, **facts}
    text = json.dumps(body, default=str)
    refused = untrusted(settings)
    problems = [
        f"ops.notify_{'command' if one.kind == 'command' else 'webhook'}: {plain(one.name)} comes from "
        "this workspace's thumper.toml, and you have not said that you trust it: `thumper trust`"
        for one in refused
    ]
    kinds = {one.kind for one in refused}
    if settings.notify_command and "command" not in kinds:
        problems += _command(settings.notify_command, event, message, text)
    if settings.notify_webhook and "address" not in kinds:
        problems += _post(settings.notify_webhook, text)
    return problems


def untrusted(settings: OpsSettings) -> list[Subject]:
    """The command and the address of the settings, as far as they still need the user's trust."""
    own = Settings().ops  # the environment's alone
    command, address = settings.notify_command, settings.notify_webhook
    subjects = []
    if command and command != own.notify_command:
        subjects.append(Subject("command", hash_of("command", command), command))
    if address and address != own.notify_webhook:
        subjects.append(Subject("address", hash_of("address", address), address))
    return [one for one in subjects if not is_trusted(one.sha256)]


def _command(command: str, event: str, message: str, text: str) -> list[str]:
    environment = users_environment() | {"THUMPER_EVENT": event, "THUMPER_MESSAGE": message}
    try:
        done = subprocess.run(
            shlex.split(command), input=text, text=True, capture_output=True, check=False,
            timeout=_TIMEOUT_S, env=environment, cwd=Path.home(),
        )  # fmt: skip
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return [f"ops.notify_command: {error}"]
    return [f"ops.notify_command ended with {done.returncode}"] if done.returncode else []


def _post(address: str, text: str) -> list[str]:
    if urlsplit(address).scheme not in ("http", "https"):
        return ["ops.notify_webhook: not an http address"]
    request = urllib.request.Request(
        address, text.encode(), {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S):
            return []
    except (OSError, ValueError) as error:
        return [f"ops.notify_webhook: {error}"]
