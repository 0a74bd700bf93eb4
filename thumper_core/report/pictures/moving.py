"""A clip to play in a browser, with the boxes of what was found moving along.

Whatever the camera packed it in, it comes out as H.264 in MP4, upright, small and kept in the cache. Boxes
were found in some frames only; between two of one track they are drawn on the straight line. What a person
corrected is shown as it is now.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from thumper_core import theme
from thumper_core.report.pictures.annotated import DrawnBox, draw_boxes
from thumper_core.report.pictures.crops import keep

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

WIDTH: Final = 854
SECONDS_MAX: Final = 120
"""Longer clips are shown up to here."""
_FPS_MAX: Final = 15
_BRIDGE_MS: Final = 2500  # a track is drawn through a gap that is no longer
_HELD_MS: Final = 400  # and stays so long after its last box
_VERSION: Final = 2  # raise it when the same clip should look otherwise

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class TrackLabel:
    """What is written at a track's box, and its colour as `#rrggbb`."""

    label: str
    colour: str = theme.GOOD


@dataclass(frozen=True)
class Placed:
    """A box as it is now, in the frame at `ms`; track: None where a person drew it."""

    ms: int
    box: Box
    label: TrackLabel
    track: int | None


def playable(workspace: Workspace, photo_id: str, placed: Sequence[Placed]) -> bytes | None:
    """An MP4 of the clip with the boxes of the shown run; None where it cannot be read.

    placed: the clip's detections. A track of which none is left, because people said that they are no
    animal, is not shown; what a person drew is shown for as long as its frame is near.
    """
    from thumper_core.clips.container import ClipError

    found = workspace.sql("select clip from outcomes where photo_id = ?", [photo_id])
    trace = json.loads(found["clip"][0]) if found.height and found["clip"][0] else {"tracks": []}
    shown = _as_said(trace["tracks"], placed)
    key = json.dumps([_VERSION, photo_id, [[boxes, str(label)] for boxes, label in shown]])
    name = hashlib.blake2b(key.encode(), digest_size=16).hexdigest()
    path = workspace.cache_dir / "clips" / f"{name}.mp4"
    try:
        return path.read_bytes()
    except OSError:
        pass
    for source in workspace.ledger.paths_of([photo_id]).get(photo_id, []):
        try:
            made = _encoded(os.fsdecode(source), shown)
        except (OSError, ClipError):
            continue
        keep(path, made)
        return made
    return None


def _as_said(
    tracks: Sequence[dict[str, Any]], placed: Sequence[Placed]
) -> list[tuple[list[list[float]], TrackLabel]]:
    """`[ms, x1, y1, x2, y2]` along each track, and what is written at it; each drawn box is a track."""
    found = []
    for track in tracks:
        own = {one.ms: one for one in placed if one.track == track["track"]}
        if own:
            boxes = [
                [row[0], *(own[row[0]].box if row[0] in own else row[1:5])]
                for row in track["boxes"]
            ]
            found.append((boxes, next(iter(own.values())).label))
    for one in placed:
        if one.track is None:
            around = (max(0, one.ms - _HELD_MS), one.ms)
            found.append(([[ms, *one.box] for ms in around], one.label))
    return found


def box_at(boxes: Sequence[Sequence[float]], ms: int) -> Box | None:
    """Where a track is at a time; None before and after it, and in a long gap.

    boxes: `[ms, x1, y1, x2, y2, ...]` in order of time.
    """
    after = bisect_right([row[0] for row in boxes], ms)
    if after == 0:
        return None
    last = boxes[after - 1]
    if after == len(boxes) or boxes[after][0] - last[0] > _BRIDGE_MS:
        return _box(last) if ms - last[0] <= _HELD_MS else None
    following = boxes[after]
    share = (ms - last[0]) / (following[0] - last[0])
    x1, y1, x2, y2 = (a + share * (b - a) for a, b in zip(_box(last), _box(following), strict=True))
    return x1, y1, x2, y2


def _box(row: Sequence[float]) -> Box:
    _, x1, y1, x2, y2, *_ = row
    return x1, y1, x2, y2


def _encoded(source: str, tracks: Sequence[tuple[list[list[float]], TrackLabel]]) -> bytes:
    import av

    from thumper_core.clips.frames import every_frame

    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as made:
        stream: Any = made.add_stream("libx264", rate=_FPS_MAX)
        stream.options = {"crf": "26", "preset": "veryfast"}
        stream.pix_fmt = "yuv420p"
        shown = -1
        for frame in every_frame(source, WIDTH):
            number = frame.ms * _FPS_MAX // 1000
            if number <= shown:
                continue
            if frame.ms > SECONDS_MAX * 1000:
                break
            picture = Image.fromarray(frame.image)
            drawn = [
                DrawnBox(box, label.label, label.colour)
                for boxes, label in tracks
                if (box := box_at(boxes, frame.ms)) is not None
            ]
            draw_boxes(picture, drawn, picture.width / frame.width)
            even = picture.crop((0, 0, picture.width // 2 * 2, picture.height // 2 * 2))
            if shown < 0:
                stream.width, stream.height = even.size
            packed: Any = av.VideoFrame.from_ndarray(np.asarray(even), format="rgb24")
            packed.pts, shown = number, number
            made.mux(stream.encode(packed))
        made.mux(stream.encode())
    return out.getvalue()
