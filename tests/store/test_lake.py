"""Shards appear whole or not at all, and nothing in them ever changes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from thumper_core.contracts import OUTCOMES, ThumperError
from thumper_core.store.adopt import settle
from thumper_core.store.jobs import start_job
from thumper_core.store.lake import Lake
from thumper_core.store.ledger import Ledger

TABLE = pa.table({"a": [1, 2]})


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.create()
    return Lake(tmp_path / "lake", ledger)


def test_an_empty_lake_has_no_shards_and_reads_as_an_empty_table(lake: Lake) -> None:
    assert lake.shards("runs/r1") == []
    assert lake.read("runs/r1", "outcomes") == OUTCOMES.empty_table()
    assert lake.known_photo_ids() == set()


def test_shards_read_back_in_order(lake: Lake) -> None:
    for value in range(3):
        name = lake.next_shard_name("runs/r1")
        lake.write_shard("runs/r1", name, {"t": pa.table({"a": [value]})})
    assert [s.name for s in lake.shards("runs/r1")] == ["000000", "000001", "000002"]
    assert lake.read("runs/r1", "t")["a"].to_pylist() == [0, 1, 2]


def test_a_shard_is_never_rewritten(lake: Lake) -> None:
    lake.write_shard("runs/r1", "000000", {"t": TABLE})
    with pytest.raises(ThumperError, match="never rewritten"):
        lake.write_shard("runs/r1", "000000", {"t": TABLE.slice(0, 1)})
    assert lake.read("runs/r1", "t").num_rows == 2


def test_a_failed_write_leaves_nothing_visible_and_says_that_nothing_was_lost(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []

    def full_disk(table: pa.Table, path: Path, **options: object) -> None:
        if written:
            raise OSError(28, "No space left on device")
        written.append(str(path))
        path.write_bytes(b"half")

    monkeypatch.setattr(pq, "write_table", full_disk)
    with pytest.raises(ThumperError, match=r"is full.*Nothing that was finished is lost"):
        lake.write_shard("runs/r1", "000000", {"t": TABLE, "u": TABLE})
    assert lake.shards("runs/r1") == []
    assert list((lake.root / "runs/r1").iterdir()) == []


def test_what_a_killed_writer_left_is_invisible_and_cleared_away(lake: Lake) -> None:
    lake.write_shard("runs/r1", "000000", {"t": TABLE})
    leftover = lake.root / "runs/r1" / ".writing-000001-4711"
    leftover.mkdir()
    (leftover / "t.parquet").write_bytes(b"half a file")
    assert lake.read("runs/r1", "t").num_rows == 2
    assert lake.next_shard_name("runs/r1") == "000001"
    settle(lake, "runs/r1", start_job(lake.ledger, "r1", "run"))
    assert not leftover.exists()


def test_remove_takes_one_kind_only(lake: Lake) -> None:
    for kind in ("runs/r1", "runs/r2"):
        lake.write_shard(kind, "000000", {"t": TABLE})
    lake.remove("runs/r1")
    assert lake.shards("runs/r1") == []
    assert len(lake.shards("runs/r2")) == 1
    lake.remove("runs/r1")
