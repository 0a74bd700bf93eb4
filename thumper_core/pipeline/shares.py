"""Who has which photo, where several workers share a run: every photo counts exactly once.

A photo waits, or one worker has it, or it is done. Only the worker that has a photo can finish it,
so neither an answer that comes twice nor one from a worker that was given up adds a row; and a lost
worker's photos wait again, so none is missing.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from typing import Final

from thumper_core.contracts import ErrorCode, Status
from thumper_core.pipeline.records import PhotoResult, PhotoTask

SUSPECT_DEATHS: Final = 2
"""A photo that so many workers died with is handed out alone."""


class Shares:
    """The photos of one pass over some workers; a worker is any number that is never used again."""

    def __init__(self, tasks: Sequence[PhotoTask]) -> None:
        self._tasks = tasks
        self._begun = 0  # so many of them were handed out
        self._again: deque[PhotoTask] = deque()  # lost workers' photos: they go out first
        self._with: dict[int, dict[str, PhotoTask]] = {}
        self._deaths: Counter[str] = Counter()

    def hand_out(self, worker: int, n: int) -> list[PhotoTask]:
        """Up to `n` more photos for a worker. Suspects go out alone, to workers with nothing else.

        A photo that kills each worker that touches it would otherwise take its neighbours with it for ever.
        """
        mine = self._with.setdefault(worker, {})
        if any(self._is_suspect(photo_id) for photo_id in mine):
            return []
        given: list[PhotoTask] = []
        while self._again and len(given) < n and not self._is_suspect(self._again[0].photo_id):
            given.append(self._again.popleft())
        if not self._again:
            fresh = self._tasks[self._begun : self._begun + n - len(given)]
            self._begun += len(fresh)
            given += fresh
        elif not mine and not given:
            given.append(self._again.popleft())
        mine.update((task.photo_id, task) for task in given)
        return given

    def accept(self, worker: int, results: Sequence[PhotoResult]) -> list[PhotoResult]:
        """Those results that count: of photos that this worker has, which are done with them."""
        mine = self._with.get(worker, {})
        return [result for result in results if mine.pop(result.photo_id, None) is not None]

    def take_back(self, worker: int) -> list[PhotoResult]:
        """A worker died: its photos wait again.

        A suspect that it had alone is done: a failed photo, whose result is returned.
        """
        lost = list(self._with.pop(worker, {}).values())
        self._deaths.update(task.photo_id for task in lost)
        if len(lost) == 1 and self._deaths[lost[0].photo_id] > SUSPECT_DEATHS:
            return [_deadly(lost[0])]
        self._again.extend(lost)
        return []

    def give_back(self, worker: int) -> int:
        """A worker refuses to go on: its photos wait again, no worse than before; their number."""
        lost = self._with.pop(worker, {})
        self._again.extend(lost.values())
        return len(lost)

    def n_with(self, worker: int) -> int:
        """How many photos a worker has."""
        return len(self._with.get(worker, ()))

    @property
    def n_waiting(self) -> int:
        """How many photos no worker has."""
        return len(self._again) + len(self._tasks) - self._begun

    @property
    def is_done(self) -> bool:
        """Whether no photo waits and none is with a worker."""
        return self.n_waiting == 0 and not any(self._with.values())

    def _is_suspect(self, photo_id: str) -> bool:
        return self._deaths[photo_id] >= SUSPECT_DEATHS


def _deadly(task: PhotoTask) -> PhotoResult:
    return PhotoResult(
        task.photo_id,
        Status.ERROR,
        ErrorCode.DECODE_FAILED,
        "The process that worked on this photo alone died, after others that had it among their "
        "photos. It is left out; the log of the machine says why.",
    )
