"""The workspace: one folder that holds everything Thumper knows, and the objects that open it."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thumper_core.contracts import SHARD_TABLES, ThumperError, UsageError
from thumper_core.disk import refusal
from thumper_core.heads.shelf import head_files
from thumper_core.settings import Settings
from thumper_core.store.adopt import adopt_once
from thumper_core.store.lake import Lake
from thumper_core.store.ledger import Ledger
from thumper_core.store.safekeeping import keep_if_due

if TYPE_CHECKING:
    import duckdb
    import polars as pl

    from thumper_core.views.session import PhotoSources, Session

ENVIRONMENT = "THUMPER_WORKSPACE"
_DAMAGE_WORDS = (".parquet", "parquet file", "zstd", "tprotocol", "thrift")


def chosen_folder(root: Path | str | None = None) -> Path:
    """The workspace's folder: `root`, else `$THUMPER_WORKSPACE`, else `data` where one stands.

    >>> from thumper_core import chosen_folder
    >>> str(chosen_folder("ranch"))
    'ranch'
    """
    return Path(root if root is not None else os.environ.get(ENVIRONMENT) or "data")


class Workspace:
    """A folder with settings, lake, ledger, reports and a cache.

    The photos themselves stay where they are; nothing in them or beside them is ever written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.settings_file = self.root / "thumper.toml"
        self.cameras_csv = self.root / "cameras.csv"
        self.weather_csv = self.root / "weather.csv"
        self.reports_dir = self.root / "reports"
        self.cache_dir = self.root / "cache"
        self.ledger = Ledger(self.root / "ledger.sqlite")
        self.lake = Lake(self.root / "lake", self.ledger)
        self.settings = Settings.load(self.settings_file)
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._stamp: tuple[Any, ...] | None = None

    @classmethod
    def create(cls, root: Path | str) -> Workspace:
        """Make a workspace in `root`, or complete one that is there; what it holds is kept."""
        root = Path(root)
        if root.exists() and not root.is_dir():
            raise UsageError(f"{root} is a file; a workspace is a folder.")
        try:
            for folder in (root, root / "lake", root / "reports", root / "cache"):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise refusal(error, root, f"Cannot make {root}: {error.strerror}.") from error
        workspace = cls(root)
        workspace.ledger.create()
        adopt_once(workspace.lake)
        return workspace

    @classmethod
    def open(cls, root: Path | str | None = None) -> Workspace:
        """Open a workspace: `root`, else `$THUMPER_WORKSPACE`, else `data` in the current folder.

        Raises ThumperError, naming the command that makes one, where there is none.
        """
        folder = chosen_folder(root)
        if not (folder / "ledger.sqlite").is_file():
            raise ThumperError(
                f"There is no workspace in {folder}. Make one with "
                f"`thumper --workspace {folder} init`, or try `thumper demo`."
            )
        workspace = cls(folder)
        workspace.ledger.check()
        adopt_once(workspace.lake)
        keep_if_due(workspace.root)
        return workspace

    def sql(self, query: str, params: Sequence[Any] | None = None) -> pl.DataFrame:
        """Ask the views of DESIGN's tables (`photos`, `detections`, `sightings`, ...) in SQL.

        query: DuckDB SQL; params: values for its `?` marks. Views show the promoted run and herd;
        `all_detections` and the like show every run.
        """
        import polars as pl

        with self._lock:
            try:
                answer = self._current().sql(query, params=list(params or ()))
                table = None if answer is None else answer.to_arrow_table()
            except Exception as error:
                if any(word in str(error).lower() for word in _DAMAGE_WORDS):
                    raise ThumperError(
                        f"A file in the lake cannot be read ({str(error).splitlines()[0]}). "
                        "`thumper verify` finds it and moves it aside."
                    ) from error
                raise
            if table is None:
                raise UsageError("The query is empty.")
            return pl.DataFrame(table)

    def query(self) -> duckdb.DuckDBPyConnection:
        """A DuckDB connection of one's own with every view, as of now."""
        from thumper_core.views.session import connect

        return connect(self.lake, self.ledger, self.settings.deer, self._photo_sources())

    def stamp(self) -> tuple[Any, ...]:
        """A value that differs after anything in the workspace changed; good as a cache key."""
        watched = [
            self.settings_file,
            self.cameras_csv,
            self.ledger.path,
            self.ledger.path.with_name("ledger.sqlite-wal"),
            *(self.lake.root / folder for folder in SHARD_TABLES),
            *head_files(self.root),
        ]
        runs = self.lake.root / "runs"
        watched += sorted(runs.iterdir()) if runs.is_dir() else []
        return tuple(_stat(path) for path in watched)

    def _photo_sources(self) -> PhotoSources:
        from thumper_core.views.session import PhotoSources

        return PhotoSources(self.settings.ingest, self.cameras_csv, self.cache_dir)

    def _as_of(self) -> tuple[Any, ...]:
        """What an answer of the views depends on: what is stored, and the settings in use."""
        return (*self.stamp(), self.settings.deer, self.settings.ingest)

    def _current(self) -> duckdb.DuckDBPyConnection:
        """The connection of `sql`, as of now."""
        from thumper_core.views.session import Session

        stamp = self._as_of()
        if self._session is None:
            self._session = Session(self.lake, self.ledger, keep=True)
        if stamp != self._stamp:
            self._session.refresh(self.settings.deer, self._photo_sources())
            self._stamp = stamp
        return self._session.db


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size
