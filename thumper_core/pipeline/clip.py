"""A clip on its way through the engine: frames go in one by one, one photo-like result comes out.

Its frames are decoded in a thread as there is room, looked at in the same batches as photos, and cut at
once, so that no more than the room of the engine's queue is in memory at a time. When the last frame is
in, boxes are linked into tracks, the best of each are the clip's detections, and the rest stays as numbers
(`clip` of the outcome). A clip that is cut off by a kill has no outcome, and is begun again.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from thumper_core.clips.tracks import Found, best_boxes, link
from thumper_core.contracts import Boxes, ErrorCode, FloatArray, ImageArray, Status
from thumper_core.pipeline.records import Crop, Decoded, PhotoResult

_CONTRAST_MIN = 1e-6


@dataclass(frozen=True)
class Cut:
    """What was found in one frame, cut out: an entry of each list for each box."""

    ms: int
    boxes: Boxes  # pixels of the full upright picture
    sharpness: FloatArray
    patches: list[bytes]
    crops: list[ImageArray]


@dataclass
class Gathering:
    """A clip's frames as they come back; safe for several threads.

    result: the clip's, empty until all is in; per_track: boxes of each animal that become detections.
    """

    result: PhotoResult
    per_track: int
    size: tuple[int, int] = (1, 1)  # width, height of the upright picture
    _cuts: list[Cut] = field(default_factory=list)
    _expected: int | None = None
    _problem: str | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, cut: Cut | str) -> bool:
        """Keep what one frame showed, or why the model failed on it; whether the clip is complete."""
        with self._lock:
            if isinstance(cut, str):
                self._problem = self._problem or cut
                cut = Cut(-1, Boxes.empty(), np.zeros(0, np.float32), [], [])
            self._cuts.append(cut)
            return len(self._cuts) == self._expected

    def expect(self, n_frames: int) -> bool:
        """So many frames were handed over, and no more come; whether the clip is complete."""
        with self._lock:
            self._expected = n_frames
            return len(self._cuts) == n_frames

    @property
    def problem(self) -> str | None:
        """Why the model failed on a frame, if it did."""
        return self._problem

    def finish(self, class_names: Sequence[str]) -> list[Crop]:
        """Fill the result: tracks, their best boxes, and the crops that wait for their vectors."""
        cuts = sorted(self._cuts, key=lambda cut: cut.ms)
        frames = [_found(cut) for cut in cuts]
        tracks = link(frames)
        chosen = best_boxes(frames, tracks, self.size, self.per_track)
        # the most confident first, as the boxes of a photo are
        chosen.sort(key=lambda place: (-float(cuts[place[0]].boxes.confidence[place[1]]), place))
        result = self.result
        result.n_frames = len(cuts)
        result.trace = json.dumps(_trace(cuts, tracks, class_names), separators=(",", ":"))
        if not chosen:
            return []
        result.boxes = Boxes(
            *(
                np.stack([getattr(cuts[at].boxes, name)[box] for at, box in chosen])
                for name in ("xyxy", "confidence", "class_id")
            )
        )
        result.classes = [class_names[i] for i in result.boxes.class_id]
        result.vectors = [None] * len(chosen)
        result.sharpness = np.array([cuts[a].sharpness[b] for a, b in chosen], np.float32)
        result.patches = [cuts[at].patches[box] for at, box in chosen]
        result.frames = [cuts[at].ms for at, _ in chosen]
        result.tracks = [int(tracks[at][box]) for at, box in chosen]
        return [
            Crop(result, ordinal, cuts[at].crops[box]) for ordinal, (at, box) in enumerate(chosen)
        ]


@dataclass(frozen=True)
class ClipTask:
    """A clip that was opened. frames: decodes as it is asked; trouble: asked after the last frame, what was
    missing (code, message), or None.
    """

    gathering: Gathering
    frames: Iterator[Decoded]
    trouble: Callable[[], Any]

    def end(self, n_frames: int, surprise: str | None) -> bool:
        """Close it after the last frame; whether the clip is complete already.

        surprise: what else ended it, if anything did.
        """
        trouble = self.trouble()
        if surprise is not None:
            text = f"The rest of the clip could not be decoded: {surprise}"
            trouble = (ErrorCode.DECODE_FAILED, text)
        if trouble is not None:
            result = self.gathering.result
            result.status, (result.error_code, result.error_message) = Status.PARTIAL, trouble
        return self.gathering.expect(n_frames)


def _found(cut: Cut) -> Found:
    return Found(cut.ms, cut.boxes.xyxy, cut.boxes.confidence, cut.sharpness, _looks(cut.patches))


def _looks(patches: Sequence[bytes]) -> FloatArray:
    """Patches as rows whose dot product is their correlation; one without contrast is like nothing."""
    if not patches:
        return np.zeros((0, 1), np.float32)
    grey = np.stack([np.frombuffer(patch, np.uint8) for patch in patches]).astype(np.float32)
    grey -= grey.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(grey, axis=1, keepdims=True)
    return np.asarray(grey / np.maximum(norm, _CONTRAST_MIN), np.float32)


def _trace(
    cuts: Sequence[Cut], tracks: Sequence[npt.NDArray[np.int64]], class_names: Sequence[str]
) -> dict[str, Any]:
    """`frames`: milliseconds of all that were looked at; `tracks`: `{track, class, boxes}`, where a box is
    `[ms, x1, y1, x2, y2, confidence]`, whole pixels. Boxes of no track (`tracks.NO_TRACK`) are listed as one.
    """
    of: dict[int, dict[str, Any]] = {}
    for cut, numbers in zip(cuts, tracks, strict=True):
        for i, track in enumerate(numbers.tolist()):
            known = of.setdefault(track, {"track": track, "class": "", "boxes": []})
            known["class"] = known["class"] or class_names[int(cut.boxes.class_id[i])]
            box = [round(float(v)) for v in cut.boxes.xyxy[i]]
            known["boxes"].append([cut.ms, *box, round(float(cut.boxes.confidence[i]), 3)])
    return {"frames": [cut.ms for cut in cuts if cut.ms >= 0], "tracks": list(of.values())}
