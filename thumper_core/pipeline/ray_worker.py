"""One worker of many: a process on some machine that runs the engine on the photos it is handed.

It never writes to the workspace. Its results go back to the process that runs `thumper run`, which
commits them: one writer, so the same shards and the same commit as on one machine. Nothing here
needs Ray, which only carries the calls.
"""

from __future__ import annotations

import os
import platform
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from queue import Empty, Queue

from thumper_core import __version__
from thumper_core.contracts import ThumperError
from thumper_core.pipeline.launch import Models
from thumper_core.pipeline.local import local_engine
from thumper_core.pipeline.pending import is_away, require_root
from thumper_core.pipeline.progress import Meter
from thumper_core.pipeline.records import PhotoResult, PhotoTask
from thumper_core.pipeline.reuse import KnownPhoto
from thumper_core.pipeline.run import fingerprint
from thumper_core.settings import Settings

_REPLY_S = 1.0  # an exchange takes no longer, so that the job beats and a stop is heard
_LULL_S = 0.2  # no photo waits for so long: what the engine holds is finished


@dataclass(frozen=True)
class Order:
    """What a worker must know, and be, to work on a run.

    open_models: loads the run's models on the worker's machine; fingerprint: of the run, which
    those models must have too; roots: folders of photos, which the machine must see under these
    names.
    """

    settings: Settings
    open_models: Callable[[], Models]
    fingerprint: str
    roots: tuple[str, ...]
    version: str = __version__


@dataclass(frozen=True)
class Handout:
    """What a worker is told in one exchange: photos, what is known of them, and what to do."""

    tasks: list[PhotoTask] = field(default_factory=list)
    known: dict[str, KnownPhoto] = field(default_factory=dict)
    is_held: bool = False
    is_stopped: bool = False


@dataclass(frozen=True)
class Reply:
    """What a worker answers. busy_s: seconds by stage and by wait since the last one."""

    results: list[PhotoResult]
    busy_s: dict[str, float]
    is_idle: bool  # nothing is under way


class Worker:
    """Models of its own, and an engine that runs for as long as photos come."""

    def __init__(self, order: Order, cores: int) -> None:
        """cores: how many threads may decode."""
        self._order = order
        self._cores = cores
        self._meter = Meter(0)
        self._told_busy_s: dict[str, float] = {}
        self._tasks: Queue[PhotoTask] = Queue()
        self._kept: PhotoTask | None = None  # taken from the queue and not begun
        self._known: dict[str, KnownPhoto] = {}
        self._changed = threading.Condition()  # of what stands below
        self._open: dict[str, PhotoTask] = {}  # handed over and not complete
        self._results: list[PhotoResult] = []  # complete and not told
        self._error: Exception | None = None
        self._is_over = False
        self._is_held = False
        self._stop = threading.Event()

    def begin(self) -> str:
        """Load the models and start; the machine's name and what it works with, for people.

        Raises ThumperError, naming the machine, where it cannot do what the run needs.
        """
        order, host = self._order, socket.gethostname()
        if order.version != __version__:
            raise ThumperError(
                f"{host} has Thumper {__version__} and the run was started with {order.version}: "
                "install the same version on every machine."
            )
        for root in order.roots:
            if is_away(root):
                raise ThumperError(
                    f"{host} does not see the photos in {root}, or sees an empty folder: every "
                    "machine must have the photos under the same path."
                )
        try:
            models = order.open_models()
        except ThumperError as error:
            raise ThumperError(f"{host}: {error}") from None
        if fingerprint(models.detector, models.embedder, order.settings) != order.fingerprint:
            raise ThumperError(
                f"{host} has other weights for {models.detector.name} or {models.embedder.name} "
                "than the run. `thumper models verify` on both machines says which are right."
            )
        options = order.settings.engine
        settings = order.settings.replace(
            "engine", decode_threads=options.decode_threads or self._cores
        )
        engine = local_engine(
            models.detector,
            models.embedder,
            settings,
            self._meter,
            self._known,
            lambda: self._is_held,
        )
        threading.Thread(target=self._work, args=(engine.run,), name="engine", daemon=True).start()
        return f"{host} ({self._cores} cores, {platform.machine()}, process {os.getpid()})"

    def exchange(self, handout: Handout) -> Reply:
        """Take photos; give what is complete within a second, or sooner where that is everything.

        Raises what the engine failed with; then no result since the last reply is given.
        """
        self._is_held = handout.is_held
        if handout.is_stopped:
            self._stop.set()
        self._known.update(handout.known)
        with self._changed:
            self._open.update((task.photo_id, task) for task in handout.tasks)
        for task in handout.tasks:
            self._tasks.put(task)
        with self._changed:
            self._changed.wait_for(self._has_news, timeout=_REPLY_S)
            if self._error is not None:
                raise self._error
            results, self._results = self._results, []
            return Reply(results, self._new_busy_s(), self._is_over or not self._open)

    def _has_news(self) -> bool:
        """Whether waiting longer brings nothing more."""
        return self._is_over or (bool(self._results) and not self._open)

    def _work(
        self, run: Callable[[Iterator[PhotoTask], threading.Event], Iterator[PhotoResult | None]]
    ) -> None:
        """The engine's thread: runs until told to stop, over one stretch of photos after another."""
        try:
            while not self._stop.is_set():
                for result in run(self._coming(), self._stop):
                    if result is not None:
                        self._complete(result)
        except Exception as error:
            self._error = error
        finally:
            with self._changed:
                self._is_over = True
                self._changed.notify_all()

    def _coming(self) -> Iterator[PhotoTask]:
        """Photos as they are handed over, until none came for a while after the first, or none may.

        A photo that comes while work is held is kept for the next stretch.
        """
        has_begun = False
        while not self._stop.is_set():
            try:
                task = self._kept or self._tasks.get(timeout=_LULL_S)
            except Empty:
                if has_begun:
                    return
                continue
            self._kept = task if self._is_held else None
            if self._kept is None:
                has_begun = True
                yield task
            elif has_begun:
                return
            else:
                time.sleep(_LULL_S)

    def _complete(self, result: PhotoResult) -> None:
        """Keep a result for the next reply. Raises ThumperError where the photos' folder is away."""
        try:
            require_root(self._order.roots, self._open[result.photo_id], result)
        except ThumperError as error:
            raise ThumperError(f"{socket.gethostname()}: {error}") from None
        self._known.pop(result.photo_id, None)
        with self._changed:
            del self._open[result.photo_id]
            self._results.append(result)
            if not self._open:
                self._changed.notify_all()

    def _new_busy_s(self) -> dict[str, float]:
        """Seconds of work by stage since this was asked last."""
        total = self._meter.spent()
        told, self._told_busy_s = self._told_busy_s, total
        return {stage: spent - told.get(stage, 0.0) for stage, spent in total.items()}
