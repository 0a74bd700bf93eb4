"""Workspaces drawn by lot, to a size: as many photos, animals and detections as a page has to bear.

Photos are a few small drawn pictures, linked under as many names as there are photos: reading one
costs what a real one costs, making them costs nothing. Their IDs are made up, so the rows say that
these do not come from the content. Vectors are an animal's own direction with
noise of the visit, of the burst and of the frame, so that identification has something to find.
Herds that a test lists animal by animal: `tests.workspaces`.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from tests.made_photos import MadePhotos, draw, write_run
from thumper_core.contracts import PATCH_SIDE
from thumper_core.herd.build import build_herd
from thumper_core.settings import Settings
from thumper_core.workspace import Workspace

START = datetime(2026, 8, 3)
SOONER, LATER = datetime(2026, 8, 25), datetime(2099, 1, 1)
"""Before and after any herd that a test makes."""
DETECTOR, EMBEDDER = "demo", "efficientnet_lite0"
KINDS = ("buck", "doe", "doe", "fawn", "doe", "buck")


@dataclass(frozen=True)
class Size:
    """How large a workspace is. Photos come in bursts of three; one in six shows nothing."""

    photos: int = 120
    animals: int = 8
    cameras: int = 4
    days: int = 21
    detections: int | None = None  # at least; pairs of deer are added until they are reached
    dim: int = 64
    failures: int = 3
    pending: int = 0
    new: int = 0  # of the last photos: read after the herd was made, which holds them all the same


def build(
    folder: Path,
    size: Size = Size(),
    *,
    identify: bool = True,
    seed: int = 0,
) -> Workspace:
    """A complete run over generated photos in `folder`/ranch, and a herd from it."""
    workspace = Workspace.create(folder / "ranch")
    photos = folder / "photos"
    originals = _originals(folder / "originals")
    rng = np.random.default_rng(seed)
    names = [f"{word} {n}" for n in range(1, 99) for word in ("Creek", "Feeder", "Oak", "Ridge")]
    cameras = names[: size.cameras]
    workspace.cameras_csv.write_text(
        "name,latitude,longitude,clock_offset_s,from,to\n"
        + "".join(
            f"{name},{30.1 + 0.004 * (i % 3) + 0.001 * i:.5f},{-98.4 + 0.005 * (i % 4):.5f},0,,\n"
            for i, name in enumerate(cameras)
        )
    )
    for camera in cameras:
        (photos / camera).mkdir(parents=True, exist_ok=True)
    homes = rng.integers(0, size.cameras, (size.animals, 2))
    centres = rng.standard_normal((size.animals, size.dim))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    per_photo = max(1.0, (size.detections or 0) / max(1, size.photos))
    made = MadePhotos(photos, first=1, content=False)
    bursts = -(-size.photos // 3)
    moments = np.sort(rng.uniform(0, size.days * 86_400, bursts))
    for burst in range(bursts):
        at = START + timedelta(seconds=int(moments[burst]))
        blank = burst % 6 == 5
        first = int(rng.integers(0, size.animals))
        camera = cameras[homes[first, int(rng.integers(0, 2))]]
        wanted = 0 if blank else int(per_photo * 1.2 + rng.uniform(0, 1))
        who = ([first] + [int(a) for a in rng.permutation(size.animals) if a != first])[:wanted]
        accidents = [0.16 * rng.standard_normal(size.dim) / size.dim**0.5 * 4 for _ in who]
        for frame in range(3):
            number = 3 * burst + frame
            if number >= size.photos:
                break
            path = f"{camera}/IMG_{number + 1:06d}.jpg"
            shown = who[0] if who else -1
            kind = KINDS[shown % len(KINDS)] if who else "blank"
            night = not 6 <= at.hour < 19
            os.link(originals[kind, shown % 6 if who else 0, night], photos / path)
            taken = at + timedelta(seconds=2 * frame)
            by_camera = {
                "format": "JPEG",
                "exif_taken_at": taken,
                "make": "Cuddeback",
                "model": "X",
                "read_at": LATER
                if number >= size.photos - size.new
                else min(taken + timedelta(hours=12), SOONER),
            }
            photo_id = made.photo(camera, taken, path, size=9000, is_infrared=night, **by_camera)
            if number >= size.photos - size.pending:
                continue
            failed = number % 40 == 17 and number // 40 < size.failures
            boxes = [] if failed else who
            how = ("error", "truncated") if failed else ("ok", None)
            made.outcome(photo_id, len(boxes), *how, processed_at=taken)
            for ordinal, animal in enumerate(boxes):
                x1 = 90.0 + 4 * frame if ordinal == 0 else 380.0 + 20 * (ordinal % 6)
                y1 = 110.0 if ordinal == 0 else 130.0
                box = (x1, y1, x1 + (240.0 if ordinal == 0 else 90.0), y1 + 190.0)
                confidence = float(rng.uniform(0.55, 0.98)) - 0.02 * ordinal
                detection_id = made.detection(
                    photo_id,
                    box,
                    KINDS[animal % len(KINDS)],
                    ordinal,
                    confidence=confidence,
                    sharpness=float(rng.uniform(20, 90)),
                    # All stand at one place: without pixels of their own they would be a fixture.
                    patch=random.Random(f"{photo_id}-{ordinal}").randbytes(PATCH_SIDE**2),
                )
                noise = 0.25 * rng.standard_normal(size.dim) / size.dim**0.5
                made.vector(detection_id, centres[animal] + accidents[ordinal] + noise)
    run_id = write_run(workspace, [made], DETECTOR, EMBEDDER, complete=not size.pending)
    if not size.pending:
        workspace.ledger.promote({"run": run_id}, "generated")
        if identify:
            build_herd(workspace, run_id=run_id, settings=Settings())
    return workspace


def _originals(folder: Path) -> dict[tuple[str, int, bool], Path]:
    """One small picture for each kind, coat and light."""
    found = {}
    folder.mkdir(parents=True, exist_ok=True)
    for kind in {*KINDS, "blank"}:
        for coat in range(6):
            for night in (False, True):
                path = folder / f"{kind}-{coat}-{night}.jpg"
                box = (90, 110, 330, 300) if kind != "blank" else (900, 900, 901, 901)
                draw(path, kind, box, random.Random(coat).randint(0, 99), night=night)
                found[kind, coat, night] = path
    return found
