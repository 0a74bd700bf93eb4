"""The ledger: everything that changes, in one SQLite file (WAL), safe for several processes.

Decisions and promotions are append-only: an undo is another decision, a rollback another promotion.
Connections are opened per call and thread, so a `Ledger` may be shared freely.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from thumper_core.contracts import ThumperError
from thumper_core.store import chain
from thumper_core.store.claims import require_claim
from thumper_core.store.herd_summary import HerdSummary
from thumper_core.store.ledger_file import LedgerFile
from thumper_core.store.records import (
    DecisionRow,
    FileRow,
    HerdRow,
    RunRow,
    now_text,
)

__all__ = ["DecisionRow", "FileRow", "HerdRow", "Ledger", "RunRow"]

_FILES = "files"
_COLUMNS = ", ".join(FileRow._fields)
_VALUES = ", ".join(f"{name} = excluded.{name}" for name in FileRow._fields)


class Ledger(LedgerFile):
    """The small transactional tables of a workspace."""

    # --- files -----------------------------------------------------------------------------------

    def roots(self) -> list[str]:
        """Folders that were added, in the order they were."""
        with self.reading() as c:
            return [r[0] for r in c.execute("select root from roots order by added_at, root")]

    def add_root(self, root: str) -> None:
        """Remember a folder; a second time changes nothing."""
        with self.transaction() as c:
            c.execute("insert or ignore into roots values (?, ?)", (root, now_text()))

    def files_under(self, root: str) -> list[FileRow]:
        """Every file known below `root`, missing ones too."""
        with self.reading() as c:
            rows = c.execute(f"select {_COLUMNS} from files where root = ?", (root,)).fetchall()
        return [FileRow.from_sql(row) for row in rows]

    def next_known(self) -> int:
        """A number for the files that are added now, higher than those of all files before."""
        with self.transaction() as c:
            return _count(c, "known")

    def upsert_files(self, rows: Iterable[FileRow], known: int | None = None) -> None:
        """Add files, or replace what is known of them, in one transaction.

        known: `next_known` of those that belong together; a path keeps its number while it holds
        the same photo. The path with a photo's lowest number names its camera.
        """
        marks = ", ".join("?" * len(FileRow._fields))
        with self.transaction() as c:
            number = _count(c, "known") if known is None else known
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

    def files_version(self) -> int:
        """A number that is another one after every change of the files: good as a cache key."""
        with self.reading() as c:
            row = c.execute("select value from counters where name = ?", (_FILES,)).fetchone()
        return int(row[0]) if row else 0

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

    # --- runs ------------------------------------------------------------------------------------

    def create_run(
        self, fingerprint: str, detector: str, embedder: str, config: dict[str, Any]
    ) -> RunRow:
        """Open a new run in state `building`."""
        return self.open_run(fingerprint, detector, embedder, config, reuse=())[0]

    def open_run(
        self,
        fingerprint: str,
        detector: str,
        embedder: str,
        config: dict[str, Any],
        *,
        reuse: Sequence[str],
    ) -> tuple[RunRow, bool]:
        """The newest run of a fingerprint whose state is in `reuse`, else a new one; and if it is new.

        One step: two processes that start at once get the same run.
        """
        with self.transaction() as c:
            rows = c.execute(
                "select run_id, state from runs where fingerprint = ? and state <> 'discarded' "
                "order by run_id desc limit 1",
                (fingerprint,),
            ).fetchall()
            is_new = not rows or rows[0][1] not in reuse
            run_id = f"r{_count(c, 'run'):04d}-{fingerprint[:6]}" if is_new else rows[0][0]
            if is_new:
                config_text = json.dumps(config)
                c.execute(
                    "insert into runs values (?,?,?,?,?,?,?,null)",
                    (run_id, fingerprint, "building", detector, embedder, config_text, now_text()),
                )
        return self.run(run_id), is_new

    def runs(self) -> list[RunRow]:
        """Every run, oldest first."""
        with self.reading() as c:
            rows = c.execute("select * from runs order by run_id").fetchall()
        return [RunRow.from_sql(row) for row in rows]

    def run(self, run_id: str) -> RunRow:
        """One run; ThumperError where there is none of that name."""
        for row in self.runs():
            if row.run_id == run_id:
                return row
        raise ThumperError(f"There is no run {run_id!r}; `thumper status` lists the runs.")

    def find_run(self, fingerprint: str) -> RunRow | None:
        """The newest run of a fingerprint that was not discarded."""
        found = [r for r in self.runs() if r.fingerprint == fingerprint and r.state != "discarded"]
        return found[-1] if found else None

    def set_run_state(self, run_id: str, state: str, *, claim: int | None = None) -> None:
        """`building`, `complete`, `rejected` or `discarded`; complete sets the finishing time.

        A rejected run is complete, but its herd failed the checks; a discarded one may be deleted.
        claim: the job that says so. Raises LostClaimError where another one took the run over.
        """
        finished = now_text() if state == "complete" else None
        with self.transaction() as c:
            if claim is not None:
                require_claim(c, claim)
            c.execute(
                "update runs set state = ?, finished_at = ? where run_id = ?",
                (state, finished, run_id),
            )

    def conf_min(self, run_id: str) -> float | None:
        """The confidence from which a run's stored detections count; None: all of them do."""
        with self.reading() as c:
            query = "select conf_min from run_conf_min where run_id = ?"
            row = c.execute(query, (run_id,)).fetchone()
        return float(row[0]) if row else None

    def set_conf_min(self, run_id: str, conf_min: float) -> None:
        """Count a run's detections from this confidence on; the weaker ones stay stored."""
        with self.transaction() as c:
            c.execute(
                "insert or replace into run_conf_min values (?,?,?)",
                (run_id, conf_min, now_text()),
            )

    # --- what everybody sees ---------------------------------------------------------------------

    def promoted(self, kind: str) -> str | None:
        """The run or herd (`kind`) that everybody sees."""
        shown = self.promotions(kind)
        return shown[-1] if shown else None

    def promotions(self, kind: str) -> list[str]:
        """Every run or herd that everybody saw, in order; the last one is shown now."""
        with self.reading() as c:
            query = "select target from pointers where kind = ? order by change_id"
            return [row[0] for row in c.execute(query, (kind,))]

    def promote(
        self, targets: dict[str, str], reason: str = "", *, claim: int | None = None
    ) -> None:
        """Point kinds (`run`, `herd`) at targets, all in one step; claim: as `set_run_state`."""
        with self.transaction() as c:
            if claim is not None:
                require_claim(c, claim)
            c.executemany(
                "insert into pointers (kind, target, set_at, reason) values (?,?,?,?)",
                [(kind, target, now_text(), reason) for kind, target in targets.items()],
            )

    # --- decisions, herds, individuals -----------------------------------------------------------

    def add_decision(self, kind: str, subject: str, payload: dict[str, Any], author: str) -> int:
        """Append what a person said and return its number."""
        with self.transaction() as c:
            return chain.append(c, kind, subject, payload, author)

    def decisions(self) -> list[DecisionRow]:
        """Every decision, oldest first, undone ones and undos too.

        Raises ThumperError, naming `thumper verify`, where one is not as it was written.
        """
        with self.reading() as c:
            return chain.sound_rows(c)

    def reserve_herd_id(self) -> str:
        """A herd ID that was never given before."""
        with self.transaction() as c:
            return f"h{_count(c, 'herd'):04d}"

    def add_herd(
        self,
        herd_id: str,
        run_id: str,
        method: str,
        threshold: float | None,
        summary: HerdSummary,
        individuals: Sequence[dict[str, Any]],
        *,
        promote: bool,
    ) -> None:
        """Record a herd whose shard is in the lake, its individuals and its promotion, in one step.

        individuals: `individual_id, sex, age_class` of those in the herd; names and notes that an
        individual has already stay.
        """
        with self.transaction() as c:
            c.execute(
                "insert into herds values (?,?,?,?,?,?)",
                (herd_id, run_id, method, threshold, json.dumps(summary.to_json()), now_text()),
            )
            c.executemany(
                "insert into individuals (individual_id, sex, age_class, status, created_at) "
                "values (:individual_id, :sex, :age_class, 'alive', :now) on conflict "
                "(individual_id) do update set sex = excluded.sex, age_class = excluded.age_class",
                [{**row, "now": now_text()} for row in individuals],
            )
            if promote:
                c.executemany(
                    "insert into pointers (kind, target, set_at, reason) values (?,?,?,?)",
                    [
                        ("run", run_id, now_text(), "identify"),
                        ("herd", herd_id, now_text(), "identify"),
                    ],
                )

    def herds(self) -> list[HerdRow]:
        """Every herd, oldest first."""
        with self.reading() as c:
            rows = c.execute("select * from herds order by herd_id").fetchall()
        return [HerdRow.from_sql(row) for row in rows]

    def herd(self, herd_id: str) -> HerdRow | None:
        """One herd, or None."""
        return next((herd for herd in self.herds() if herd.herd_id == herd_id), None)

    def promoted_herd(self) -> HerdRow | None:
        """The promoted herd, or None."""
        return self.herd(self.promoted("herd") or "")

    def individual_ids(self) -> list[str]:
        """Every individual ID that was ever given."""
        with self.reading() as c:
            rows = c.execute("select individual_id from individuals order by individual_id")
            return [r[0] for r in rows]


def mark_files_changed(connection: sqlite3.Connection) -> None:
    """To be called inside a transaction that changes what the view of photos stands on.

    Gives the files a version that no state of any ledger had before: a backup may bring one back.
    """
    connection.execute(
        "insert or replace into counters values (?, ?)", (_FILES, secrets.randbits(62))
    )


def _count(connection: sqlite3.Connection, name: str) -> int:
    """The next value of a counter, inside the caller's transaction; values are never reused."""
    connection.execute(
        "insert into counters values (?, 1) on conflict (name) do update set value = value + 1",
        (name,),
    )
    row = connection.execute("select value from counters where name = ?", (name,)).fetchone()
    return int(row[0])
