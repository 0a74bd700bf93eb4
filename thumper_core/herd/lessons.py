"""What a herd teaches of its own pictures, kept beside the space that it was learned in."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import FloatArray
from thumper_core.files import write_whole
from thumper_core.identify.links.columns import column_codes
from thumper_core.identify.links.constraints import build_constraints
from thumper_core.identify.links.tracklets import link_tracklets, tracklet_table
from thumper_core.identify.meet.kept import read, written
from thumper_core.identify.meet.learn import Lessons, learn_lessons
from thumper_core.identify.meet.trials import TRACKLETS_MAX
from thumper_core.identify.sampling import whole_groups
from thumper_core.identify.space.similarity import IntArray
from thumper_core.settings import IdentifySettings
from thumper_core.workspace import Workspace


def learn_of_herd(
    frame: pl.DataFrame,
    space: FloatArray,
    who: IntArray,
    raw: Callable[[npt.NDArray[np.int64]], FloatArray],
    contrast: tuple[float, float],
    cameras: pl.DataFrame,
    settings: IdentifySettings,
) -> Lessons:
    """What the pictures of known animals teach of others; of a large herd whole events are drawn.

    frame: N rows as `identify_frame` takes it; space: (N, d) float32 in the herd's space; who: (N,) int32
    code of each one's animal, negative: not known; raw: rows -> (n, D) float32, their embeddings; contrast:
    as `link_tracklets` takes it.
    """
    rows = np.flatnonzero(who >= 0)
    event = np.unique(column_codes(frame, "event_id")[rows], return_inverse=True)[1]
    rows = rows[whole_groups(event, 3 * TRACKLETS_MAX, np.random.default_rng(settings.seed))]
    part, vectors = frame[rows.tolist()], raw(rows)
    index = np.zeros(0, np.int32)
    if len(rows):
        index = link_tracklets(part, vectors, contrast=contrast)
    tracklets = tracklet_table(part, index)
    links = build_constraints(tracklets, part, index, None, cameras, settings).constraints
    return learn_lessons(part, vectors, index, tracklets, links, who[rows], space[rows], settings)


def save_lessons(
    workspace: Workspace, herd_id: str, lessons: Lessons, taught_by: str | None = None
) -> None:
    """Keep what a herd goes by as long as its space is kept; taught_by: an earlier herd, where that did."""
    file = workspace.cache_dir / "spaces" / f"{herd_id}.lessons.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, json.dumps({"taught_by": taught_by or herd_id, "lessons": written(lessons)}))
    for old in file.parent.glob("*.lessons.json"):
        if not old.with_name(old.name.replace(".lessons.json", ".npz")).exists():
            old.unlink(missing_ok=True)


def load_lessons(workspace: Workspace, herd_id: str, *, its_own: bool = False) -> Lessons | None:
    """What a herd goes by; its_own: what it taught itself. None where nothing is kept, or unreadable."""
    file = workspace.cache_dir / "spaces" / f"{herd_id}.lessons.json"
    try:
        kept = json.loads(file.read_text())
        is_wanted = not its_own or kept["taught_by"] == herd_id
        return read(kept["lessons"]) if is_wanted else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
