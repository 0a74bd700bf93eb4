"""How far a run is, and what its stages spend their time on and wait for."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Final

from thumper_core.cores import core_count

_WINDOW_S = 30.0
WAITS: Final = ("photos", "models", "disk", "room", "held")
"""What is waited for: by the engine's owner decoded photos, the models and the writer, by the decoding
threads room in the queue, and by every thread that work is not held any more."""


@dataclass(frozen=True)
class Progress:
    """A run at one moment. Rates are photos a second over the last half minute."""

    total: int
    done: int
    failed: int
    detections: int
    rate: float
    eta_s: float | None
    elapsed_s: float
    failures: dict[str, int] = field(default_factory=dict)
    busy_s: dict[str, float] = field(default_factory=dict)  # by stage, summed over threads
    waiting_s: dict[str, float] = field(default_factory=dict)  # by what is waited for, likewise
    cpu_s: dict[str, float] = field(default_factory=dict)  # core-seconds; `process`: of everything
    cores: int = 1
    decode_threads: int = 0  # 0: not known
    on_gpu: bool = False

    def as_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        return asdict(self)


class Meter:
    """Counts what the stages do; safe for several threads.

    Stages do not overlap within a thread: what is counted inside another stage is taken off it.
    """

    def __init__(self, total: int) -> None:
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._total = total
        self._done = 0
        self._detections = 0
        self._failures: Counter[str] = Counter()
        self._spent_s: defaultdict[str, float] = defaultdict(float)
        self._cpu_s: defaultdict[str, float] = defaultdict(float)
        self._cpu_started = time.process_time()
        self._inner = threading.local()  # seconds and core-seconds of stages inside the present one
        self._decode_threads = 0
        self._decoding_since: float | None = None
        self._decoding_s = 0.0  # that decoding threads were there, times their number
        self._on_gpu = False
        self._recent: deque[tuple[float, int]] = deque([(self._started, 0)])

    @contextmanager
    def busy(self, stage: str) -> Iterator[None]:
        """Count the time inside as work of `stage`, or as waiting where it is one of `WAITS`."""
        outer = getattr(self._inner, "spent", (0.0, 0.0))
        self._inner.spent = (0.0, 0.0)
        wall, cpu = time.perf_counter(), time.thread_time()
        try:
            yield
        finally:
            wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
            inner = self._inner.spent
            self._inner.spent = (outer[0] + wall, outer[1] + cpu)
            with self._lock:
                self._spent_s[stage] += wall - inner[0]
                self._cpu_s[stage] += cpu - inner[1]

    @contextmanager
    def decoding(self, threads: int, *, on_gpu: bool = False) -> Iterator[None]:
        """Inside, so many threads decode, or wait for room; on_gpu: and the models run on a GPU."""
        with self._lock:
            self._decode_threads, self._on_gpu = threads, on_gpu
            self._decoding_since = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self._decoding_s = self._decoding_until_now()
                self._decoding_since = None

    def _decoding_until_now(self) -> float:
        since = self._decoding_since
        if since is None:
            return self._decoding_s
        return self._decoding_s + self._decode_threads * (time.perf_counter() - since)

    def _spent_until_now(self) -> dict[str, float]:
        """Seconds by stage and by wait. The lock is held."""
        spent = dict(self._spent_s)
        if there := self._decoding_until_now():
            worked = spent.get("read", 0.0) + spent.get("decode", 0.0)
            held = self._decode_threads * spent.get("held", 0.0)
            spent["room"] = spent.get("room", 0.0) + max(0.0, there - worked - held)
        return spent

    def spent(self) -> dict[str, float]:
        """Seconds by stage and by wait, for `add` in another process."""
        with self._lock:
            return self._spent_until_now()

    def add(self, spent_s: Mapping[str, float]) -> None:
        """Count what another process spent: seconds by stage and by wait."""
        with self._lock:
            for stage, spent in spent_s.items():
                self._spent_s[stage] += spent

    def photo(self, n_detections: int, error_code: str | None) -> None:
        """Count one photo whose result is complete."""
        with self._lock:
            self._done += 1
            self._detections += n_detections
            if error_code:
                self._failures[error_code] += 1

    def again(self, old_code: str, n_detections: int, error_code: str | None) -> None:
        """Count the second try of a photo that had failed with `old_code`."""
        with self._lock:
            self._detections += n_detections
            self._failures[old_code] -= 1
            if error_code:
                self._failures[error_code] += 1

    def progress(self) -> Progress:
        """The run as of now."""
        now = time.monotonic()
        with self._lock:
            self._recent.append((now, self._done))
            while len(self._recent) > 2 and now - self._recent[0][0] > _WINDOW_S:
                self._recent.popleft()
            then, done_then = self._recent[0]
            rate = (self._done - done_then) / (now - then) if now > then else 0.0
            left = self._total - self._done
            spent = self._spent_until_now()
            cpu = {k: v for k, v in self._cpu_s.items() if k not in WAITS}
            return Progress(
                total=self._total,
                done=self._done,
                failed=sum(self._failures.values()),
                detections=self._detections,
                rate=rate,
                eta_s=left / rate if rate > 0 else None,
                elapsed_s=now - self._started,
                failures={code: n for code, n in self._failures.items() if n},
                busy_s={k: v for k, v in spent.items() if k not in WAITS},
                waiting_s={k: v for k, v in spent.items() if k in WAITS},
                cpu_s=cpu | {"process": time.process_time() - self._cpu_started},
                cores=core_count(),
                decode_threads=self._decode_threads,
                on_gpu=self._on_gpu,
            )
