"""The first stage: read a photo once, check that it is the one added, decode, letterbox."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field

from thumper_core.clips.container import ClipError
from thumper_core.clips.frames import FrameReader, Sampling
from thumper_core.clips.kinds import clip_kind
from thumper_core.contracts import ErrorCode, Status
from thumper_core.files import content_hash
from thumper_core.pipeline.clip import ClipTask, Gathering
from thumper_core.pipeline.progress import Meter
from thumper_core.pipeline.records import Decoded, PhotoResult, PhotoTask
from thumper_core.vision.decode import (
    DecodedPhoto,
    DecodeError,
    JpegDecoder,
    as_photo,
    decode_photo,
)
from thumper_core.vision.detectors import Detector
from thumper_core.vision.images import letterbox


@dataclass(frozen=True)
class Decoder:
    """Turns tasks into pictures that the detector takes. Safe for several threads.

    crop_scale: a photo is decoded at no less than this many times the detector's input width, so
    that crops of far animals keep the detail that the embedder needs. meter: counts the reading.
    jpegs: decodes JPEGs elsewhere. sampling, per_track: which frames of a clip are looked at, and how many
    of an animal become detections.
    """

    detector: Detector
    max_pixels: int
    crop_scale: float = 2.0
    meter: Meter | None = None
    jpegs: JpegDecoder | None = None
    sampling: Sampling = field(default_factory=Sampling)
    per_track: int = 4

    def __call__(self, task: PhotoTask) -> Decoded | ClipTask | PhotoResult:
        """The picture, a clip that was opened, or the finished result of what cannot be read."""
        try:
            with self.meter.busy("read") if self.meter else nullcontext():
                data = read_photo(task)
            wanted = round(max(self.detector.input_size(16, 9)) * self.crop_scale)
            if clip_kind(data) is not None:
                return self._clip(task, data, wanted)
            photo = decode_photo(
                data, min_width=wanted, max_pixels=self.max_pixels, jpegs=self.jpegs
            )
        except (DecodeError, ClipError) as error:
            return PhotoResult(task.photo_id, Status.ERROR, error.code, str(error))
        return self._ready(
            task,
            PhotoResult(task.photo_id, photo.status, photo.error_code, photo.error_message),
            photo,
        )

    def _ready(
        self,
        task: PhotoTask,
        result: PhotoResult,
        photo: DecodedPhoto,
        clip: Gathering | None = None,
        frame_ms: int = 0,
    ) -> Decoded:
        size = self.detector.input_size(photo.width, photo.height)
        canvas, ratio_xy, pad_xy = letterbox(photo.image, size)
        return Decoded(task, result, photo, canvas, ratio_xy, pad_xy, clip=clip, frame_ms=frame_ms)

    def _clip(self, task: PhotoTask, data: bytes, wanted: int) -> ClipTask:
        """A clip whose first frame can be read. Raises ClipError."""
        result = PhotoResult(task.photo_id, Status.OK)
        gathering = Gathering(result, self.per_track)
        reader = FrameReader(data, self.sampling, min_width=wanted, max_pixels=self.max_pixels)
        source = iter(reader)
        first = next(source)

        def frames() -> Iterator[Decoded]:
            gathering.size = (first.width, first.height)
            yield self._ready(task, result, as_photo(first), gathering, first.ms)
            for frame in source:
                yield self._ready(task, result, as_photo(frame), gathering, frame.ms)

        return ClipTask(gathering, frames(), lambda: reader.trouble)


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
