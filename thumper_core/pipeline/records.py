"""What passes between the stages of the engine."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from thumper_core.contracts import Boxes, ErrorCode, FloatArray, ImageArray, Status
from thumper_core.stamp.place import Strip
from thumper_core.vision.decode import DecodedPhoto
from thumper_core.vision.images import boxes_to_photo

if TYPE_CHECKING:
    from thumper_core.pipeline.clip import Gathering


@dataclass(frozen=True)
class PhotoTask:
    """A photo to process. `paths`: absolute, as the file system has them, best first; `strips`: those of its
    camera's model that are cut away before it is embedded.
    """

    photo_id: str
    paths: tuple[bytes, ...]
    content: bool = True  # False: there were no bytes to hash when the photo was added
    strips: tuple[Strip, ...] = ()


@dataclass
class PhotoResult:
    """Everything that a run learns of one photo; complete once every crop has its vector."""

    photo_id: str
    status: Status
    error_code: ErrorCode | None = None
    error_message: str | None = None
    boxes: Boxes = field(default_factory=Boxes.empty)  # upright photo pixels
    classes: list[str] = field(default_factory=list)  # one for each box
    sharpness: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))  # (N,)
    vectors: list[FloatArray | None] = field(default_factory=list)  # one (D,) for each box
    patches: list[bytes] = field(default_factory=list)  # one for each box, or none at all
    # of a clip: where each box lies and which are one animal, frames looked at, and every box as JSON
    frames: list[int] = field(
        default_factory=list
    )  # milliseconds, one for each box; none in a photo
    tracks: list[int] = field(default_factory=list)  # likewise
    n_frames: int | None = None
    trace: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every box has its vector."""
        return all(vector is not None for vector in self.vectors)


@dataclass(frozen=True)
class Decoded:
    """A photo that is ready for the detector.

    photo: upright, perhaps at a reduced scale; canvas: (H, W, 3) uint8 RGB, the photo letterboxed
    with `ratio_xy` canvas pixels for one of its pixels and `pad_xy` pixels left and above. known:
    boxes on the upright photo that need not be looked for again. clip, frame_ms: where it is a frame of
    one, the clip's gathering and the frame's time.
    """

    task: PhotoTask
    result: PhotoResult
    photo: DecodedPhoto
    canvas: ImageArray
    ratio_xy: tuple[float, float]
    pad_xy: tuple[int, int]
    known: Boxes | None = None
    clip: Gathering | None = None
    frame_ms: int = 0

    def on_photo(self, boxes: Boxes) -> Boxes:
        """Boxes on the canvas, as the detector found them, in pixels of the full upright photo."""
        moved = boxes_to_photo(boxes.xyxy, self.ratio_xy, self.pad_xy, self.photo)
        return replace(boxes, xyxy=moved)


@dataclass(frozen=True)
class Crop:
    """One animal, cut out and waiting for the embedder. pixels: (S, S, 3) uint8 RGB."""

    result: PhotoResult
    ordinal: int
    pixels: ImageArray
