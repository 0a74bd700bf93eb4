"""A clip to play: boxes move along between the frames they were found in; and what exports say of clips."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.fakes import FakeEmbedder
from tests.made_clips import HEIGHT, WIDTH, walking, write_clip
from tests.pipeline.test_clip import Squares
from thumper_core.contracts import DEER, ClassMeaning
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import MissedAnimal, MoveBox, NotAnimal, Reclass, Undo
from thumper_core.decisions.record import record
from thumper_core.export.camtrap_dp import Project, camtrap_dp
from thumper_core.export.coco import coco
from thumper_core.export.md_json import md_json
from thumper_core.herd.build import build_herd
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.run import Target, run
from thumper_core.questions.browse import clip_frames
from thumper_core.report.pictures.crops import Crop, cached_crop, placeholder
from thumper_core.report.pictures.moving import Placed, TrackLabel, box_at, playable
from thumper_core.upkeep.verify import verify
from thumper_core.workspace import Workspace
from thumper_core.zones import zone

TRACK = [[0, 0, 0, 10, 10, 0.9], [1000, 100, 0, 110, 10, 0.9], [9000, 0, 0, 10, 10, 0.9]]
NAMED = "VID_2024-11-05_06-41-10"


@pytest.mark.parametrize(
    ("ms", "left"),
    [(0, 0), (500, 50), (1000, 100), (1300, 100), (5000, None), (9000, 0), (9300, 0), (9500, None)],
)
def test_a_box_is_drawn_where_the_track_is_and_not_where_nobody_knows(ms: int, left: Any) -> None:
    box = box_at(TRACK, ms)
    assert (box[0] if box else None) == left
    assert box_at([], ms) is None
    assert box_at(TRACK[1:], 0) is None


@pytest.fixture(scope="module")
def ranch(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A herd of two clips and a still of one trigger."""
    folder = tmp_path_factory.mktemp("clips")
    photos = folder / "photos" / "north"
    frames = walking(30, (4, 10), (90, 60), step=1)
    write_clip(photos / f"{NAMED}.avi", frames, codec="mjpeg")
    write_clip(photos / "2024-11-06_06-41-10.mp4", walking(15, (30, 40), step=1))
    Image.fromarray(frames[0]).save(photos / "IMG_2024-11-05_06-41-09.jpg", quality=95)
    workspace = Workspace.create(folder / "ranch")
    workspace.cameras_csv.write_text("name,latitude,longitude\nnorth,30.1,-97.9\n")
    add_paths(workspace, [folder / "photos"])
    meanings = {name: ClassMeaning("deer") for name in Squares.class_names}
    run_id = run(workspace, Squares(), FakeEmbedder(), meanings=meanings).run_id
    build_herd(workspace, run_id=run_id)
    return workspace


def clip_id(workspace: Workspace) -> str:
    return str(workspace.sql("select photo_id from photos where format = 'AVI'")["photo_id"][0])


def test_the_clip_plays_with_its_boxes_whatever_it_was_packed_in(ranch: Workspace) -> None:
    import av

    rows = ranch.sql(
        "select frame_ms, x1, y1, x2, y2 from detections where photo_id = ? and track = 0 order by frame_ms",
        [clip_id(ranch)],
    ).rows()
    label = TrackLabel("Grandpa", "#ff0000")
    placed = [Placed(ms, (x1, y1, x2, y2), label, 0) for ms, x1, y1, x2, y2 in rows]
    made = playable(ranch, clip_id(ranch), placed)
    assert made is not None
    with av.open(io.BytesIO(made)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", WIDTH, HEIGHT)
        shown = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(stream)]
    assert len(shown) == 30
    for at in 0, 14, 25:
        red = (shown[at][..., 0] - shown[at][..., 1] > 60) & (shown[at][..., 0] > 120)
        columns = np.flatnonzero(red[8:12].any(axis=0))
        assert len(columns), "the first track's upper edge"
        assert abs(columns.min() - (4 + at)) <= 4
    assert playable(ranch, clip_id(ranch), placed) == made
    assert playable(ranch, "nobody", []) is None


