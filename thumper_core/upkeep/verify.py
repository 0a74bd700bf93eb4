"""Everything that was written, compared with what is there: every shard and every row is read.

The ledger's register says which shards there must be, and what their bytes are. A damaged shard is
moved aside, and one that is gone is struck out: either costs only what it held. Its photos are
pending again, and facts are read again from the photos.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from thumper_core.contracts import SHARD_TABLES, ThumperError
from thumper_core.counting import counted
from thumper_core.ingest.lost import LostFacts, lost_files, read_lost_facts
from thumper_core.store import register
from thumper_core.store.adopt import adopt, kinds
from thumper_core.store.lake import folder_of
from thumper_core.store.register import Entry
from thumper_core.upkeep.learned import learned_damage
from thumper_core.upkeep.strays import strays
from thumper_core.upkeep.verify_ledger import GO_ON, Damage, ledger_damage, note_lost_herds
from thumper_core.workspace import Workspace

_MISSING: Final = "it is gone"


@dataclass(frozen=True)
class Verification:
    """What was looked at and what is damaged.

    n_pending: photos that are pending in the shown run after damaged shards were moved aside;
    foreign: what other programs left in the lake, which is never read and is no damage; learned: a sentence
    on each damaged file that was learned here, which no repair brings back.
    """

    n_shards: int
    n_rows: int
    damages: tuple[Damage, ...]
    n_pending: int
    foreign: tuple[str, ...] = ()
    learned: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing is damaged."""
        return not (self.damages or self.learned)


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

    repair: move damaged shards and copies aside, and read lost facts again from the photos.
    on_progress(shards done, shards).
    """
    n_rows, damages = ledger_damage(workspace.ledger, workspace.lake)
    try:
        if repair:
            adopt(workspace.lake)
        with workspace.ledger.reading() as c:
            entries = register.entries(c)
    except ThumperError:
        if not damages:
            raise
        return Verification(0, n_rows, tuple(damages), 0)  # which shards there are is not known
    for number, entry in enumerate(entries, 1):
        damages += _shard_damage(workspace, entry, repair)
        if on_progress is not None:
            on_progress(number, len(entries))
    try:
        damages += _facts_damage(workspace, damages, repair)
    except ThumperError:  # rows of files that cannot be read: named above, and found by `add`
        if not damages:
            raise
    foreign, copies = _strays(workspace, entries, repair)
    damages += copies
    if repair:
        with suppress(ThumperError):  # of a ledger that was named above
            note_lost_herds(workspace.ledger, workspace.lake)
    n_pending = _n_pending(workspace, damages, repair)
    return Verification(
        len(entries),
        n_rows,
        tuple(damages),
        n_pending,
        tuple(foreign),
        learned_damage(workspace),
    )


def _shard_damage(workspace: Workspace, entry: Entry, repair: bool) -> Iterator[Damage]:
    """What is wrong with one shard, if anything, and mend it as far as that goes."""
    lake = workspace.lake
    shard = lake.root / entry.kind / entry.name
    parent = folder_of(entry.kind)
    if not shard.is_dir():
        if repair:
            lake.forget(entry)
        if parent != "herds":  # a herd without tables is named with the ledger's rows
            yield Damage(str(shard), f"{_MISSING}{_held(entry)}", _next_step(parent, repair))
        return
    problem = lake.problem_of(entry) or _content_problem(parent, shard)
    if problem is not None:
        place = lake.set_aside(shard) if repair else None
        yield Damage(str(shard), problem, _next_step(parent, repair), place)


def _held(entry: Entry) -> str:
    for table, what in (("photos", "photos"), ("outcomes", "photos")):
        if table in entry.tables and entry.tables[table].rows is not None:
            return f"; it held {entry.tables[table].rows:,} {what}"
    return ""


def _facts_damage(workspace: Workspace, damages: list[Damage], repair: bool) -> Iterator[Damage]:
    """Photos without size, time and place: whatever became of the shard that had them."""
    photos = str(workspace.lake.root / "photos")
    if not repair and any(damage.what.startswith(photos) for damage in damages):
        return  # they cannot be counted before a damaged shard is moved aside
    if repair:
        facts = read_lost_facts(workspace)
    else:
        lost = lost_files(workspace)
        facts = LostFacts(len(lost), 0, tuple(dict.fromkeys(row.root for row in lost)))
    if not facts.n_lost:
        return
    detail = f"{counted(facts.n_lost, 'photo has', 'photos have')} lost their size, time and place"
    if not repair:
        step = "`thumper verify` reads them again from the photos."
    elif facts.roots:
        folders = " ".join(f'"{root}"' for root in facts.roots)
        n_left = facts.n_lost - facts.n_read
        step = (
            f"{facts.n_read:,} were read again from the photos. {n_left:,} could not be: connect "
            f"their drive, then `thumper add {folders}`."
        )
    else:
        step = "They were read again from the photos; all is as it was."
    yield Damage(photos, detail, step)


def _strays(
    workspace: Workspace, entries: list[Entry], repair: bool
) -> tuple[list[str], list[Damage]]:
    """(foreign things, copies of shards)."""
    lake = workspace.lake
    with workspace.ledger.reading() as c:
        known = {*kinds(c, with_discarded=True), *(entry.kind for entry in entries)}
    found = strays(lake, known)
    damages = []
    for folder in found.copies:
        place = lake.set_aside(folder, is_shard=False) if repair else None
        if place is None and repair:
            continue  # a writer has finished it meanwhile
        damages.append(
            Damage(
                str(folder),
                "the ledger does not know it: a copy, or what is left of a run that was removed",
                "It was moved aside; nothing had read it."
                if repair
                else "Nothing reads it. `thumper verify` moves it aside.",
                place,
            )
        )
    return [str(path) for path in found.foreign], damages


def _content_problem(parent: str, shard: Path) -> str | None:
    """What is wrong with a shard whose bytes are those that were written; None: nothing."""
    tables: dict[str, pa.Table] = {}
    for name, schema in SHARD_TABLES[parent].items():
        path = shard / f"{name}.parquet"
        try:
            tables[name] = pq.read_table(path, partitioning=None)
        except (OSError, ValueError, pa.ArrowException) as error:
            return f"{path.name}: {str(error).splitlines()[0]}"
        # A column may have come after the shard was written; views show it as unknown.
        if schema.names[0] not in tables[name].column_names:
            return f"{path.name}: no column {schema.names[0]}"
    return _contradiction(tables) if parent == "runs" else None


def _contradiction(tables: Mapping[str, pa.Table]) -> str | None:
    """Where a run's tables do not fit together."""
    photos = tables["outcomes"]["photo_id"].to_pylist()
    counts = dict(zip(photos, tables["outcomes"]["n_detections"].to_pylist(), strict=True))
    if len(counts) < len(photos):
        return "a photo is in it twice"
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


def _next_step(parent: str, repair: bool) -> str:
    if not repair:
        return "`thumper verify` mends what it can here, and says what is left to do."
    return {
        "photos": "Its facts are read again from the photos, see below.",
        "runs": "`thumper run`: its photos are pending again.",
        "herds": GO_ON,
    }[parent]


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
