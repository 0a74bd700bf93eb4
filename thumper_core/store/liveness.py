"""Whether a process lives, asked only where its number means something.

A process number is one of a host, of one start of that host, and of one PID namespace: two
containers with the same host name both have a process 7. Elsewhere only a heartbeat can tell.
"""

from __future__ import annotations

import socket
from functools import cache
from pathlib import Path

import psutil

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")


@cache
def home() -> str:
    """Where this process's number means something: host, start of the host, PID namespace.

    macOS and Windows have no PID namespaces and are told apart by their host name alone; that a
    number was given again after a restart shows in the process's start time (`process_of`).
    """
    return "|".join((socket.gethostname(), _boot_id(), _namespace()))


def process_of(pid: int | None, pid_started: float | None) -> psutil.Process | None:
    """The process with this PID that started then; None where it has ended or is another."""
    try:
        process = psutil.Process(pid)
        is_same = abs(process.create_time() - (pid_started or 0.0)) < 2.0
    except psutil.Error:
        return None
    return process if is_same else None


def _boot_id() -> str:
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return str(_NAMESPACE.readlink())
    except OSError:
        return ""
