"""A run stops, goes on, is topped up and loses nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.fakes import FakeDetector, FakeEmbedder, make_photos, tables_of
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.run import Selection, count_pending, run
from thumper_core.settings import Settings
from thumper_core.store import jobs as jobs_module
from thumper_core.store.claims import LostClaimError
from thumper_core.store.jobs import finish_job, jobs, start_job
from thumper_core.workspace import Workspace

SETTINGS = Settings().replace("engine", batch_size=4, shard_photos=8, queue_photos=12)


def workspace_with(tmp_path: Path, n: int, name: str = "work") -> Workspace:
    photos = tmp_path / "photos"
    if not photos.exists():
        photos.mkdir()
        make_photos(photos, n)
    workspace = Workspace.create(tmp_path / name)
    add_paths(workspace, [photos])
    return workspace


def test_every_photo_has_exactly_one_outcome_good_or_bad(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 40)
    summary = run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    found = workspace.sql(
        "select count(*) n, count(distinct photo_id) photos, count(error_code) failed from outcomes"
    ).row(0)
    # The text file is the same bytes twice: one photo with two paths. Empty files are not.
    assert found == (39, 39, 3)
    assert summary.progress.failures == {"empty_file": 2, "not_an_image": 1}
    assert (summary.n_left, summary.is_new, summary.is_stopped) == (0, True, False)
    assert workspace.ledger.run(summary.run_id).state == "complete"
    assert workspace.ledger.promoted("run") == summary.run_id
    counted = workspace.sql(
        "select sum(n_detections)::int n, (select count(*) from detections) d, "
        "(select count(*) from embeddings) e from outcomes"
    ).row(0)
    assert counted[0] == counted[1] == counted[2] > 0
    patches = workspace.sql("select distinct octet_length(patch) as n from lake_detections")
    assert patches["n"].to_list() == [256]


def test_an_empty_workspace_runs_to_an_empty_complete_run(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    summary = run(workspace, FakeDetector(), FakeEmbedder())
    assert (summary.progress.total, summary.n_left) == (0, 0)


def test_batches_are_full_sized_whatever_the_number_of_photos(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 13)
    detector, embedder = FakeDetector(), FakeEmbedder()
    run(workspace, detector, embedder, settings=SETTINGS)
    assert set(detector.batches) == set(embedder.batches) == {4}


def test_the_same_configuration_tops_up_and_another_opens_a_new_run(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 12)
    first = run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    late = tmp_path / "late" / "cam0"
    late.mkdir(parents=True)
    make_photos(late, 1)
    (late / "cam0" / "IMG_0000.jpg").write_bytes(b"another broken one")
    add_paths(workspace, [late])
    again = run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    assert (again.run_id, again.is_new, again.progress.done) == (first.run_id, False, 1)
    other = SETTINGS.replace("detect", conf_min=0.5)
    beside = run(workspace, FakeDetector(), FakeEmbedder(), settings=other)
    assert beside.run_id != first.run_id
    assert beside.is_new
    assert workspace.ledger.promoted("run") == first.run_id


def test_limit_camera_and_since_choose_photos(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 20)
    call = {"settings": SETTINGS}
    first = run(workspace, FakeDetector(), FakeEmbedder(), selection=Selection(limit=3), **call)
    assert first.progress.done == 3
    assert workspace.ledger.run(first.run_id).state == "building"
    second = run(
        workspace, FakeDetector(), FakeEmbedder(), selection=Selection(camera="cam1"), **call
    )
    processed = workspace.sql("select distinct camera from photos join outcomes using (photo_id)")
    assert "cam1" in processed["camera"].to_list()
    assert second.n_left == count_pending(workspace, first.run_id) > 0
    with pytest.raises(UsageError, match=r"no camera 'cam9'.*cam0, cam1"):
        run(workspace, FakeDetector(), FakeEmbedder(), selection=Selection(camera="cam9"), **call)


def test_stop_finishes_what_is_under_way_and_the_rest_follows(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 60)
    stop = threading.Event()
    detector = FakeDetector(delay_s=0.02)
    stopped = run(
        workspace, detector, FakeEmbedder(), settings=SETTINGS, stop=stop,
        on_progress=lambda progress: stop.set(),
    )  # fmt: skip
    assert stopped.is_stopped
    assert 0 < stopped.n_left < 60
    finished = run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    assert finished.n_left == 0
    assert [job.state for job in jobs(workspace.ledger)] == ["stopped", "done"]


def test_a_photo_that_the_model_fails_on_costs_only_itself(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 12)
    clean = run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    level = 0

    class Recorder(FakeDetector):
        name = "recorder"

        def _one(self, picture):  # type: ignore[no-untyped-def]
            nonlocal level
            level = max(level, int(picture.mean()))
            return super()._one(picture)

        def fingerprint_fields(self):  # type: ignore[no-untyped-def]
            return {"name": self.name}

    run(workspace, Recorder(), FakeEmbedder(), settings=SETTINGS)

    class Choking(FakeDetector):
        name = "choking"

        def fingerprint_fields(self):  # type: ignore[no-untyped-def]
            return {"name": self.name}

    broken = run(workspace, Choking(fails_on=level), FakeEmbedder(), settings=SETTINGS)
    failed = broken.progress.failures
    assert failed.pop("model_failed") == 1
    assert failed == clean.progress.failures
    text = workspace.sql(
        "select error_message from all_outcomes where error_code = 'model_failed'"
    ).item()
    assert "chokes on this one" in text


def test_a_model_that_fails_on_everything_ends_the_run_with_its_message(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 70)

    class Broken(FakeDetector):
        def detect(self, batch):  # type: ignore[no-untyped-def]
            raise RuntimeError("no such layer")

    with pytest.raises(ThumperError, match=r"50 photos in a row.*no such layer"):
        run(workspace, Broken(), FakeEmbedder(), settings=SETTINGS)
    job = jobs(workspace.ledger)[-1]
    assert job.state == "failed"
    assert "no such layer" in (job.message or "")


def test_a_second_process_on_the_same_run_is_refused(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 4)
    summary = run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    start_job(workspace.ledger, summary.run_id, "run")
    with pytest.raises(ThumperError, match="already working on run"):
        run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)


def test_a_photo_that_vanished_or_changed_is_a_row_with_its_reason(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 6)
    photos = sorted((tmp_path / "photos").rglob("*.jpg"))
    photos[0].unlink()
    photos[1].write_bytes(photos[2].read_bytes())
    run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    codes = workspace.sql("select error_code, error_message from outcomes order by 1")
    found = dict(codes.drop_nulls().iter_rows())
    assert "Put it back" in found["vanished"]
    assert "changed after it was added" in found["read_failed"]


@pytest.mark.parametrize("seed", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_killed_twice_at_random_moments_the_tables_equal_an_undisturbed_run(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    whole = workspace_with(tmp_path, 120, "undisturbed")
    expected_id = run(whole, FakeDetector(), FakeEmbedder(), settings=SETTINGS).run_id
    workspace = workspace_with(tmp_path, 120, "killed")
    log = tmp_path / "decoded.txt"
    script = Path(__file__).with_name("killable.py")
    command = [sys.executable, str(script), str(workspace.root), str(log)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    committed: set[str] = set()
    kills = 0
    for attempt in range(3):
        log.write_text("")
        process = subprocess.Popen(command, env=environment)
        if attempt < 2:
            while not log.read_text() and process.poll() is None:
                time.sleep(0.01)
            time.sleep(chance.uniform(0.05, 0.5))
            process.send_signal(signal.SIGKILL)
        code = process.wait(timeout=120)
        kills += code == -signal.SIGKILL
        decoded = log.read_text().split()
        assert committed.isdisjoint(decoded)
        assert len(decoded) == len(set(decoded))
        committed = set(workspace.sql("select photo_id from all_outcomes")["photo_id"])
    assert kills == 2
    run_id = workspace.ledger.runs()[0].run_id
    assert run_id == expected_id
    assert tables_of(workspace, run_id) == tables_of(whole, expected_id)


def test_gray_crops_differ_from_colour_and_are_another_configuration(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 6)
    seen: list[bool] = []

    class Looking(FakeEmbedder):
        def embed(self, crops):  # type: ignore[no-untyped-def]
            seen.append(bool((crops[..., 0] == crops[..., 1]).all()))
            return super().embed(crops)

    runs = [
        run(workspace, FakeDetector(), Looking(), settings=SETTINGS.replace("embed", gray=gray))
        for gray in (True, False)
    ]
    assert runs[0].run_id != runs[1].run_id
    assert seen[0] and not seen[-1]


def test_a_run_that_was_taken_over_ends_and_what_it_had_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = workspace_with(tmp_path, 60)
    monkeypatch.setattr(jobs_module, "BEAT_S", 0.02)

    class Slept(FakeDetector):
        """Sleeps through the loss of its run in its third batch."""

        def detect(self, batch):  # type: ignore[no-untyped-def]
            if len(self.batches) == 2:
                with workspace.ledger.transaction() as c:
                    c.execute("update jobs set pid_started = 1.0")  # another process by now
                start_job(workspace.ledger, workspace.ledger.runs()[0].run_id, "run")
                time.sleep(0.2)
            return super().detect(batch)

    with pytest.raises(LostClaimError, match=r"Job 2 .*took run"):
        run(workspace, Slept(), FakeEmbedder(), settings=SETTINGS)
    (row,) = workspace.ledger.runs()
    assert row.state == "building" and workspace.ledger.promoted("run") is None
    assert [job.state for job in jobs(workspace.ledger)] == ["failed", "running"]
    folder = workspace.lake.root / "runs" / row.run_id
    assert not folder.is_dir() or not list(folder.glob(".*"))
    finish_job(workspace.ledger, 2, "stopped")
    finished = run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    assert finished.n_left == 0
    n_photos = workspace.sql("select count(*) from photos").item()
    counts = "select count(*), count(distinct photo_id) from all_outcomes"
    assert workspace.sql(counts).row(0) == (n_photos, n_photos)
