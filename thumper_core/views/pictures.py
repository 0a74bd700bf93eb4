"""How a question asks for the best picture: by the one score that `photo_views.sql` defines."""

from __future__ import annotations

from typing import Final

PICTURE_SCORE: Final = (
    "picture_score(d.confidence, d.sharpness, d.x1, d.y1, d.x2, d.y2, p.width, p.height, "
    "p.is_infrared)"
)
"""SQL: how well a box (`d`: detections, in `p`: photos) shows its animal; only its order means anything."""
