"""Notices of anomalies, sent to a command or a web address."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import urllib.request
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from thumper_core.settings import OpsSettings

_TIMEOUT_S: Final = 20.0


def notify(settings: OpsSettings, event: str, message: str, **facts: Any) -> list[str]:
    """Send `event` (a word) and `message` where the settings say; returns what went wrong.

    The command gets JSON on its standard input and `THUMPER_EVENT`, `THUMPER_MESSAGE` in its
    environment; the address gets the JSON as a POST, with a `text` field that chat services show.
    A notification that fails never fails the work it speaks of.
    """
    body: Mapping[str, Any] = {"event": event, "message": message, "text": message, **facts}
    text = json.dumps(body, default=str)
    problems = []
    if settings.notify_command:
        problems += _command(settings.notify_command, event, message, text)
    if settings.notify_webhook:
        problems += _post(settings.notify_webhook, text)
    return problems


def _command(command: str, event: str, message: str, text: str) -> list[str]:
    environment = os.environ | {"THUMPER_EVENT": event, "THUMPER_MESSAGE": message}
    try:
        done = subprocess.run(
            shlex.split(command), input=text, text=True, capture_output=True, check=False,
            timeout=_TIMEOUT_S, env=environment,
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
