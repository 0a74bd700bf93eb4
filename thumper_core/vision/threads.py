"""Who may use the processor's cores: the one place where threads of libraries are decided.

The engine decodes in one thread per core and runs one model at a time, and the model's backend
spreads over all cores by itself. So OpenCV must not start threads of its own inside a decoding
thread, and torch must not keep a pool spinning beside OpenVINO's: each would only take turns away
from the others.
"""

from __future__ import annotations

import functools

from thumper_core.cores import core_count


@functools.cache
def prepare_pixel_libraries() -> None:
    """Set OpenCV and Pillow up for decoding in many threads; the first call does it, for good.

    Pillow's own limit on pixels is switched off because `decode_photo` asks for the limit before
    anything is decoded, and Pillow's would be a process-wide warning at another number.
    """
    import cv2
    import pillow_heif
    from PIL import Image

    cv2.setNumThreads(1)
    Image.init()  # Pillow looks formats up in its registry, which it otherwise fills as it goes
    Image.MAX_IMAGE_PIXELS = None
    pillow_heif.register_heif_opener(thumbnails=False)


def give_cores_to(backend: str) -> None:
    """Let one backend's threads have the cores: `openvino`, `torch` or `cuda`."""
    import torch

    torch.set_num_threads(core_count() if backend == "torch" else 1)
