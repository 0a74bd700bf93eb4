"""Workspaces for the pages' tests and benchmark: made-up animals in real tables, of any size.

Photos are a few small drawn pictures, linked under as many names as there are photos: reading one
costs what a real one costs, making them costs nothing. Their IDs are made up, so the rows say that
these do not come from the content. Vectors are an animal's own direction with
noise of the visit, of the burst and of the frame, so that identification has something to find.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from tests.workspaces import MEANINGS, draw
from thumper_core import contracts
from thumper_core.herd.build import build_herd
from thumper_core.settings import Settings
from thumper_core.store.meanings import set_meanings
from thumper_core.store.records import FileRow
from thumper_core.workspace import Workspace

START = datetime(2026, 8, 3)
WIDTH, HEIGHT = 640, 360
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
    files: list[FileRow] = []
    facts: dict[str, list[object]] = {name: [] for name in contracts.PHOTO_FACTS.names}
    outcomes: dict[str, list[object]] = {name: [] for name in contracts.OUTCOMES.names}
    found: dict[str, list[object]] = {name: [] for name in contracts.DETECTIONS.names}
    vectors: list[np.ndarray] = []
    run = workspace.ledger.create_run("0123456789abcdef", DETECTOR, EMBEDDER, {})
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
            photo_id = f"x{number + 1:030x}"  # as of a file whose content was not read
            path = f"{camera}/IMG_{number + 1:06d}.jpg"
            shown = who[0] if who else -1
            kind = KINDS[shown % len(KINDS)] if who else "blank"
            night = not 6 <= at.hour < 19
            os.link(originals[kind, shown % 6 if who else 0, night], photos / path)
            taken = at + timedelta(seconds=2 * frame)
            files.append(
                FileRow(
                    str(photos), path, path.encode(), 9000, 0, photo_id, camera, taken, False, False
                )
            )
            for name, value in zip(
                facts,
                (
                    photo_id,
                    WIDTH,
                    HEIGHT,
                    9000,
                    "JPEG",
                    taken,
                    "Cuddeback",
                    "X",
                    night,
                    *[None] * 6,
                ),
                strict=True,
            ):
                facts[name].append(value)
            if number >= size.photos - size.pending:
                continue
            failed = number % 40 == 17 and number // 40 < size.failures
            boxes = [] if failed else who
            row = (
                run.run_id,
                photo_id,
                "error" if failed else "ok",
                "truncated" if failed else None,
                "The file ends too early." if failed else None,
                len(boxes),
                taken,
            )
            for name, value in zip(outcomes, row, strict=True):
                outcomes[name].append(value)
            for ordinal, animal in enumerate(boxes):
                x1 = 90.0 + 4 * frame if ordinal == 0 else 380.0 + 20 * (ordinal % 6)
                y1 = 110.0 if ordinal == 0 else 130.0
                box = (x1, y1, x1 + (240.0 if ordinal == 0 else 90.0), y1 + 190.0)
                confidence = float(rng.uniform(0.55, 0.98)) - 0.02 * ordinal
                row = (
                    run.run_id,
                    f"{photo_id}-{ordinal}",
                    photo_id,
                    ordinal,
                    *box,
                    confidence,
                    KINDS[animal % len(KINDS)],
                    float(rng.uniform(20, 90)),
                )
                for name, value in zip(found, row, strict=True):
                    found[name].append(value)
                noise = 0.25 * rng.standard_normal(size.dim) / size.dim**0.5
                vector = centres[animal] + accidents[ordinal] + noise
                vectors.append((vector / np.linalg.norm(vector)).astype(np.float32))
    ledger = workspace.ledger
    ledger.add_root(str(photos))
    ledger.upsert_files(files)
    set_meanings(ledger, DETECTOR, MEANINGS)
    _write(workspace, "photos", {"photos": pa.table(facts, schema=contracts.PHOTO_FACTS)})
    flat = np.concatenate(vectors) if vectors else np.zeros(0, np.float32)
    offsets = np.arange(len(vectors) + 1, dtype=np.int32) * size.dim
    embeddings = pa.table(
        {
            "run_id": pa.array([run.run_id] * len(vectors), pa.string()),
            "detection_id": pa.array(found["detection_id"], pa.string()),
            "embedder": pa.array([EMBEDDER] * len(vectors), pa.string()),
            "vector": pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat)),
        }
    ).cast(contracts.EMBEDDINGS)
    _write(
        workspace,
        f"runs/{run.run_id}",
        {
            "outcomes": pa.table(outcomes, schema=contracts.OUTCOMES),
            "detections": pa.table(found, schema=contracts.DETECTIONS),
            "embeddings": embeddings,
        },
    )
    if not size.pending:
        ledger.set_run_state(run.run_id, "complete")
        ledger.promote({"run": run.run_id}, "generated")
        if identify:
            build_herd(workspace, run_id=run.run_id, settings=Settings())
    return workspace


def _write(workspace: Workspace, kind: str, tables: dict[str, pa.Table]) -> None:
    workspace.lake.write_shard(kind, "000000", tables)


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
