"""What a run still has to do: questions to the lake, never a queue of its own."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from thumper_core.contracts import ErrorCode, ThumperError
from thumper_core.pipeline.photo_counts import photo_counts_of
from thumper_core.pipeline.records import PhotoResult, PhotoTask
from thumper_core.stamp.models import strips_on
from thumper_core.store.cameras.names import require_camera
from thumper_core.views.session import connect_light
from thumper_core.workspace import Workspace

PASSING: Final = frozenset(
    {
        ErrorCode.VANISHED,
        ErrorCode.NO_PERMISSION,
        ErrorCode.READ_FAILED,
        ErrorCode.DECODE_FAILED,
        ErrorCode.MODEL_FAILED,
    }
)
"""Failures that a second try may mend; the others lie in the photo's bytes."""
_UNREACHABLE: Final = (ErrorCode.VANISHED, ErrorCode.NO_PERMISSION, ErrorCode.READ_FAILED)


@dataclass(frozen=True)
class Selection:
    """Which photos to process; pending ones only, and with `retry_failed` those that failed."""

    camera: str | None = None
    since: datetime | None = None  # camera wall clock
    limit: int | None = None
    retry_failed: bool = False


def pending_tasks(
    workspace: Workspace, run_id: str, selection: Selection, *, cut_strips: bool = False
) -> list[PhotoTask]:
    """Photos without an outcome in the run, in path order, as `tasks_of` gives them.

    Raises UsageError: no such camera.
    """
    db = workspace.query()
    camera = selection.camera
    if camera is not None:
        known = [r[0] for r in db.execute("select distinct camera from photos").fetchall()]
        camera = require_camera(camera, known)
    rows = db.execute(
        """
        select p.photo_id from photos p
        anti join (
            select photo_id from all_outcomes
            where run_id = $run and not ($retry and status = 'error')
        ) o using (photo_id)
        where ($camera is null or p.camera = $camera)
            and ($since is null or p.taken_at >= $since::timestamp)
        order by p.root, p.path
        """,
        {
            "run": run_id,
            "camera": camera,
            "since": selection.since,
            "retry": selection.retry_failed,
        },
    ).fetchall()
    db.close()
    ids = [row[0] for row in rows][: selection.limit]
    return tasks_of(workspace, ids, cut_strips=cut_strips)


def tasks_of(
    workspace: Workspace, photo_ids: Sequence[str], *, cut_strips: bool = False
) -> list[PhotoTask]:
    """The tasks of photos, in their order. cut_strips: with the strips that their cameras print."""
    paths = workspace.ledger.paths_of(photo_ids)
    strips = strips_on(workspace, photo_ids) if cut_strips else {}
    return [
        PhotoTask(i, tuple(paths[i]), content=not i.startswith("x"), strips=strips.get(i, ()))
        for i in photo_ids
    ]


def count_pending(workspace: Workspace, run_id: str) -> int:
    """How many photos have no outcome in the run."""
    db = connect_light(workspace.lake, workspace.ledger, workspace.settings.deer)
    counts = photo_counts_of(db, run_id)
    db.close()
    return counts.pending


def require_root(roots: Collection[str], task: PhotoTask, result: PhotoResult) -> None:
    """Raise ThumperError where a photo failed because the whole folder of photos is away.

    A drive that was unplugged would otherwise fail every photo on it, one by one. A root that
    cannot be listed, or is as empty as a mount point without its drive, is away.
    """
    if result.error_code not in _UNREACHABLE:
        return
    holding = [
        root
        for root in roots
        if any(path.startswith(os.fsencode(root).rstrip(b"/") + b"/") for path in task.paths)
    ]
    if holding and all(is_away(root) for root in holding):
        raise ThumperError(
            f"The folder {holding[0]} is not there, or is empty: is its drive connected? Photos "
            "that were finished are kept; connect it, and the same command goes on. If the photos "
            "are gone for good, `thumper add` the folder's parent and they are no longer expected."
        )


def is_away(root: str) -> bool:
    """Whether a folder of photos cannot be listed, or is as empty as a mount point alone."""
    try:
        with os.scandir(root) as entries:
            return next(entries, None) is None
    except OSError:
        return True
