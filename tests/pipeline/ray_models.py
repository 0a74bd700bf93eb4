"""What a worker process of Ray opens in the tests: importable there, unlike a test's own lambda."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.fakes import FakeDetector, FakeEmbedder
from thumper_core.contracts import Boxes, ImageArray, ThumperError
from thumper_core.pipeline.launch import Models


def open_fakes(delay_s: float = 0.0) -> Models:
    """The fakes; a batch takes the detector so long."""
    return Models(FakeDetector(delay_s=delay_s), FakeEmbedder(), {})


def refuse() -> Models:
    """A machine without weights."""
    raise ThumperError("The weights of fake-detector are not here.")


def refuse_once(flag: Path) -> Models:
    """The first machine that asks has no weights."""
    try:
        flag.open("x").close()
    except FileExistsError:
        return open_fakes()
    return refuse()


class Deadly(FakeDetector):
    """Kills its process with pictures of one mean brightness, as a library's bug would."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self.level = level

    def detect(self, batch: ImageArray) -> list[Boxes]:
        if any(int(picture.mean()) == self.level for picture in batch):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().detect(batch)


def open_deadly(level: int) -> Models:
    """A detector that dies with some pictures."""
    return Models(Deadly(level), FakeEmbedder(), {})
