"""What a herd was made of, as one value: where that is equal, there is nothing to make again.

The same files, detections, decisions, cameras and settings give the same herd.
"""

from __future__ import annotations

import hashlib
import json

import polars as pl

from thumper_core.contracts import FloatArray
from thumper_core.settings import Settings

_MADE: int = 1
"""Raised when the same would be grouped in another way by a newer version."""


def made_of(
    run_id: str,
    deer: pl.DataFrame,
    vectors: FloatArray,
    settings: Settings,
    *views: pl.DataFrame,
    learned: str = "",
) -> str:
    """32 hex digits that are equal where, and only where, all of it is.

    deer, vectors: as `load_deer` gives them; views: what else counts, each in an order of its own; learned:
    what `train reid` learned, by name, "" where nothing is counted in.
    """
    # Which one is meant says more than how the settings name it.
    identify = settings.identify.model_dump(mode="json", exclude={"metric"})
    told = [_MADE, run_id, settings.deer.sentence, identify, *([learned] if learned else [])]
    found = hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=16)
    for frame in (deer, *views):
        # As text: below a null, Arrow's buffers hold whatever was there.
        found.update(frame.write_ndjson().encode())
    found.update(vectors.tobytes())
    return found.hexdigest()
