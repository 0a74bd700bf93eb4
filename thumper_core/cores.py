"""How many cores of the processor this process has."""

from __future__ import annotations

import os


def core_count() -> int:
    """Cores this process may run on (its affinity, not what the machine has)."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS or Windows
        return os.cpu_count() or 1
