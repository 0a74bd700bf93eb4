"""Second tries, new runs beside old ones, known detections, pauses, drives that are away."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import pytest

from tests.fakes import FakeDetector, FakeEmbedder, tables_of
from tests.pipeline.test_run import SETTINGS, workspace_with
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.pipeline.pause import go_on, is_paused, pause
from thumper_core.pipeline.run import Selection, Target, run


class Flaky(FakeDetector):
    """Fails on pictures of one mean brightness for its first so many calls."""

    def __init__(self, n_failures: int) -> None:
        super().__init__()
        self.left = n_failures

    def detect(self, batch):  # type: ignore[no-untyped-def]
        if self.left > 0:
            self.left -= 1
            raise RuntimeError("out of memory")
        return super().detect(batch)


def test_a_photo_that_failed_for_a_passing_reason_is_tried_once_more(tmp_path: Path) -> None:
    whole = workspace_with(tmp_path, 20, "undisturbed")
    expected = run(whole, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    workspace = workspace_with(tmp_path, 20)
    # The batch of four fails, then each picture of it alone: four photos fail at first.
    summary = run(workspace, Flaky(5), FakeEmbedder(), settings=SETTINGS)
    assert summary.progress.failures == expected.progress.failures
    assert summary.progress.done == expected.progress.done
    assert summary.progress.detections == expected.progress.detections
    assert tables_of(workspace, summary.run_id) == tables_of(whole, expected.run_id)
    kept = workspace.lake.read(f"runs/{summary.run_id}", "outcomes")
    assert kept.num_rows == expected.progress.done + 4


def test_failed_photos_are_tried_again_on_request_only(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 6)
    photo = sorted((tmp_path / "photos").rglob("*.jpg"))[0]
    content = photo.read_bytes()
    photo.unlink()
    first = run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    assert first.progress.failures["vanished"] == 1
    photo.write_bytes(content)
    plain = run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    assert plain.progress.total == 0
    retried = run(
        workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS,
        selection=Selection(retry_failed=True),
    )  # fmt: skip
    failed = workspace.sql("select error_code from outcomes where status = 'error'")
    assert retried.progress.total == len(first.progress.failures) == 2
    assert failed["error_code"].to_list() == ["empty_file"]


def test_a_newer_try_holds_even_where_the_clock_was_set_back(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 4)
    summary = run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    kind = f"runs/{summary.run_id}"
    shard = workspace.lake.read(kind, "outcomes")
    rows = shard.to_pylist()
    for row in rows:
        row["error_code"] = "newer"
        row["processed_at"] = row["processed_at"].replace(year=1999)
    table = type(shard).from_pylist(rows, schema=shard.schema)
    workspace.lake.write_shard(kind, workspace.lake.next_shard_name(kind), {"outcomes": table})
    found = workspace.sql("select distinct error_code, count(*) over () n from outcomes")
    assert found.rows() == [("newer", len(rows))]


def test_fresh_is_a_new_run_beside_a_complete_one_and_goes_on_when_cut_off(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 12)
    call = {"settings": SETTINGS, "target": Target(fresh=True)}
    first = run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    part = run(workspace, FakeDetector(), FakeEmbedder(), selection=Selection(limit=5), **call)
    rest = run(workspace, FakeDetector(), FakeEmbedder(), **call)
    assert part.run_id == rest.run_id != first.run_id
    assert (part.is_new, rest.is_new, rest.n_left) == (True, False, 0)
    assert workspace.ledger.promoted("run") == first.run_id
    assert tables_of(workspace, rest.run_id) == tables_of(workspace, first.run_id)


def test_into_refuses_a_run_of_another_configuration(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 4)
    first = run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    target = Target(into=first.run_id)
    assert (
        run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS, target=target).run_id
        == first.run_id
    )
    with pytest.raises(UsageError, match="other models or settings"):
        run(
            workspace, FakeDetector(), FakeEmbedder(), target=target,
            settings=SETTINGS.replace("embed", gray=False),
        )  # fmt: skip


class Other(FakeEmbedder):
    name = "other"

    def fingerprint_fields(self):  # type: ignore[no-untyped-def]
        return {"name": self.name}


def test_known_detections_give_the_same_tables_without_detecting(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 40)
    first = run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    full = run(workspace, FakeDetector(), Other(), settings=SETTINGS)
    detector = FakeDetector()
    reused = run(
        workspace, detector, Other(), settings=SETTINGS,
        target=Target(fresh=True, reuse_detections=True),
    )  # fmt: skip
    assert reused.run_id not in (first.run_id, full.run_id)
    assert detector.batches == []
    assert tables_of(workspace, reused.run_id) == tables_of(workspace, full.run_id)
    stricter = SETTINGS.replace("detect", conf_min=0.5)
    run(workspace, detector, Other(), settings=stricter, target=Target(reuse_detections=True))
    assert detector.batches != []


def test_a_pause_begins_no_photo_and_goes_on(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 40)
    pause(workspace.root)
    assert is_paused(workspace.root)
    detector = FakeDetector()
    thread = threading.Thread(
        target=run, args=(workspace, detector, FakeEmbedder()), kwargs={"settings": SETTINGS}
    )
    thread.start()
    time.sleep(1.0)
    assert detector.batches == []
    go_on(workspace.root)
    go_on(workspace.root)
    thread.join(30)
    assert workspace.sql("select count(*) from outcomes").item() == 39


def test_a_stop_ends_a_paused_run(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 8)
    pause(workspace.root)
    stop = threading.Event()
    stop.set()
    summary = run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS, stop=stop)
    assert summary.is_stopped and summary.n_left == 8


@pytest.mark.parametrize("left_as", ["no folder", "an empty mount point"])
def test_a_drive_that_is_away_fails_no_photo_and_the_run_goes_on_later(
    tmp_path: Path, left_as: str
) -> None:
    whole = workspace_with(tmp_path, 40, "undisturbed")
    expected = run(whole, FakeDetector(), FakeEmbedder(), settings=SETTINGS).run_id
    workspace = workspace_with(tmp_path, 40)
    photos = tmp_path / "photos"

    class Unplugging(FakeDetector):
        def detect(self, batch):  # type: ignore[no-untyped-def]
            if len(self.batches) == 2:
                shutil.move(photos, tmp_path / "elsewhere")
                if left_as == "an empty mount point":
                    photos.mkdir()
            return super().detect(batch)

    with pytest.raises(ThumperError, match="is its drive connected"):
        run(workspace, Unplugging(), FakeEmbedder(), settings=SETTINGS)
    codes = workspace.sql("select distinct error_code from all_outcomes")["error_code"]
    assert "vanished" not in codes.to_list()
    shutil.rmtree(photos, ignore_errors=True)
    shutil.move(tmp_path / "elsewhere", photos)
    run(workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    run_id = workspace.ledger.runs()[0].run_id
    assert tables_of(workspace, run_id) == tables_of(whole, expected)
