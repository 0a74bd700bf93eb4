"""How far a run is and what its stages spend their time on."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

_WINDOW_S = 30.0


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

    def as_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        return asdict(self)


class Meter:
    """Counts what the stages do; safe for several threads."""

    def __init__(self, total: int) -> None:
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._total = total
        self._done = 0
        self._detections = 0
        self._failures: Counter[str] = Counter()
        self._busy_s: defaultdict[str, float] = defaultdict(float)
        self._recent: deque[tuple[float, int]] = deque([(self._started, 0)])

    @contextmanager
    def busy(self, stage: str) -> Iterator[None]:
        """Count the time inside as work of `stage`."""
        started = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - started
            with self._lock:
                self._busy_s[stage] += spent

    def add(self, busy_s: Mapping[str, float]) -> None:
        """Count work that another process did: seconds by stage."""
        with self._lock:
            for stage, spent in busy_s.items():
                self._busy_s[stage] += spent

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
            return Progress(
                total=self._total,
                done=self._done,
                failed=sum(self._failures.values()),
                detections=self._detections,
                rate=rate,
                eta_s=left / rate if rate > 0 else None,
                elapsed_s=now - self._started,
                failures={code: n for code, n in self._failures.items() if n},
                busy_s=dict(self._busy_s),
            )
