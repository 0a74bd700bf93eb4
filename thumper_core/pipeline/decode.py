"""The first stage: read a photo once, check that it is the one added, decode, letterbox."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass

from thumper_core.contracts import ErrorCode, Status
from thumper_core.files import content_hash
from thumper_core.pipeline.progress import Meter
from thumper_core.pipeline.records import Decoded, PhotoResult, PhotoTask
from thumper_core.vision.decode import DecodeError, JpegDecoder, decode_photo
from thumper_core.vision.detectors import Detector
from thumper_core.vision.images import letterbox


@dataclass(frozen=True)
class Decoder:
    """Turns tasks into pictures that the detector takes. Safe for several threads.

    crop_scale: a photo is decoded at no less than this many times the detector's input width, so
    that crops of far animals keep the detail that the embedder needs. meter: counts the reading.
    jpegs: decodes JPEGs elsewhere.
    """

    detector: Detector
    max_pixels: int
    crop_scale: float = 2.0
    meter: Meter | None = None
    jpegs: JpegDecoder | None = None

    def __call__(self, task: PhotoTask) -> Decoded | PhotoResult:
        """The picture, or the finished result of a photo that cannot be read."""
        try:
            with self.meter.busy("read") if self.meter else nullcontext():
                data = read_photo(task)
            wanted = round(max(self.detector.input_size(16, 9)) * self.crop_scale)
            photo = decode_photo(
                data, min_width=wanted, max_pixels=self.max_pixels, jpegs=self.jpegs
            )
        except DecodeError as error:
            return PhotoResult(task.photo_id, Status.ERROR, error.code, str(error))
        size = self.detector.input_size(photo.width, photo.height)
        canvas, ratio_xy, pad_xy = letterbox(photo.image, size)
        result = PhotoResult(task.photo_id, photo.status, photo.error_code, photo.error_message)
        return Decoded(task, result, photo, canvas, ratio_xy, pad_xy)


def read_photo(task: PhotoTask) -> bytes:
    """The photo's bytes from the first path that still has them. Raises DecodeError."""
    problem = DecodeError(
        ErrorCode.VANISHED,
        "The file is no longer there. Put it back, then `thumper add` its folder.",
    )
    for path in task.paths:
        try:
            with open(path, "rb") as file:
                data = file.read()
        except FileNotFoundError:
            continue
        except PermissionError:
            problem = DecodeError(
                ErrorCode.NO_PERMISSION,
                f"No permission to read {os.fsdecode(path)!a}. Mend that, then `thumper add` it.",
            )
            continue
        except OSError as error:
            problem = DecodeError(
                ErrorCode.READ_FAILED, f"The disk could not read it: {error.strerror or error}."
            )
            continue
        if not task.content or content_hash(data) == task.photo_id:
            return data
        problem = DecodeError(
            ErrorCode.READ_FAILED,
            "The file was changed after it was added. `thumper add` its folder again.",
        )
    raise problem
