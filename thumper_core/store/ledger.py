"""The ledger: everything that changes, in one SQLite file (WAL), safe for several processes.

Decisions and promotions are append-only: an undo is another decision, a rollback another promotion.
Connections are opened per call and thread, so a `Ledger` may be shared freely.
"""

from __future__ import annotations

from thumper_core.store import chain
from thumper_core.store.experiment_rows import ExperimentRows
from thumper_core.store.file_rows import FileRows, mark_files_changed
from thumper_core.store.herd_rows import HerdRows
from thumper_core.store.mail_rows import MailRows
from thumper_core.store.records import DecisionRow, FileRow, HerdRow, RunRow
from thumper_core.store.run_rows import RunRows
from thumper_core.store.versions import VersionRows

__all__ = ["DecisionRow", "FileRow", "HerdRow", "Ledger", "RunRow", "mark_files_changed"]


class Ledger(FileRows, VersionRows, MailRows, RunRows, HerdRows, ExperimentRows):
    """The small transactional tables of a workspace: files, runs, herds, and what people decided.

    Decisions are appended by `chain.append` (through `decisions.record`), jobs by `store.jobs`.
    """

    def decisions(self) -> list[DecisionRow]:
        """Every decision, oldest first, undone ones and undos too.

        Raises ThumperError, naming `thumper verify`, where one is not as it was written.
        """
        with self.reading() as c:
            return chain.sound_rows(c)
