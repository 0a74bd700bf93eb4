"""The ledger's folders and files: what was added, where each photo lies, what is missing."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from thumper_core.store.ledger_file import LedgerFile, next_count
from thumper_core.store.records import FileRow, now_text

_FILES: Final = "files"
_COLUMNS: Final = ", ".join(FileRow._fields)
_VALUES: Final = ", ".join(f"{name} = excluded.{name}" for name in FileRow._fields)


class FileRows(LedgerFile):
    """The tables `roots` and `files`."""

    def roots(self) -> list[str]:
        """Folders that were added, in the order they were."""
        with self.reading() as c:
            return [r[0] for r in c.execute("select root from roots order by added_at, root")]

    def add_root(self, root: str, camera_level: int | None = None) -> None:
        """Remember a folder; a second time changes nothing.

        camera_level: the folder level that names its cameras, where it is not the workspace's.
        """
        with self.transaction() as c:
            c.execute(
                "insert or ignore into roots (root, added_at, camera_level) values (?,?,?)",
                (root, now_text(), camera_level),
            )

    def mark_sent(self, root: str) -> None:
        """Say that the files of a root were sent by cameras: they come late, and in any order."""
        with self.transaction() as c:
            c.execute("update roots set is_sent = 1 where root = ?", (root,))

    def sent_roots(self) -> list[str]:
        """The folders whose files were sent by cameras."""
        with self.reading() as c:
            return [
                row[0] for row in c.execute("select root from roots where is_sent order by root")
            ]

    def arrivals(self) -> dict[str, int]:
        """By photo below a root of `sent_roots`: when its last file came, ns since 1970."""
        query = (
            "select photo_id, max(mtime_ns) from files join roots using (root) "
            "where is_sent group by photo_id"
        )
        with self.reading() as c:
            return dict(c.execute(query).fetchall())

    def camera_levels(self) -> dict[str, int]:
        """The folder levels of the roots that have one of their own."""
        with self.reading() as c:
            query = "select root, camera_level from roots where camera_level is not null"
            return {str(root): int(level) for root, level in c.execute(query)}

    def forget_root(self, root: str) -> int:
        """Forget a folder and its files, as if it had never been added; how many files that was."""
        with self.transaction() as c:
            n = c.execute("delete from files where root = ?", (root,)).rowcount
            c.execute("delete from roots where root = ?", (root,))
            mark_files_changed(c)
        return int(n)

    def files_under(self, root: str) -> list[FileRow]:
        """Every file known below `root`, missing ones too."""
        with self.reading() as c:
            rows = c.execute(f"select {_COLUMNS} from files where root = ?", (root,)).fetchall()
        return [FileRow.from_sql(row) for row in rows]

    def next_known(self) -> int:
        """A number for the files that are added now, higher than those of all files before."""
        with self.transaction() as c:
            return next_count(c, "known")

    def upsert_files(self, rows: Iterable[FileRow], known: int | None = None) -> None:
        """Add files, or replace what is known of them, in one transaction.

        known: `next_known` of those that belong together; a path keeps its number while it holds
        the same photo. The path with a photo's lowest number names its camera.
        """
        marks = ", ".join("?" * len(FileRow._fields))
        with self.transaction() as c:
            number = next_count(c, "known") if known is None else known
            c.executemany(
                f"insert into files ({_COLUMNS}, known) values ({marks}, {int(number)}) "
                f"on conflict (root, path_bytes) do update set {_VALUES}, known = "
                "case when photo_id = excluded.photo_id then known else excluded.known end",
                (row.to_sql() for row in rows),
            )
            mark_files_changed(c)

    def mark_missing(self, root: str, paths_bytes: Iterable[bytes]) -> None:
        """Say that files are gone; their rows stay."""
        with self.transaction() as c:
            c.executemany(
                "update files set missing = 1 where root = ? and path_bytes = ?",
                ((root, path) for path in paths_bytes),
            )
            mark_files_changed(c)

    def put_first(self, root: str, paths_bytes: Iterable[bytes]) -> None:
        """Let files name their photos' cameras before every other path."""
        with self.transaction() as c:
            (lowest,) = c.execute("select coalesce(min(known), 0) from files").fetchone()
            c.executemany(
                "update files set known = ? where root = ? and path_bytes = ?",
                ((lowest - 1, root, path) for path in paths_bytes),
            )
            mark_files_changed(c)

    def forget_files(self, root: str, paths_bytes: Sequence[bytes]) -> int:
        """Forget some files of a root, as if they had never been added; how many those were."""
        with self.transaction() as c:
            n = 0
            for path in paths_bytes:
                where = "delete from files where root = ? and path_bytes = ?"
                n += c.execute(where, (root, path)).rowcount
            mark_files_changed(c)
        return n

    def files_version(self) -> int:
        """A number that is another one after every change of the files: good as a cache key."""
        with self.reading() as c:
            row = c.execute("select value from counters where name = ?", (_FILES,)).fetchone()
        return int(row[0]) if row else 0

    def files_there(self) -> list[tuple[str, str, str]]:
        """(root, path, photo) of every file that was there when last looked for, in order."""
        query = "select root, path, photo_id from files where missing = 0 order by root, path_bytes"
        with self.reading() as c:
            return [(str(root), str(path), str(photo)) for root, path, photo in c.execute(query)]

    def paths_of(self, photo_ids: Sequence[str]) -> dict[str, list[bytes]]:
        """Absolute paths (bytes) of photos, those that were there last time first."""
        found: dict[str, list[bytes]] = {}
        with self.reading() as c:
            for start in range(0, len(photo_ids), 500):
                chunk = photo_ids[start : start + 500]
                marks = ",".join("?" * len(chunk))
                query = (
                    "select photo_id, root, path_bytes from files "
                    f"where photo_id in ({marks}) order by missing, root, path_bytes"
                )
                for photo_id, root, path in c.execute(query, chunk):
                    found.setdefault(photo_id, []).append(root.encode() + b"/" + path)
        return found


def mark_files_changed(connection: sqlite3.Connection) -> None:
    """To be called inside a transaction that changes what the view of photos stands on.

    Gives the files a version that no state of any ledger had before: a backup may bring one back.
    """
    connection.execute(
        "insert or replace into counters values (?, ?)", (_FILES, secrets.randbits(62))
    )
