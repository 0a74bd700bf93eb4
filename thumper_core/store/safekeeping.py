"""Automatic backups in `<workspace>/backups/`: what cannot be computed again, at most a day old.

One is made when a workspace is opened or a decision was made and the newest is a day old; of those
before, some days' and some weeks' stay. It holds the ledger without the lists of files and of jobs
(for 60,000 photos a fifth of its bytes and of the time), the settings, `cameras.csv` and `weather.csv`: files
are found again by `thumper add`, and what the lake holds is not in it.
"""

from __future__ import annotations

import json
import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from thumper_core.contracts import ThumperError
from thumper_core.files import content_hash_of, write_whole
from thumper_core.settings import Settings
from thumper_core.store import chain
from thumper_core.store.chain_check import flaws

FOLDER: Final = "backups"
MANIFEST: Final = "thumper-backup.json"
FORMAT: Final = 1
LEDGER: Final = "ledger.sqlite"
LEFT_OUT: Final = ("files", "jobs")
"""Tables that an automatic backup holds empty."""
_AGE: Final = timedelta(days=1)
_WEEKS: Final = 4
_NAME: Final = re.compile(r"auto-(\d{8}-\d{6})\.zip")


def automatic_backups(root: Path) -> list[Path]:
    """The automatic backups of a workspace's folder, newest first."""
    folder = root / FOLDER
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted((p for p in found if _made_at(p.name)), key=lambda p: p.name, reverse=True)


def made_at(file: Path) -> datetime | None:
    """When an automatic backup was made (UTC), by its name."""
    return _made_at(file.name)


def keep_if_due(root: Path, now: datetime | None = None) -> Path | None:
    """Make an automatic backup where the newest is a day old; the new one, or None.

    Never raises: what keeps the past safe must not stop the present. Damaged decisions make none,
    so that they cannot push out the backups which still hold them; `thumper health` says so.
    """
    now = now or datetime.now(UTC)
    try:
        newest = next(iter(automatic_backups(root)), None)
        age = now - (_made_at(newest.name) or now) if newest else None
        # A name from the future is of a clock that was wrong.
        if age is not None and -_AGE < age < _AGE:
            return None
        count = Settings.load(root / "thumper.toml").ops.keep_backups
        return _keep(root, now, count) if count else None
    except (OSError, ThumperError, sqlite3.Error, zipfile.BadZipFile):
        return None


def outdated(names: Sequence[str], count: int) -> list[str]:
    """Names of automatic backups that may go: all but the newest of each of `count` days, and of
    each of the weeks before.
    """
    times = {name: when for name in names if (when := _made_at(name)) is not None}
    kept: dict[object, str] = {}
    for name in sorted(times, reverse=True):
        day = times[name].date()
        days = [key for key in kept if not isinstance(key, tuple)]
        if day in kept:
            continue
        if len(days) < count:
            kept[day] = name
            continue
        week = tuple(day.isocalendar()[:2])
        if len(kept) - len(days) < _WEEKS and week not in kept:
            kept[week] = name
    return sorted(set(times) - set(kept.values()))


def _keep(root: Path, now: datetime, count: int) -> Path | None:
    folder = root / FOLDER
    tables = ("thumper.toml", "cameras.csv", "weather.csv")
    singles = [root / name for name in tables if (root / name).is_file()]
    with tempfile.TemporaryDirectory(prefix="thumper-") as scratch:
        copy = Path(scratch) / LEDGER
        if not _copy_ledger(root / LEDGER, copy) and not any(p.suffix == ".csv" for p in singles):
            return None
        folder.mkdir(exist_ok=True)
        target = folder / f"auto-{now:%Y%m%d-%H%M%S}.zip"
        members = [copy, *singles]

        def write(temporary: Path) -> None:
            with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                for path in members:
                    archive.write(path, path.name)
                manifest = {
                    "format": FORMAT, "lake": False,
                    "made_at": now.isoformat(" ", "seconds"),
                    "files": {path.name: content_hash_of(path) for path in members},
                }  # fmt: skip
                archive.writestr(MANIFEST, json.dumps(manifest))

        write_whole(target, write, durable=True)
    for name in outdated([path.name for path in automatic_backups(root)], count):
        (folder / name).unlink(missing_ok=True)
    return target


def _copy_ledger(source: Path, target: Path) -> bool:
    """Copy one state of a ledger, LEFT_OUT empty; whether it holds what is worth keeping.

    Raises ThumperError where its decisions are damaged.
    """
    with closing(sqlite3.connect(target.as_uri(), uri=True, isolation_level=None)) as copy:
        copy.execute("pragma synchronous = off")
        copy.execute("attach ? as source", (f"{source.as_uri()}?mode=ro",))
        copy.execute("begin")
        tables = copy.execute(
            "select name, sql from source.sqlite_master where type = 'table' "
            "and name not like 'sqlite_%'"
        ).fetchall()
        for name, sql in tables:
            copy.execute(sql)
            if name not in LEFT_OUT:
                copy.execute(f'insert into main."{name}" select * from source."{name}"')
        copy.execute("delete from sqlite_sequence")
        copy.execute("insert into sqlite_sequence select * from source.sqlite_sequence")
        copy.execute("commit")
        version = copy.execute("pragma source.user_version").fetchone()[0]
        copy.execute(f"pragma user_version = {int(version)}")
        found = flaws(chain.read(copy))
        if found:
            raise ThumperError(f"Decision {found[0].decision_id}: {found[0].detail}.")
        query = "select (select count(*) from decisions) + (select count(*) from individuals)"
        return bool(copy.execute(query).fetchone()[0])


def _made_at(name: str) -> datetime | None:
    match = _NAME.fullmatch(name)
    try:
        return datetime.strptime(match[1], "%Y%m%d-%H%M%S").replace(tzinfo=UTC) if match else None
    except ValueError:
        return None
