"""`thumper add`: look at folders, read what is new or changed, and write it down.

The order makes a kill harmless: first a shard of facts, then the ledger's rows of the files. A file
is known once it has its row, so whatever was cut off is read again by the next call.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from thumper_core.contracts import ThumperError
from thumper_core.cores import core_count
from thumper_core.ingest.changes import Changes, ToRead, find_changes
from thumper_core.ingest.read import PhotoFacts, read_facts
from thumper_core.ingest.record import Recorder
from thumper_core.ingest.renew import said_cameras, untimed_before
from thumper_core.ingest.roots import Target, plan_targets
from thumper_core.ingest.scan import Scan, ScannedFile, scan_tree
from thumper_core.ingest.versions import pair_versions
from thumper_core.workspace import Workspace

Progress = Callable[[int, int], None]
"""Called with the files read so far and the files to read, from the caller's thread."""

_TASK_FILES = 32  # files a thread reads before it reports: small files would drown in bookkeeping


@dataclass(frozen=True)
class AddSummary:
    """What one `add` found, in files.

    n_files = n_new + n_changed + n_unchanged are there now. Of them, n_unreadable gave no bytes
    (empty, no permission, vanished) and n_duplicate_paths hold the same bytes as another file of
    the workspace, which is not counted. n_missing were known and are gone; n_ignored are neither
    photo nor video; n_unreadable_folders could not be listed; n_versions turned out to be versions of
    pictures that are there in another size (`ingest.versions`).
    """

    n_files: int
    n_new: int
    n_changed: int
    n_unchanged: int
    n_duplicate_paths: int
    n_unreadable: int
    n_missing: int
    n_ignored: int
    seconds: float
    n_unreadable_folders: int = 0
    n_versions: int = 0


def add_paths(
    workspace: Workspace,
    paths: Sequence[Path],
    *,
    camera_level: int | None = None,
    workers: int | None = None,
    is_complete: Callable[[str, ScannedFile], bool] | None = None,
    reread: bool = False,
    sent: bool = False,
    on_progress: Progress | None = None,
) -> AddSummary:
    """Make every photo and video below `paths` known to the workspace.

    paths: folders, looked through in full, or single files (their folder becomes the root). A path
    that lies inside a root added before, or is one by another name, belongs to that root: no file
    gets two rows. What is unchanged in size and modification time is not opened, but for photos
    in which an older version found no time: those are read again, once. Files that are gone are
    marked missing and keep their rows. Nothing below `paths` is ever written.

    camera_level: which folder names the camera (see `camera_of`); None: the root's own level, else the
    workspace's setting. It is applied to known files too, and
    so is `ingest.camera_from`. workers: reading threads; None: one per core.
    is_complete: asked for each file with its root; files that are still being written are left as they
    are known.
    reread: open every file, known or not. sent: the roots hold what cellular cameras sent, from now on; see
    `FileRows.mark_sent`. Raises UsageError, before anything is written, for a path
    that is not there or is the workspace's own; ThumperError where a root cannot be listed.
    """
    started = time.monotonic()
    level = workspace.settings.ingest.camera_level if camera_level is None else camera_level
    targets = plan_targets(paths, workspace.ledger.roots(), workspace.root)
    for root in dict.fromkeys(target.root for target in targets):
        workspace.ledger.add_root(root)
        if sent:
            workspace.ledger.mark_sent(root)
    lake = workspace.lake
    renew = lake.known_photo_ids() if reread else untimed_before(lake)
    own = workspace.ledger.camera_levels() if camera_level is None else {}
    source = workspace.settings.ingest.camera_from
    said = said_cameras(lake, source) if source != "folder" else {}
    changes = [
        _look(workspace, target, own.get(target.root, level), is_complete, renew, said)
        for target in targets
    ]
    for change in changes:
        workspace.ledger.upsert_files(change.refreshed)
        newly_gone = [row.path_bytes for row in change.gone if not row.missing]
        workspace.ledger.mark_missing(change.root, newly_gone)
    to_read = [file for change in changes for file in change.to_read]
    recorder = Recorder(lake, workspace.ledger, renew, by_said=source in ("exif", "auto"))
    if to_read:
        _read_all(to_read, recorder, workers or core_count(), on_progress)
    n_versions = pair_versions(workspace) if recorder.rows else 0
    return _summary(workspace, changes, recorder, n_versions, time.monotonic() - started)


