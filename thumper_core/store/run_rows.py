"""The ledger's runs: opened, found by fingerprint, finished, and from which confidence on they count."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from thumper_core.contracts import ThumperError
from thumper_core.store.claims import require_claim
from thumper_core.store.ledger_file import LedgerFile, next_count
from thumper_core.store.records import RunRow, now_text


class RunRows(LedgerFile):
    """The tables `runs` and `run_conf_min`."""

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
            run_id = f"r{next_count(c, 'run'):04d}-{fingerprint[:6]}" if is_new else rows[0][0]
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
