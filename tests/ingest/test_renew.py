"""Files that an older version could make nothing of are read again, once."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from tests.ingest.conftest import MakePhoto
from tests.made_clips import walking, write_clip
from thumper_core.contracts import PHOTO_FACTS
from thumper_core.ingest.add import add_paths
from thumper_core.workspace import Workspace


def test_clips_that_were_only_hashed_get_their_facts(
    workspace: Workspace, photos: Path, make_photo: MakePhoto
) -> None:
    write_clip(photos / "VID_2024-11-05_06-41-10.mp4", walking(12, (4, 30)))
    (photos / "IMG_2024-11-05_06-41-09.jpg").write_bytes(make_photo(1))
    add_paths(workspace, [photos])
    [shard] = workspace.lake.shards("photos")
    table = workspace.lake.read("photos", "photos")
    old = table.select(PHOTO_FACTS.names[: PHOTO_FACTS.get_field_index("read_at") + 1])
    hashed = [None if kind == "MP4" else kind for kind in table["format"].to_pylist()]
    at = old.schema.get_field_index("format")
    old = old.set_column(at, PHOTO_FACTS.field(at), pa.array(hashed, pa.string()))
    workspace.lake.set_aside(shard)
    workspace.lake.write_shard("photos", shard.name, {"photos": old})
    query = "select format, duration_s from photos order by path desc"
    assert workspace.sql(query).rows() == [(None, None), ("JPEG", None)]

    again = add_paths(workspace, [photos])
    assert (again.n_changed, again.n_unchanged) == (1, 1)
    [clip, photo] = workspace.sql(query).rows()
    assert clip[0] == "MP4"
    assert 1 <= clip[1] <= 1.3
    assert photo == ("JPEG", None)
    assert add_paths(workspace, [photos]).n_changed == 0
