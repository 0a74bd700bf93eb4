"""Readings: worked out once for a shard and head, and kept."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.heads.heads import head
from thumper_core.contracts import EMBEDDINGS
from thumper_core.heads import readings
from thumper_core.heads.head import EDGE
from thumper_core.heads.readings import READINGS, kept_readings, readings_of


def embeddings(vectors: list[list[float]]) -> pa.Table:
    n = len(vectors)
    columns = {"run_id": ["r"] * n, "detection_id": [f"d{i}" for i in range(n)]}
    return pa.table(columns | {"embedder": ["e"] * n, "vector": vectors}, schema=EMBEDDINGS)


def test_each_head_answers_in_its_column_and_a_vector_of_another_length_has_no_answer() -> None:
    sex = head("sex", [2.0, 0.0])
    table = readings_of(embeddings([[1, 0], [1, 0, 0], [0, 1]]), "000000", {"sex": sex})
    assert table.schema == READINGS
    assert table["p_male"].to_pylist() == pytest.approx([1 / (1 + np.exp(-2)), None, 0.5])
    assert table["p_deer"].null_count == 3
    both = readings_of(
        embeddings([[1, 0]]), "000000", {"sex": sex, "species": head("species", [-99.0, 0.0])}
    )
    assert both["p_deer"].to_pylist() == pytest.approx([EDGE])
    assert readings_of(embeddings([]), "000000", {"sex": sex}).num_rows == 0


def test_a_shard_is_read_once_for_a_head_and_old_answers_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shard = tmp_path / "000000" / "embeddings.parquet"
    shard.parent.mkdir()
    pq.write_table(embeddings([[1, 0]]), shard)
    asked: list[str] = []
    real = readings.readings_of
    monkeypatch.setattr(readings, "readings_of", lambda t, s, h: asked.append(s) or real(t, s, h))
    cache = tmp_path / "cache"
    first, loose = kept_readings([shard], {"sex": head("sex", [1.0, 0.0])}, cache)
    assert kept_readings([shard], {"sex": head("sex", [1.0, 0.0])}, cache) == (first, loose)
    assert (asked, loose) == (["000000"], [])
    os.utime(first[0], (0, 0))
    second, _ = kept_readings([shard], {"sex": head("sex", [2.0, 0.0])}, cache)
    assert asked == ["000000"] * 2 and second != first
    assert sorted(cache.iterdir()) == second