def _look(
    workspace: Workspace,
    target: Target,
    camera_level: int,
    is_complete: Callable[[str, ScannedFile], bool] | None,
    renew: set[str],
    said: Mapping[str, str],
) -> Changes:
    """Scan one target and compare; a root that is gone has lost all its files."""
    try:
        scan = scan_tree(os.fsencode(target.root), target.scope, target.closed)
    except FileNotFoundError:  # a root inside the folder that was given, removed since
        scan = Scan([], 0, [])
    except OSError as error:
        folder = target.root + "/" + target.scope.decode("utf-8", "backslashreplace")
        raise ThumperError(
            f"Cannot list {folder.rstrip('/')}: {error.strerror or error}. "
            "Mend its permissions and repeat the command."
        ) from error
    known = workspace.ledger.files_under(target.root)
    if is_complete is not None:
        waiting = {f.path_bytes for f in scan.files if not is_complete(target.root, f)}
        scan = scan._replace(files=[f for f in scan.files if f.path_bytes not in waiting])
        known = [row for row in known if row.path_bytes not in waiting]
    return find_changes(target.root, target.scope, scan, known, camera_level, renew, said)


def _read_all(
    files: Sequence[ToRead], recorder: Recorder, workers: int, on_progress: Progress | None
) -> None:
    """Read files in threads and record what they hold; an interrupt keeps what was read."""
    done = 0
    with ThreadPoolExecutor(workers) as pool, closing(_in_threads(pool, files)) as results:
        try:
            for batch in results:
                for file, outcome in batch:
                    recorder.record(file, outcome)
                done += len(batch)
                if on_progress is not None:
                    on_progress(done, len(files))
        finally:
            recorder.flush()


def _in_threads(
    pool: ThreadPoolExecutor, files: Sequence[ToRead]
) -> Generator[list[tuple[ToRead, PhotoFacts | OSError | None]]]:
    tasks = [files[at : at + _TASK_FILES] for at in range(0, len(files), _TASK_FILES)]
    yield from pool.map(_read_task, tasks)


def _read_task(files: Sequence[ToRead]) -> list[tuple[ToRead, PhotoFacts | OSError | None]]:
    """Each file's facts, None where it is empty, or the error that kept it from being read."""
    results: list[tuple[ToRead, PhotoFacts | OSError | None]] = []
    for file in files:
        try:
            path = os.fsencode(file.row.root) + b"/" + file.row.path_bytes
            results.append((file, read_facts(path)))
        except OSError as error:
            results.append((file, error))
    return results


def _summary(
    workspace: Workspace,
    changes: Sequence[Changes],
    recorder: Recorder,
    n_versions: int,
    seconds: float,
) -> AddSummary:
    unchanged = [row for change in changes for row in change.unchanged]
    present = [*unchanged, *recorder.rows]
    elsewhere = set().union(*(change.outside_ids for change in changes))
    looked_at = {change.root for change in changes}
    for root in workspace.ledger.roots():
        if root not in looked_at:
            rows = workspace.ledger.files_under(root)
            elsewhere |= {row.photo_id for row in rows if row.content and not row.missing}
    ids = [row.photo_id for row in present if row.content]
    return AddSummary(
        n_files=len(present),
        n_new=recorder.n_new,
        n_changed=recorder.n_changed,
        n_unchanged=len(unchanged),
        n_duplicate_paths=len(ids) - len(set(ids) - elsewhere),
        n_unreadable=len(present) - len(ids),
        n_missing=sum(len(change.gone) for change in changes) + recorder.n_vanished,
        n_ignored=sum(change.n_ignored for change in changes),
        seconds=seconds,
        n_unreadable_folders=sum(change.n_unreadable_folders for change in changes),
        n_versions=n_versions,
    )
