"""Decoding ahead of the engine: threads that read photos, and clips frame by frame, into a bounded queue."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, Queue

from thumper_core.contracts import ErrorCode, Status
from thumper_core.pipeline.clip import ClipTask, Gathering
from thumper_core.pipeline.progress import Meter
from thumper_core.pipeline.records import Decoded, PhotoResult, PhotoTask

_HELD_S = 0.2  # between looks while the engine is held
_PATIENCE_S = 2.0  # a partial batch goes ahead when decoding brings nothing for this long
_ROOM_S = 0.2  # between looks of a thread that waits for room for a frame
_Ready = tuple[Decoded | PhotoResult | Gathering | None, bool]
"""What a decoding thread hands over, and whether it is the last of its photo."""


@dataclass
class Ahead:
    """Threads that decode. queue_photos: how many photos they are ahead at most; frames: room for those of
    clips that are decoded and not begun, which whoever takes one gives back.
    """

    decode: Callable[[PhotoTask], Decoded | ClipTask | PhotoResult]
    threads: int
    queue_photos: int
    frames: threading.Semaphore
    meter: Meter
    is_held: Callable[[], bool]
    _is_closing: threading.Event = field(default_factory=threading.Event)

    def run(
        self, tasks: Iterable[PhotoTask], stop: threading.Event, n_waiting: Callable[[], int]
    ) -> Iterator[Decoded | PhotoResult | Gathering | None]:
        """What was decoded, as it comes; None when nothing came for a while.

        n_waiting: photos that were taken and are not begun: they count as ahead. A clip comes frame by
        frame, and is given itself where the last of them was back before its end was known.
        """
        ready: Queue[_Ready] = Queue()
        source = iter(tasks)
        under_way = 0
        self._is_closing.clear()
        with ThreadPoolExecutor(self.threads, "decode") as pool, _set_after(self._is_closing):
            exhausted = False
            while True:
                waiting = n_waiting()
                while not exhausted and under_way + waiting < self.queue_photos:
                    if self.is_held() and not stop.is_set():
                        break
                    task = None if stop.is_set() else next(source, None)
                    if task is None:
                        exhausted = True
                        break
                    pool.submit(self._into, ready, task)
                    under_way += 1
                if under_way == 0 and exhausted:
                    return
                if under_way == 0:  # held
                    with self.meter.busy("held"):
                        time.sleep(_HELD_S)
                    yield None
                    continue
                try:
                    with self.meter.busy("photos"):
                        item, is_last = ready.get(timeout=_PATIENCE_S)
                except Empty:
                    yield None
                    continue
                under_way -= is_last
                if item is not None:
                    yield item

    def _into(self, ready: Queue[_Ready], task: PhotoTask) -> None:
        """In a thread: decode a photo, or a clip for as long as there is room for its frames."""
        item = self._timed(task)
        if not isinstance(item, ClipTask):
            ready.put((item, True))
            return
        n = 0
        surprise: str | None = None
        while True:
            try:
                with self.meter.busy("decode"):
                    frame = next(item.frames, None)
            except Exception as error:  # a library's surprise costs the rest of one clip
                surprise, frame = f"{type(error).__name__}: {error}", None
            if frame is None:
                break
            while not self.frames.acquire(timeout=_ROOM_S):
                if self._is_closing.is_set():
                    return
            n += 1
            ready.put((frame, False))
        ready.put((item.gathering if item.end(n, surprise) else None, True))

    def _timed(self, task: PhotoTask) -> Decoded | ClipTask | PhotoResult:
        with self.meter.busy("decode"):
            try:
                return self.decode(task)
            except Exception as error:  # a library's surprise costs one photo, not the run
                return PhotoResult(
                    task.photo_id,
                    Status.ERROR,
                    ErrorCode.DECODE_FAILED,
                    f"The picture could not be decoded: {type(error).__name__}: {error}",
                )


@contextmanager
def _set_after(event: threading.Event) -> Iterator[None]:
    """Set an event on the way out, so that threads that wait for room give up."""
    try:
        yield
    finally:
        event.set()
