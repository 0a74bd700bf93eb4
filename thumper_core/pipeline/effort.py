"""How hard the machine works: beside the person who uses it, or with all it has (turbo)."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np

from thumper_core.cores import core_count
from thumper_core.pipeline.local import batches_in_flight
from thumper_core.pipeline.tuned import Tuned, with_tuned
from thumper_core.settings import Settings
from thumper_core.vision.detectors import Detector

BATCH_SIZES: Final = (8, 16, 32, 64, 128)
GAIN_MIN: Final = 1.05
NICENESS: Final = 10


def with_effort(
    settings: Settings, detector: Detector, *, turbo: bool, tuned: Tuned | None = None
) -> Settings:
    """Settings for the effort; a number of threads that was set by hand stays.

    turbo: every core decodes and the batch is as large as pays off. Otherwise one core stays free
    and this process gives way to others: call it in a process that does nothing else. tuned: what
    was measured here, in place of guessing and probing.
    """
    cores = core_count()
    if turbo and tuned:
        return with_tuned(settings, tuned)
    if turbo:
        threads = settings.engine.decode_threads or cores
        batch = probe_batch_size(detector, batches_in_flight(settings.engine.device))
        return settings.replace(
            "engine",
            decode_threads=threads,
            batch_size=batch,
            queue_photos=max(settings.engine.queue_photos, 3 * batch),
        )
    give_way()
    threads = settings.engine.decode_threads or max(1, cores - 1)
    return with_tuned(settings.replace("engine", decode_threads=threads), tuned)


def give_way() -> None:
    """Let the processor serve other processes first from here on; where none works, nothing changes.

    Linux weighs whole sessions against each other (sched(7), "The autogroup feature"), so that
    among them a process's own niceness counts for nothing: one that leads a session of its own, as
    detached work does, says it for the session as well.
    """
    if not hasattr(os, "nice"):
        return
    os.nice(max(0, NICENESS - os.nice(0)))
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):  # not every kernel groups sessions
            Path("/proc/self/autogroup").write_text(str(NICENESS), "ascii")


def probe_batch_size(
    detector: Detector, in_flight: int = 1, clock: Callable[[], float] = time.perf_counter
) -> int:
    """The smallest batch that a larger one does not beat by a twentieth, in pictures a second.

    in_flight: batches under way at once, as in a run. A size that the device refuses (memory) ends
    the search. Raises what the detector raises at the smallest size.
    """
    height, width = detector.input_size(1920, 1080)
    best, best_rate = BATCH_SIZES[0], 0.0
    with ThreadPoolExecutor(in_flight) as pool:
        for size in BATCH_SIZES:
            batches = [np.zeros((size, height, width, 3), np.uint8)] * in_flight
            try:
                list(pool.map(detector.detect, batches))  # the first calls compile and allocate
                started = clock()
                list(pool.map(detector.detect, batches))
                rate = size * in_flight / max(clock() - started, 1e-9)
            except Exception:
                if size == BATCH_SIZES[0]:
                    raise
                break
            if best_rate and rate < best_rate * GAIN_MIN:
                break
            best, best_rate = size, rate
    return best
