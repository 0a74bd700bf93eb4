"""Whether photos are a rendered demo herd's, by what the demo wrote beside them.

The demo keeps its plan in `demo.json` and its truth in `truth_photos.parquet`, above the folder of
the photos. Nothing is concluded from a folder's or a camera's name.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

PLAN: Final = "demo.json"
PHOTOS: Final = "photos"
TRUTH: Final = "truth_photos.parquet"
_KEYS: Final = frozenset({"seed", "n_deer", "n_cameras", "n_photos", "difficulty"})


def is_demo_herd(roots: Sequence[str | Path]) -> bool:
    """Whether every folder of photos lies in a demo's; without any folder: no."""
    return bool(roots) and all(_is_rendered(Path(root)) for root in roots)


def _is_rendered(root: Path) -> bool:
    return any(
        root.is_relative_to(folder / PHOTOS) and _holds_demo(folder) for folder in root.parents
    )


def _holds_demo(folder: Path) -> bool:
    try:
        plan = json.loads((folder / PLAN).read_text("utf-8"))
        return isinstance(plan, dict) and plan.keys() >= _KEYS and (folder / TRUTH).is_file()
    except (OSError, ValueError):
        return False
