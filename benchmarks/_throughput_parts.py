"""What `throughput.py` measures, each part in a process of its own: `PART FOLDER PHOTOS`.

A part prints one line of JSON. FOLDER holds the photos of one set.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from _throughput_common import (
    BATCH,
    CORES,
    EMBEDDER,
    STAGE_PHOTOS,
    files_of,
    open_all,
    tasks_of,
    timed,
)
from _throughput_others import agreement, megadetector, plain

__all__ = ["CORES", "agreement", "files_of", "megadetector", "open_all", "plain", "tasks_of"]


def stages(folder: Path, n: int) -> dict[str, Any]:
    """Every stage alone, one after the other: those of one thread first, then the networks."""
    import numpy as np

    from thumper_core.pipeline.decode import Decoder
    from thumper_core.pipeline.engine import Engine
    from thumper_core.pipeline.progress import Meter
    from thumper_core.pipeline.writer import ShardWriter
    from thumper_core.store.jobs import start_job

    workspace, settings, models = open_all()
    decode = Decoder(models.detector, settings.detect.max_pixels)
    tasks = tasks_of(files_of(folder, min(n, STAGE_PHOTOS)))
    decode(tasks[0])
    decoded: list[Any] = []
    found: dict[str, Any] = {
        "decode": timed(lambda: len(decoded.extend(map(decode, tasks)) or tasks))
    }

    shape = Counter(item.canvas.shape for item in decoded).most_common(1)[0][0]
    canvases = [item.canvas for item in decoded if item.canvas.shape == shape]
    batches = [
        np.stack(canvases[i : i + BATCH]) for i in range(0, len(canvases) - BATCH + 1, BATCH)
    ]
    models.detector.detect(batches[0])  # compiled outside the time
    found["detect"] = timed(lambda: sum(len(models.detector.detect(b)) for b in batches))

    size = models.embedder.size
    cut: list[Any] = []

    class Keeping:
        """An embedder that keeps what it is given."""

        def __getattr__(self, name: str) -> Any:
            return getattr(models.embedder, name)

        def embed(self, crops: Any) -> Any:
            cut.extend(crop for crop in crops if crop.any())
            return np.ones((len(crops), models.embedder.dim), np.float32)

    meter = Meter(len(tasks))
    engine = Engine(
        models.detector, Keeping(), decode, batch_size=BATCH, decode_threads=1, queue_photos=48,
        margin=settings.embed.margin, gray=settings.embed.gray, meter=meter,
    )  # fmt: skip
    import threading

    results = [r for r in engine.run(tasks, threading.Event()) if r is not None]
    progress = meter.progress()
    found["crop"] = {
        "n": len(tasks), "seconds": progress.busy_s["crop"], "core_seconds": progress.cpu_s["crop"],
    }  # fmt: skip

    crops = np.stack(cut + [np.zeros((size, size, 3), np.uint8)] * (-len(cut) % BATCH))
    parts = [crops[i : i + BATCH] for i in range(0, len(crops), BATCH)]
    models.embedder.embed(parts[0])
    found["embed"] = timed(
        lambda: len(tasks) * bool(sum(len(models.embedder.embed(p)) for p in parts))
    )
    claim = start_job(workspace.ledger, f"benchmark-{time.time_ns()}", "benchmark")
    writer = ShardWriter(
        workspace.lake, "r1", EMBEDDER, claim=claim, shard_photos=512, shard_seconds=20.0
    )

    def write() -> int:
        for i in range(512):  # one shard, as full as in a long run
            writer.add(results[i % len(results)])
        return 512

    found["write"] = timed(write)
    return {"stages": found, "crops_per_photo": len(cut) / len(tasks)}


def work_through(workspace: Any, settings: Any, models: Any, tasks: list[Any]) -> Any:
    """Everything, as `thumper run` does it: read, decode, detect, crop, embed, write shards.

    Returns the `Progress` at its end.
    """
    import threading

    from thumper_core.pipeline.local import local_engine
    from thumper_core.pipeline.progress import Meter
    from thumper_core.pipeline.writer import ShardWriter, WriterThread
    from thumper_core.store.jobs import start_job

    meter = Meter(len(tasks))
    engine = local_engine(models.detector, models.embedder, settings, meter, {}, lambda: False)
    claim = start_job(workspace.ledger, f"benchmark-{time.time_ns()}", "benchmark")
    writer = ShardWriter(
        workspace.lake, "r1", EMBEDDER, claim=claim, shard_photos=512, shard_seconds=20.0
    )
    with WriterThread(writer, settings.engine.queue_photos, meter) as writing:
        for result in engine.run(tasks, threading.Event()):
            if result is not None:
                writing.put(result)
                meter.photo(len(result.boxes), result.error_code)
    return meter.progress()


def chain(folder: Path, n: int) -> dict[str, Any]:
    """Everything, end to end, over `n` photos."""
    from thumper_core.pipeline.limits import limit_of

    made = open_all()
    files = files_of(folder, n)
    work_through(*made, tasks_of(files[: 2 * BATCH]))  # networks are compiled outside the time
    ends: list[Any] = []

    def work() -> int:
        ends.append(work_through(*made, tasks_of(files)))
        return int(ends[-1].done)

    done = timed(work)
    progress = ends[-1]
    limit = limit_of(progress.as_dict())
    return done | {
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "busy_s": progress.busy_s,
        "waiting_s": progress.waiting_s,
        "limit": limit.sentence if limit else None,
    }


def startup(folder: Path, n: int) -> dict[str, Any]:
    """From the start of the process to the first batch of results."""
    import threading

    import psutil

    from thumper_core.pipeline.local import local_engine
    from thumper_core.pipeline.progress import Meter

    _, settings, models = open_all()
    tasks = tasks_of(files_of(folder, BATCH))
    engine = local_engine(
        models.detector, models.embedder, settings, Meter(BATCH), {}, lambda: False
    )
    done = sum(r is not None for r in engine.run(tasks, threading.Event()))
    return {"n": done, "seconds": time.time() - psutil.Process().create_time()}


if __name__ == "__main__":
    part, where, count = sys.argv[1:]
    print(json.dumps(globals()[part](Path(where), int(count))))
