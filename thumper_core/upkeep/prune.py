"""Old runs take room: which can go, and letting them go.

A run stays while it is shown, while a rollback could show it, while it is being built or worked on,
and while it is among the newest `keep_runs` that are complete. Herds, decisions and names are small
and are never pruned; automatic backups go by themselves (`store.safekeeping`).
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from thumper_core.store.jobs import jobs
from thumper_core.upkeep.ledger_rows import PLAIN_ID
from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class Prunable:
    """Something that would go: a run, a leftover, a damaged shard that was moved aside."""

    what: str
    path: Path
    bytes: int
    run_id: str | None = None


def prunable(workspace: Workspace) -> list[Prunable]:
    """What `prune` would remove, runs first."""
    lake = workspace.lake
    keep = kept_runs(workspace)
    working = {job.run_id for job in jobs(workspace.ledger) if job.is_alive()}
    found = []
    for row in workspace.ledger.runs():
        folder = lake.root / "runs" / row.run_id
        # An ID from elsewhere could lead to any folder.
        is_plain = PLAIN_ID.fullmatch(row.run_id) is not None
        if is_plain and row.run_id not in keep | working and folder.is_dir():
            found.append(
                Prunable(f"run {row.run_id} ({row.state})", folder, _size(folder), row.run_id)
            )
    damaged = lake.root / "damaged"
    if damaged.is_dir():
        found.append(Prunable("damaged shards", damaged, _size(damaged)))
    if not working:
        found += [
            Prunable("leftover of a removal", path, _size(path))
            for parent in ("runs", "herds")
            for path in sorted((lake.root / parent).glob(".removing-*"))
        ]
    return found


def kept_runs(workspace: Workspace) -> set[str]:
    """IDs of the runs that stay."""
    ledger, count = workspace.ledger, workspace.settings.ops.keep_runs
    runs = ledger.runs()
    herd_run = {herd.herd_id: herd.run_id for herd in ledger.herds()}
    # The file that results were imported from may be deleted since: nothing here makes them again.
    keep = {row.run_id for row in runs if row.state in ("building", "imported")}
    keep |= {row.run_id for row in [r for r in runs if r.state == "complete"][-count:]}
    shown = ledger.promoted("run")
    keep |= {shown} if shown else set()
    herds = ledger.promotions("herd")
    for herd_id in [herds[-1], *[h for h in herds if h != herds[-1]][-1:]] if herds else []:
        keep |= {herd_run[herd_id]} if herd_id in herd_run else set()
    return keep


def prune(workspace: Workspace) -> list[Prunable]:
    """Remove what `prunable` lists; the ledger first, so that no reader begins on what goes."""
    found = prunable(workspace)
    for item in found:
        if item.run_id is not None:
            workspace.ledger.set_run_state(item.run_id, "discarded")
            workspace.lake.remove(f"runs/{item.run_id}")
        else:
            shutil.rmtree(item.path, ignore_errors=True)
    return found


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
