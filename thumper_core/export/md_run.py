"""Detections of another program, kept as a run of the workspace.

Such a run has no embeddings, so no deer can be recognised in it; its state is `imported`, which
keeps `thumper identify` from choosing it by itself.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from thumper_core.contracts import (
    DEER_SPECIES,
    DETECTIONS,
    EMBEDDINGS,
    OUTCOMES,
    AgeClass,
    ClassMeaning,
    ErrorCode,
    Sex,
    Status,
    ThumperError,
)
from thumper_core.export.md_json import MdDetection, MdImage, MdResults, read_results
from thumper_core.files import content_hash_of
from thumper_core.settings import digest
from thumper_core.store.jobs import finish_job, start_job
from thumper_core.store.meanings import set_meanings

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

STATE: Final = "imported"
NO_EMBEDDER: Final = "none"
_SHARD_PHOTOS: Final = 20_000
_DEER: Final = {
    "deer": ClassMeaning(DEER_SPECIES),
    "white-tailed deer": ClassMeaning(DEER_SPECIES),
    "odocoileus virginianus": ClassMeaning(DEER_SPECIES),
    "buck": ClassMeaning(DEER_SPECIES, Sex.MALE, AgeClass.ADULT),
    "doe": ClassMeaning(DEER_SPECIES, Sex.FEMALE, AgeClass.ADULT),
    "fawn": ClassMeaning(DEER_SPECIES, Sex.UNKNOWN, AgeClass.FAWN),
    "person": ClassMeaning("human"),
    "cow": ClassMeaning("cattle"),
}


@dataclass(frozen=True)
class ImportSummary:
    """What became of a results file."""

    run_id: str
    is_new: bool
    n_images: int  # in the file
    n_photos: int  # of the workspace that got an outcome now
    n_detections: int
    n_known: int  # photos that had an outcome of this file already
    unmatched: tuple[str, ...]  # images that are no photo of the workspace


def import_md_json(workspace: Workspace, path: Path) -> ImportSummary:
    """Keep a MegaDetector results file as a run and say what was found.

    The run's fingerprint is the file's hash: the same file again tops its run up with photos that
    were added meanwhile. Raises UsageError where the file is none, ThumperError where none of its
    images is a photo of the workspace.
    """
    found = read_results(path)
    matched, unmatched = match_files(workspace, found.images)
    if found.images and not matched:
        raise ThumperError(
            f"None of the {len(found.images):,} images of {path} is a photo of this workspace (the "
            f"first is {found.images[0].file!r}). Add the photos first: `thumper add PATH`."
        )
    config = {"source": "md-json", "blake2b": content_hash_of(path), "detector": found.detector}
    row = workspace.ledger.find_run(digest(config))
    is_new = row is None
    detector = f"{found.detector} (imported)"
    if row is None:
        row = workspace.ledger.create_run(digest(config), detector, NO_EMBEDDER, config)
    set_meanings(workspace.ledger, detector, meanings(found))
    job_id = start_job(workspace.ledger, row.run_id, "import")
    try:
        known = workspace.sql("select photo_id from all_outcomes where run_id = ?", [row.run_id])
        done = set(known["photo_id"])
        new = {photo_id: image for photo_id, image in matched.items() if photo_id not in done}
        n_detections = _write(workspace, row.run_id, new)
        workspace.ledger.set_run_state(row.run_id, STATE)
        finish_job(workspace.ledger, job_id, "done")
    except BaseException as error:
        finish_job(workspace.ledger, job_id, "failed", str(error) or type(error).__name__)
        raise
    return ImportSummary(
        run_id=row.run_id,
        is_new=is_new,
        n_images=len(found.images),
        n_photos=len(new),
        n_detections=n_detections,
        n_known=len(matched) - len(new),
        unmatched=tuple(unmatched),
    )


def match_files(
    workspace: Workspace, images: Sequence[MdImage]
) -> tuple[dict[str, MdImage], list[str]]:
    """Photos by the file names of a results file: (photo_id -> image, names that match none).

    A name matches the photo whose path it is (absolute, or below any folder that the photo's path
    or the name starts with); where several photos would do, the name matches none.
    """
    with workspace.ledger.reading() as ledger:
        rows = ledger.execute("select root, path, photo_id from files where missing = 0").fetchall()
    by_name: dict[str, list[tuple[list[str], int, str]]] = {}
    for root, path, photo_id in rows:
        parts = [*_parts(root), *_parts(path)]
        by_name.setdefault(parts[-1], []).append((parts, len(_parts(path)), photo_id))
    matched: dict[str, MdImage] = {}
    unmatched = []
    for image in images:
        photo_id = _best(by_name, _parts(image.file))
        if photo_id is None:
            unmatched.append(image.file)
        else:
            matched.setdefault(photo_id, image)
    return matched, unmatched


def meanings(found: MdResults) -> dict[str, ClassMeaning]:
    """What the labels of a results file stand for, as far as plain words say it."""
    labels = {d.label for image in found.images for d in image.detections}
    return {name: _DEER.get(name.strip().lower(), ClassMeaning(name)) for name in labels}


def to_boxes(
    detections: Iterable[MdDetection], width: int, height: int
) -> list[tuple[float, float, float, float]]:
    """Shares of the photo to xyxy pixels, inside the photo."""
    boxes = []
    for d in detections:
        x, y, w, h = d.box_xywh
        x1, x2 = (min(max(v, 0.0), 1.0) * width for v in (x, x + w))
        y1, y2 = (min(max(v, 0.0), 1.0) * height for v in (y, y + h))
        boxes.append((x1, y1, x2, y2))
    return boxes


def _write(workspace: Workspace, run_id: str, images: Mapping[str, MdImage]) -> int:
    sizes = {
        photo_id: (width, height)
        for photo_id, width, height in workspace.sql(
            "select photo_id, width, height from photos where width > 0 and height > 0"
        ).iter_rows()
    }
    kind = f"runs/{run_id}"
    workspace.lake.sweep_unfinished(kind)
    ids = list(images)
    n_detections = 0
    for start in range(0, len(ids), _SHARD_PHOTOS):
        part = {photo_id: images[photo_id] for photo_id in ids[start : start + _SHARD_PHOTOS]}
        tables = shard_tables(run_id, part, sizes)
        n_detections += tables["detections"].num_rows
        workspace.lake.write_shard(kind, workspace.lake.next_shard_name(kind), tables)
    return n_detections


def shard_tables(
    run_id: str, images: Mapping[str, MdImage], sizes: Mapping[str, tuple[int, int]]
) -> dict[str, pa.Table]:
    """Outcomes, detections and (no) embeddings of photos; sizes: width and height in pixels.

    A photo whose size is not known cannot hold boxes: its outcome is an error that says so.
    """
    now = datetime.now(UTC)
    outcomes: list[dict[str, Any]] = []
    detections: list[dict[str, Any]] = []
    for photo_id, image in images.items():
        size = sizes.get(photo_id)
        failure = image.failure
        if failure is None and size is None and image.detections:
            failure = "The photo's size is not known, so the boxes have no pixels."
        boxes = [] if failure or size is None else to_boxes(image.detections, *size)
        outcomes.append(
            {
                "run_id": run_id,
                "photo_id": photo_id,
                "status": (Status.ERROR if failure else Status.OK).value,
                "error_code": ErrorCode.READ_FAILED.value if failure else None,
                "error_message": failure,
                "n_detections": len(boxes),
                "processed_at": now,
            }
        )
        for ordinal, (box, found) in enumerate(zip(boxes, image.detections, strict=False)):
            detections.append(
                {
                    "run_id": run_id,
                    "detection_id": f"{photo_id}-{ordinal}",
                    "photo_id": photo_id,
                    "ordinal": ordinal,
                    **dict(zip(("x1", "y1", "x2", "y2"), box, strict=True)),
                    "confidence": found.confidence,
                    "class": found.label,
                    "sharpness": None,
                }
            )
    return {
        "outcomes": pa.Table.from_pylist(outcomes, schema=OUTCOMES),
        "detections": pa.Table.from_pylist(detections, schema=DETECTIONS),
        "embeddings": pa.Table.from_pylist([], schema=EMBEDDINGS),
    }


def _best(by_name: Mapping[str, list[tuple[list[str], int, str]]], wanted: list[str]) -> str | None:
    """The one photo that shares the longest tail with `wanted`, where the tail is all of either."""
    best: tuple[int, set[str]] = (0, set())
    for parts, n_relative, photo_id in by_name.get(wanted[-1] if wanted else "", []):
        shared = _shared_tail(parts, wanted)
        if shared < min(len(wanted), n_relative):
            continue
        if shared > best[0]:
            best = (shared, {photo_id})
        elif shared == best[0]:
            best[1].add(photo_id)
    return next(iter(best[1])) if len(best[1]) == 1 else None


def _shared_tail(a: list[str], b: list[str]) -> int:
    n = 0
    while n < min(len(a), len(b)) and a[-1 - n] == b[-1 - n]:
        n += 1
    return n


def _parts(path: str) -> list[str]:
    clean = posixpath.normpath(path.replace("\\", "/") if ":" in path[:3] else path)
    return [part for part in clean.split("/") if part not in ("", ".", "..")]
