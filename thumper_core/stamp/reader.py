"""Reading a line of text: rapidocr, whose models are in its package, on the processor."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from PIL import Image

from thumper_core.contracts import ImageArray, ThumperError

LINE_PX: Final = 48
"""Height at which the reader takes a line."""
CONFIDENCE_MIN: Final = 0.6
"""What is read with less is a symbol: a moon, a flash, a mark."""


@dataclass(frozen=True)
class Line:
    """text: as read; confidence: 0 to 1."""

    text: str
    confidence: float


class LineReader:
    """Reads pieces of text that were cut out. Raises ThumperError where the extra is not installed."""

    def __init__(self) -> None:
        try:
            from rapidocr import RapidOCR
        except ImportError as error:
            raise ThumperError(
                "Reading what cameras print into their photos needs rapidocr: `pip install "
                "'thumper[stamp]'`. Without it `--camera-from exif` reads what they write into EXIF."
            ) from error
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
        self._engine: Any = RapidOCR(
            params={"Global.log_level": "critical", "Global.use_cls": False}
        )

    def __call__(self, piece: ImageArray) -> Line:
        """The text of one line. piece: (h, w) uint8 grey, dark on light."""
        height, width = piece.shape
        size = (max(8, round(width * LINE_PX / height)), LINE_PX)
        scaled = Image.fromarray(piece).resize(size, Image.Resampling.BICUBIC)
        pixels = np.repeat(np.asarray(scaled)[:, :, None], 3, axis=2)
        found = self._engine(pixels, use_det=False, use_cls=False, use_rec=True)
        texts, scores = getattr(found, "txts", None), getattr(found, "scores", None)
        if not texts or not scores:
            return Line("", 0.0)
        return Line(" ".join(str(texts[0]).split()), float(scores[0]))
