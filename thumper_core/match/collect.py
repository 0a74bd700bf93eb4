"""Keypoints of the crops that have none yet: photos are read once more, and what is found is kept.

Stopped, it goes on: whatever the shelf holds is not looked at again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from thumper_core.boxes.iou import boxes_of
from thumper_core.cores import core_count
from thumper_core.match.aliked import Aliked
from thumper_core.match.marks import LENGTH, MOST, REACH, SIDE, VERSION, Marks, marks_of
from thumper_core.match.shelf import Shelf
from thumper_core.pipeline.decode import read_photo
from thumper_core.pipeline.pending import tasks_of
from thumper_core.pipeline.records import PhotoTask
from thumper_core.stamp.models import learn_strips, strips_on
from thumper_core.stamp.place import scene
from thumper_core.vision.decode import DecodeError, decode_photo
from thumper_core.vision.images import box_content, boxes_to_image
from thumper_core.vision.registry import load_registry
from thumper_core.vision.threads import give_cores_to
from thumper_core.vision.weights import require_file
from thumper_core.workspace import Workspace

Progress = Callable[[int, int], None]

MODEL: Final = "aliked-n16"
PART_CROPS: Final = 256
PART_S: Final = 20.0


@dataclass(frozen=True)
class Collected:
    """n_crops: asked for; n_made: of them looked at now; n_unread: whose photo cannot be read."""

    n_crops: int
    n_made: int
    n_unread: int


def shelf_of(workspace: Workspace) -> Shelf:
    """Where the workspace keeps keypoints: a folder for each way to find them."""
    spec = load_registry(None).get(MODEL)
    how = f"{MODEL}-{spec.sha256[:8]}-{SIDE}-{MOST}x{LENGTH}-{VERSION}"
    return Shelf(workspace.cache_dir / "keypoints" / how)


def open_network() -> Aliked:
    """The network that finds keypoints. Raises ThumperError that says how to get its weights."""
    return Aliked(require_file(load_registry(None).get(MODEL)))


def crop_names(crops: pl.DataFrame) -> list[str]:
    """What each crop is kept under: its photo's content, and its box in whole pixels."""
    boxes = np.rint(boxes_of(crops)).astype(np.int64).tolist()
    photos = crops["picture_id" if "picture_id" in crops.columns else "photo_id"].to_list()
    return [f"{photo}-{'-'.join(map(str, box))}" for photo, box in zip(photos, boxes, strict=True)]


def collect(
    workspace: Workspace, crops: pl.DataFrame, on_progress: Progress | None = None
) -> Collected:
    """Find the keypoints of crops that the shelf does not hold, and keep them.

    crops: `photo_id, width, height, x1..y2` (pixels of the upright photo), of clips `picture_id, frame_ms`
    too. on_progress: called with the crops done and in all.

    Raises ThumperError where the network is not installed, or nothing can be kept; a
    photo that cannot be read is counted, and asked for again the next time. What the shelf holds is read
    once: of a part that is damaged all crops are looked at again.
    """
    shelf = shelf_of(workspace)
    wanted = crops.with_columns(pl.Series("name", crop_names(crops), pl.String)).unique(
        "name", maintain_order=True
    )
    shelf.check(wanted["name"])
    learn_strips(workspace)
    wanted = wanted.with_columns(_kept_as(workspace, wanted))
    missing = wanted.filter(~pl.col("kept_as").map_elements(shelf.__contains__, pl.Boolean))
    if missing.is_empty():
        return Collected(wanted.height, 0, 0)
    network = open_network()
    give_cores_to("openvino")  # torch has one thread for each photo
    on_photo = {str(key[0]): part for key, part in missing.group_by("photo_id")}
    tasks = tasks_of(workspace, sorted(on_photo), cut_strips=True)
    most_pixels = workspace.settings.detect.max_pixels
    names: list[str] = []
    found: list[Marks] = []
    done, unread, since = 0, 0, time.monotonic()

    def put_down() -> None:
        nonlocal since
        if names:
            shelf.put(names, stacked(found))
        names.clear()
        found.clear()
        since = time.monotonic()

    def look(task: PhotoTask) -> tuple[PhotoTask, list[Marks] | None]:
        part = on_photo[task.photo_id]
        try:
            return task, _looked_at(task, part, network, most_pixels)
        except DecodeError:
            return task, None

    try:
        for task, marks in _in_threads(look, tasks):
            part = on_photo[task.photo_id]
            if marks is None:
                unread += part.height
            else:
                names += part["name"].to_list()
                found += marks
                cut = (part["name"] != part["kept_as"]).to_list()
                names += part["kept_as"].filter(cut).to_list()
                found += [one for one, is_cut in zip(marks, cut, strict=True) if is_cut]
            done += part.height
            if on_progress:
                on_progress(done, missing.height)
            if len(names) >= PART_CROPS or time.monotonic() - since > PART_S:
                put_down()
    finally:
        put_down()
    return Collected(wanted.height, done - unread, unread)


