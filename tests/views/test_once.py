"""What two shards hold is shown once, whatever brought it there, with the newest shard's rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.ledgers import add_decision
from thumper_core.contracts import PHOTO_FACTS, Boxes, ErrorCode, Status
from thumper_core.pipeline.records import PhotoResult
from thumper_core.pipeline.reuse import known_photos
from thumper_core.pipeline.writer import shard_tables
from thumper_core.store.ledger import FileRow
from thumper_core.workspace import Workspace

PHOTOS = ("a" * 32, "b" * 32, "c" * 32)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path)
    made.ledger.create_run("0" * 16, "demo", "embedder", {})
    made.ledger.add_root("/photos")
    made.ledger.upsert_files(
        FileRow("/photos", p, p.encode(), 1, 1, p, "cam", None, content=True, missing=False)
        for p in PHOTOS
    )
    return made


def result(photo_id: str, n: int, at: float) -> PhotoResult:
    """`n` boxes whose left edge, confidence and vectors say `at`."""
    xyxy = np.tile(np.array([at, 0, 100, 100], np.float32), (n, 1))
    boxes = Boxes(xyxy, np.full(n, at / 100, np.float32), np.zeros(n, np.int64))
    vectors = [np.full(4, at, np.float32)] * n
    sharpness = np.full(n, 100, np.float32)
    return PhotoResult(photo_id, Status.OK, None, None, boxes, ["doe"] * n, sharpness, vectors)


def write(workspace: Workspace, name: str, *results: PhotoResult) -> None:
    run_id = workspace.ledger.runs()[0].run_id
    tables = shard_tables(list(results), run_id, "embedder")
    workspace.lake.write_shard(f"runs/{run_id}", name, tables)


def shown(workspace: Workspace) -> list[list[Any]]:
    run_id = workspace.ledger.runs()[0].run_id
    rows = [
        workspace.sql("select photo_id, n_detections from all_outcomes order by all").rows(),
        workspace.sql("select detection_id, x1 from all_detections order by all").rows(),
        workspace.sql("select detection_id, vector[1] from all_embeddings order by all").rows(),
    ]
    known = known_photos(workspace, run_id, ("doe",))
    assert {i: len(photo.boxes) for i, photo in known.items()} == {
        i: n for i, n in rows[0] if workspace.sql(
            "select status from all_outcomes where photo_id = ?", [i]
        ).item() != "error"
    }  # fmt: skip
    return [[tuple(row) for row in table] for table in rows]


@pytest.mark.parametrize("n_older", [0, 1, 3])
@pytest.mark.parametrize("n_newer", [0, 1, 3])
def test_two_shards_with_one_photo_show_the_newer_ones_rows(
    workspace: Workspace, n_older: int, n_newer: int
) -> None:
    a, b, c = PHOTOS
    write(workspace, "000009", result(a, n_older, 10), result(b, 1, 10))
    write(workspace, "000010", result(a, n_newer, 20), result(c, 2, 20))
    assert shown(workspace) == [
        [(a, n_newer), (b, 1), (c, 2)],
        [*((f"{a}-{i}", 20.0) for i in range(n_newer)), (f"{b}-0", 10.0),
         (f"{c}-0", 20.0), (f"{c}-1", 20.0)],
        [*((f"{a}-{i}", 20.0) for i in range(n_newer)), (f"{b}-0", 10.0),
         (f"{c}-0", 20.0), (f"{c}-1", 20.0)],
    ]  # fmt: skip


def test_a_session_that_was_open_before_shows_it_too(workspace: Workspace) -> None:
    a = PHOTOS[0]
    write(workspace, "000000", result(a, 2, 10))
    before = shown(workspace)
    write(workspace, "000001", result(a, 2, 20))
    write(workspace, "000002", result(a, 2, 10))
    assert shown(workspace) == before


def test_a_photo_that_was_tried_again_shows_its_second_outcome(workspace: Workspace) -> None:
    a = PHOTOS[0]
    write(workspace, "000000", PhotoResult(a, Status.ERROR, ErrorCode.VANISHED, "gone"))
    assert shown(workspace)[0] == [(a, 0)]
    write(workspace, "000001", result(a, 2, 20))
    assert [len(rows) for rows in shown(workspace)] == [1, 2, 2]


def test_a_correction_of_such_a_box_is_not_doubled(workspace: Workspace) -> None:
    a = PHOTOS[0]
    write(workspace, "000000", result(a, 1, 10))
    write(workspace, "000001", result(a, 1, 10))
    word = {"species": "white-tailed deer", "sex": "female", "age_class": "adult"}
    payload = {"photo_id": a, "box": [10, 0, 100, 100], **word}
    add_decision(workspace.ledger, "class", f"{a}-0", payload, "somebody")
    rows = workspace.sql("select detection_id, sex, source from all_detections").rows()
    assert rows == [(f"{a}-0", "female", "human")]


def test_facts_of_one_photo_in_two_shards_are_the_newer_ones(workspace: Workspace) -> None:
    for number, width in enumerate((640, 1920)):
        row = {field.name: None for field in PHOTO_FACTS} | {"photo_id": PHOTOS[0], "width": width}
        table = pa.Table.from_pylist([row], schema=PHOTO_FACTS)
        workspace.lake.write_shard("photos", f"{number:06d}", {"photos": table})
    widths = workspace.sql("select width from photos where photo_id = ?", [PHOTOS[0]])
    assert widths["width"].to_list() == [1920]
