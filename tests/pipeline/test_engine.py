"""Several batches under way at once, as on a GPU, change nothing but the time."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from tests.fakes import FakeDetector, FakeEmbedder, tables_of
from tests.pipeline.test_run import SETTINGS, workspace_with
from thumper_core.contracts import Boxes, FloatArray, ImageArray, ThumperError
from thumper_core.pipeline.run import Target, run
from thumper_core.workspace import Workspace


class AtOnce:
    """How many calls were inside at the same time, at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def __enter__(self) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)

    def __exit__(self, *args: object) -> None:
        with self._lock:
            self._now -= 1


class SlowDetector(FakeDetector):
    def __init__(self, fails_on: int | None = None) -> None:
        super().__init__(delay_s=0.03, fails_on=fails_on)
        self.at_once = AtOnce()

    def detect(self, batch: ImageArray) -> list[Boxes]:
        with self.at_once:
            return super().detect(batch)


class SlowEmbedder(FakeEmbedder):
    def __init__(self) -> None:
        super().__init__()
        self.at_once = AtOnce()

    def embed(self, crops: ImageArray) -> FloatArray:
        with self.at_once:
            first = crops.copy()
            time.sleep(0.03)
            assert (first == crops).all(), "another batch was written into this one"
            return super().embed(crops)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return workspace_with(tmp_path, 60)


@pytest.fixture
def three_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thumper_core.pipeline.local.batches_in_flight", lambda device: 3)


def test_one_batch_at_a_time_has_the_processor_to_itself(workspace: Workspace) -> None:
    detector, embedder = SlowDetector(), SlowEmbedder()
    embedder.at_once = detector.at_once  # nor do the two models run beside each other
    run(workspace, detector, embedder, settings=SETTINGS)
    assert detector.at_once.most == 1


@pytest.mark.usefixtures("three_at_once")
def test_batches_overlap(workspace: Workspace) -> None:
    detector, embedder = SlowDetector(), SlowEmbedder()
    run(workspace, detector, embedder, settings=SETTINGS)
    assert detector.at_once.most == 3
    assert 2 <= embedder.at_once.most <= 3


@pytest.mark.parametrize("fails_on", [None, 100])
def test_the_rows_are_the_same(
    workspace: Workspace, fails_on: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = []
    for at_once in (1, 3):
        monkeypatch.setattr(
            "thumper_core.pipeline.local.batches_in_flight", lambda device, n=at_once: n
        )
        done = run(
            workspace, SlowDetector(fails_on), SlowEmbedder(), settings=SETTINGS,
            target=Target(fresh=True),
        )  # fmt: skip
        assert done.n_left == 0
        tables.append(tables_of(workspace, done.run_id))
        assert ("model_failed" in done.progress.failures) == (fails_on is not None)
    assert tables[0] == tables[1]
    assert len(tables[0]["all_embeddings"]) == len(tables[0]["all_detections"]) > 20


@pytest.mark.usefixtures("three_at_once")
def test_known_detections_are_embedded_again(workspace: Workspace) -> None:
    first = run(workspace, SlowDetector(), SlowEmbedder(), settings=SETTINGS)
    detector = SlowDetector()
    again = run(
        workspace, detector, SlowEmbedder(), settings=SETTINGS,
        target=Target(fresh=True, reuse_detections=True),
    )  # fmt: skip
    assert not detector.batches
    one, two = (tables_of(workspace, each.run_id) for each in (first, again))
    assert one == two


@pytest.mark.usefixtures("three_at_once")
def test_a_broken_model_ends_the_run(workspace: Workspace) -> None:
    class Broken(FakeDetector):
        def detect(self, batch: ImageArray) -> list[Boxes]:
            raise RuntimeError("no such layer")

    with pytest.raises(ThumperError, match=r"photos in a row.*no such layer"):
        run(workspace, Broken(), FakeEmbedder(), settings=SETTINGS)


@pytest.mark.usefixtures("three_at_once")
def test_a_stop_finishes_what_is_under_way(workspace: Workspace) -> None:
    stop = threading.Event()
    stopped = run(
        workspace, SlowDetector(), SlowEmbedder(), settings=SETTINGS, stop=stop,
        on_progress=lambda progress: stop.set(),
    )  # fmt: skip
    done = len(tables_of(workspace, stopped.run_id)["all_outcomes"])
    assert 0 < done == stopped.progress.total - stopped.n_left
    assert stopped.n_left > 0


def test_memory_of_a_longer_batch_leaves_nothing_behind(workspace: Workspace) -> None:
    seen: list[np.ndarray] = []

    class Looking(FakeEmbedder):
        def embed(self, crops: ImageArray) -> FloatArray:
            seen.append(crops.copy())
            return super().embed(crops)

    run(workspace, FakeDetector(), Looking(), settings=SETTINGS)
    n = workspace.sql("select count(*) from detections").item()
    filled = sum(int(crop.any()) for batch in seen for crop in batch)
    assert filled == n, "black crops fill the last batch up"
    assert n % 4, "the last batch is a full one: nothing was tested"
