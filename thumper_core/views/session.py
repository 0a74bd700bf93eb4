"""DuckDB views over the lake's Parquet and the ledger's tables, in memory, one connection each.

No `.duckdb` file is ever shared: a second process could not open one that the first holds.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import duckdb
import polars as pl

from thumper_core.contracts import CLOCKS_SINCE
from thumper_core.decisions.kinds import CORRECTIONS, STANDING, ShowsFlank, Undo
from thumper_core.deer import OurDeer
from thumper_core.files import content_hash, write_whole
from thumper_core.heads.shelf import head_files
from thumper_core.settings import IngestSettings
from thumper_core.store.cameras.names import renames_of, with_known_names
from thumper_core.store.cameras.read import read_camera_file
from thumper_core.store.lake import Lake
from thumper_core.store.ledger import Ledger
from thumper_core.views.flanks import register_flanks
from thumper_core.views.our_deer import register_our_deer
from thumper_core.views.photo_files import ledger_files, present_photos, replaced
from thumper_core.views.readings import register_readings
from thumper_core.views.repeated import RULES, load_repeats, no_repeats, standing
from thumper_core.views.shown import merged, shown_run_and_herd
from thumper_core.views.tables import (
    LEDGER_TABLES,
    ONCE,
    each_once,
    kept_detections,
    lake_files,
    ledger_frame,
    parquet_view,
    quoted,
    register,
    register_decisions,
    script_of,
)

KEPT: Final = ("outcomes", "detections", "assignments", "sightings")
"""Views of the shown run and herd that a session can keep as tables."""
_ABOUT_BOXES: Final = (*CORRECTIONS, *STANDING, ShowsFlank.kind, Undo.kind)


class PhotoSources(NamedTuple):
    """What the view of photos stands on besides lake and ledger.

    cache_dir: the folder where the finished view is kept between processes.
    """

    ingest: IngestSettings
    cameras_csv: Path
    cache_dir: Path


def connect(
    lake: Lake, ledger: Ledger, deer: OurDeer, photos: PhotoSources
) -> duckdb.DuckDBPyConnection:
    """Open DuckDB with every view of the workspace as of now."""
    session = Session(lake, ledger)
    session.refresh(deer, photos)
    return session.db


def connect_light(lake: Lake, ledger: Ledger, deer: OurDeer) -> duckdb.DuckDBPyConnection:
    """Open DuckDB without the views of photos, bursts, events and sightings.

    Of the photos there is only `present (photo_id)`. For answers that must come at once: the
    photos of a large workspace take most of the time that a full connection needs.
    """
    session = Session(lake, ledger)
    session.refresh(deer, None)
    return session.db


class Session:
    """A connection that is brought up to date by parts: what did not change is not read again.

    keep: the views in `KEPT` are copied into tables, which answers many questions several times
    faster. Without it every view follows what the caller changes in the tables below it.
    """

    def __init__(self, lake: Lake, ledger: Ledger, *, keep: bool = False) -> None:
        self.db = duckdb.connect(":memory:")
        with contextlib.suppress(duckdb.InvalidInputException):
            # In Jupyter without ipywidgets there is no bar, and DuckDB refuses to turn it off.
            self.db.execute("set enable_progress_bar = false")
        # Every view reads the footers of every file below it when it is made and when it is asked.
        self.db.execute("set parquet_metadata_cache = true")
        self._lake, self._ledger, self._keep = lake, ledger, keep
        self._seen: dict[str, object] = {}

    def refresh(self, deer: OurDeer, photos: PhotoSources | None) -> None:
        """Make the views show the workspace as of now; photos None: only the light ones.

        deer: which animals are the deer that it is about.
        """
        db = self.db
        files = lake_files(self._lake)
        stamps = {name: _stamps(paths) for name, paths in files.items()}
        for name in files:
            # Every answer of a light session is about outcomes: their many files are read once.
            once = photos is None and name == "lake_outcomes"
            view = partial(parquet_view, db, name, files[name], copied=once)
            self._load(name, stamps[name], view)
        rows_of = {name: stamps[name] for name in ONCE}
        self._load("once", rows_of, partial(each_once, db))
        used = self._ledger.used_instead()
        self._load("replaced", used, partial(register, db, "replaced", replaced(used)))
        with self._ledger.reading() as sqlite:
            for name, (query, types) in LEDGER_TABLES.items():
                rows = sqlite.execute(query).fetchall()
                self._load(name, rows, partial(_register_rows, db, name, rows, types))
            # A view knows the columns below it as they were, and a first shard may bring more.
            kept = (stamps["lake_detections"], self._seen["run_conf_min"], used)
            self._load("kept_detections", kept, partial(kept_detections, db))
            last = sqlite.execute("select max(decision_id) from decisions").fetchone()
            marks = ", ".join("?" * len(_ABOUT_BOXES))
            query = f"select max(decision_id) from decisions where kind in ({marks})"
            of_boxes = sqlite.execute(query, _ABOUT_BOXES).fetchone()
        shown = dict(zip(("run_id", "herd_id"), shown_run_and_herd(self._ledger), strict=True))
        frame = pl.DataFrame([shown], schema=dict.fromkeys(shown, pl.String))
        self._load("shown", shown, partial(register, db, "shown", frame))
        departed = merged(self._ledger, shown["herd_id"])
        self._load("merged", departed.rows(), partial(register, db, "merged", departed))
        said = (last, stamps["lake_detections"], stamps["lake_outcomes"], kept[1], used)
        self._load("decisions", said, partial(register_decisions, db, self._ledger))
        if photos is None:
            with self._ledger.reading() as sqlite:
                register(db, "present", present_photos(sqlite))
            no_repeats(db)
        else:
            cameras = read_camera_file(photos.cameras_csv).rows
            version = self._ledger.files_version()
            state = (version, stamps["photo_facts"], cameras.rows(), photos.ingest, time.tzname)
            self._load("photos", state, partial(self._photos, photos, cameras, repr(state)))
            spoken = standing(db)
            found = (kept, stamps["lake_outcomes"], state, spoken.rows())
            self._load("repeats", found, partial(self._repeats, photos, spoken, repr(found)))
        self._load(
            "our_deer",
            (deer, isinstance(deer.animals_are_deer, tuple) and self._ledger.files_version()),
            partial(register_our_deer, db, self._ledger, deer),
        )
        asked = (stamps["lake_embeddings"], self._seen["runs"], self._seen["class_meanings"])
        heads = (deer.species, _stamps(head_files(self._lake.root.parent)))
        self._load("readings", (asked, heads), partial(self._readings, stamps, deer.species))
        boxes = [Path(path) for path, _, _ in stamps["lake_detections"]]
        flanks = partial(register_flanks, db, self._lake.root.parent, boxes)
        self._load("flanks", (stamps["lake_detections"], rows_of), flanks)
        scripts = ("views.sql", "photo_views.sql") if photos is not None else ("views.sql",)
        # A view knows the columns below it as they were, and a newer shard may bring more.
        columns = [db.execute(f'describe "{name}"').fetchall() for name in files]
        self._load("views", columns, lambda: [db.execute(script_of(name)) for name in scripts])
        if self._keep:
            self._keep_shown(shown, stamps, (of_boxes, used))

    def _load(self, part: str, version: object, load: Callable[[], object]) -> bool:
        """Load a part of another version than the last; whether it was."""
        if part in self._seen and self._seen[part] == version:
            return False
        self._seen.pop(part, None)  # a load that fails is tried again
        load()
        self._seen[part] = version
        return True

    def _photos(self, sources: PhotoSources, cameras: pl.DataFrame, state: str) -> None:
        """The tables `photos`, `present` and `cameras`; `photos` from the cache where it is there.

        state: everything that the photos depend on.
        """
        db = self.db
        script = script_of("photo_table.sql")
        kept = sources.cache_dir / f"photos-{content_hash((state + script).encode())}.parquet"
        try:
            source = f"read_parquet({quoted(kept)}, hive_partitioning = false)"
            db.execute(f"create or replace temp table photos as from {source}")
            shown = db.execute("select distinct camera from photos").fetchall()
            self._cameras(cameras, [name for (name,) in shown])
        except duckdb.Error:  # it is not there, or damaged: a cache is never needed
            with self._ledger.reading() as sqlite:
                files = ledger_files(sqlite)
            register(db, "ledger_files", files)
            self._cameras(cameras, files["camera"].unique().to_list())
            ingest = sources.ingest
            gaps = {
                "burst_s": [ingest.burst_gap_s],
                "event_s": [ingest.event_gap_s],
                "clocks_since": [CLOCKS_SINCE],
            }
            register(db, "gaps", pl.DataFrame(gaps))
            db.execute(script)
            db.execute("drop table ledger_files")
            _write_cache(db, "photos", kept)
        db.execute("create or replace view present as select photo_id from photos")

    def _readings(self, stamps: dict[str, _Stamps], species: str) -> None:
        """The tables `readings` and `run_heads`: what heads say of detections that ask for it."""
        files = [Path(path) for path, _, _ in stamps["lake_embeddings"]]
        runs, meanings = (cast(list[Any], self._seen[k]) for k in ("runs", "class_meanings"))
        register_readings(self.db, self._lake.root.parent, files, runs, meanings, species)

    def _repeats(self, sources: PhotoSources, spoken: pl.DataFrame, state: str) -> None:
        """The table `repeats`, from the cache where it is there; state: all that it depends on."""
        kept = sources.cache_dir / f"repeats-{content_hash((state + RULES).encode())}.parquet"
        if load_repeats(self.db, spoken, kept):
            _write_cache(self.db, "repeats", kept)

    def _cameras(self, cameras: pl.DataFrame, shown: list[str]) -> None:
        """The table `cameras`, in the spelling that photos show."""
        named = with_known_names(cameras, shown, renames_of(self._ledger))
        register(self.db, "cameras", named)

    def _keep_shown(
        self, shown: dict[str, str | None], stamps: dict[str, _Stamps], of_boxes: object
    ) -> None:
        """Copy the views of `KEPT` into tables of the same names, which then come first.

        of_boxes: the last decision that can change what is read of a detection, and versions that can.
        """
        seen, run = self._seen, shown["run_id"]
        of_run = {
            name: [stamp for stamp in stamps[name] if Path(stamp[0]).parts[-3] == run]
            for name in ("lake_outcomes", "lake_detections")
        }
        thresholds = seen["run_conf_min"]
        detections = (
            run,
            of_run,
            seen["class_meanings"],
            of_boxes,
            thresholds,
            seen["our_deer"],
            seen["readings"],
            seen["flanks"],
            seen["repeats"],
        )
        assignments = (shown["herd_id"], stamps["lake_assignments"])
        versions = {
            "outcomes": (run, of_run, thresholds, seen["replaced"]),
            "detections": detections,
            "assignments": assignments,
            "sightings": (seen["photos"], detections, assignments, seen["ledger_individuals"]),
        }
        for name in KEPT:
            copy = f"create or replace temp table {name} as from memory.main.{name}"
            self._load(f"kept {name}", versions[name], partial(self.db.execute, copy))


_Stamps = list[tuple[str, int, int]]


def _stamps(paths: Iterable[Path]) -> _Stamps:
    """(path, modification time in ns, size) of files: a shard that was set aside lends its name."""
    stats = ((path, path.stat()) for path in paths)
    return [(str(path), stat.st_mtime_ns, stat.st_size) for path, stat in stats]


def _write_cache(db: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    """Keep a table for the next process, in place of what was kept before."""
    with contextlib.suppress(OSError, duckdb.Error):  # a full disk, or a folder for reading only
        write_whole(path, partial(_copy, db, table))
        for old in path.parent.glob(f"{table}-*.parquet"):
            if old != path:
                old.unlink(missing_ok=True)


def _copy(db: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    db.execute(f"copy {table} to {quoted(path)} (format parquet)")


def _register_rows(
    db: duckdb.DuckDBPyConnection, name: str, rows: list[Any], types: dict[str, Any]
) -> None:
    register(db, name, ledger_frame(rows, types))
