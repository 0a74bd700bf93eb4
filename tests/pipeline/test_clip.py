"""A clip through the engine: one outcome, tracks, the best boxes of each; broken ones, kills, workspaces."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.fakes import FakeDetector, FakeEmbedder, make_photos
from tests.made_clips import walking, write_clip
from thumper_core.contracts import Boxes, ClassMeaning, ErrorCode, ImageArray, Status
from thumper_core.herd.build import build_herd
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.clip import ClipTask, Cut, Gathering
from thumper_core.pipeline.engine import Engine
from thumper_core.pipeline.progress import Meter
from thumper_core.pipeline.records import Decoded, PhotoResult, PhotoTask
from thumper_core.pipeline.run import Selection, Target, run
from thumper_core.settings import ClipSettings
from thumper_core.workspace import Workspace

OPTIONS = {"batch_size": 4, "shard_seconds": 0.2, "queue_photos": 8}


class Squares(FakeDetector):
    """Finds the bright squares of `walking`, left of the middle the first; chokes where it is told to."""

    def _one(self, picture: ImageArray) -> Boxes:
        columns = (picture[..., 0] > 110).any(axis=0)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], columns.view(np.int8), [0]])))
        boxes = []
        for left, right in edges.reshape(-1, 2).tolist():
            rows = np.flatnonzero((picture[:, left:right, 0] > 110).any(axis=1))
            if right - left > 6 and len(rows):
                boxes.append([left, rows[0], right, rows[-1] + 1])
        if self.fails_on is not None and len(boxes) == self.fails_on:
            raise RuntimeError("the fake model chokes on this one")
        n = len(boxes)
        confidence = np.linspace(0.9, 0.8, max(n, 1))[:n]
        xyxy = np.array(boxes, np.float32).reshape(-1, 4)
        return Boxes(xyxy, confidence.astype(np.float32), np.zeros(n, np.int64))


def herd_of_a_clip(folder: Path) -> Workspace:
    """A herd of the one deer that walks through a clip of three seconds."""
    write_clip(folder / "photos" / "cam" / "one.mp4", walking(30, (4, 10), step=1))
    workspace = Workspace.create(folder / "ranch")
    add_paths(workspace, [folder / "photos"])
    meanings = {name: ClassMeaning("deer") for name in Squares.class_names}
    build_herd(
        workspace, run_id=run(workspace, Squares(), FakeEmbedder(), meanings=meanings).run_id
    )
    return workspace


@pytest.fixture
def herd(tmp_path: Path) -> Workspace:
    """Two clips and some photos, of which some are broken."""
    photos = tmp_path / "photos"
    make_photos(photos, 8)
    write_clip(photos / "cam0" / "two.mp4", walking(30, (4, 10), (90, 60), step=1))
    write_clip(photos / "cam1" / "none.avi", walking(10), codec="mjpeg")
    (photos / "cam1" / "cut.mp4").write_bytes((photos / "cam0" / "two.mp4").read_bytes()[:400])
    workspace = Workspace.create(tmp_path / "ranch")
    add_paths(workspace, [photos])
    workspace.settings = workspace.settings.replace("engine", **OPTIONS)
    return workspace


def clip_rows(workspace: Workspace, columns: str, view: str = "all_outcomes") -> list[tuple]:
    query = f"select {columns} from {view} d join photos p using (photo_id) where p.path not like '%.jpg'"
    return workspace.sql(f"{query} order by all").rows()


def test_a_clip_is_one_outcome_with_the_best_boxes_of_each_track(herd: Workspace) -> None:
    summary = run(herd, Squares(), FakeEmbedder())
    assert summary.n_left == 0
    outcomes = clip_rows(herd, "p.path, status, error_code, n_detections, n_frames")
    assert outcomes == [
        ("cam0/two.mp4", "ok", None, 8, 6),
        ("cam1/cut.mp4", "error", "video", 0, None),
        ("cam1/none.avi", "ok", None, 0, 1),
    ]
    rows = clip_rows(herd, "track, frame_ms, y1, picture_id, photo_id", "all_detections")
    assert sorted({(track, y1 < 40) for track, _, y1, *_ in rows}) == [(0, True), (1, False)]
    for track in 0, 1:
        times = [ms for t, ms, *_ in rows if t == track]
        assert len(times) == len(set(times)) == 4
    assert all(picture == f"{photo}#{ms:08d}" for _, ms, _, picture, photo in rows)
    counted = [herd.sql(f"select count(*) n from all_{t}") for t in ("embeddings", "detections")]
    assert counted[0]["n"][0] == counted[1]["n"][0]
    text = clip_rows(herd, "p.path, clip")[0][1]
    trace = json.loads(text)
    assert trace["frames"] == [0, 500, 1000, 1500, 2000, 2500]
    assert [(t["track"], t["class"], len(t["boxes"])) for t in trace["tracks"]] == [
        (0, "doe", 6),
        (1, "doe", 6),
    ]
    stills = herd.sql(
        "select frame_ms, track from all_detections semi join "
        "(select photo_id from photos where path like '%.jpg') using (photo_id)"
    )
    assert stills.null_count().row(0) == (stills.height, stills.height)


def test_detections_that_are_known_are_taken_and_clips_come_out_the_same(herd: Workspace) -> None:
    first = run(herd, Squares(), FakeEmbedder()).run_id
    again = run(herd, Squares(), FakeEmbedder(), target=Target(fresh=True, reuse_detections=True))
    columns = "detection_id, frame_ms, track, x1, y1, x2, y2, confidence"
    tables = [
        herd.sql(f"select {columns} from all_detections where run_id = ? order by all", [r]).rows()
        for r in (first, again.run_id)
    ]
    assert tables[0] == tables[1]


def test_a_model_that_fails_on_one_frame_fails_the_clip_and_no_photo(herd: Workspace) -> None:
    run(herd, Squares(fails_on=2), FakeEmbedder())
    outcomes = clip_rows(herd, "p.path, status, error_code, n_detections")
    assert outcomes[0] == ("cam0/two.mp4", "error", "model_failed", 0)
    assert outcomes[2] == ("cam1/none.avi", "ok", None, 0)


def test_a_run_that_stops_in_a_clip_loses_nothing(herd: Workspace) -> None:
    whole = run(herd, Squares(), FakeEmbedder()).run_id
    stop = threading.Event()

    class Stops(Squares):
        def detect(self, batch: ImageArray) -> list[Boxes]:
            stop.set()
            return super().detect(batch)

    part = run(herd, Stops(), FakeEmbedder(), target=Target(fresh=True), stop=stop).run_id
    done = herd.sql("select count(*) n from all_outcomes where run_id = ?", [part])["n"][0]
    assert done < herd.sql("select count(*) n from photos")["n"][0]
    rest = run(herd, Squares(), FakeEmbedder(), target=Target(into=part))
    assert rest.n_left == 0
    tables = [
        herd.sql(
            "select photo_id, n_frames, clip, n_detections, status from all_outcomes "
            "where run_id = ? order by all",
            [r],
        ).rows()
        for r in (whole, part)
    ]
    assert tables[0] == tables[1]


def test_an_engine_that_is_left_in_a_clip_ends_its_threads(tmp_path: Path) -> None:
    result = PhotoResult("c", Status.OK)
    gathering = Gathering(result, 4)
    canvas = np.zeros((96, 160, 3), np.uint8)

    def frames() -> Iterator[Decoded]:
        for ms in range(1000):
            yield Decoded(
                PhotoTask("c", ()), result, None, canvas, (1, 1), (0, 0), None, gathering, ms
            )  # type: ignore[arg-type]

    class Chokes(Squares):
        def detect(self, batch: ImageArray) -> list[Boxes]:
            raise OSError(28, "No space left on device")

    engine = Engine(
        Chokes(), FakeEmbedder(), lambda task: ClipTask(gathering, frames(), lambda: None),
        batch_size=4, decode_threads=1, queue_photos=8, margin=0, gray=False, meter=Meter(1),
    )  # fmt: skip
    with pytest.raises(OSError, match="No space"):
        list(engine.run([PhotoTask("c", ())], threading.Event()))
    assert not [t for t in threading.enumerate() if t.name.startswith("decode")]


def test_a_surprise_in_a_clip_is_an_outcome_and_an_end_that_comes_late_is_heard() -> None:
    gathering = Gathering(PhotoResult("c", Status.OK), 4)
    clip = ClipTask(gathering, iter(()), lambda: None)
    empty = Cut(0, Boxes.empty(), np.zeros(0, np.float32), [], [])
    assert not gathering.take(empty), "nobody knows yet that it was the last"
    assert clip.end(1, "ValueError: odd")
    assert gathering.finish(("doe",)) == []
    result = gathering.result
    assert (result.status, result.error_code) == (Status.PARTIAL, ErrorCode.DECODE_FAILED)
    assert result.n_frames == 1


def test_other_frames_are_another_configuration_and_the_usual_ones_are_not(herd: Workspace) -> None:
    first = run(herd, Squares(), FakeEmbedder(), selection=Selection(limit=1)).run_id
    assert run(herd, Squares(), FakeEmbedder(), selection=Selection(limit=1)).run_id == first
    assert "clips" not in herd.ledger.run(first).config
    herd.settings = herd.settings.replace("clips", step_s=ClipSettings().step_s / 2)
    assert run(herd, Squares(), FakeEmbedder(), selection=Selection(limit=1)).run_id != first
