"""Workspaces animal by animal: the test lists each deer, its visits, its name, and what it looks for.

Each animal has a direction of its own in the space of embeddings, so that the herd that `build_herd`
makes is the animals; the largest profile is `deer-001`, and what people said of it are decisions as the
product records them. Herds drawn by lot, to a size: `tests.generated`.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from tests.made_photos import MadePhotos, draw, write_run
from thumper_core.contracts import ThumperError
from thumper_core.decisions.kinds import Name, Note
from thumper_core.decisions.record import record
from thumper_core.herd.build import build_herd
from thumper_core.settings import Settings
from thumper_core.store.herd_summary import CalibrationFigures, HerdSummary, Interval
from thumper_core.store.ledger import mark_files_changed
from thumper_core.workspace import Workspace

START = datetime(2026, 9, 28, 5, 0)
DETECTOR, EMBEDDER = "fake-detector", "fake-embedder"
DIM = 64
CAMERAS = (
    "name,latitude,longitude\nCreek,30.1,-98.2\nNorth feeder,30.11,-98.21\nOld oak,30.105,-98.19\n"
)
SETTINGS = Settings().replace("identify", threshold=0.5, whitening="off")
"""The animals' vectors are far apart: any threshold in between tells them all apart."""


@dataclass(frozen=True)
class Deer:
    """One animal: class name of the detector, visits, and what a person wrote about it."""

    cls: str
    visits: int
    name: str | None = None
    notes: str | None = None
    lefts: tuple[int, ...] = ()  # left edge of the box of each visit, pixels; else drawn by lot
    confidence: float = 0.9


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
    herd = _Animals(folder / "photos", tuple(cameras), drawn, seed)
    made = herd.made
    for number, animal in enumerate(deer):
        herd.add(number, animal)
    for number in range(n_blank):
        at = START + timedelta(days=number % 200, hours=3, minutes=number // 200)
        made.outcome(herd.photo(cameras[number % len(cameras)], at), 0)
    for number in range(people):
        at = START + timedelta(days=number, hours=9)
        photo_id = herd.photo(cameras[number % len(cameras)], at)
        made.outcome(photo_id, 1)
        made.detection(photo_id, (10, 20, 90, 300), "person", confidence=0.8, sharpness=9.0)
    for number, (path, status, code) in enumerate(failures):
        at = START + timedelta(days=number, hours=5)
        camera = cameras[number % len(cameras)]
        timed = status != "error"
        made.outcome(herd.photo(camera, at, path, timed=timed), 0, status, code)
    if identified and not all(animal.visits for animal in deer):
        _earlier_herd(workspace, deer, herd, folder / "gone")
    run_id = write_run(workspace, [made], DETECTOR, EMBEDDER)
    workspace.ledger.promote({"run": run_id})
    if identified:
        build_herd(workspace, run_id=run_id)
        _say(workspace, herd, deer)
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


class _Animals:
    """The photos of animals as they come, visit by visit, and the detections of each.

    Made of `first` and later photos, from `start` on; drawn: whether the photos' files are made.
    """

    def __init__(
        self,
        root: Path,
        cameras: tuple[str, ...],
        drawn: bool,
        seed: int,
        *,
        start: datetime = START,
        first: int = 0,
    ) -> None:
        self.made = MadePhotos(root, first=first)
        self.cameras, self.start = cameras, start
        self.of: dict[int, list[str]] = {}  # detections of each animal
        self._drawn = drawn
        self._lot = random.Random(seed)
        self._noise = np.random.default_rng(seed)

    def photo(self, camera: str, at: datetime, path: str = "", *, timed: bool = True) -> str:
        """Add a photo, whose name says when it was taken where it is timed."""
        infrared = not 6 <= at.hour < 19
        return self.made.photo(camera, at if timed else None, path, is_infrared=infrared)

    def add(self, number: int, animal: Deer) -> None:
        """One animal's visits; of 300 animals no two are in one burst.

        Photos of one camera within a few seconds are frames of one burst, and boxes in the same
        place of two frames one animal: strangers who came in the same second would be linked.
        """
        direction = np.random.default_rng(number).standard_normal(DIM)
        for visit in range(animal.visits):
            hour = self._lot.choice((5, 6, 6, 7, 12, 18, 19, 19, 20, 23))
            at = self.start + timedelta(
                days=visit * 2 + number % 3,
                hours=hour - 5,
                minutes=number,
                seconds=11 * (number // 60),
            )
            photo_id = self.photo(self.cameras[(number + visit) % len(self.cameras)], at)
            left, top = self._lot.randint(20, 300), self._lot.randint(60, 120)
            left = animal.lefts[visit] if animal.lefts else left
            box = (left, top, left + 240, top + 190)
            if self._drawn:
                night = hour < 6 or hour > 18
                path = self.made.root / self.made.files[-1].path
                draw(path, animal.cls, box, number, night=night)
            self.made.outcome(photo_id, 1)
            detection_id = self.made.detection(
                photo_id, box, animal.cls, confidence=animal.confidence, sharpness=50.0 + visit
            )
            self.of.setdefault(number, []).append(detection_id)
            noise = 0.1 * self._noise.standard_normal(DIM)
            self.made.vector(detection_id, direction + noise)


def _earlier_herd(workspace: Workspace, deer: Sequence[Deer], herd: _Animals, folder: Path) -> None:
    """A herd with everyone in it; the photos of those that have no visit are gone after that."""
    late = START + timedelta(days=400)
    ghosts = _Animals(folder, herd.cameras, False, 0, start=late, first=1_000_000)
    for number, animal in enumerate(deer):
        if not animal.visits:
            ghosts.add(number, replace(animal, visits=1))
    parts = [herd.made, ghosts.made]
    build_herd(
        workspace,
        run_id=write_run(workspace, parts, DETECTOR, EMBEDDER, fingerprint="earlier"),
    )
    _say(workspace, ghosts, deer)
    workspace.ledger.mark_missing(str(folder), [row.path_bytes for row in ghosts.made.files])


def _say(workspace: Workspace, herd: _Animals, deer: Sequence[Deer]) -> None:
    """Record the names and notes of the animals."""
    of = dict(workspace.sql("select detection_id, individual_id from assignments").iter_rows())
    for number, detection_ids in herd.of.items():
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
