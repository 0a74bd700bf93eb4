"""A ranch of several deer years: the test says what each deer looked like in each, and how often it came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from tests.made_photos import MadePhotos, write_run
from tests.workspaces import DETECTOR, DIM, EMBEDDER, SETTINGS, calibrated, restate
from thumper_core.herd.build import build_herd
from thumper_core.herd.summary import HerdSummary
from thumper_core.workspace import Workspace

CAMERAS = ("Creek", "Gate")
STAYS = "name,from,to\n" + "".join(
    f"{camera},{year}-09-01,{year}-09-20\n" for camera in CAMERAS for year in (2023, 2024, 2025)
)


@dataclass(frozen=True)
class Lived:
    """One deer: of each year the detector's class and its visits to one camera; looks: how far it looks
    another way from one year to the next, 0 (the same) to 1.
    """

    years: dict[int, tuple[str, int]]
    camera: str = CAMERAS[0]
    hour: int = 7
    looks: float = 0.0


DEER = [
    Lived({2023: ("buck", 6), 2024: ("buck", 5), 2025: ("buck", 4)}),
    Lived({2023: ("doe", 5), 2024: ("doe", 6)}, CAMERAS[1], 18),
    Lived({2023: ("fawn", 4), 2024: ("doe", 4), 2025: ("doe", 5)}, CAMERAS[1], 12),
    Lived({2023: ("doe", 6), 2025: ("doe", 3)}, hour=9),
    Lived({2024: ("doe", 3), 2025: ("doe", 4)}, hour=15),
    Lived({2023: ("doe", 5), 2024: ("doe", 5), 2025: ("doe", 5)}, hour=20),
    Lived({2025: ("fawn", 3)}, hour=5),
]
"""Three years in which one of each kind lives on, is born, comes, is missed and comes back."""


def built(folder: Path, deer: Sequence[Lived], stays: str = STAYS) -> Workspace:
    """A workspace with these deer, told apart; each has a direction of its own in each year."""
    workspace = Workspace.create(folder / "ranch")
    workspace.settings = SETTINGS
    workspace.cameras_csv.write_text(stays)
    made = MadePhotos(folder / "photos")
    noise, lot = np.random.default_rng(0), np.random.default_rng(1)
    for number, one in enumerate(deer):
        rng = np.random.default_rng(number + 1)
        own = rng.standard_normal(DIM)
        for year, (cls, visits) in one.years.items():
            turned = (1 - one.looks) * own + one.looks * rng.standard_normal(DIM)
            for visit in range(visits):
                at = datetime(year, 9, 2, one.hour, 2 * number) + timedelta(days=visit)
                photo_id = made.photo(one.camera, at)
                # What came back at one place would be no animal.
                left, top = (int(place) for place in lot.integers((20, 60), (300, 120)))
                box = (left, top, left + 240, top + 190)
                made.outcome(photo_id, 1)
                found = made.detection(photo_id, box, cls, confidence=0.9, sharpness=50.0 + visit)
                made.vector(found, turned + 0.1 * noise.standard_normal(DIM))
    run_id = write_run(workspace, [made], DETECTOR, EMBEDDER)
    workspace.ledger.promote({"run": run_id})
    build_herd(workspace, run_id=run_id)
    return workspace


def told_apart(folder: Path, deer: Sequence[Lived]) -> Workspace:
    """The same, of a herd that says how many deer its groups are: about as many."""

    def sure(summary: HerdSummary) -> HerdSummary:
        said = calibrated(summary)
        n = float(len(deer))
        animals = {"estimated_animals": n, "animals_low": n - 1, "animals_high": n + 1}
        return replace(said, trust=replace(said.trust, **animals), warnings=())

    return restate(built(folder, deer), sure)
