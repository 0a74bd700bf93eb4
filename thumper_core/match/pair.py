"""Where two crops match, from the keypoints that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from thumper_core.match.collect import MODEL, collect, crop_names, shelf_of
from thumper_core.match.compare import Matched, compare, matched
from thumper_core.match.witness import framed
from thumper_core.vision.registry import load_registry
from thumper_core.vision.weights import require_file
from thumper_core.workspace import Workspace

NOT_YET = "No keypoints of these two were looked for yet: `thumper match` does that."
TOO_COARSE = "One of the two is too small or too blurred in its photo for keypoints."


@dataclass(frozen=True)
class Pair:
    """matched: None where there are no keypoints to compare; why: a sentence that says so, else empty."""

    matched: Matched | None
    why: str = ""


def pair_of(workspace: Workspace, crops: pl.DataFrame) -> Pair:
    """How the first of two crops matches the second; nothing is looked for.

    crops: two rows, `photo_id, camera, width, height, x1..y2`. Raises ThumperError that says how to
    get the network where it would have to be asked and is not there.
    """
    shelf, names = shelf_of(workspace), crop_names(crops)
    marks = shelf.get(names)
    if not all(name in shelf for name in names):
        require_file(load_registry(None).get(MODEL))
        return Pair(None, NOT_YET)
    if not marks.descriptor.any(axis=(1, 2)).all():
        return Pair(None, TOO_COARSE)
    return Pair(matched(framed(crops, marks), 0, 1))


def strongest(
    workspace: Workspace, own: pl.DataFrame, other: pl.DataFrame
) -> tuple[int, int] | None:
    """The rows of the two crops, one of either frame, that match best; None where no two can be compared.

    own, other: as for `pair_of`, of any length.
    """
    both = pl.concat([own, other])
    marks = shelf_of(workspace).get(crop_names(both))
    seen = np.flatnonzero(marks.descriptor.any(axis=(1, 2)))
    first, second = seen[seen < own.height], seen[seen >= own.height]
    pairs = np.array([(a, b) for a in first for b in second], np.int32).reshape(-1, 2)
    if not len(pairs):
        return None
    a, b = pairs[int(np.argmax(compare(framed(both, marks), pairs)))].tolist()
    return a, b - own.height


def pair_looked_at(workspace: Workspace, crops: pl.DataFrame) -> Pair:
    """The same, after looking for what is missing; where a photo cannot be read it is named.

    Raises ThumperError where that cannot be done.
    """
    if not collect(workspace, crops).n_unread:
        return pair_of(workspace, crops)
    shelf = shelf_of(workspace)
    away = [name not in shelf for name in crop_names(crops)]
    return Pair(None, unread(workspace, crops.filter(pl.Series(away))["photo_id"].to_list()))


def unread(workspace: Workspace, photo_ids: Sequence[str]) -> str:
    """That these photos cannot be read, by the names of their files."""
    paths = workspace.ledger.paths_of(list(dict.fromkeys(photo_ids)))
    files = [path[0].decode("utf-8", "backslashreplace") for path in paths.values()]
    return " ".join(f"The photo {file} cannot be read now." for file in files)
