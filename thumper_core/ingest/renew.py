"""Which photos are worth reading again: what their bytes hold was not all looked for before."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from thumper_core.store.lake import Lake


def untimed_before(lake: Lake) -> set[str]:
    """Photos in which a version that knew no maker notes and no GPS time found no time at all.

    Read by this version, they are none of these again, whether it finds one or not.
    """
    untimed: set[str] = set()
    newer: set[str] = set()
    for path in lake.files("photos", "photos"):
        if "read_at" in pq.read_schema(path).names:
            newer.update(_ids(pq.read_table(path, columns=["photo_id"], partitioning=None)))
            continue
        facts = pq.read_table(path, columns=["photo_id", "exif_taken_at"], partitioning=None)
        untimed.update(_ids(facts.filter(pc.is_null(facts["exif_taken_at"]))))
    return untimed - newer if untimed else untimed


def _ids(table: pa.Table) -> list[str]:
    ids: list[str] = table["photo_id"].to_pylist()
    return ids
