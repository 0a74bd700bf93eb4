"""Which animal a crop is about: corners drawn round it, always, so that it is never a riddle why."""

from __future__ import annotations

import io
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw

from thumper_core.report.pictures.crops import crop_window, placeholder

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

Share = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of a picture's width and height, in [0, 1]."""
_ARM: Final = 0.18  # of the shorter side of what is marked
_QUALITY: Final = 90
_BOXES: Final = """
select detection_id, x1, y1, x2, y2, width, height from detections join photos using (photo_id)
where list_contains(?, detection_id) and width > 0 and height > 0
"""


def marks(workspace: Workspace, detection_ids: Collection[str]) -> dict[str, Share]:
    """Where in its crop each animal is, by detection; those that are not there are left out."""
    found: dict[str, Share] = {}
    for name, x1, y1, x2, y2, width, height in workspace.sql(
        _BOXES, [sorted(detection_ids)]
    ).iter_rows():
        left, top, right, bottom = crop_window((x1, y1, x2, y2), width, height)
        wide, tall = right - left, bottom - top
        place = ((x1 - left) / wide, (y1 - top) / tall, (x2 - left) / wide, (y2 - top) / tall)
        found[name] = tuple(min(max(value, 0.0), 1.0) for value in place)
    return found


def marked(jpeg: bytes, place: Share) -> bytes:
    """The picture with corners round a place: white on black, to be seen on snow and at night.

    What stands in place of a photo that cannot be read stays as it is.
    """
    with Image.open(io.BytesIO(jpeg)) as opened:
        picture = opened.convert("RGB")
    if jpeg == placeholder(picture.width):
        return jpeg
    wide, tall = picture.width - 1, picture.height - 1
    left, top, right, bottom = place[0] * wide, place[1] * tall, place[2] * wide, place[3] * tall
    arm = _ARM * min(right - left, bottom - top)
    thin = max(1, round(picture.width / 240))
    draw = ImageDraw.Draw(picture)
    for colour, width in (("black", 3 * thin), ("white", thin)):
        for x, along in ((left, arm), (right, -arm)):
            for y, down in ((top, arm), (bottom, -arm)):
                draw.line([(x + along, y), (x, y), (x, y + down)], fill=colour, width=width)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
