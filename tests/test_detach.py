"""Commands in the background, and how hard the machine works."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.herds import GreyDetector
from thumper_core import detach
from thumper_core.contracts import ThumperError
from thumper_core.detach import _children, own_arguments
from thumper_core.pipeline.effort import core_count, probe_batch_size, with_effort
from thumper_core.settings import Settings
from thumper_core.work import launches
from thumper_core.workspace import Workspace


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["reprocess", "--detach"], ["reprocess"]),
        (["-w", "x", "run", "--limit", "3", "--detach"], ["run", "--limit", "3"]),
        (["--workspace=x", "reprocess", "--turbo"], ["reprocess", "--turbo"]),
        (["--workspace", "a b", "run"], ["run"]),
        ([], []),
    ],
)
def test_the_background_command_is_the_same_command(given: list[str], kept: list[str]) -> None:
    assert own_arguments(given) == kept


def ended(root: Path, launch_id: str) -> launches.Launch:
    deadline = time.monotonic() + 90
    while (launch := launches.read(root, launch_id)).is_alive:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return launch


def test_on_windows_it_outlives_the_window_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {}

    def opened(words: object, environment: object, **options: object) -> None:
        asked.update(options)
        raise OSError("not started")

    monkeypatch.setattr(detach, "open_python", opened)
    monkeypatch.setattr(detach, "_ALONE", 0x08000200)
    with pytest.raises(OSError, match="not started"):
        detach.start(["-c", ""], tmp_path / "log")
    assert asked["creationflags"] == 0x08000200


def test_a_detached_command_has_its_own_session_log_and_record(tmp_path: Path) -> None:
    root = Workspace.create(tmp_path).root
    started = launches.start(root, "command", {"line": ["status", "--json"]})
    assert started.pid is not None
    assert os.getsid(started.pid) == started.pid != os.getsid(0)
    with pytest.raises(ThumperError, match=r"busy.*thumper stop"):
        launches.start(root, "command", {"line": ["status"]})
    launch = ended(root, started.launch_id)
    assert (launch.state, launch.step, launch.pid) == ("done", "thumper status --json", started.pid)
    assert '"photos"' in launches.log_tail(root, launch.launch_id)
    while _children[-1].poll() is None:
        time.sleep(0.05)
    again = launches.start(root, "command", {"line": ["rollback"]})
    assert [child.pid for child in _children if child.pid == started.pid] == []
    refused = ended(root, again.launch_id)
    assert refused.state == "failed" and "no earlier herd" in refused.message


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder would be")
    with pytest.raises(ThumperError, match="Cannot start work"):
        launches.start(tmp_path, "command", {"line": ["status"]})


class Clock:
    """A device that takes a fixed time for each call and some for each picture."""

    def __init__(self, call_s: float, picture_s: float, memory: int = 10_000) -> None:
        self.call_s, self.picture_s, self.memory, self.now = call_s, picture_s, memory, 0.0

    def detector(self) -> GreyDetector:
        detector = GreyDetector()

        def detect(batch: np.ndarray) -> list[object]:
            if len(batch) > self.memory:
                raise MemoryError
            self.now += self.call_s + self.picture_s * len(batch)
            return [None] * len(batch)

        detector.detect = detect  # type: ignore[assignment, method-assign]
        return detector


@pytest.mark.parametrize(
    ("clock", "size"),
    [
        (Clock(0.0, 1.0), 8),
        (Clock(1000.0, 0.001), 128),
        (Clock(1000.0, 0.001, memory=32), 32),
        (Clock(1.0, 1.0), 16),
    ],
    ids=["a processor", "a fast device", "little memory", "between"],
)
def test_the_batch_grows_while_it_pays(clock: Clock, size: int) -> None:
    assert probe_batch_size(clock.detector(), clock=lambda: clock.now) == size


def test_a_device_that_takes_no_batch_at_all_says_so() -> None:
    with pytest.raises(MemoryError):
        probe_batch_size(Clock(1.0, 1.0, memory=4).detector(), clock=lambda: 0.0)


@pytest.fixture
def niceness(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    calls: list[int] = []
    monkeypatch.setattr(os, "nice", lambda step: (calls.append(step), 0)[1])
    monkeypatch.setattr(os, "getsid", lambda pid: -1)
    yield calls


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="sessions are not weighed")
def test_detached_work_gives_way_as_a_session(tmp_path: Path) -> None:
    script = (
        "import os\nfrom pathlib import Path\nfrom thumper_core.pipeline.effort import give_way\n"
        "give_way()\nprint(os.nice(0), Path('/proc/self/autogroup').read_text())"
    )
    log = tmp_path / "log"
    pid = detach.start(["-c", script], log)
    os.waitpid(pid, 0)
    assert log.read_text().split()[0] == "10"
    assert log.read_text().rstrip().endswith("nice 10")


def test_turbo_takes_every_core_and_otherwise_one_stays_free(niceness: list[int]) -> None:
    cores = core_count()
    fast = with_effort(Settings(), GreyDetector(), turbo=True)
    assert fast.engine.decode_threads == cores
    assert fast.engine.queue_photos >= 3 * fast.engine.batch_size
    assert niceness == []
    gentle = with_effort(Settings(), GreyDetector(), turbo=False)
    assert gentle.engine.decode_threads == max(1, cores - 1)
    assert niceness[-1] == 10
    by_hand = Settings().replace("engine", decode_threads=7)
    assert with_effort(by_hand, GreyDetector(), turbo=True).engine.decode_threads == 7


def test_a_detectors_file_gets_its_whole_path_and_a_name_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process works in another folder; a name that a file has too is the name."""
    monkeypatch.chdir(tmp_path)
    for name in ("my.pt", "demo"):
        (tmp_path / name).touch()
    for word in ("my.pt", "demo", "absent.pt"):
        wanted = str(tmp_path / word) if word == "my.pt" else word
        assert detach.own_arguments(["run", "--detector", word, "--detach"], {"demo"}) == [
            "run", "--detector", wanted,
        ]  # fmt: skip
        assert detach.own_arguments([f"--detector={word}"], {"demo"}) == [f"--detector={wanted}"]
