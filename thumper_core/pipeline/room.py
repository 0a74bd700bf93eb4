"""How much disk a run needs, said before it starts: refused where it could not even begin.

A run that is stopped by a full disk goes on later, so one that may not fit is begun all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thumper_core import disk
from thumper_core.contracts import ThumperError
from thumper_core.pipeline.choice import with_detector
from thumper_core.pipeline.pending import count_pending
from thumper_core.settings import Settings
from thumper_core.vision.registry import load_registry
from thumper_core.vision.weights import find_file
from thumper_core.workspace import Workspace

PHOTO_BYTES: Final = 16 * 2**10
"""Of one photo where no run was made yet: 60,000 demo photos with 1.4 deer each came to 0.9 GiB,
ledger and pictures for the pages among them."""
LOG_BYTES: Final = 4 * 2**20
"""The ledger's log grows to this before SQLite writes it back (1,000 pages of 4 KiB)."""
_SHARDS_MAX: Final = 20  # of the newest run: enough for a mean
_CONVERTED: Final = {".onnx": 2, ".xml": 2}
"""Bytes in the cache for each byte of a weights file; measured: 3.1 and 4.0 for pickled ones, whose
network is kept as float32 and once more compiled, 1.1 for others, of which only the latter is."""
_CONVERTED_ELSE: Final = 4


@dataclass(frozen=True)
class Room:
    """Bytes. free: None where nobody says; photos, models: about what is still to be written."""

    folder: Path
    free: int | None
    photos: int
    models: int
    first_shard: int

    @property
    def need(self) -> int:
        """All that this run will write, about."""
        return self.photos + self.models + LOG_BYTES

    @property
    def note(self) -> str | None:
        """What to say before a run that may not fit; None where it does."""
        if self.free is None or self.free >= self.need:
            return None
        return (
            f"There may be too little room where {self.folder} is: "
            f"{disk.size_text(self.free)} free, and this run needs about "
            f"{disk.size_text(self.need)}. It stops when the disk is full, nothing that was finished is "
            "lost, and the same command goes on after you made room."
        )

    def require(self) -> None:
        """Raise DiskError where not even the first results could be kept."""
        if self.free is not None and self.free < LOG_BYTES + self.first_shard:
            raise disk.DiskError(disk.Trouble("full", self.folder, self.free), self.need)


def room_for(workspace: Workspace, settings: Settings, n_photos: int) -> Room:
    """What a run over so many pending photos needs, by the shards of earlier ones."""
    a_photo = bytes_a_photo(workspace)
    there = sum(_sizes(workspace.cache_dir / "models"))
    models = sum(_converted_bytes(workspace, settings)) if n_photos else 0
    return Room(
        workspace.root,
        disk.free_bytes(workspace.root),
        round(n_photos * a_photo),
        max(0, models - there),
        round(min(n_photos, settings.engine.shard_photos) * a_photo),
    )


def room_of(workspace: Workspace, settings: Settings) -> Room:
    """The same before the models are open: what is pending is told by their names alone."""
    settings = with_detector(workspace, settings)
    detector, embedder = settings.detect.detector, settings.embed.embedder
    named = [(detector, embedder), (Path(detector).name, embedder)]
    same = [row for row in workspace.ledger.runs() if (row.detector, row.embedder) in named]
    return room_for(workspace, settings, count_pending(workspace, same[-1].run_id if same else ""))


def bytes_a_photo(workspace: Workspace) -> float:
    """Bytes of results of one photo: the mean of the newest run's shards, else PHOTO_BYTES."""
    try:
        catalog = workspace.lake.catalog()
    except ThumperError:  # a ledger on a full disk may not even be read
        return PHOTO_BYTES
    runs = [kind for kind in catalog if kind.startswith("runs/") and catalog[kind]]
    if not runs:
        return PHOTO_BYTES
    import pyarrow.parquet as pq

    shards = catalog[max(runs)][-_SHARDS_MAX:]
    with suppress(OSError, ValueError):  # damaged or gone: `thumper verify` speaks of that
        n_photos = sum(
            int(pq.read_metadata(shard / "outcomes.parquet").num_rows) for shard in shards
        )
        if n_photos:
            return sum(size for shard in shards for size in _sizes(shard)) / n_photos
    return PHOTO_BYTES


def _converted_bytes(workspace: Workspace, settings: Settings) -> Iterator[int]:
    """About how much the cache will hold of each model that the settings name."""
    with suppress(ThumperError):  # opening the models says what is wrong with a name
        registry = load_registry(workspace.root / "registry.toml")
        for name in (settings.detect.detector, settings.embed.embedder):
            spec = registry.models.get(name)
            parts = [registry.models[part.model] for part in spec.parts] if spec else []
            files = [find_file(one) for one in parts or ([spec] if spec else [])] or [Path(name)]
            for file in files:
                if file is not None and file.is_file():
                    yield file.stat().st_size * _CONVERTED.get(file.suffix, _CONVERTED_ELSE)


def _sizes(folder: Path) -> Iterator[int]:
    with suppress(OSError):
        yield from (path.stat().st_size for path in folder.iterdir() if path.is_file())
