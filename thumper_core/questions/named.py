"""What a person names by text: an individual by its ID or name, a picture by its ID or as the best."""

from __future__ import annotations

import polars as pl

from thumper_core.contracts import ThumperError
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.names import name_key
from thumper_core.workspace import Workspace

_BOX = "select photo_id, x1, y1, x2, y2, frame_ms from detections where detection_id = "
_BEST = "(select best_detection_id from individuals where individual_id = ?)"


def individual_named(workspace: Workspace, text: str, *, absent: bool = False) -> str:
    """The individual of an ID, else of a name. Raises ThumperError where the herd holds none.

    absent: one that no profile of the herd carries on will do, as long as it was not merged away.
    """
    rows = workspace.sql("select individual_id, name, n_detections, merged_into from individuals")
    for who, called, n, into in sorted(rows.iter_rows(), key=lambda row: row[0] != text):
        if text == who or (called and name_key(called) == name_key(text)):
            if n or (absent and not into):
                return str(who)
            gone = f"it was merged into {into}" if into else "no group of this herd carries it on"
            raise ThumperError(f"{text} is not in this herd: {gone}.")
    raise ThumperError(f"There is no individual {text!r}: `thumper herd show` lists them.")


def picture_named(workspace: Workspace, text: str) -> BoxKey:
    """The box of a detection's ID, or of the best picture of an individual's ID or name."""
    rows = workspace.sql(f"{_BOX} ?", [text])
    if rows.is_empty():
        rows = workspace.sql(f"{_BOX} {_BEST}", [individual_named(workspace, text)])
    return BoxKey.of_row(rows.row(0, named=True))


def detection_named(workspace: Workspace, text: str) -> str:
    """A detection's ID as it is, or that of the best picture of an individual's ID or name.

    Raises ThumperError where the text is neither.
    """
    if workspace.sql("select 1 from detections where detection_id = ?", [text]).height:
        return text
    if workspace.sql("select 1 from all_detections where detection_id = ? limit 1", [text]).height:
        raise ThumperError(f"The run shown has no detection {text}; another run has.")
    who = individual_named(workspace, text)
    rows = workspace.sql("select best_detection_id from individuals where individual_id = ?", [who])
    return str(rows.item())


def assigned(workspace: Workspace) -> pl.DataFrame:
    """The herd's detections, those of no individual too, as `decisions.regroup` takes them."""
    return workspace.sql(
        "select a.individual_id, a.tracklet_id, d.detection_id, d.photo_id, "
        "d.x1, d.y1, d.x2, d.y2, d.frame_ms, d.confidence from assignments a join detections d "
        "using (detection_id)"
    )