def _kept_as(workspace: Workspace, crops: pl.DataFrame) -> pl.Series:
    """The name under which the shelf must hold each crop. Where a strip reaches into one, that is a second
    name, which says that the strip was left out: what was kept before the strip was known does not do.
    """
    strips = strips_on(workspace, crops["photo_id"].unique())
    names = [
        f"{name}-cut" if any(y2 > s.top and y1 < s.bottom for s in strips.get(photo, ())) else name
        for name, photo, y1, y2 in crops.select("name", "photo_id", "y1", "y2").iter_rows()
    ]
    return pl.Series("kept_as", names, pl.String)


def stacked(marks: list[Marks]) -> Marks:
    """The keypoints of all, one after the other."""
    return Marks(
        np.concatenate([m.place for m in marks]), np.concatenate([m.descriptor for m in marks])
    )


def _looked_at(
    task: PhotoTask, crops: pl.DataFrame, network: Aliked, most_pixels: int
) -> list[Marks]:
    """The keypoints of a photo's crops. Raises DecodeError."""
    boxes = boxes_of(crops)
    looked_at = ((boxes[:, 2:] - boxes[:, :2]) * 2 * np.array(REACH)).max(axis=1)
    width = float(crops["width"].to_numpy().max())
    enough = round(width * min(1.0, SIDE / max(float(looked_at.min()), 1.0)))
    data = read_photo(task)
    found: dict[int, Marks] = {}
    for ms, rows in _by_frame(crops).items():
        photo = decode_photo(data, min_width=enough, max_pixels=most_pixels, frame_ms=ms)
        rest = scene(photo, task.strips)
        for row, box in zip(rows, boxes_to_image(boxes[rows], photo), strict=True):
            crop = box_content(photo.image, box)
            above = min(max(int(box[1]), 0), photo.image.shape[0] - 1)  # of the crop
            within = np.clip([rest.top - above, rest.top + len(rest.image) - above], 0, len(crop))
            found[row] = marks_of(network, crop, tuple(within.tolist()))
    return [found[row] for row in range(len(boxes))]


def _by_frame(crops: pl.DataFrame) -> dict[int | None, list[int]]:
    """The rows that lie in each frame of a clip; of a photo all of them, under None."""
    if "frame_ms" not in crops.columns:
        return {None: list(range(crops.height))}
    found: dict[int | None, list[int]] = {}
    for row, ms in enumerate(crops["frame_ms"].to_list()):
        found.setdefault(ms, []).append(row)
    return found


def _in_threads(
    look: Callable[[PhotoTask], tuple[PhotoTask, list[Marks] | None]], tasks: list[PhotoTask]
) -> Iterator[tuple[PhotoTask, list[Marks] | None]]:
    """The outcomes of all tasks in their order, a few ahead of what is taken."""
    ahead = 2 * core_count()
    with ThreadPoolExecutor(core_count()) as pool:
        waiting: list[Future[tuple[PhotoTask, list[Marks] | None]]] = []
        try:
            for task in tasks:
                waiting.append(pool.submit(look, task))
                if len(waiting) > ahead:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
        finally:
            for late in waiting:
                late.cancel()
