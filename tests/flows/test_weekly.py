"""Weeks of a herd with a clock of our own: normal, with a bad model, missed, stopped, too long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.herds import SETTINGS, GreyDetector, deer_workspace, make_deer_photos, models
from thumper_core.contracts import ThumperError
from thumper_core.flows.weekly import LOCK, WeeklyResult, last_started, passes, weekly
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.launch import Models
from thumper_core.settings import Settings
from thumper_core.store import file_rows, herd_rows, run_rows
from thumper_core.store.jobs import start_job
from thumper_core.work.schedule import Schedule, is_due
from thumper_core.workspace import Workspace

FIRST_SUNDAY = datetime(2025, 9, 7, 2, 0, tzinfo=UTC)


class FakeClock:
    """Stands still unless told; `tick_s` passes at every look at the seconds."""

    def __init__(self, at: datetime = FIRST_SUNDAY, tick_s: float = 0.0) -> None:
        self.at, self.tick_s, self.seconds = at, tick_s, 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        self.seconds += self.tick_s
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    made = FakeClock()
    for module in (file_rows, herd_rows, run_rows):
        monkeypatch.setattr(module, "now_text", lambda: made.at.isoformat(" ", "microseconds"))
    return made


def use(**options: object) -> Callable[[], tuple[Models, Settings]]:
    return lambda: (models(**options), SETTINGS)


def one_pass(workspace: Workspace, clock: FakeClock, **options: object) -> WeeklyResult:
    said: list[str] = []
    result = weekly(workspace, use(**options), clock=clock, say=said.append)
    assert said[0].startswith("Before:") and said[-1].startswith("After:")
    return result


def shown(workspace: Workspace) -> tuple[str | None, str | None]:
    return workspace.ledger.promoted("run"), workspace.ledger.promoted("herd")


@pytest.mark.slow
def test_four_weeks_normal_bad_model_missed_and_settled(tmp_path: Path, clock: FakeClock) -> None:
    workspace = deer_workspace(tmp_path)
    schedule = Schedule("0 2 * * 0", "crontab", "none", False, "2025-09-01T00:00:00+00:00")
    assert is_due(schedule, last_started(workspace), clock.at)

    first = one_pass(workspace, clock)
    assert (first.state, first.before, first.ready) == ("promoted", None, False)
    good = shown(workspace)
    animals = set(workspace.sql("select individual_id from profiles")["individual_id"])
    assert not is_due(schedule, last_started(workspace), clock.at)

    clock.at += timedelta(weeks=1)
    bad = one_pass(workspace, clock, name="worse", bad=True)
    assert bad.state == "rejected" and shown(workspace) == good
    assert {a["key"] for a in bad.anomalies} >= {"profiles", "assignment_rate"}
    assert bad.before == first.after and bad.herd_id is None

    # Nobody was there the next Sunday; the machine comes back on Tuesday.
    clock.at += timedelta(weeks=1, days=2, hours=9)
    assert is_due(schedule, last_started(workspace), clock.at)
    make_deer_photos(tmp_path / "photos", n_events=2, start=datetime(2025, 9, 20, 5))
    add_paths(workspace, [tmp_path / "photos"])
    caught_up = one_pass(workspace, clock)
    assert caught_up.state == "promoted" and shown(workspace)[0] == good[0]
    assert caught_up.after is not None and caught_up.after["n_processed"] == 84
    assert not is_due(schedule, last_started(workspace), clock.at)

    clock.at += timedelta(days=5)
    settled = one_pass(workspace, clock)
    assert settled.ready and "can be named" in settled.message
    now = set(workspace.sql("select individual_id from profiles")["individual_id"])
    assert animals <= now
    assert [p.state for p in passes(workspace)] == ["promoted", "rejected", "promoted", "promoted"]
    summary = sorted((workspace.reports_dir / "weekly").glob("*.md"))[1].read_text()
    assert summary.startswith("# Weekly pass of 2025-09-14: rejected") and "**profiles**" in summary


def test_a_pass_that_takes_too_long_ends_and_the_next_goes_on(
    tmp_path: Path, clock: FakeClock
) -> None:
    workspace = deer_workspace(tmp_path)
    workspace.settings = workspace.settings.replace(
        "ops", weekly_timeout_s=30.0, weekly_report_s=5.0
    )
    clock.tick_s = 20.0
    said: list[str] = []

    class Slow(GreyDetector):
        def detect(self, batch):  # type: ignore[no-untyped-def]
            import time

            time.sleep(0.5)
            return super().detect(batch)

    def slow() -> tuple[Models, Settings]:
        plain = models()
        return Models(Slow(), plain.embedder, plain.meanings), SETTINGS

    result = weekly(workspace, slow, clock=clock, say=said.append)
    assert result.state == "timed out" and result.is_over
    assert any("photos," in line and "/s" in line for line in said)
    assert workspace.ledger.promoted("herd") is None
    done = workspace.sql("select count(*) from all_outcomes").item()
    assert 0 < done < 60
    clock.tick_s = 0.0
    clock.at += timedelta(weeks=1)
    assert one_pass(workspace, clock).state == "promoted"


def test_a_stopped_pass_is_caught_up(tmp_path: Path, clock: FakeClock) -> None:
    workspace = deer_workspace(tmp_path, n_deer=2, n_events=2)
    stop = threading.Event()
    stop.set()
    result = weekly(workspace, use(), clock=clock, say=lambda text: None, stop=stop)
    assert result.state == "stopped" and last_started(workspace) is None
    schedule = Schedule("0 2 * * 0", "crontab", "none", False, "2025-09-01T00:00:00+00:00")
    assert is_due(schedule, last_started(workspace), clock.at + timedelta(hours=1))


def test_what_goes_wrong_is_a_state_with_its_reason(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    import thumper_core.flows.weekly as module

    told: list[tuple[str, str]] = []
    monkeypatch.setattr(
        module, "notify", lambda ops, event, text, **k: told.append((event, text)) or []
    )
    workspace = deer_workspace(tmp_path, n_deer=2, n_events=2)

    def broken() -> tuple[Models, Settings]:
        raise ThumperError("The weights are gone.")

    result = weekly(workspace, broken, clock=clock, say=lambda text: None)
    assert result.state == "failed" and "weights are gone" in result.message
    assert told == [("weekly failed", result.message)]
    assert workspace.sql("select state from jobs where kind = 'weekly'").item() == "failed"


def test_two_passes_at_once_are_refused(tmp_path: Path, clock: FakeClock) -> None:
    workspace = deer_workspace(tmp_path, n_deer=2, n_events=2)
    start_job(workspace.ledger, LOCK, "weekly")
    with pytest.raises(ThumperError, match="already working"):
        weekly(workspace, use(), clock=clock, say=lambda text: None)


def test_a_summary_that_cannot_be_read_is_left_out(tmp_path: Path, clock: FakeClock) -> None:
    workspace = deer_workspace(tmp_path, n_deer=2, n_events=2)
    one_pass(workspace, clock)
    (workspace.reports_dir / "weekly" / "20990101T000000.json").write_text("{")
    assert len(passes(workspace)) == 1
