"""What passes between the stages of the engine."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from thumper_core.contracts import Boxes, ErrorCode, FloatArray, ImageArray, Status


@dataclass(frozen=True)
class PhotoTask:
    """A photo to process. `paths`: absolute, as the file system has them, best first."""

    photo_id: str
    paths: tuple[bytes, ...]
    content: bool = True  # False: there were no bytes to hash when the photo was added


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

    @property
    def is_complete(self) -> bool:
        """Whether every box has its vector."""
        return all(vector is not None for vector in self.vectors)


@dataclass(frozen=True)
class Decoded:
    """A photo that is ready for the detector.

    image: (h, w, 3) uint8 RGB, upright, perhaps reduced; canvas: (H, W, 3) uint8, letterboxed.
    A canvas pixel x is image pixel (x - pad) / ratio and upright photo pixel image / scale.
    """

    task: PhotoTask
    result: PhotoResult
    image: ImageArray
    canvas: ImageArray
    ratio: float
    pad_xy: tuple[float, float]
    scale_xy: tuple[float, float]  # upright photo pixels for one image pixel
    size: tuple[int, int]  # upright photo width and height, pixels


@dataclass(frozen=True)
class Crop:
    """One animal, cut out and waiting for the embedder. pixels: (S, S, 3) uint8 RGB."""

    result: PhotoResult
    ordinal: int
    pixels: ImageArray
