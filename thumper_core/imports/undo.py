"""An import goes again as a whole: what it brought is taken back, what people said since stays."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from thumper_core.cameras.table import save_cameras, written_cameras
from thumper_core.contracts import ThumperError
from thumper_core.counting import counted
from thumper_core.decisions.record import undo_all
from thumper_core.store.came_in import (
    CAMERA,
    DECISION,
    FILE,
    HERD,
    ROOT,
    RUN,
    ImportRow,
    import_of,
    imports,
    mark_undone,
    parts_of,
)
from thumper_core.store.cameras.names import camera_key
from thumper_core.store.herd_rows import NOTHING
from thumper_core.store.jobs import jobs
from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class Undone:
    """What went back. herd_id: the one that is shown again, None where the herd stayed."""

    row: ImportRow
    n_decisions: int
    n_files: int
    n_cameras: int
    runs: tuple[str, ...]
    herd_id: str | None

    @property
    def sentence(self) -> str:
        """What went back, for people."""
        parts = [
            counted(self.n_decisions, "decision") if self.n_decisions else "",
            counted(self.n_files, "file") if self.n_files else "",
            f"{counted(self.n_cameras, 'row')} of cameras.csv" if self.n_cameras else "",
            f"run {', '.join(self.runs)}" if self.runs else "",
        ]
        said = ", ".join(part for part in parts if part) or "nothing that was left of it"
        herd = f" Herd {self.herd_id} is shown again." if self.herd_id else ""
        return (
            f"Import {self.row.import_id} ({self.row.kind} of {self.row.source}) was taken back: "
            f"{said}.{herd}"
        )


def undo_import(workspace: Workspace, import_id: int, author: str) -> Undone:
    """Take an import back: decisions are undone, its photos forgotten, its runs left out.

    The photos' files are not touched, and what people said after it stays; so does a run that another
    import, which stands, brought as well. The herd from before it is
    shown again where the shown one was made since. Raises ThumperError where there is no such
    import, where it was taken back already, or where a job works on one of its runs.
    """
    ledger = workspace.ledger
    row = import_of(ledger, import_id)
    if row.undone_at is not None:
        raise ThumperError(f"Import {import_id} was taken back already.")
    parts = {what: parts_of(ledger, import_id, what) for what in (DECISION, ROOT, RUN, HERD)}
    files = parts_of(ledger, import_id, FILE)
    runs = {one.run_id: one for one in ledger.runs()}
    elsewhere = {
        run_id
        for other in imports(ledger)
        if other.undone_at is None and other.import_id != import_id
        for run_id in parts_of(ledger, other.import_id, RUN).values()
    }
    going = [r for r in parts[RUN].values() if r in runs and r not in elsewhere]
    busy = [job.run_id for job in jobs(ledger) if job.is_alive() and job.run_id in going]
    if busy:
        raise ThumperError(f"A job works on run {busy[0]}: stop it first (`thumper stop`).")
    numbers = undo_all(ledger, [int(key) for key in parts[DECISION].values()], author)
    herd_id = _herd_before(workspace, parts[HERD].get("", ""), going)
    n_files = sum(ledger.forget_root(root) for root in parts[ROOT].values())
    for root in {*files.values()}:
        mine = [o.rsplit("/", 1)[1] for o, r in files.items() if r == root]
        n_files += ledger.forget_files(root, [bytes.fromhex(path) for path in mine])
    for run_id in going:
        ledger.set_run_state(run_id, "discarded")
    n_cameras = _without_cameras(workspace, parts_of(ledger, import_id, CAMERA))
    mark_undone(ledger, import_id)
    return Undone(row, len(numbers), n_files, n_cameras, tuple(going), herd_id)


def _herd_before(workspace: Workspace, before: str, going: list[str]) -> str | None:
    """Show the herd from before the import again, where another is shown now."""
    ledger, why = workspace.ledger, "import taken back"
    herd = ledger.herd(before)
    if herd is not None and workspace.lake.shards(f"herds/{before}"):
        if ledger.promoted("herd") == before:
            return None
        ledger.promote({"run": herd.run_id, "herd": before}, why)
        return before
    others = [r.run_id for r in ledger.runs() if r.state == "complete" and r.run_id not in going]
    if ledger.promoted("herd") is not None:
        ledger.promote({"herd": NOTHING}, why)
    if ledger.promoted("run") in going:
        ledger.promote({"run": others[-1] if others else NOTHING}, why)
    return None


def _without_cameras(workspace: Workspace, brought: dict[str, str]) -> int:
    """Take rows out of `cameras.csv` that are still as they came."""
    if not brought:
        return 0
    table = written_cameras(workspace)
    keys = [brought.get(camera_key(name)) for name in table["name"]]
    said = [place_text(*where) for where in table.select("latitude", "longitude").iter_rows()]
    stays = [key is None or key != place for key, place in zip(keys, said, strict=True)]
    save_cameras(workspace, table.filter(pl.Series(stays, dtype=pl.Boolean)))
    return len(stays) - sum(stays)


def place_text(latitude: float | None, longitude: float | None) -> str:
    """Where a camera stands as one text, to be compared."""
    return f"{latitude} {longitude}"
