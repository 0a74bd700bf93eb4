"""The ledger's experiments: settings that were tried, and what they came to. Only ever added to."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from thumper_core.store.ledger_file import LedgerFile
from thumper_core.store.records import now_text, parse_json, parse_time


class ExperimentRow(NamedTuple):
    """One experiment as `questions.experiments` keeps it.

    fingerprint: the same for equal settings over the same run; settings, figures: flat JSON objects.
    """

    experiment_id: int
    made_at: datetime
    author: str
    note: str
    run_id: str
    fingerprint: str
    settings: dict[str, Any]
    figures: dict[str, Any]


class ExperimentRows(LedgerFile):
    """The table `experiments`."""

    def add_experiment(
        self,
        author: str,
        note: str,
        run_id: str,
        fingerprint: str,
        settings: dict[str, Any],
        figures: dict[str, Any],
    ) -> int:
        """Keep one; returns its number."""
        texts = json.dumps(settings), json.dumps(figures)
        with self.transaction() as c:
            return int(
                c.execute(
                    "insert into experiments (made_at, author, note, run_id, fingerprint, settings, "
                    "figures) values (?,?,?,?,?,?,?) returning experiment_id",
                    (now_text(), author, note, run_id, fingerprint, *texts),
                ).fetchone()[0]
            )

    def experiments(self) -> list[ExperimentRow]:
        """Every experiment, oldest first."""
        columns = ", ".join(ExperimentRow._fields)
        with self.reading() as c:
            rows = c.execute(f"select {columns} from experiments order by experiment_id").fetchall()
        return [
            ExperimentRow._make(
                [row[0], parse_time(row[1]), *row[2:6], parse_json(row[6]), parse_json(row[7])]
            )
            for row in rows
        ]
