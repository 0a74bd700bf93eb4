"""Everything that was written, compared with what is there: every shard and every row is read.

A damaged shard is moved aside and costs only what it held: its photos are pending again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from thumper_core import contracts
from thumper_core.contracts import ThumperError
from thumper_core.ops.verify_ledger import Damage, ledger_damage, note_lost_herds
from thumper_core.store.lake import CHECKSUMS
from thumper_core.workspace import Workspace

_SCHEMAS: Final[Mapping[str, Mapping[str, pa.Schema]]] = {
    "photos": {"photos": contracts.PHOTO_FACTS},
    "runs": {
        "outcomes": contracts.OUTCOMES,
        "detections": contracts.DETECTIONS,
        "embeddings": contracts.EMBEDDINGS,
    },
    "herds": {
        "tracklets": contracts.TRACKLETS,
        "assignments": contracts.ASSIGNMENTS,
        "profiles": contracts.PROFILES,
    },
}


@dataclass(frozen=True)
class Verification:
    """What was looked at and what is damaged.

    n_pending: photos that are pending in the shown run after damaged shards were moved aside.
    """

    n_shards: int
    n_rows: int
    damages: tuple[Damage, ...]
    n_pending: int

    @property
    def is_sound(self) -> bool:
        """Whether nothing is damaged."""
        return not self.damages


def open_damaged(folder: Path) -> Workspace:
    """Open a workspace to be verified, also where its ledger cannot be read or is gone.

    Raises ThumperError where there is no workspace.
    """
    try:
        return Workspace.open(folder)
    except ThumperError:
        if not (folder / "lake").is_dir():
            raise
        return Workspace(folder)


def verify(
    workspace: Workspace,
    *,
    repair: bool = True,
    on_progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Check every shard of the lake and every row of the ledger.

    repair: move damaged shards aside, and have files read again whose facts were lost.
    on_progress(shards done, shards).
    """
    n_rows, damages = ledger_damage(workspace.ledger, workspace.lake)
    shards = list(_shards(workspace))
    for number, (kind, shard) in enumerate(shards, 1):
        problem = _shard_problem(workspace, kind, shard)
        if problem is not None:
            place = workspace.lake.set_aside(shard) if repair else None
            damages.append(Damage(str(shard), problem, _next_step(kind), place))
        if on_progress is not None:
            on_progress(number, len(shards))
    with suppress(ThumperError):  # of a ledger that was named above
        if repair and any(damage.place and "photos" in damage.place.parts for damage in damages):
            _read_facts_again(workspace)
        if repair:
            note_lost_herds(workspace.ledger, workspace.lake)
    return Verification(len(shards), n_rows, tuple(damages), _n_pending(workspace, damages, repair))


def _shards(workspace: Workspace) -> Iterator[tuple[str, Path]]:
    """(kind, folder) of every committed shard."""
    lake = workspace.lake
    yield from (("photos", shard) for shard in lake.shards("photos"))
    for parent in ("runs", "herds"):
        folder = lake.root / parent
        names = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
        for name in names:
            if not name.startswith("."):
                yield from ((parent, shard) for shard in lake.shards(f"{parent}/{name}"))


def _shard_problem(workspace: Workspace, kind: str, shard: Path) -> str | None:
    """What is wrong with a shard; None where nothing is.

    A shard without a list of checksums was written before there were any: it is only read.
    """
    if (shard / CHECKSUMS).exists():
        changed = workspace.lake.changed_files(shard)
        if changed:
            return f"{', '.join(changed)}: not the bytes that were written"
    tables: dict[str, pa.Table] = {}
    for name, schema in _SCHEMAS[kind].items():
        path = shard / f"{name}.parquet"
        try:
            tables[name] = pq.read_table(path, partitioning=None)
        except (OSError, ValueError, pa.ArrowException) as error:
            return f"{path.name}: {str(error).splitlines()[0]}"
        # A column may have come after the shard was written; views show it as unknown.
        if schema.names[0] not in tables[name].column_names:
            return f"{path.name}: no column {schema.names[0]}"
    return _contradiction(tables) if kind == "runs" else None


def _contradiction(tables: Mapping[str, pa.Table]) -> str | None:
    """Where a run's tables do not fit together."""
    photos = tables["outcomes"]["photo_id"].to_pylist()
    counts = dict(zip(photos, tables["outcomes"]["n_detections"].to_pylist(), strict=True))
    found: dict[str, int] = {}
    for photo_id in tables["detections"]["photo_id"].to_pylist():
        found[photo_id] = found.get(photo_id, 0) + 1
    if any(counts.get(photo_id) != n for photo_id, n in found.items()) or sum(
        counts.values()
    ) != sum(found.values()):
        return "outcomes and detections contradict each other"
    ids = set(tables["detections"]["detection_id"].to_pylist())
    if not set(tables["embeddings"]["detection_id"].to_pylist()) <= ids:
        return "embeddings of detections that are not there"
    return None


def _next_step(kind: str) -> str:
    return {
        "photos": "`thumper add` the folders again: size, time and place of its photos are lost.",
        "runs": "`thumper run`: its photos are pending again.",
        "herds": "`thumper identify`, or `thumper rollback` to the herd before.",
    }[kind]


def _read_facts_again(workspace: Workspace) -> None:
    """Have the next `add` read every file whose facts are gone."""
    known = workspace.lake.known_photo_ids()
    for root in workspace.ledger.roots():
        rows = workspace.ledger.files_under(root)
        workspace.ledger.upsert_files(
            row._replace(mtime_ns=-1) for row in rows if row.content and row.photo_id not in known
        )


def _n_pending(workspace: Workspace, damages: list[Damage], repair: bool) -> int:
    if not repair and damages:
        return 0
    query = "select count(*) from photos p anti join outcomes o using (photo_id)"
    try:
        return int(workspace.sql(query).item())
    except ThumperError:
        if not damages:
            raise
        return 0  # they cannot be counted before what was named is mended