def test_a_person_corrects_boxes_in_a_clip(ranch: Workspace) -> None:
    photo_id = clip_id(ranch)
    query = (
        "select detection_id, photo_id, frame_ms, track, x1, y1, x2, y2, species, source from detections "
        "where photo_id = ? order by ordinal"
    )
    before = ranch.sql(query, [photo_id])
    upper = [row for row in before.to_dicts() if row["track"] == 0]
    key = {row["detection_id"]: BoxKey.of_row(row) for row in upper}
    gone, moved, named, _ = key
    to = (60.0, 5.0, 90.0, 40.0)
    frames = clip_frames(ranch, photo_id)
    assert list(frames) == [0, 500, 1000, 1500, 2000, 2500]
    assert sum(map(len, frames.values())) == 2 * (6 - 4), "those that are no detections"
    drawn_ms = 1500
    said = [
        NotAnimal(key[gone]),
        MoveBox(key[moved], to),
        Reclass(key[named], "coyote"),
        MissedAnimal(BoxKey(photo_id, (120, 40, 150, 70), drawn_ms), DEER),
    ]
    numbers = [record(ranch.ledger, one, "Kim") for one in said]
    after = {row["detection_id"]: row for row in ranch.sql(query, [photo_id]).to_dicts()}
    new = f"{photo_id}-h{numbers[-1]}"
    assert set(after) == {*before["detection_id"], new} - {gone}
    assert after[moved]["x1"] == to[0]
    assert (after[named]["species"], after[named]["source"]) == ("coyote", "human")
    assert after[new]["frame_ms"] == drawn_ms
    others = [row["detection_id"] for row in before.to_dicts() if row["track"] == 1]
    assert all(after[name]["source"] == "model" for name in others)
    where = ranch.sql(
        "select d.*, p.root, p.path_bytes, p.width from detections d join photos p using (photo_id) "
        "where detection_id = ?",
        [new],
    ).row(0, named=True)
    assert cached_crop(ranch, Crop.from_row(where), 64) != placeholder(64)
    assert verify(ranch).is_sound
    again = run(ranch, Squares(), FakeEmbedder(), target=Target(fresh=True)).run_id
    found = ranch.sql("select species, source, x1 from all_detections where run_id = ?", [again])
    assert {("coyote", "human"), (ranch.settings.species, "human")} <= set(
        found.select("species", "source").rows()
    )
    assert to[0] in found["x1"].to_list(), "another run's box is found again"
    for number in numbers:
        record(ranch.ledger, Undo(number), "Kim")
    assert ranch.sql(query, [photo_id]).equals(before)


def test_crops_show_the_frame_that_the_box_was_found_in(ranch: Workspace) -> None:
    rows = ranch.sql(
        "select d.*, p.root, p.path_bytes, p.width from all_detections d join photos p using (photo_id) "
        "where frame_ms > 0 and track = 0 and format = 'AVI'"
    )
    for row in rows.iter_rows(named=True):
        jpeg = cached_crop(ranch, Crop.from_row(row), 64)
        assert jpeg != placeholder(64)
        with Image.open(io.BytesIO(jpeg)) as crop:
            grey = np.asarray(crop.convert("L"))
        middle = grey[
            grey.shape[0] // 3 : -grey.shape[0] // 3, grey.shape[1] // 3 : -grey.shape[1] // 3
        ]
        assert middle.mean() > 130, "the square fills the middle of its own frame's crop"


def test_the_still_and_the_clip_of_a_trigger_are_one_burst_and_one_animal_each(
    ranch: Workspace,
) -> None:
    bursts = ranch.sql(
        "select burst_id, list(format order by format) f from photos group by 1 order by 2"
    )
    assert bursts["f"].to_list() == [["AVI", "JPEG"], ["MP4"]]
    tracklets = ranch.sql(
        "select t.n_detections, count(distinct d.track) n_tracks from tracklets t "
        "join assignments a using (tracklet_id) join detections d using (detection_id) "
        "join photos p using (photo_id) where p.format <> 'MP4' group by t.tracklet_id, 1 order by 1"
    )
    assert tracklets.rows() == [(5, 1), (5, 1)], "four frames of the clip and the still, twice"


def test_exports_carry_clips(ranch: Workspace, tmp_path: Path) -> None:
    made = datetime(2026, 11, 25, 14, tzinfo=UTC)
    folder = camtrap_dp(
        ranch, tmp_path / "dp", Project("Ranch", created=made, timezone=zone("-06:00"))
    )
    with open(folder / "media.csv", encoding="utf-8", newline="") as file:
        kinds = {row["fileName"]: row["fileMediatype"] for row in csv.DictReader(file)}
    assert kinds == {
        f"{NAMED}.avi": "video/x-msvideo",
        "2024-11-06_06-41-10.mp4": "video/mp4",
        "IMG_2024-11-05_06-41-09.jpg": "image/jpeg",
    }
    with open(folder / "observations.csv", encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["mediaID"] == clip_id(ranch)]
    assert [r["count"] for r in rows] == ["1", "1"], "one row for each animal, not for each frame"
    found = json.loads(md_json(ranch, tmp_path / "md.json").read_text())
    clips = {i["file"]: i for i in found["images"] if "frame_rate" in i}
    clip = clips[f"north/{NAMED}.avi"]
    assert clip["frame_rate"] == 10
    assert sorted({d["frame_number"] for d in clip["detections"]}) == clip["frames_processed"]
    images = json.loads(coco(ranch, tmp_path / "coco.json").read_text())["images"]
    assert [image["file_name"] for image in images] == ["north/IMG_2024-11-05_06-41-09.jpg"]
