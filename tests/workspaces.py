"""Workspaces for the tests: made-up photos in real tables, and a herd that `build_herd` made of them.

Each animal has a direction of its own in the space of embeddings, so that the herd is the animals;
the largest profile is `deer-001`, and what people said of it are decisions as the product records them.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image, ImageDraw

from thumper_core.contracts import (
    DEER,
    SHARD_TABLES,
    AgeClass,
    ClassMeaning,
    Sex,
    ThumperError,
)
from thumper_core.decisions.kinds import Name, Note
from thumper_core.decisions.record import record
from thumper_core.herd.build import build_herd
from thumper_core.settings import Settings
from thumper_core.store.herd_summary import CalibrationFigures, HerdSummary, Interval
from thumper_core.store.ledger import mark_files_changed
from thumper_core.store.meanings import set_meanings
from thumper_core.store.records import FileRow
from thumper_core.workspace import Workspace

START = datetime(2026, 9, 28, 5, 0)
WIDTH, HEIGHT = 640, 360
DETECTOR, EMBEDDER, FINGERPRINT = "fake-detector", "fake-embedder", "0123456789abcdef"
MEANINGS = {
    "buck": ClassMeaning(DEER, Sex.MALE, AgeClass.ADULT),
    "doe": ClassMeaning(DEER, Sex.FEMALE, AgeClass.ADULT),
    "fawn": ClassMeaning(DEER, Sex.UNKNOWN, AgeClass.FAWN),
    "deer": ClassMeaning(DEER),
    "person": ClassMeaning("person"),
}
DIM = 64
CAMERAS = (
    "name,latitude,longitude\nCreek,30.1,-98.2\nNorth feeder,30.11,-98.21\nOld oak,30.105,-98.19\n"
)
SETTINGS = Settings().replace("identify", threshold=0.5, whitening="off")
"""The animals' vectors are far apart: any threshold in between tells them all apart."""


_SCHEMAS = {**SHARD_TABLES["photos"], **SHARD_TABLES["runs"]}


@dataclass(frozen=True)
class Deer:
    """One animal: class name of the detector, visits, and what a person wrote about it."""

    cls: str
    visits: int
    name: str | None = None
    notes: str | None = None
    lefts: tuple[int, ...] = ()  # left edge of the box of each visit, pixels; else drawn by lot


def herd_of(n: int, seed: int = 0) -> list[Deer]:
    """`n` deer of all kinds; every third has a name."""
    random_ = random.Random(seed)
    kinds = ("buck", "doe", "doe", "fawn", "doe", "buck", "deer")
    return [
        Deer(
            kinds[number % len(kinds)],
            random_.choice((1, 2, 3, 5, 8)),
            f"Deer number {number}" if number % 3 == 0 else None,
        )
        for number in range(n)
    ]


