"""Made-up photos and what a detector found on them: rows of real tables, and a run that holds them.

`tests.workspaces` and `tests.generated` say which animals come when; how a photo becomes rows of the
ledger and the lake is here.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image, ImageDraw

from thumper_core.contracts import DEER, SHARD_TABLES, AgeClass, ClassMeaning, Sex
from thumper_core.store.meanings import set_meanings
from thumper_core.store.records import FileRow
from thumper_core.workspace import Workspace

WIDTH, HEIGHT = 640, 360
FINGERPRINT = "0123456789abcdef"
MEANINGS = {
    "buck": ClassMeaning(DEER, Sex.MALE, AgeClass.ADULT),
    "doe": ClassMeaning(DEER, Sex.FEMALE, AgeClass.ADULT),
    "fawn": ClassMeaning(DEER, Sex.UNKNOWN, AgeClass.FAWN),
    "deer": ClassMeaning(DEER),
    "person": ClassMeaning("person"),
}
_SCHEMAS = {**SHARD_TABLES["photos"], **SHARD_TABLES["runs"]}


class MadePhotos:
    """Photos below one root and what was found on them, in the order in which they are added.

    first: number of the first photo, from which their IDs are made; content: False gives them IDs
    as of files whose bytes could not be read.
    """

    def __init__(self, root: Path, *, first: int = 0, content: bool = True) -> None:
        self.root = root
        self.files: list[FileRow] = []
        self._first, self._content = first, content
        self._rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _SCHEMAS}

    def photo(
        self, camera: str, named: datetime | None, path: str = "", *, size: int = 1000, **facts: Any
    ) -> str:
        """Add a photo and return its ID. named: the time in its name; facts: columns of its facts."""
        number = self._first + len(self.files)
        photo_id = f"{number:032x}" if self._content else f"x{number:030x}"
        path = path or f"{camera}/{photo_id[-6:]}.jpg"
        self.files.append(
            FileRow(
                str(self.root),
                path,
                path.encode(),
                size,
                0,
                photo_id,
                camera,
                named,
                self._content,
                False,
            )
        )
        pixels = {"width": WIDTH, "height": HEIGHT}
        self._rows["photos"].append({"photo_id": photo_id, **pixels, "bytes": size, **facts})
        return photo_id

    def outcome(
        self, photo_id: str, n: int, status: str = "ok", code: str | None = None, **more: Any
    ) -> None:
        """Say what became of a photo: n detections, or an error code."""
        message = f"Told in words: {code}." if code else None
        row = {"status": status, "error_code": code, "error_message": message, "n_detections": n}
        self._rows["outcomes"].append({"photo_id": photo_id, **row, **more})

    def detection(
        self, photo_id: str, box: Sequence[float], cls: str, ordinal: int = 0, **more: Any
    ) -> str:
        """Add a detection and return its ID. box: xyxy, pixels; more: `confidence, sharpness`."""
        detection_id = f"{photo_id}-{ordinal}"
        place = dict(zip(("x1", "y1", "x2", "y2"), map(float, box), strict=True))
        row = {"detection_id": detection_id, "photo_id": photo_id, "ordinal": ordinal, "class": cls}
        self._rows["detections"].append({**row, **place, **more})
        return detection_id

    def vector(self, detection_id: str, vector: np.ndarray) -> None:
        """Add a detection's embedding; it is normalised here."""
        unit = (vector / np.linalg.norm(vector)).astype(np.float32)
        self._rows["embeddings"].append({"detection_id": detection_id, "vector": unit})

    def table(self, name: str, **every: str) -> pa.Table:
        """The rows of one table of the lake, with the same values of `every` in each."""
        rows = [{**every, **row} for row in self._rows[name]]
        return pa.Table.from_pylist(rows, schema=_SCHEMAS[name])


def write_run(
    workspace: Workspace,
    parts: Sequence[MadePhotos],
    detector: str,
    embedder: str,
    *,
    fingerprint: str = FINGERPRINT,
    complete: bool = True,
) -> str:
    """Write photos, where they are new, and what was found on them as a run; returns its ID."""
    ledger, lake = workspace.ledger, workspace.lake
    run_id = ledger.create_run(fingerprint, detector, embedder, {}).run_id
    set_meanings(ledger, detector, MEANINGS)
    known = lake.known_photo_ids()
    for part in parts:
        if part.files and part.files[0].photo_id not in known:
            ledger.add_root(str(part.root))
            ledger.upsert_files(part.files)
            facts = {"photos": part.table("photos")}
            lake.write_shard("photos", lake.next_shard_name("photos"), facts)
        kind, every = f"runs/{run_id}", {"run_id": run_id, "embedder": embedder}
        tables = {name: part.table(name, **every) for name in SHARD_TABLES["runs"]}
        lake.write_shard(kind, lake.next_shard_name(kind), tables)
    if complete:
        ledger.set_run_state(run_id, "complete")
    return run_id


def draw(
    path: Path, cls: str, box: tuple[int, int, int, int], number: int, *, night: bool = False
) -> None:
    """A photo with something like a deer in the box, whose coat differs by `number`."""
    random_ = random.Random(number)
    tone = random_.randint(-25, 25)
    coat = (150 + tone, 105 + tone, 70 + tone // 2)
    sky, grass = (196, 208, 205), (110, 128, 84)
    if night:
        coat, sky, grass = ((185 + tone,) * 3, (48, 48, 48), (84, 84, 84))
    picture = Image.new("RGB", (WIDTH, HEIGHT), sky)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 170, WIDTH, HEIGHT), fill=grass)
    for trunk in range(7):
        x = (trunk * 97 + number * 31) % WIDTH
        pen.rectangle((x, 0, x + 14, 200), fill=tuple(c // 2 for c in grass))
    left, top, right, bottom = box
    w, h = right - left, bottom - top

    def at(x: float, y: float) -> tuple[float, float]:
        return left + x * w, top + y * h

    for x in (0.2, 0.3, 0.62, 0.72):
        pen.line([at(x, 0.6), at(x, 1.0)], fill=coat, width=max(3, w // 26))
    pen.ellipse((*at(0.1, 0.36), *at(0.8, 0.72)), fill=coat)
    pen.polygon([at(0.68, 0.42), at(0.8, 0.16), at(0.9, 0.2), at(0.78, 0.6)], fill=coat)
    pen.ellipse((*at(0.78, 0.1), *at(1.0, 0.26)), fill=coat)
    pen.polygon([at(0.79, 0.14), at(0.74, 0.04), at(0.82, 0.1)], fill=coat)
    if cls == "buck":
        for tine in range(2 + number % 3):
            pen.line([at(0.83, 0.1), at(0.72 + 0.08 * tine, -0.12)], fill=(225, 210, 180), width=4)
    if cls == "fawn":
        for _ in range(26):
            x, y = at(random_.uniform(0.2, 0.7), random_.uniform(0.42, 0.6))
            pen.ellipse((x, y, x + 5, y + 5), fill=(240, 232, 220))
    pen.rectangle((0, HEIGHT - 18, WIDTH, HEIGHT), fill=(20, 20, 20))
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, "JPEG", quality=88)
