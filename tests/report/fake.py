"""A workspace with a made-up herd: real tables in the real store, and photos drawn for it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from PIL import Image, ImageDraw

from thumper_core import contracts
from thumper_core.contracts import DEER_SPECIES, AgeClass, ClassMeaning, Sex
from thumper_core.store.meanings import set_meanings
from thumper_core.store.records import FileRow
from thumper_core.workspace import Workspace

START = datetime(2026, 9, 28, 5, 0)
WIDTH, HEIGHT = 640, 360
DETECTOR = "fake-detector"
MEANINGS = {
    "buck": ClassMeaning(DEER_SPECIES, Sex.MALE, AgeClass.ADULT),
    "doe": ClassMeaning(DEER_SPECIES, Sex.FEMALE, AgeClass.ADULT),
    "fawn": ClassMeaning(DEER_SPECIES, Sex.UNKNOWN, AgeClass.FAWN),
    "deer": ClassMeaning(DEER_SPECIES),
    "person": ClassMeaning("person"),
}
SUMMARY = {
    "n_profiles": 4,
    "assignment_rate": 0.82,
    "false_merge": {"value": 0.012, "low": 0.004, "high": 0.031},
    "false_split": 0.064,
    "recommendation": {"threshold": 0.62, "reason": "Fewest wrong pairs are expected there."},
    "calibration": {"equal_error_rate": 0.0712, "n_pairs": 812, "curve": [1, 2]},
    "warnings": ["The two youngest bucks look alike."],
    "sweep": [
        {
            "threshold": 0.4 + step / 100,
            "profiles": 3 + step // 2,
            "assignment_rate": 0.97 - step / 80,
            "expected_false_merge": 0.2 / (1 + step),
            "expected_false_split": step / 200,
        }
        for step in range(40)
    ],
}


@dataclass(frozen=True)
class Deer:
    """One animal: class name of the detector, visits, and what a person wrote about it."""

    cls: str
    visits: int
    name: str | None = None
    notes: str | None = None
    lefts: tuple[int, ...] = ()  # left edge of the box of each visit, pixels; else drawn by lot


@dataclass
class Rows:
    files: list[FileRow] = field(default_factory=list)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, **row: Any) -> None:
        self.tables.setdefault(table, []).append(row)

    def table(self, name: str, schema: pa.Schema) -> pa.Table:
        rows = [{key: row.get(key) for key in schema.names} for row in self.tables.get(name, [])]
        return pa.Table.from_pylist(rows, schema=schema)


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
    summary: dict[str, Any] | None = None,
    identified: bool = True,
    drawn: bool = True,
    seed: int = 0,
) -> Workspace:
    """Fill a new workspace in `folder` / "ranch".

    people: photos that show a person; failures: (path, status, error code); drawn: False leaves
    the photos' files away; identified: False stops after detection.
    """
    random_ = random.Random(seed)
    workspace = Workspace.create(folder / "ranch")
    photos = folder / "photos"
    rows = Rows()
    run = workspace.ledger.create_run("0123456789abcdef", DETECTOR, "fake-embedder", {})

    def photo(camera: str, at: datetime, path: str = "", timed: bool = True) -> str:
        photo_id = f"{len(rows.files):032x}"
        named = at if timed else None
        path = path or f"{camera}/{photo_id[-6:]}.jpg"
        rows.files.append(
            FileRow(str(photos), path, path.encode(), 1000, 0, photo_id, camera, named, True, False)
        )
        facts = {"photo_id": photo_id, "width": WIDTH, "height": HEIGHT, "bytes": 1000}
        rows.add("photos", **facts, is_infrared=not 6 <= at.hour < 19)
        return photo_id

    def outcome(photo_id: str, n: int, status: str = "ok", code: str | None = None) -> None:
        message = f"Told in words: {code}." if code else None
        row = {"photo_id": photo_id, "status": status, "error_code": code, "n_detections": n}
        rows.add("outcomes", run_id=run.run_id, error_message=message, **row)

    individuals = []
    for number, animal in enumerate(deer):
        individual_id = f"D{number + 1:04d}"
        profile_id = f"p{number:04d}"
        meaning = MEANINGS[animal.cls]
        individuals.append(
            {"individual_id": individual_id, "sex": meaning.sex, "age_class": meaning.age_class}
        )
        seen: list[tuple[datetime, str]] = []
        for visit in range(animal.visits):
            hour = random_.choice((5, 6, 6, 7, 12, 18, 19, 19, 20, 23))
            at = START + timedelta(days=visit * 2 + number % 3, hours=hour - 5, minutes=number)
            camera = cameras[(number + visit) % len(cameras)]
            photo_id = photo(camera, at)
            detection_id = f"{photo_id}-0"
            left, top = random_.randint(20, 300), random_.randint(60, 120)
            left = animal.lefts[visit] if animal.lefts else left
            box = (left, top, left + 240, top + 190)
            if drawn:
                night = hour < 6 or hour > 18
                draw(photos / rows.files[-1].path, animal.cls, box, number, night=night)
            outcome(photo_id, 1)
            rows.add(
                "detections",
                run_id=run.run_id,
                detection_id=detection_id,
                photo_id=photo_id,
                **dict(zip(("x1", "y1", "x2", "y2"), map(float, box), strict=True)),
                **{"ordinal": 0, "confidence": 0.9, "class": animal.cls, "sharpness": 50.0 + visit},
            )
            rows.add(
                "assignments",
                detection_id=detection_id,
                tracklet_id=f"t{photo_id}",
                profile_id=profile_id,
                individual_id=individual_id,
            )
            seen.append((at, detection_id))
        if seen:
            rows.add(
                "profiles",
                profile_id=profile_id,
                individual_id=individual_id,
                sex=meaning.sex,
                age_class=meaning.age_class,
                n_detections=len(seen),
                n_events=len(seen),
                first_seen=min(seen)[0],
                last_seen=max(seen)[0],
                best_detection_id=seen[-1][1],
            )
    for number in range(n_blank):
        at = START + timedelta(days=number % 200, hours=3, minutes=number // 200)
        outcome(photo(cameras[number % len(cameras)], at), 0)
    for number in range(people):
        at = START + timedelta(days=number, hours=9)
        photo_id = photo(cameras[number % len(cameras)], at)
        outcome(photo_id, 1)
        rows.add(
            "detections",
            run_id=run.run_id,
            detection_id=f"{photo_id}-0",
            photo_id=photo_id,
            ordinal=0,
            x1=10.0,
            y1=20.0,
            x2=90.0,
            y2=300.0,
            confidence=0.8,
            sharpness=9.0,
            **{"class": "person"},
        )
    for number, (path, status, code) in enumerate(failures):
        at = START + timedelta(days=number, hours=5)
        outcome(photo(cameras[number % len(cameras)], at, path, status != "error"), 0, status, code)

    ledger = workspace.ledger
    ledger.upsert_files(rows.files)
    set_meanings(ledger, DETECTOR, MEANINGS)
    photo_facts = {"photos": rows.table("photos", contracts.PHOTO_FACTS)}
    workspace.lake.write_shard("photos", "000000", photo_facts)
    run_tables = {
        "outcomes": rows.table("outcomes", contracts.OUTCOMES),
        "detections": rows.table("detections", contracts.DETECTIONS),
    }
    workspace.lake.write_shard(f"runs/{run.run_id}", "000000", run_tables)
    ledger.set_run_state(run.run_id, "complete")
    ledger.promote({"run": run.run_id})
    if not identified:
        return workspace
    herd_id = ledger.reserve_herd_id()
    for name in ("assignments", "profiles"):
        for row in rows.tables.get(name, []):
            row["herd_id"] = herd_id
    herd_tables = {
        "assignments": rows.table("assignments", contracts.ASSIGNMENTS),
        "profiles": rows.table("profiles", contracts.PROFILES),
        "tracklets": contracts.TRACKLETS.empty_table(),
    }
    workspace.lake.write_shard(f"herds/{herd_id}", "000000", herd_tables)
    facts = SUMMARY if summary is None else summary
    ledger.add_herd(herd_id, run.run_id, "average", 0.62, facts, individuals, promote=True)
    for row, animal in zip(individuals, deer, strict=True):
        if animal.name is not None or animal.notes is not None:
            ledger.update_individual(row["individual_id"], name=animal.name, notes=animal.notes)
    return workspace


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
