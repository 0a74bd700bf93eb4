"""What heads say of every stored vector: P(deer) and P(male), kept beside the lake, not in it.

A run's shards never change, and a head may: so its answers are worked out from the vectors, a shard
at a time, when they are first asked for, and kept as files of the cache. A refitted head applies from
the next question on, with no run made anew; a cache that is lost costs seconds. Reading 60,000
vectors for every question would cost them each time.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from thumper_core.files import content_hash, write_whole
from thumper_core.heads.head import Head, Kind

READINGS: Final = pa.schema(
    [
        ("run_id", pa.string()),
        ("detection_id", pa.string()),
        ("shard", pa.string()),  # its name: of a photo that was tried again the newest holds
        ("p_deer", pa.float32()),
        ("p_male", pa.float32()),
    ]
)
"""One row per vector that a head read; null where no head of that kind knows the embedder."""
_OLD_S: Final = 86_400.0
COLUMNS: Final[Mapping[Kind, str]] = {"species": "p_deer", "sex": "p_male"}


def readings_of(embeddings: pa.Table, shard: str, heads: Mapping[Kind, Head]) -> pa.Table:
    """The answers of heads to a shard's embeddings, one row each. A vector of another length than a
    head reads has none from it.
    """
    columns = {name: embeddings[name] for name in ("run_id", "detection_id")}
    columns["shard"] = pa.array([shard] * len(embeddings), pa.string())
    vectors = embeddings["vector"].combine_chunks()
    lengths = np.diff(vectors.offsets.to_numpy()) if len(vectors) else np.zeros(0, np.int64)
    flat = vectors.flatten().to_numpy(zero_copy_only=False)
    for kind, name in COLUMNS.items():
        answers = np.full(len(vectors), np.nan, np.float32)
        head = heads.get(kind)
        if head is not None:
            fits = lengths == head.dim
            rows = flat[np.repeat(fits, lengths)].reshape(int(fits.sum()), head.dim)
            answers[fits] = head.read(rows)
        columns[name] = pa.array(answers, pa.float32(), from_pandas=True)
    return pa.table(columns, schema=READINGS)


def kept_readings(
    shards: Iterable[Path], heads: Mapping[Kind, Head], cache: Path
) -> tuple[list[Path], list[pa.Table]]:
    """`kept_answers` of heads to the Parquet files of a run's embeddings."""

    def answer(shard: Path) -> pa.Table:
        columns = ["run_id", "detection_id", "vector"]
        vectors = pq.read_table(shard, columns=columns, partitioning=None)
        return readings_of(vectors, shard.parent.name, heads)

    return kept_answers(shards, [h.source for h in heads.values()], answer, cache)


def kept_answers(
    shards: Iterable[Path],
    sources: Iterable[str],
    answer: Callable[[Path], pa.Table],
    cache: Path,
) -> tuple[list[Path], list[pa.Table]]:
    """What is answered to a run's shards: files of the cache, and tables that could not be kept there.

    sources: of the heads that answer; answer: of a shard's file; cache: the folder for this run's
    answers, in which those of other heads are deleted a day later: another process may be reading them.
    """
    key = content_hash("".join(sorted(sources)).encode())[:12]
    files, tables = [], []
    for shard in shards:
        path = cache / f"{shard.parent.name}-{shard.stat().st_mtime_ns:x}-{key}.parquet"
        if not path.is_file():
            table = answer(shard)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, partial(pq.write_table, table))
            except OSError:  # a full disk, or a folder for reading only: asked again next time
                tables.append(table)
                continue
        files.append(path)
    _tidy(cache, files)
    return files, tables


def _tidy(cache: Path, files: list[Path]) -> None:
    """Delete what other heads, or shards that are gone, left in a run's folder."""
    with contextlib.suppress(OSError):
        for old in set(cache.glob("*.parquet")) - set(files):
            if old.stat().st_mtime < time.time() - _OLD_S:
                old.unlink(missing_ok=True)
