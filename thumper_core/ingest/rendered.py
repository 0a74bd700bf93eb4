"""Whether photos are a rendered demo herd's, by what the demo wrote about them.

It keeps the truth of every photo in `truth_photos.parquet`, beside the folder of the photos.
Nothing is concluded from the name of a file, a folder or a camera alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

PHOTOS: Final = "photos"
TRUTH: Final = "truth_photos.parquet"
_COLUMNS: Final = frozenset(
    {"path", "photo_sha256", "camera", "n_animals", "burst", "event", "fault"}
)


def is_demo_herd(roots: Sequence[str | Path]) -> bool:
    """Whether every folder of photos lies in a demo's; without any folder: no."""
    return bool(roots) and all(_is_rendered(Path(root)) for root in roots)


def _is_rendered(root: Path) -> bool:
    return any(
        root.is_relative_to(folder / PHOTOS) and _tells(folder / TRUTH) for folder in root.parents
    )


def _tells(file: Path) -> bool:
    """Whether a file is a table of the truth about photos."""
    try:
        return _COLUMNS.issubset(pq.read_schema(file).names)
    except (OSError, pa.ArrowException):
        return False
