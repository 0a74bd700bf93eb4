"""The engine: threads that decode, and one thread that owns the device.

    decode (threads) -> bounded queue -> detect -> crop -> embed (one owner) -> queue -> write

The owner hands batches to threads that run the models: one at a time, or for a GPU several.

There is no other queue that work could be lost from: what is pending is a question to the lake.
Batches always have their full size, padded where photos run out, so that a photo's numbers do not
depend on its neighbours, and a run that was cut off ends with the same rows as one that was not.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from thumper_core.contracts import Boxes, ErrorCode, ImageArray, Status, ThumperError
from thumper_core.disk import trouble_of
from thumper_core.pipeline.ahead import Ahead
from thumper_core.pipeline.clip import ClipTask, Cut, Gathering
from thumper_core.pipeline.progress import Meter
from thumper_core.pipeline.records import Crop, Decoded, PhotoResult, PhotoTask
from thumper_core.stamp.place import scene
from thumper_core.vision.detectors import Detector
from thumper_core.vision.embedders import Embedder
from thumper_core.vision.images import boxes_to_image, crop_patch, crop_sharpness, embedder_crop

_MODEL_FAILURES_MAX = 50  # in a row: then the model is broken, not the photos


class Engine:
    """Runs photos through a detector and an embedder on one device."""

    def __init__(
        self,
        detector: Detector,
        embedder: Embedder,
        decode: Callable[[PhotoTask], Decoded | ClipTask | PhotoResult],
        *,
        batch_size: int,
        decode_threads: int,
        queue_photos: int,
        margin: float,
        gray: bool,
        meter: Meter,
        is_held: Callable[[], bool] = lambda: False,
        on_gpu: bool = False,
        in_flight: int = 1,
    ) -> None:
        """in_flight: batches of each model that may be under way at once."""
        self._detector = detector
        self._embedder = embedder
        self._batch_size = batch_size
        self._threads = decode_threads
        self._queue_photos = max(queue_photos, batch_size + decode_threads)
        self._margin = margin
        self._gray = gray
        self._meter = meter
        self._on_gpu = on_gpu  # only said, with the figures of the meter
        self._frames = threading.Semaphore(2 * batch_size)  # room for frames of clips
        self._ahead = Ahead(
            decode, decode_threads, self._queue_photos, self._frames, meter, is_held
        )
        self._groups: defaultdict[tuple[int, ...], list[Decoded]] = defaultdict(list)
        self._crops: list[Crop] = []
        self._in_flight = in_flight
        self._finding: deque[Future[list[tuple[PhotoResult, list[Crop]]]]] = deque()
        self._embedding: deque[tuple[list[Crop], Future[list]]] = deque()
        self._memory = threading.local()  # of batches, by shape
        self._failures_in_row = 0

    def run(
        self, tasks: Iterable[PhotoTask], stop: threading.Event
    ) -> Iterator[PhotoResult | None]:
        """Yield every photo's complete result; None now and then while nothing is ready.

        After `stop` is set, and while the engine is held, no further photo is begun; those under
        way are finished. Raises ThumperError where the model fails on one photo after another.
        """
        with (
            self._meter.decoding(self._threads, on_gpu=self._on_gpu),
            ThreadPoolExecutor(2 * self._in_flight, "models") as models,
        ):
            self._models = models
            yield from self._run(tasks, stop)

    def _run(
        self, tasks: Iterable[PhotoTask], stop: threading.Event
    ) -> Iterator[PhotoResult | None]:
        def n_waiting() -> int:
            return sum(len(group) for group in self._groups.values())

        for item in self._ahead.run(tasks, stop, n_waiting):
            if item is None:
                yield from self._flush()
                yield None
            elif isinstance(item, PhotoResult):
                yield item
            elif isinstance(item, Gathering):
                yield from self._gathered(item)
            else:
                key = () if item.known is not None else item.canvas.shape
                group = self._groups[key]
                group.append(item)
                if len(group) >= self._batch_size:
                    yield from self._find(self._groups.pop(key))
                elif n_waiting() >= self._queue_photos - self._threads:
                    largest = max(self._groups, key=lambda key: len(self._groups[key]))
                    yield from self._find(self._groups.pop(largest))
        yield from self._flush()

    def _gathered(self, clip: Gathering) -> Iterator[PhotoResult]:
        """A clip all of whose frames are back: its result, or its crops on their way to their vectors."""
        result, crops = self._finished(clip)
        if not crops:
            yield result
        yield from self._queued(crops)

    def _finished(self, clip: Gathering) -> tuple[PhotoResult, list[Crop]]:
        if clip.problem is not None:
            return _failed(clip.result, clip.problem), []
        return clip.result, clip.finish(self._detector.class_names)

    def _flush(self) -> Iterator[PhotoResult]:
        """Finish everything that waits for a full batch, or for the models."""
        for key in list(self._groups):
            yield from self._find(self._groups.pop(key))
        yield from self._found(0)
        if self._crops:
            crops, self._crops = self._crops, []
            yield from self._embed(crops)
        yield from self._embedded(0)

    def _find(self, group: list[Decoded]) -> Iterator[PhotoResult]:
        """Begin to find the animals of a group of equal canvases, or of photos that are known."""
        for item in group:
            if item.clip is not None:
                self._frames.release()
        self._finding.append(self._models.submit(self._find_and_cut, group))
        yield from self._found(self._in_flight - 1)

    def _found(self, n_left: int) -> Iterator[PhotoResult]:
        """Wait until so few groups are under way; embed full batches of what was found."""
        while len(self._finding) > n_left:
            with self._meter.busy("models"):
                found = self._finding.popleft().result()
            crops_of_all: list[Crop] = []
            for result, crops in found:
                crops_of_all += crops
                if not crops:
                    yield result
            yield from self._queued(crops_of_all)

    def _queued(self, crops: list[Crop]) -> Iterator[PhotoResult]:
        """Let crops wait for a full batch, and embed those that are full."""
        self._crops += crops
        while len(self._crops) >= self._batch_size:
            full = self._crops[: self._batch_size]
            del self._crops[: self._batch_size]
            yield from self._embed(full)

    def _embed(self, crops: list[Crop]) -> Iterator[PhotoResult]:
        """Begin to give crops their vectors."""
        self._embedding.append((crops, self._models.submit(self._vectors, crops)))
        yield from self._embedded(self._in_flight - 1)

    def _embedded(self, n_left: int) -> Iterator[PhotoResult]:
        """Wait until so few batches of crops are under way; yield photos that are complete."""
        while len(self._embedding) > n_left:
            crops, later = self._embedding.popleft()
            with self._meter.busy("models"):
                vectors = later.result()
            for crop, vector in zip(crops, vectors, strict=True):
                result = crop.result
                if isinstance(vector, str):
                    if result.status is not Status.ERROR:
                        yield _failed(result, vector)
                    continue
                if result.status is not Status.ERROR:
                    result.vectors[crop.ordinal] = vector
                    if result.is_complete:
                        yield result

    def _find_and_cut(self, group: list[Decoded]) -> list[tuple[PhotoResult, list[Crop]]]:
        """In a thread of its own: find the animals of equal canvases and cut them out."""
        if group[0].known is not None:
            found: list = [item.known for item in group]
        else:
            with self._meter.busy("detect"):
                canvases = [item.canvas for item in group]
                found = self._guarded(self._detector.detect, canvases)
            found = [
                boxes if isinstance(boxes, str) else item.on_photo(boxes)
                for item, boxes in zip(group, found, strict=True)
            ]
        with self._meter.busy("crop"):
            return [
                done
                for item, boxes in zip(group, found, strict=True)
                if (done := self._of_picture(item, boxes)) is not None
            ]

    def _of_picture(
        self, item: Decoded, boxes: Boxes | str
    ) -> tuple[PhotoResult, list[Crop]] | None:
        """A photo's result and its crops; a clip's where this was its last frame, else None.

        boxes: upright photo pixels, or why the model failed.
        """
        if item.clip is not None:
            cut = boxes if isinstance(boxes, str) else self._cut(item, boxes)
            return self._finished(item.clip) if item.clip.take(cut) else None
        if isinstance(boxes, str):
            return _failed(item.result, boxes), []
        result, cut = item.result, self._cut(item, boxes)
        result.boxes = boxes
        result.classes = [self._detector.class_names[i] for i in boxes.class_id]
        result.vectors = [None] * len(boxes)
        result.sharpness, result.patches = cut.sharpness, cut.patches
        return result, [Crop(result, i, pixels) for i, pixels in enumerate(cut.crops)]

    def _cut(self, item: Decoded, boxes: Boxes) -> Cut:
        """What lies in the boxes, which are in upright photo pixels."""
        whole = boxes_to_image(boxes.xyxy, item.photo)
        rest = scene(item.photo, item.task.strips)
        image, in_scene = rest.image, rest.boxes(boxes.xyxy)
        size, margin = self._embedder.size, self._margin
        return Cut(
            item.frame_ms,
            boxes,
            np.array([crop_sharpness(image, box) for box in in_scene], np.float32),
            # What comes back at one place is told by the very pixels of its box, a strip's too.
            [crop_patch(item.photo.image, box) for box in whole],
            [embedder_crop(image, box, size, margin, gray=self._gray) for box in in_scene],
        )

    def _vectors(self, crops: list[Crop]) -> list:
        """In a thread of its own: the vectors of crops."""
        with self._meter.busy("embed"):
            pixels = [crop.pixels for crop in crops]
            return self._guarded(self._embedder.embed, pixels)

    def _guarded(self, model: Callable[[ImageArray], Iterable], pictures: list[ImageArray]) -> list:
        """Run a model on pictures as one padded batch; after an error, one by one.

        A picture that fails alone gives the error's text in place of its output.
        """
        try:
            outputs = list(model(self._padded(pictures)))[: len(pictures)]
            self._failures_in_row = 0
            return outputs
        except Exception as error:
            if trouble_of(error, Path.cwd()):
                raise  # no picture's fault
            if len(pictures) > 1:
                return [self._guarded(model, [picture])[0] for picture in pictures]
            self._failures_in_row += 1
            message = f"{type(error).__name__}: {error}"
            if self._failures_in_row >= _MODEL_FAILURES_MAX:
                raise ThumperError(
                    f"The model failed on {_MODEL_FAILURES_MAX} photos in a row, so the run was "
                    f"stopped; the last error was: {message}. Finished photos are kept."
                ) from error
            return [message]

    def _padded(self, pictures: list[ImageArray]) -> ImageArray:
        """Pictures of one shape as a batch of full size, black ones at the end.

        Valid until this thread's next batch: fresh memory for each would cost more than the copy.
        """
        held: dict[tuple[int, ...], ImageArray] = self._memory.__dict__.setdefault("batches", {})
        shape = (max(self._batch_size, len(pictures)), *pictures[0].shape)
        if shape not in held:
            held[shape] = np.empty(shape, np.uint8)
        batch = held[shape]
        for i, picture in enumerate(pictures):
            batch[i] = picture
        batch[len(pictures) :] = 0
        return batch


def _failed(result: PhotoResult, message: str) -> PhotoResult:
    """The photo's row where the model could not take it; half its results would mislead."""
    result.status = Status.ERROR
    result.error_code = ErrorCode.MODEL_FAILED
    result.error_message = f"The model failed on this photo: {message}"
    result.boxes, result.classes, result.vectors, result.patches = Boxes.empty(), [], [], []
    result.sharpness = np.zeros(0, np.float32)
    result.frames, result.tracks = [], []
    return result
