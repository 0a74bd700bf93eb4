"""A snapshot of every view as one DuckDB file, for people who want to ask their own questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from thumper_core.export.files import write_file

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

VIEWS: Final = (
    "photos", "bursts", "events", "outcomes", "detections", "embeddings", "tracklets",
    "assignments", "profiles", "individuals", "sightings", "decisions", "runs", "herds", "cameras",
    "fixtures",
)  # fmt: skip


def duckdb_file(workspace: Workspace, out: Path, *, embeddings: bool = False) -> Path:
    """Write the shown run and herd as tables of a DuckDB file and return where it is.

    embeddings: with the vectors (2 kB for each detection).
    """
    return write_file(out, lambda path: _write(workspace, path, embeddings))


def _write(workspace: Workspace, path: Path, embeddings: bool) -> None:
    path.unlink(missing_ok=True)
    db = workspace.query()
    try:
        db.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as snapshot")
        for view in VIEWS:
            if view != "embeddings" or embeddings:
                db.execute(f'create table snapshot."{view}" as select * from "{view}"')
        db.execute("detach snapshot")
    finally:
        db.close()