def build(
    folder: Path,
    deer: Sequence[Deer],
    *,
    cameras: Sequence[str] = ("Creek", "North feeder", "Old oak"),
    n_blank: int = 3,
    people: int = 0,
    failures: Sequence[tuple[str, str, str]] = (),
    identified: bool = True,
    drawn: bool = True,
    seed: int = 0,
) -> Workspace:
    """Fill a new workspace in `folder` / "ranch".

    deer: those of no visit were in an earlier herd, whose photos are gone. people: photos that show
    a person; failures: (path, status, error code); drawn: False leaves the photos' files away;
    identified: False stops after detection.
    """
    workspace = Workspace.create(folder / "ranch")
    workspace.settings = SETTINGS
    rows = _Rows(folder / "photos", tuple(cameras), drawn, seed)
    for number, animal in enumerate(deer):
        rows.animal(number, animal)
    for number in range(n_blank):
        at = START + timedelta(days=number % 200, hours=3, minutes=number // 200)
        rows.outcome(rows.photo(cameras[number % len(cameras)], at), 0)
    for number in range(people):
        at = START + timedelta(days=number, hours=9)
        rows.person(rows.photo(cameras[number % len(cameras)], at))
    for number, (path, status, code) in enumerate(failures):
        at = START + timedelta(days=number, hours=5)
        camera = cameras[number % len(cameras)]
        rows.outcome(rows.photo(camera, at, path, status != "error"), 0, status, code)
    set_meanings(workspace.ledger, DETECTOR, MEANINGS)
    if identified and not all(animal.visits for animal in deer):
        _earlier_herd(workspace, deer, rows, folder / "gone")
    run_id = _run(workspace, [rows], FINGERPRINT)
    workspace.ledger.promote({"run": run_id})
    if identified:
        build_herd(workspace, run_id=run_id)
        _say(workspace, rows, deer)
    return workspace


def restate(workspace: Workspace, change: Callable[[HerdSummary], HerdSummary]) -> Workspace:
    """The workspace with another summary of its shown herd, as other photos might give it."""
    herd = workspace.ledger.promoted_herd()
    assert herd is not None
    text = json.dumps(change(herd.summary).to_json())
    with workspace.ledger.transaction() as c:
        c.execute("update herds set summary = ? where herd_id = ?", (text, herd.herd_id))
    return workspace


def calibrated(summary: HerdSummary) -> HerdSummary:
    """The summary as more photos would give it: with a recommendation, error rates and a sweep."""
    steps = range(40)
    return replace(
        summary,
        cut=replace(summary.cut, recommended=0.62, reason="Fewest wrong pairs are expected there."),
        trust=replace(summary.trust, false_merge=0.064, false_split=Interval(0.012, 0.004, 0.031)),
        calibration=CalibrationFigures(812, 90, 0, 0.0712, None, None, None),
        warnings=("The two youngest bucks look alike.",),
        sweep={
            "threshold": [0.4 + step / 100 for step in steps],
            "profiles": [3 + step // 2 for step in steps],
            "assignment_rate": [0.97 - step / 80 for step in steps],
            "expected_false_merge": [0.2 / (1 + step) for step in steps],
            "expected_false_split": [step / 200 for step in steps],
        },
    )


def placed(workspace: Workspace) -> Workspace:
    """The workspace with coordinates for its three cameras."""
    workspace.cameras_csv.write_text(CAMERAS)
    return workspace


def copied(workspace: Workspace, folder: Path) -> Workspace:
    """A copy of a built workspace in `folder`, to change, with the photos beside it."""
    source = workspace.root.parent
    shutil.copytree(source, folder, dirs_exist_ok=True)
    copy = Workspace.open(folder / workspace.root.name)
    copy.settings = workspace.settings
    with copy.ledger.transaction() as c:
        for table in ("roots", "files"):
            c.execute(f"update {table} set root = replace(root, ?, ?)", (str(source), str(folder)))
        mark_files_changed(c)
    return copy


class _Rows:
    """The rows of one run, in the order in which they are added."""

    def __init__(
        self,
        photos: Path,
        cameras: tuple[str, ...],
        drawn: bool,
        seed: int,
        *,
        start: datetime = START,
        first: int = 0,
    ) -> None:
        self.photos, self.cameras, self.drawn = photos, cameras, drawn
        self.start, self.first = start, first
        self.files: list[FileRow] = []
        self.of: dict[int, list[str]] = {}  # detections of each animal
        self._tables: dict[str, list[dict[str, Any]]] = {}
        self._lot = random.Random(seed)
        self._noise = np.random.default_rng(seed)

    def table(self, name: str, run_id: str) -> pa.Table:
        schema = _SCHEMAS[name]
        rows = [
            {key: {"run_id": run_id, **row}.get(key) for key in schema.names}
            for row in self._tables.get(name, [])
        ]
        return pa.Table.from_pylist(rows, schema=schema)

    def photo(self, camera: str, at: datetime, path: str = "", timed: bool = True) -> str:
        photo_id = f"{self.first + len(self.files):032x}"
        path = path or f"{camera}/{photo_id[-6:]}.jpg"
        root, named = str(self.photos), at if timed else None
        self.files.append(
            FileRow(root, path, path.encode(), 1000, 0, photo_id, camera, named, True, False)
        )
        facts = {"photo_id": photo_id, "width": WIDTH, "height": HEIGHT, "bytes": 1000}
        self._add("photos", **facts, is_infrared=not 6 <= at.hour < 19)
        return photo_id

    def outcome(self, photo_id: str, n: int, status: str = "ok", code: str | None = None) -> None:
        message = f"Told in words: {code}." if code else None
        row = {"photo_id": photo_id, "status": status, "error_code": code, "n_detections": n}
        self._add("outcomes", error_message=message, **row)

    def animal(self, number: int, animal: Deer) -> None:
        direction = np.random.default_rng(number).standard_normal(DIM)
        for visit in range(animal.visits):
            hour = self._lot.choice((5, 6, 6, 7, 12, 18, 19, 19, 20, 23))
            at = self.start + timedelta(days=visit * 2 + number % 3, hours=hour - 5, minutes=number)
            photo_id = self.photo(self.cameras[(number + visit) % len(self.cameras)], at)
            left, top = self._lot.randint(20, 300), self._lot.randint(60, 120)
            left = animal.lefts[visit] if animal.lefts else left
            box = (left, top, left + 240, top + 190)
            if self.drawn:
                night = hour < 6 or hour > 18
                draw(self.photos / self.files[-1].path, animal.cls, box, number, night=night)
            self.outcome(photo_id, 1)
            detection_id = self._detection(photo_id, box, animal.cls, 0.9, 50.0 + visit)
            self.of.setdefault(number, []).append(detection_id)
            vector = direction + 0.1 * self._noise.standard_normal(DIM)
            unit = (vector / np.linalg.norm(vector)).tolist()
            self._add("embeddings", detection_id=detection_id, embedder=EMBEDDER, vector=unit)

    def person(self, photo_id: str) -> None:
        self.outcome(photo_id, 1)
        self._detection(photo_id, (10, 20, 90, 300), "person", 0.8, 9.0)

    def _detection(
        self, photo_id: str, box: tuple[int, ...], cls: str, confidence: float, sharpness: float
    ) -> str:
        detection_id = f"{photo_id}-0"
        self._add(
            "detections",
            detection_id=detection_id,
            photo_id=photo_id,
            **dict(zip(("x1", "y1", "x2", "y2"), map(float, box), strict=True)),
            **{"ordinal": 0, "confidence": confidence, "class": cls, "sharpness": sharpness},
        )
        return detection_id

    def _add(self, table: str, **row: Any) -> None:
        self._tables.setdefault(table, []).append(row)


def _earlier_herd(workspace: Workspace, deer: Sequence[Deer], rows: _Rows, folder: Path) -> None:
    """A herd with everyone in it; the photos of those that have no visit are gone after that."""
    ghosts = _Rows(
        folder, rows.cameras, False, 0, start=START + timedelta(days=400), first=1_000_000
    )
    for number, animal in enumerate(deer):
        if not animal.visits:
            ghosts.animal(number, replace(animal, visits=1))
    build_herd(workspace, run_id=_run(workspace, [rows, ghosts], "earlier"))
    _say(workspace, ghosts, deer)
    workspace.ledger.mark_missing(str(folder), [row.path_bytes for row in ghosts.files])


def _run(workspace: Workspace, parts: Sequence[_Rows], fingerprint: str) -> str:
    """Write the rows as a complete run, and their photos where they are new; returns its ID."""
    ledger, lake = workspace.ledger, workspace.lake
    run_id = ledger.create_run(fingerprint, DETECTOR, EMBEDDER, {}).run_id
    known = lake.known_photo_ids()
    for rows in parts:
        if rows.files and rows.files[0].photo_id not in known:
            ledger.upsert_files(rows.files)
            facts = {"photos": rows.table("photos", run_id)}
            lake.write_shard("photos", lake.next_shard_name("photos"), facts)
        kind = f"runs/{run_id}"
        tables = {name: rows.table(name, run_id) for name in SHARD_TABLES["runs"]}
        lake.write_shard(kind, lake.next_shard_name(kind), tables)
    ledger.set_run_state(run_id, "complete")
    return run_id


def _say(workspace: Workspace, rows: _Rows, deer: Sequence[Deer]) -> None:
    """Record the names and notes of the animals in the rows."""
    of = dict(workspace.sql("select detection_id, individual_id from assignments").iter_rows())
    for number, detection_ids in rows.of.items():
        who, animal = of.get(detection_ids[0]), deer[number]
        if who is None:  # no deer
            continue
        if animal.notes is not None:
            record(workspace.ledger, Note(who, animal.notes), "Kim")
        if animal.name is None:
            continue
        try:
            record(workspace.ledger, Name(who, animal.name), "Kim")
        except ThumperError:  # nobody can give it today, but a ledger from elsewhere may hold it
            with workspace.ledger.transaction() as c:
                c.execute(
                    "update individuals set name = ? where individual_id = ?", (animal.name, who)
                )


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
