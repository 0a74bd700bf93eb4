"""The engine of this process, as the settings want it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from thumper_core.clips.frames import Sampling
from thumper_core.cores import core_count
from thumper_core.pipeline.decode import Decoder
from thumper_core.pipeline.engine import Engine
from thumper_core.pipeline.progress import Meter
from thumper_core.pipeline.reuse import KnowingDecoder, KnownPhoto
from thumper_core.settings import Settings
from thumper_core.vision.backends import uses_gpu
from thumper_core.vision.detectors import Detector
from thumper_core.vision.embedders import Embedder
from thumper_core.vision.gpu_jpeg import THREADS as DECODING_THREADS
from thumper_core.vision.gpu_jpeg import GpuJpegs

GPU_BATCHES: Final = 3
"""Batches of a model under way on a GPU: one is computed, one copied there, of one the animals are cut
out. On the processor it is one, which has all cores."""


def local_engine(
    detector: Detector,
    embedder: Embedder,
    settings: Settings,
    meter: Meter,
    known: Mapping[str, KnownPhoto],
    is_held: Callable[[], bool],
) -> Engine:
    """The engine of this process. known: detections that need not be looked for again."""
    options = settings.engine
    jpegs = GpuJpegs() if options.gpu_decode and uses_gpu(options.device) else None
    clips = settings.clips
    decoder = Decoder(
        detector,
        settings.detect.max_pixels,
        meter=meter,
        jpegs=jpegs,
        sampling=Sampling(clips.step_s, clips.motion_gap_s, clips.motion_min, clips.frames_max),
        per_track=clips.per_track,
    )
    return Engine(
        detector,
        embedder,
        KnowingDecoder(decoder, known),
        batch_size=options.batch_size,
        decode_threads=DECODING_THREADS if jpegs else options.decode_threads or core_count(),
        queue_photos=options.queue_photos,
        margin=settings.embed.margin,
        gray=settings.embed.gray,
        meter=meter,
        is_held=is_held,
        on_gpu=uses_gpu(options.device),
        in_flight=batches_in_flight(options.device),
    )


def batches_in_flight(device: str) -> int:
    """How many batches of a model are under way at once on the device of the settings."""
    return GPU_BATCHES if uses_gpu(device) else 1
