"""Which flank people said that a box shows: the youngest word on each detection wins."""

from __future__ import annotations

from typing import Final

import polars as pl

from thumper_core.decisions.box_words import last_words
from thumper_core.decisions.kinds import ShowsFlank

SAID: Final = pl.Schema({"run_id": pl.String(), "detection_id": pl.String(), "flank": pl.String()})


def flanks_said(detections: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """`SAID`, one row for each detection that a standing decision speaks of; both as `last_words`."""
    return last_words(detections, decisions, ShowsFlank)
