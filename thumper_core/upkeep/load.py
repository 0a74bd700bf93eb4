"""What the machine is doing while something works: processor, memory, cards."""

from __future__ import annotations

from dataclasses import dataclass, field

import psutil

from thumper_core.upkeep.gpu import Gpu, gpus


@dataclass(frozen=True)
class Load:
    """The load of the machine and of one process with its children.

    processor: share of all cores that are busy since the last look, in [0, 1]; memory: bytes that the
    process and its children hold, or None where it has gone; memory_used, memory_total: of the whole
    machine, bytes; cards: every GPU that the driver shows.
    """

    processor: float
    memory: int | None
    memory_used: int
    memory_total: int
    cards: list[Gpu] = field(default_factory=list)

    @property
    def busiest(self) -> Gpu | None:
        """The card with most to do; of several that idle, the one that holds most."""
        return max(self.cards, key=lambda c: (c.utilisation, c.memory_used), default=None)


def load_of(pid: int | None) -> Load:
    """The load as of now; pid: the process that works, None: not known yet.

    >>> import os
    >>> from thumper_core import load_of
    >>> load = load_of(os.getpid())
    >>> 0 < load.memory <= load.memory_total
    True
    """
    whole = psutil.virtual_memory()
    return Load(
        processor=psutil.cpu_percent() / 100,
        memory=_memory(pid),
        memory_used=whole.total - whole.available,
        memory_total=whole.total,
        cards=gpus(),
    )


def _memory(pid: int | None) -> int | None:
    """Resident bytes of a process and its children; None where there is none to ask."""
    if pid is None:
        return None
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except (psutil.Error, ValueError):
        return None
    held = 0
    for one in family:
        try:
            held += one.memory_info().rss
        except psutil.Error:
            continue  # a child that has just ended holds nothing
    return held
