"""Which animal a crop is about, where another one looks into it: corners drawn round it."""

from __future__ import annotations

import io
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw

from thumper_core.contracts import NOT_ANIMALS
from thumper_core.report.pictures.crops import crop_window

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

Share = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of a picture's width and height, in [0, 1]."""
SEEN: Final = 0.25
"""Of another animal's box this share or more lies in the crop: it could be meant as well."""
_ARM: Final = 0.18  # of the shorter side of what is marked
_QUALITY: Final = 90
_NEAR: Final = """
select d.detection_id, d.x1, d.y1, d.x2, d.y2, p.width, p.height,
    list([o.x1, o.y1, o.x2, o.y2]) as others
from detections d join photos p using (photo_id)
join detections o on o.photo_id = d.photo_id and o.detection_id <> d.detection_id
    and o.frame_ms is not distinct from d.frame_ms and not list_contains($2, o.species)
where list_contains($1, d.detection_id) and p.width > 0 and p.height > 0
group by all
"""


def marks(workspace: Workspace, detection_ids: Collection[str]) -> dict[str, Share]:
    """Where in its crop each animal is whose crop shows another one too, by detection."""
    found: dict[str, Share] = {}
    rows = workspace.sql(_NEAR, [sorted(detection_ids), list(NOT_ANIMALS)])
    for name, x1, y1, x2, y2, width, height, others in rows.iter_rows():
        left, top, right, bottom = window = crop_window((x1, y1, x2, y2), width, height)
        if any(_share_in(window, other) >= SEEN for other in others):
            wide, tall = right - left, bottom - top
            place = ((x1 - left) / wide, (y1 - top) / tall, (x2 - left) / wide, (y2 - top) / tall)
            found[name] = tuple(min(max(value, 0.0), 1.0) for value in place)
    return found


def marked(jpeg: bytes, place: Share) -> bytes:
    """The picture with corners round a place: white on black, to be seen on snow and at night."""
    with Image.open(io.BytesIO(jpeg)) as opened:
        picture = opened.convert("RGB")
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


def _share_in(window: tuple[int, int, int, int], box: list[float]) -> float:
    """How much of a box lies in the window, in [0, 1]."""
    wide = min(window[2], box[2]) - max(window[0], box[0])
    tall = min(window[3], box[3]) - max(window[1], box[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return max(wide, 0.0) * max(tall, 0.0) / area if area > 0 else 0.0
