"""Seasons of small photos that models which cost nothing have looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes import FakeDetector, FakeEmbedder, make_photos
from tests.workspaces import SETTINGS
from thumper_core.contracts import DEER, AgeClass, ClassMeaning, Sex
from thumper_core.herd.build import build_herd
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.run import RunSummary, Target, run
from thumper_core.pipeline.told import ToldDetector
from thumper_core.workspace import Workspace

MEANINGS = {
    "doe": ClassMeaning(DEER, Sex.FEMALE, AgeClass.ADULT),
    "buck": ClassMeaning(DEER, Sex.MALE, AgeClass.ADULT),
}
CAMERAS = "name,latitude,longitude\ncam0,30.1,-98.2\ncam1,30.11,-98.21\n"


@pytest.fixture
def season(tmp_path: Path) -> Callable[..., Workspace]:
    """`season("ann", photos="cards", n=12)`: a workspace with the photos of a folder, looked at."""

    def make(
        name: str, photos: str = "photos", n: int = 12, *, identified: bool = True
    ) -> Workspace:
        folder = tmp_path / photos
        if not folder.is_dir():
            make_photos(folder, n, broken=False)
        workspace = Workspace.create(tmp_path / name)
        workspace.settings = SETTINGS
        add_paths(workspace, [folder])
        if identified:
            run(workspace, FakeDetector(), FakeEmbedder(), meanings=MEANINGS)
            build_herd(workspace)
        return workspace

    return make


@pytest.fixture
def run_it() -> Callable[[Workspace], Callable[[ToldDetector | None, Target], RunSummary]]:
    """What `import_individuals` runs the pipeline with, by models that cost nothing."""

    def of(workspace: Workspace) -> Callable[[ToldDetector | None, Target], RunSummary]:
        def work(detector: ToldDetector | None, target: Target) -> RunSummary:
            return run(
                workspace,
                detector or FakeDetector(),
                FakeEmbedder(),
                meanings=MEANINGS | {DEER: ClassMeaning(DEER)},
                target=target,
            )

        return work

    return of
