"""Detections of another program, kept as a run of the workspace.

Such a run has no embeddings, so no deer can be recognised in it; its state is `imported`, which
keeps `thumper identify` from choosing it by itself. `imports.results` embeds its boxes in a run that
follows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from thumper_core.contracts import (
    DETECTIONS,
    EMBEDDINGS,
    OUTCOMES,
    ClassMeaning,
    ErrorCode,
    Status,
    ThumperError,
)
from thumper_core.export.md_labels import meaning_of
from thumper_core.export.md_match import KnownFile, match_names
from thumper_core.export.md_read import MdDetection, MdImage, MdResults, read_results
from thumper_core.files import content_hash_of
from thumper_core.stage import digest
from thumper_core.store.adopt import settle
from thumper_core.store.jobs import Heartbeat, finish_job, start_job
from thumper_core.store.meanings import set_meanings

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

STATE: Final = "imported"
NO_EMBEDDER: Final = "none"
NEXT_STEPS: Final = (
    "These detections are counted, shown and exported like others. They have no embeddings yet, so "
    "they cannot tell deer apart: `thumper import results {file}` makes them, then `thumper identify`. "
    "Or let a detector look at the photos here: `thumper run --detector NAME`."
)
_SHARD_PHOTOS: Final = 20_000


@dataclass(frozen=True)
class ImportSummary:
    """What became of a results file."""

    run_id: str
    is_new: bool
    n_images: int  # in the file
    n_photos: int  # of the workspace that got an outcome now
    n_detections: int  # of them that count: at least conf_min sure
    n_weaker: int  # of them that are only kept
    n_known: int  # photos that had an outcome of this file already
    conf_min: float
    unmatched: tuple[str, ...]  # images that are no photo of the workspace
    ambiguous: tuple[str, ...]  # images that can be several photos
    videos: tuple[str, ...]  # left out


def import_md_json(
    workspace: Workspace, path: Path, *, conf_min: float | None = None
) -> ImportSummary:
    """Keep a MegaDetector or SpeciesNet results file as a run and say what was found.

    Every box is stored; those below `conf_min` (None: as it was set before for this file, else the
    detector's usual one) neither count nor show, and a lower one brings them out: nothing is read
    again. The run's fingerprint is the file's hash: the same file again tops its run up with photos
    that were added meanwhile. Raises UsageError where the file is none, ThumperError where none of
    its images is a photo of the workspace; then nothing is kept.
    """
    return keep_results(
        workspace, read_results(path), path, content_hash_of(path), conf_min=conf_min
    )


def keep_results(
    workspace: Workspace,
    found: MdResults,
    path: Path,
    blake2b: str,
    *,
    conf_min: float | None = None,
) -> ImportSummary:
    """The same of results that were read from `path`; blake2b: what tells their run from others."""
    names = match_names(known_files(workspace), [image.file for image in found.images])
    if found.images and not names.photos:
        first = found.images[0].file
        said = f"can be several photos (such as {first!r})" if names.ambiguous else (
            f"is a photo of this workspace (the first is {first!r})"
        )  # fmt: skip
        raise ThumperError(
            f"None of the {len(found.images):,} images of {path} {said}. Names are matched by their "
            "folders from the file's name upwards: add the photos from the folder that the names "
            "begin with, `thumper add PATH`."
        )
    kept = keep_images(
        workspace,
        detector=f"{found.detector} (imported)",
        config={"source": "md-json", "blake2b": blake2b, "detector": found.detector},
        meanings=meanings(found),
        images={photo_id: found.images[place] for photo_id, place in names.photos.items()},
        conf_min=conf_min,
        usual_conf=found.conf_min,
    )
    return ImportSummary(
        run_id=kept.run_id,
        is_new=kept.is_new,
        n_images=len(found.images) + len(found.videos),
        n_photos=kept.n_photos,
        n_detections=kept.n_detections,
        n_weaker=kept.n_weaker,
        n_known=len(names.photos) - kept.n_photos,
        conf_min=kept.conf_min,
        unmatched=tuple(names.unmatched),
        ambiguous=tuple(names.ambiguous),
        videos=found.videos,
    )


@dataclass(frozen=True)
class KeptImages:
    """A run of another program's boxes. n_photos: that got an outcome now; others as in ImportSummary."""

    run_id: str
    is_new: bool
    n_photos: int
    n_detections: int
    n_weaker: int
    conf_min: float


def keep_images(
    workspace: Workspace,
    *,
    detector: str,
    config: dict[str, Any],
    meanings: Mapping[str, ClassMeaning],
    images: Mapping[str, MdImage],
    conf_min: float | None,
    usual_conf: float,
) -> KeptImages:
    """Keep boxes as a run, which `config` tells from others, and top it up with photos that are new.

    images: by photo; conf_min: None: as it was set before, else `usual_conf`.
    """
    row = workspace.ledger.find_run(digest(config))
    is_new = row is None
    if row is None:
        row = workspace.ledger.create_run(digest(config), detector, NO_EMBEDDER, config)
    set_meanings(workspace.ledger, detector, meanings)
    before = workspace.ledger.conf_min(row.run_id)
    threshold = next(t for t in (conf_min, before, usual_conf) if t is not None)
    if threshold != before:
        workspace.ledger.set_conf_min(row.run_id, threshold)
    job_id = start_job(workspace.ledger, row.run_id, "import")
    try:
        with Heartbeat(workspace.ledger, job_id):
            settle(workspace.lake, f"runs/{row.run_id}", job_id)
            known = workspace.sql(
                "select photo_id from all_outcomes where run_id = ?", [row.run_id]
            )
            done = set(known["photo_id"])
            new = {photo_id: image for photo_id, image in images.items() if photo_id not in done}
            counted = _write(workspace, row.run_id, new, threshold, job_id)
            workspace.ledger.set_run_state(row.run_id, STATE, claim=job_id)
        finish_job(workspace.ledger, job_id, "done")
    except BaseException as error:
        finish_job(workspace.ledger, job_id, "failed", str(error) or type(error).__name__)
        raise
    return KeptImages(row.run_id, is_new, len(new), *counted, threshold)


def known_files(workspace: Workspace) -> list[KnownFile]:
    """Every file that is there, as names are matched with them."""
    return [KnownFile(*row) for row in workspace.ledger.files_there()]


def meanings(found: MdResults) -> dict[str, ClassMeaning]:
    """What the labels of a results file stand for, as far as plain words say it."""
    labels = {d.label for image in found.images for d in image.detections}
    return {name: meaning_of(name, found.descriptions.get(name, "")) for name in labels}


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


def _write(
    workspace: Workspace,
    run_id: str,
    images: Mapping[str, MdImage],
    conf_min: float,
    job_id: int,
) -> tuple[int, int]:
    """Write the shards; (boxes at least `conf_min` sure, weaker ones)."""
    sizes = {
        photo_id: (width, height)
        for photo_id, width, height in workspace.sql(
            "select photo_id, width, height from photos where width > 0 and height > 0"
        ).iter_rows()
    }
    kind = f"runs/{run_id}"
    ids = list(images)
    strong = weak = 0
    for start in range(0, len(ids), _SHARD_PHOTOS):
        part = {photo_id: images[photo_id] for photo_id in ids[start : start + _SHARD_PHOTOS]}
        tables = shard_tables(run_id, part, sizes)
        found = tables["detections"]["confidence"].to_numpy()
        sure = int(np.count_nonzero(found >= np.float32(conf_min)))
        strong, weak = strong + sure, weak + tables["detections"].num_rows - sure
        name = workspace.lake.next_shard_name(kind)
        workspace.lake.write_shard(kind, name, tables, claim=job_id)
    return strong, weak


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
