"""Which photos are worth reading again: what their bytes hold was not all looked for before."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from thumper_core.store.lake import Lake


def untimed_before(lake: Lake) -> set[str]:
    """Photos in which a version that knew no maker notes and no GPS time found no time at all, and files that
    one that read no clips knew no form of.

    Read by this version, they are none of these again, whether it finds one or not.
    """
    untimed: set[str] = set()
    formless: set[str] = set()
    newer: set[str] = set()
    newest: set[str] = set()
    for path in lake.files("photos", "photos"):
        names = pq.read_schema(path).names
        if "read_at" in names:
            newer.update(_ids(pq.read_table(path, columns=["photo_id"], partitioning=None)))
        else:
            facts = pq.read_table(path, columns=["photo_id", "exif_taken_at"], partitioning=None)
            untimed.update(_ids(facts.filter(pc.is_null(facts["exif_taken_at"]))))
        if "duration_s" in names:
            newest.update(_ids(pq.read_table(path, columns=["photo_id"], partitioning=None)))
        else:
            facts = pq.read_table(path, columns=["photo_id", "format"], partitioning=None)
            formless.update(_ids(facts.filter(pc.is_null(facts["format"]))))
    return (untimed - newer) | (formless - newest)


def said_cameras(lake: Lake, source: str) -> dict[str, str]:
    """The name that each photo's camera gave itself, by photo; those that gave none are left out.

    source: `exif`, what it wrote into the photo; `stamp`, what it printed into it; `auto`, the first of both.
    """
    columns = {"exif": ["said_camera"], "stamp": ["stamp_camera"]}.get(
        source, ["stamp_camera", "said_camera"]
    )
    found: dict[str, str] = {}
    for column in columns:  # the last that says something holds
        for path in lake.files("photos", "photos"):
            if column not in pq.read_schema(path).names:
                continue
            facts = pq.read_table(path, columns=["photo_id", column], partitioning=None)
            facts = facts.filter(pc.is_valid(facts[column]))
            found |= dict(zip(_ids(facts), facts[column].to_pylist(), strict=True))
    return found


def _ids(table: pa.Table) -> list[str]:
    ids: list[str] = table["photo_id"].to_pylist()
    return ids
