"""Results to shards: the only writer of a run's folder in the lake."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from queue import Empty, Queue
from types import TracebackType

import numpy as np
import pyarrow as pa

from thumper_core.contracts import DETECTIONS, EMBEDDINGS, OUTCOMES
from thumper_core.pipeline.progress import Meter
from thumper_core.pipeline.records import PhotoResult
from thumper_core.store.lake import Lake


class ShardWriter:
    """Collects complete photos and commits a shard after so many photos or seconds.

    claim: the job that has the run; nothing is committed once another one took it over.
    """

    def __init__(
        self,
        lake: Lake,
        run_id: str,
        embedder: str,
        *,
        claim: int,
        shard_photos: int,
        shard_seconds: float,
    ) -> None:
        self._lake = lake
        self._run_id = run_id
        self._kind = f"runs/{run_id}"
        self._embedder = embedder
        self._claim = claim
        self._shard_photos = shard_photos
        self._shard_seconds = shard_seconds
        self._waiting: list[PhotoResult] = []
        self._opened_at = time.monotonic()

    def add(self, result: PhotoResult) -> None:
        """Take a complete photo; commits when the shard is full or old enough."""
        if not self._waiting:
            self._opened_at = time.monotonic()
        self._waiting.append(result)
        if len(self._waiting) >= self._shard_photos:
            self.commit()
        else:
            self.commit_if_due()

    def commit_if_due(self) -> None:
        """Commit what waits where the oldest of it has waited long enough."""
        if self._waiting and time.monotonic() - self._opened_at >= self._shard_seconds:
            self.commit()

    def commit(self) -> None:
        """Commit what waits as one shard."""
        if not self._waiting:
            return
        results, self._waiting = self._waiting, []
        self._lake.write_shard(
            self._kind,
            self._lake.next_shard_name(self._kind),
            shard_tables(results, self._run_id, self._embedder),
            claim=self._claim,
        )


class WriterThread:
    """Feeds a `ShardWriter` from a bounded queue in a thread of its own, so that the device never
    waits for the disk.

    Leaving the `with` block commits what is left; an error of the disk is raised at the next `put`
    or on leaving.
    """

    def __init__(self, writer: ShardWriter, queue_photos: int, meter: Meter) -> None:
        self._writer = writer
        self._meter = meter
        self._queue: Queue[PhotoResult | None] = Queue(queue_photos)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="write", daemon=True)

    def __enter__(self) -> WriterThread:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._queue.put(None)
        self._thread.join()
        if self._error is not None and error is None:
            raise self._error

    def put(self, result: PhotoResult) -> None:
        """Hand a complete photo over; waits while the queue is full."""
        if self._error is not None:
            raise self._error
        with self._meter.busy("disk"):
            self._queue.put(result)

    def _work(self) -> None:
        """Write until told to end; after an error, only empty the queue."""
        while True:
            try:
                result = self._queue.get(timeout=1.0)
            except Empty:
                self._try(self._writer.commit_if_due)
                continue
            if result is None:
                self._try(self._writer.commit)
                return
            self._try(self._writer.add, result)

    def _try(self, step: Callable[..., None], *args: PhotoResult) -> None:
        if self._error is not None:
            return
        try:
            with self._meter.busy("write"):
                step(*args)
        except BaseException as error:
            self._error = error


def shard_tables(results: list[PhotoResult], run_id: str, embedder: str) -> dict[str, pa.Table]:
    """The three tables of a shard from complete results."""
    now = datetime.now(UTC)
    outcomes = [
        {
            "run_id": run_id,
            "photo_id": r.photo_id,
            "status": r.status.value,
            "error_code": r.error_code.value if r.error_code else None,
            "error_message": r.error_message,
            "n_detections": len(r.boxes),
            "processed_at": now,
            "n_frames": r.n_frames,
            "clip": r.trace,
        }
        for r in results
    ]
    found = [r for r in results if len(r.boxes)]
    ids = [f"{r.photo_id}-{i}" for r in found for i in range(len(r.boxes))]
    xyxy = np.concatenate([r.boxes.xyxy for r in found] or [np.zeros((0, 4), np.float32)])
    detections = pa.table(
        {
            "run_id": [run_id] * len(ids),
            "detection_id": ids,
            "photo_id": [r.photo_id for r in found for _ in range(len(r.boxes))],
            "ordinal": [i for r in found for i in range(len(r.boxes))],
            "x1": xyxy[:, 0],
            "y1": xyxy[:, 1],
            "x2": xyxy[:, 2],
            "y2": xyxy[:, 3],
            "confidence": _joined([r.boxes.confidence for r in found]),
            "class": [name for r in found for name in r.classes],
            "sharpness": _joined([r.sharpness for r in found]),
            "patch": [patch for r in found for patch in _patches(r)],
            "frame_ms": [ms for r in found for ms in _or_nulls(r.frames, r)],
            "track": [track for r in found for track in _or_nulls(r.tracks, r)],
        },
        schema=DETECTIONS,
    )
    vectors = [v for r in found for v in r.vectors if v is not None]
    flat = _joined(vectors)
    lengths = [len(v) for v in vectors]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    embeddings = pa.table(
        {
            "run_id": [run_id] * len(vectors),
            "detection_id": ids,
            "embedder": [embedder] * len(vectors),
            "vector": pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat)),
        },
        schema=EMBEDDINGS,
    )
    return {
        "outcomes": pa.Table.from_pylist(outcomes, schema=OUTCOMES),
        "detections": detections,
        "embeddings": embeddings,
    }


def _patches(result: PhotoResult) -> list[bytes | None]:
    """What each box looks like; nulls where nothing was cut."""
    found: list[bytes | None] = [*result.patches]
    return found or [None] * len(result.boxes)


def _or_nulls(values: list[int], result: PhotoResult) -> list[int | None]:
    """A clip's values, one for each box; nulls in a photo."""
    found: list[int | None] = [*values]
    return found or [None] * len(result.boxes)


def _joined(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(arrays) if arrays else np.zeros(0, np.float32)
