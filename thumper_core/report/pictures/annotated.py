"""Whole photos for the pages, shrunk, with the boxes of what was found drawn on them.

A page names a photo by its ID only; where it lies is the ledger's knowledge, and the root that it
lies below is one that was added.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from thumper_core import theme
from thumper_core.report.pictures.crops import placeholder

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

_QUALITY = 85


@dataclass(frozen=True)
class DrawnBox:
    """A box to draw: x1, y1, x2, y2 pixels of the upright photo; label; colour as `#rrggbb`."""

    xyxy: tuple[float, float, float, float]
    label: str
    colour: str = theme.GOOD


@dataclass(frozen=True)
class Picture:
    """A JPEG of a photo, and the photo's own size in pixels (0 where it could not be read)."""

    jpeg: bytes
    width: int
    height: int

    @property
    def is_readable(self) -> bool:
        """False where a placeholder stands for the photo."""
        return self.width > 0


def photo_jpeg(
    workspace: Workspace,
    photo_id: str,
    width: int,
    boxes: Sequence[DrawnBox] = (),
    frame_ms: int | None = None,
) -> Picture:
    """The photo with boxes, `width` pixels wide at most; a placeholder where it cannot be read.

    frame_ms: which frame of a clip, milliseconds after its start.
    """
    from thumper_core.vision.images import DecodeError, decode_photo

    roots = [os.fsencode(root) for root in workspace.ledger.roots()]
    for path in workspace.ledger.paths_of([photo_id]).get(photo_id, []):
        inside = any(path.startswith(root.rstrip(b"/") + b"/") for root in roots)
        if not inside or b".." in path.split(b"/"):
            continue
        try:
            decoded = decode_photo(
                Path(os.fsdecode(path)).read_bytes(),
                min_width=width,
                max_pixels=workspace.settings.detect.max_pixels,
                frame_ms=frame_ms,
            )
        except (OSError, ValueError, DecodeError):
            continue
        picture = Image.fromarray(decoded.image)
        if picture.width > width:
            size = (width, max(1, round(picture.height * width / picture.width)))
            picture = picture.resize(size, Image.Resampling.LANCZOS)
        draw_boxes(picture, boxes, picture.width / decoded.width)
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=_QUALITY)
        return Picture(buffer.getvalue(), decoded.width, decoded.height)
    return Picture(placeholder(min(width, 640)), 0, 0)


def draw_boxes(picture: Image.Image, boxes: Sequence[DrawnBox], scale: float) -> None:
    """Draw boxes with their labels on a picture; scale: its pixels for one of the photo's."""
    pen = ImageDraw.Draw(picture)
    line = max(2, picture.width // 400)
    font = ImageFont.load_default(size=max(12, picture.width // 70))
    for box in boxes:
        x1, y1, x2, y2 = (value * scale for value in box.xyxy)
        pen.rectangle((x1, y1, x2, y2), outline=box.colour, width=line)
        if box.label:
            left, top, right, bottom = pen.textbbox((0, 0), box.label, font=font)
            high = bottom - top + 8
            y = y1 - high if y1 >= high else y1
            pen.rectangle((x1, y, x1 + right - left + 10, y + high), fill=box.colour)
            pen.text((x1 + 5, y + 4 - top), box.label, font=font, fill="#ffffff")
