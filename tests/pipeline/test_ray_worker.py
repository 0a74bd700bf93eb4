"""A worker of many, called directly: no Ray is needed for what it does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes import FakeDetector, FakeEmbedder
from tests.pipeline.test_run import SETTINGS, workspace_with
from thumper_core.contracts import ErrorCode, Status, ThumperError
from thumper_core.pipeline.launch import Models
from thumper_core.pipeline.pending import pending_tasks
from thumper_core.pipeline.ray_worker import Handout, Order, Reply, Worker
from thumper_core.pipeline.records import PhotoResult, PhotoTask
from thumper_core.pipeline.reuse import KnownPhoto
from thumper_core.pipeline.run import Selection, fingerprint, run
from thumper_core.workspace import Workspace


def order(workspace: Workspace, detector: FakeDetector | None = None) -> Order:
    models = Models(detector or FakeDetector(), FakeEmbedder(), {})
    return Order(
        SETTINGS,
        lambda: models,
        fingerprint(models.detector, models.embedder, SETTINGS),
        tuple(workspace.ledger.roots()),
    )


def tasks_of(workspace: Workspace) -> list[PhotoTask]:
    return pending_tasks(workspace, "none", Selection())


def collect(worker: Worker, until: Callable[[Reply], bool], **words: bool) -> list[PhotoResult]:
    """Exchanges without photos until a reply is as wanted; what came."""
    found: list[PhotoResult] = []
    for _ in range(30):
        reply = worker.exchange(Handout(**words))
        found += reply.results
        if until(reply):
            return found
    raise AssertionError("the worker did not get there")


def test_photos_handed_over_in_parts_come_back_complete_each_once(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 30)
    tasks = tasks_of(workspace)
    worker = Worker(order(workspace), cores=2)
    assert "2 cores" in worker.begin()
    replies = [worker.exchange(Handout(part)) for part in (tasks[:3], tasks[3:20], tasks[20:])]
    results = [result for reply in replies for result in reply.results]
    if not replies[-1].is_idle:
        results += collect(worker, lambda reply: reply.is_idle)
    assert sorted(r.photo_id for r in results) == sorted(t.photo_id for t in tasks)
    assert all(result.is_complete for result in results)
    busy = [reply.busy_s.get("detect", 0.0) for reply in replies]
    assert sum(busy) == pytest.approx(worker._meter.progress().busy_s["detect"], abs=0.05)
    collect(worker, lambda reply: reply.is_idle, is_stopped=True)


def test_an_exchange_with_nothing_to_tell_takes_a_second_and_no_longer(tmp_path: Path) -> None:
    worker = Worker(order(workspace_with(tmp_path, 2)), cores=1)
    worker.begin()
    started = time.monotonic()
    reply = worker.exchange(Handout())
    assert 0.8 < time.monotonic() - started < 5.0
    assert reply.is_idle and reply.results == []
    collect(worker, lambda reply: reply.is_idle, is_stopped=True)


def test_a_stop_finishes_what_is_under_way_and_begins_nothing(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 60)
    detector = FakeDetector(delay_s=0.3)
    worker = Worker(order(workspace, detector), cores=1)
    worker.begin()
    first = worker.exchange(Handout(tasks_of(workspace)))
    assert not first.is_idle
    more = collect(worker, lambda reply: reply.is_idle, is_stopped=True)
    done = [*first.results, *more]
    assert 0 < len(done) < 59
    assert all(result.is_complete for result in done)
    assert worker.exchange(Handout(is_stopped=True)).results == []


def test_held_it_begins_no_photo_and_goes_on_later(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 6)
    tasks = tasks_of(workspace)
    worker = Worker(order(workspace), cores=1)
    worker.begin()
    assert worker.exchange(Handout(tasks, is_held=True)).results == []
    assert worker.exchange(Handout(is_held=True)).results == []
    results = collect(worker, lambda reply: reply.is_idle)
    assert len(results) == len(tasks)
    collect(worker, lambda reply: reply.is_idle, is_stopped=True)


def test_known_boxes_are_not_looked_for(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 6)
    run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    detector = FakeDetector()
    worker = Worker(order(workspace, detector), cores=1)
    worker.begin()
    tasks = tasks_of(workspace)
    known = {task.photo_id: KnownPhoto(Status.OK, None, None, _no_boxes()) for task in tasks}
    results = worker.exchange(Handout(tasks, known)).results
    results += collect(worker, lambda reply: reply.is_idle) if len(results) < len(tasks) else []
    assert len(results) == len(tasks)
    assert detector.batches == []
    collect(worker, lambda reply: reply.is_idle, is_stopped=True)


def _no_boxes():  # type: ignore[no-untyped-def]
    return PhotoResult("any", Status.OK).boxes


def test_a_machine_without_the_photos_is_no_worker(tmp_path: Path) -> None:
    given = order(workspace_with(tmp_path, 2))
    elsewhere = replace(given, roots=(str(tmp_path / "not here"),))
    with pytest.raises(ThumperError, match=r"does not see the photos in .*not here"):
        Worker(elsewhere, cores=1).begin()


def test_a_machine_with_another_version_or_other_weights_is_no_worker(tmp_path: Path) -> None:
    given = order(workspace_with(tmp_path, 2))
    with pytest.raises(ThumperError, match="install the same version"):
        Worker(replace(given, version="0.0.0"), cores=1).begin()
    with pytest.raises(ThumperError, match="other weights for fake-detector"):
        Worker(replace(given, fingerprint="another"), cores=1).begin()


def test_a_machine_whose_models_are_absent_says_so_with_its_name(tmp_path: Path) -> None:
    def open_models() -> Models:
        raise ThumperError("The weights of x are not here.")

    given = replace(order(workspace_with(tmp_path, 2)), open_models=open_models)
    with pytest.raises(ThumperError, match=r"\w+: The weights of x are not here"):
        Worker(given, cores=1).begin()


def test_photos_whose_folder_goes_away_fail_the_worker_and_not_the_photos(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 20)
    worker = Worker(order(workspace), cores=1)
    worker.begin()
    tasks = tasks_of(workspace)
    (tmp_path / "photos").rename(tmp_path / "moved")
    with pytest.raises(ThumperError, match="is its drive connected"):
        collect_after(worker, tasks)


def test_a_model_that_fails_on_everything_fails_the_worker(tmp_path: Path) -> None:
    class Broken(FakeDetector):
        def detect(self, batch):  # type: ignore[no-untyped-def]
            raise RuntimeError("no such layer")

    workspace = workspace_with(tmp_path, 70)
    worker = Worker(order(workspace, Broken()), cores=1)
    worker.begin()
    with pytest.raises(ThumperError, match=r"50 photos in a row.*no such layer"):
        collect_after(worker, tasks_of(workspace))


def collect_after(worker: Worker, tasks: list[PhotoTask]) -> None:
    reply = worker.exchange(Handout(tasks))
    assert ErrorCode.VANISHED not in [result.error_code for result in reply.results]
    collect(worker, lambda reply: reply.is_idle)
