"""Reading the strips of a workspace's photos, model by model, and keeping what they say as facts.

What was read is never read again. A strip fills only what the photo's own data leave open: its time where
there is none, the temperature; the camera's name stands beside the one in EXIF.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import polars as pl

from thumper_core.contracts import PHOTO_FACTS, ImageArray, TimePrecision, TimeSource
from thumper_core.ingest.read import PhotoFacts
from thumper_core.ingest.record import write_facts
from thumper_core.stamp.models import grey_photo, teaching_photos
from thumper_core.stamp.reader import CONFIDENCE_MIN, Line
from thumper_core.stamp.strip import PHOTOS_MIN, Band, find_bands, pieces
from thumper_core.stamp.text import Stamp, checked, day_comes_first, understand
from thumper_core.workspace import Workspace

_KEPT_EVERY: Final = 200  # photos: what a kill can cost
_PHOTOS: Final = """
select f.*, p.root, p.path_bytes, p.path from photos p join photo_facts f using (photo_id)
where p.duration_s is null and p.width > 0 and f.stamp is null
order by f.make, f.model, f.width, f.height, p.root, p.path
"""


class Reads(Protocol):
    """What reads a line of text."""

    def __call__(self, piece: ImageArray) -> Line:
        """The text of (h, w) uint8 grey, dark on light."""


@dataclass(frozen=True)
class StampsRead:
    """n_photos: looked at; n_left: not yet, for it was stopped; n_with_strip: of models that print one;
    n_named, n_timed: whose strip says it.
    """

    n_photos: int
    n_left: int
    n_with_strip: int
    n_named: int
    n_timed: int


def read_stamps(
    workspace: Workspace,
    reader: Reads,
    on_progress: Callable[[int, int], None] | None = None,
    stop: threading.Event | None = None,
) -> StampsRead:
    """Read the strip of every photo whose strip was not read yet; what is stopped goes on.

    stop: once set, it ends after the photo under way, and keeps what was read. Photos are of one model where
    make, model and size agree; one of fewer than three photos teaches nothing, and is asked again when there
    are more.
    """
    rows, stop = workspace.sql(_PHOTOS), stop or threading.Event()
    keys = ["make", "model", "width", "height"]
    done = with_strip = named = timed = 0
    for part in rows.partition_by(keys, maintain_order=True):
        bands = _bands_of(part, workspace.settings.detect.max_pixels)
        for start in range(0, part.height, _KEPT_EVERY):
            chunk = part[start : start + _KEPT_EVERY]
            stamps = [
                _read(row, bands, reader, workspace.settings.detect.max_pixels) if bands else None
                for row in _counted(chunk, done, rows.height, on_progress, stop)
            ]
            chunk = chunk[: len(stamps)]
            done += chunk.height
            if bands is None or chunk.is_empty():
                continue
            found = _understood(chunk, stamps)
            with_strip += sum(s is not None for s in found)
            named += sum(s is not None and s.camera is not None for s in found)
            timed += sum(s is not None and s.at is not None for s in found)
            facts = [_facts(r, s) for r, s in zip(chunk.to_dicts(), found, strict=True)]
            write_facts(workspace.lake, facts)
    return StampsRead(done, rows.height - done, with_strip, named, timed)


def _counted(
    chunk: pl.DataFrame,
    done: int,
    total: int,
    tell: Callable[[int, int], None] | None,
    stop: threading.Event,
) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(chunk.iter_rows(named=True), 1):
        if stop.is_set():
            return
        yield row
        if tell is not None:
            tell(done + number, total)


def _bands_of(part: pl.DataFrame, max_pixels: int) -> list[Band] | None:
    """The strip of a model; None where its photos are too few to tell."""
    photos, folders = teaching_photos(part, max_pixels)
    return find_bands(photos, folders) if len(photos) >= PHOTOS_MIN else None


def _read(
    row: dict[str, Any], bands: Sequence[Band], reader: Reads, max_pixels: int
) -> tuple[str, float] | None:
    """Text and the least confidence of its pieces; None where the photo cannot be read."""
    grey = grey_photo(row, max_pixels)
    if grey is None or grey.shape[0] < bands[-1].bottom or grey.shape[1] != len(bands[0].marks):
        return None
    lines = [reader(piece) for band in bands for piece in pieces(grey, band)]
    kept = [line for line in lines if line.text and line.confidence >= CONFIDENCE_MIN]
    return "  ".join(line.text for line in kept), min(
        (line.confidence for line in kept), default=0.0
    )


def _understood(
    chunk: pl.DataFrame, stamps: Sequence[tuple[str, float] | None]
) -> list[Stamp | None]:
    """What the strips say, each checked against those of its folder."""
    day_first = day_comes_first([s[0] for s in stamps if s is not None])
    found: list[Stamp | None] = [
        None if s is None else understand(*s, day_first=day_first) for s in stamps
    ]
    folders = chunk["path"].str.replace(r"/?[^/]*$", "").to_list()
    for folder in dict.fromkeys(folders):
        mine = [i for i, own in enumerate(folders) if own == folder and found[i] is not None]
        of_folder = [stamp for i in mine if (stamp := found[i]) is not None]
        for i, stamp in zip(mine, checked(of_folder), strict=True):
            found[i] = stamp
    return found


def _facts(row: dict[str, Any], stamp: Stamp | None) -> PhotoFacts:
    """The photo's facts with what its strip adds."""
    facts = {name: row[name] for name in PHOTO_FACTS.names}
    if stamp is None:
        return PhotoFacts(**facts | {"stamp": ""})
    model = " ".join(filter(None, (row["make"], row["model"])))
    is_model = stamp.camera is not None and _shape(stamp.camera) in _shape(model)
    facts |= {
        "stamp": stamp.text,
        "stamp_camera": None if is_model else stamp.camera,
        "stamp_confidence": stamp.confidence,
    }
    if facts["temperature_c"] is None:
        facts["temperature_c"] = stamp.temperature_c
    if facts["said_number"] is None:
        facts["said_number"] = stamp.number
    if facts["exif_taken_at"] is None and stamp.at is not None:
        precision = TimePrecision.SECOND if stamp.has_seconds else TimePrecision.MINUTE
        facts |= {
            "exif_taken_at": stamp.at,
            "exif_source": TimeSource.STAMP,
            "exif_precision": precision,
        }
    return PhotoFacts(**facts)


def _shape(name: str) -> str:
    """A name without what a reader takes for each other."""
    return name.casefold().translate(str.maketrans("oilsz", "01152"))
