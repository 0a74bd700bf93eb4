"""Cron lines, what an installation writes, what was missed, and who is told."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.settings import OpsSettings
from thumper_core.trust import remember
from thumper_core.upkeep.notify import notify, untrusted
from thumper_core.work.cron import Cron
from thumper_core.work.schedule import Schedule, install, installed, is_due, plan, remove

NOW = datetime(2025, 9, 17, 12, 30)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "last", "following"),
    [
        ("0 2 * * 0", "2025-09-14 02:00", "2025-09-21 02:00"),
        ("0 2 * * sun", "2025-09-14 02:00", "2025-09-21 02:00"),
        ("0 2 * * 7", "2025-09-14 02:00", "2025-09-21 02:00"),
        ("30 12 * * *", "2025-09-17 12:30", "2025-09-18 12:30"),
        ("*/20 8-10,22 * * 1-5", "2025-09-17 10:40", "2025-09-17 22:00"),
        ("0 0 1 * *", "2025-09-01 00:00", "2025-10-01 00:00"),
        ("0 0 13 * 5", "2025-09-13 00:00", "2025-09-19 00:00"),
        ("0 0 29 feb *", "2024-02-29 00:00", "2028-02-29 00:00"),
        ("@weekly", "2025-09-14 00:00", "2025-09-21 00:00"),
    ],
)
def test_last_and_next(text: str, last: str, following: str) -> None:
    cron = Cron.parse(text)
    assert cron.last_before(NOW) == datetime.fromisoformat(last)
    assert cron.next_after(NOW) == datetime.fromisoformat(following)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "five fields"),
        ("0 2 * *", "five fields"),
        ("0 0 2 * * 0", "five fields"),  # seconds are no field of crontab(5)
        ("60 * * * *", "bad minute"),
        ("a * * * *", "bad minute"),
        ("0 24 * * *", "bad hour"),
        ("0 5-1 * * *", "bad hour"),
        ("*/0 * * * *", "bad minute"),
        ("0 0 0 * *", "bad day-of-month"),
        ("0 0 31 2 *", "bad day-of-month"),  # never comes
        ("0 0 * 13 *", "bad month"),
        ("0 0 * * 8", "bad day-of-week"),
        ("0 0 L * *", "not known"),
        ("0 0 LW * *", "not known"),
        ("0 0 * * 5L", "not known"),
        ("0 0 * * 5#3", "not known"),
    ],
)
def test_what_is_no_cron_line_is_refused(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=f"cron line.*{why}"):
        Cron.parse(text)


@pytest.mark.parametrize(
    ("at", "last"),
    [
        ("2025-09-14 01:59:59.5", "2025-09-07 02:00"),
        ("2025-09-14 02:00:00", "2025-09-14 02:00"),
        ("2025-09-14 02:00:00.5", "2025-09-14 02:00"),
    ],
)
def test_around_the_moment_itself(at: str, last: str) -> None:
    cron, found = Cron.parse("0 2 * * 0"), datetime.fromisoformat(last)
    assert cron.last_before(datetime.fromisoformat(at)) == found
    assert cron.next_after(datetime.fromisoformat(at)) == found + timedelta(days=7)


def test_over_the_change_of_clocks_it_is_the_local_hour_that_counts() -> None:
    # Texas turns its clocks on the Sundays 2026-03-08 and 2026-11-01, at two.
    cron = Cron.parse("30 2 * * 0")
    for before, after in (("2026-03-01", "2026-03-08"), ("2026-10-25", "2026-11-01")):
        first, second = (datetime.fromisoformat(f"{day} 02:30") for day in (before, after))
        assert cron.next_after(first) == second and cron.last_before(second) == second


@given(
    minute=st.integers(0, 59), hour=st.sampled_from(["*", "3", "*/7"]),
    day=st.sampled_from(["*", "1", "10-20"]), weekday=st.sampled_from(["*", "0", "1-3,6"]),
    at=st.datetimes(datetime(2024, 1, 1), datetime(2026, 1, 1)),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_next_and_last_agree_with_trying_every_minute(
    minute: int, hour: str, day: str, weekday: str, at: datetime
) -> None:
    cron = Cron.parse(f"{minute} {hour} {day} * {weekday}")

    days = {"*": range(1, 32), "1": (1,), "10-20": range(10, 21)}[day]
    weekdays = {"*": range(7), "0": (0,), "1-3,6": (1, 2, 3, 6)}[weekday]
    hours = {"*": range(24), "3": (3,), "*/7": (0, 7, 14, 21)}[hour]

    def matches(moment: datetime) -> bool:
        by_day, by_weekday = moment.day in days, moment.isoweekday() % 7 in weekdays
        both = day == "*" or weekday == "*"
        chosen = (by_day and by_weekday) if both else (by_day or by_weekday)
        return chosen and moment.minute == minute and moment.hour in hours

    moment = at.replace(second=0, microsecond=0)
    while not matches(moment):
        moment -= timedelta(minutes=1)
    assert cron.last_before(at) == moment
    moment = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while not matches(moment):
        moment += timedelta(minutes=1)
    assert cron.next_after(at) == moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 2 * * 0", ["Sun *-*-* 02:00:00"]),
        ("*/30 * * * *", ["*-*-* *:00,30:00"]),
        ("5 4 1 6 *", ["*-06-01 04:05:00"]),
        ("0 0 13 * 5", ["*-*-13 00:00:00", "Fri *-*-* 00:00:00"]),
    ],
)
def test_systemd_times(text: str, expected: list[str]) -> None:
    assert Cron.parse(text).on_calendar() == expected
    if shutil.which("systemd-analyze"):
        for line in expected:
            subprocess.run(["systemd-analyze", "calendar", line], check=True, capture_output=True)


class FakeCrontab:
    """A user's crontab and a systemd that records."""

    def __init__(self, table: str | None = None, refuses: bool = False) -> None:
        self.table, self.refuses = table, refuses
        self.calls: list[list[str]] = []

    def __call__(self, command: Sequence[str], stdin: str | None) -> tuple[int, str]:
        self.calls.append(list(command))
        if self.refuses:
            return 1, "not allowed"
        if command[0] != "crontab":
            return 0, ""
        if command[1] == "-l":
            return (1, "no crontab") if self.table is None else (0, self.table)
        self.table = stdin
        return 0, ""


def schedule(method: str, cron: str = "0 2 * * 0") -> Schedule:
    return Schedule(cron, method, "none", False, "2025-09-01T00:00:00+00:00")  # type: ignore[arg-type]


def test_crontab_is_shown_first_written_once_and_taken_out_again(tmp_path: Path) -> None:
    others = "# mine\n5 * * * * backup-100%\n"
    fake = FakeCrontab(others)
    for _ in range(2):  # installing again replaces
        planned = plan(tmp_path, schedule("crontab"), run=fake)
        assert "schedule run" in planned.shown() and "--if-missed" in planned.shown()
        assert installed(tmp_path) is None or fake.table != others
        install(tmp_path, planned, fake)
    assert fake.table is not None and fake.table.startswith(others)
    assert fake.table.count("0 2 * * 0 ") == 1
    assert installed(tmp_path) == schedule("crontab")
    assert remove(tmp_path, run=fake) and fake.table == others
    assert not remove(tmp_path, run=fake)


def test_systemd_units_are_written_and_taken_out_again(tmp_path: Path) -> None:
    units, root = tmp_path / "units", tmp_path / "work shop"
    root.mkdir()
    fake = FakeCrontab()
    planned = plan(root, schedule("systemd"), units_dir=units, run=fake)
    assert not units.exists() and "OnCalendar=Sun *-*-* 02:00:00" in planned.shown()
    install(root, planned, fake)
    timer, service = sorted(units.iterdir())[::-1]
    assert "Persistent=true" in timer.read_text()
    assert f'"{root}"' in service.read_text()
    assert fake.calls[-1][-2:] == ["--now", timer.name]
    assert remove(root, units_dir=units, run=fake)
    assert list(units.iterdir()) == []


def test_a_system_that_refuses_leaves_no_schedule(tmp_path: Path) -> None:
    with pytest.raises(ThumperError, match="not allowed"):
        install(tmp_path, plan(tmp_path, schedule("crontab")), FakeCrontab(refuses=True))
    assert installed(tmp_path) is None
    (tmp_path / "schedule.json").write_text("{")
    with pytest.raises(UsageError, match="schedule install"):
        installed(tmp_path)


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (None, "2025-09-06T12:00", False),
        (None, "2025-09-07T02:00", True),
        ("2025-09-07T02:00", "2025-09-14T01:59", False),
        ("2025-09-07T02:00", "2025-09-14T02:00", True),
        ("2025-09-07T09:00", "2025-09-13T02:00", False),
        ("2025-08-07T02:00", "2025-09-20T12:00", True),
    ],
)
def test_a_missed_pass_is_due_until_it_was_made(last: str | None, now: str, due: bool) -> None:
    def local(text: str) -> datetime:
        return datetime.fromisoformat(text).astimezone()

    made = local(last) if last else None
    assert is_due(schedule("crontab"), made, local(now)) is due


def test_a_command_and_an_address_hear_of_it(tmp_path: Path) -> None:
    heard: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    script = tmp_path / "hear.py"
    script.write_text("import os, pathlib, sys\n"
                      "pathlib.Path(sys.argv[1]).write_text(os.environ['THUMPER_EVENT']"
                      " + sys.stdin.read())")  # fmt: skip
    ops = OpsSettings(
        notify_command=f"{sys.executable} {script} {tmp_path / 'heard'}",
        notify_webhook=f"http://127.0.0.1:{server.server_port}/x",
    )
    for subject in untrusted(ops):
        remember(subject)
    assert notify(ops, "rejected", "A bad week.", when=datetime(2025, 9, 1, tzinfo=UTC)) == []
    thread.join(10)
    server.server_close()
    assert heard[0]["text"] == "A bad week."
    assert (tmp_path / "heard").read_text().startswith('rejected{"event": "rejected"')


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, None),
        ({"notify_command": "no-such-program-here"}, "notify_command"),
        ({"notify_command": "false"}, "ended with 1"),
        ({"notify_webhook": "file:///etc/passwd"}, "not an http address"),
        ({"notify_webhook": "http://127.0.0.1:9/"}, "notify_webhook"),
    ],
)
def test_a_notification_that_fails_is_reported_not_raised(
    options: dict[str, str], problem: str | None
) -> None:
    ops = OpsSettings(**options)  # type: ignore[arg-type]
    for subject in untrusted(ops):
        remember(subject)
    problems = notify(ops, "e", "m")
    assert len(problems) == (problem is not None)
    assert problem is None or problem in problems[0]


def test_a_command_of_a_workspace_that_somebody_sent_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "mark"
    ops = OpsSettings(notify_command=f"touch {mark}", notify_webhook="http://127.0.0.1:9/tell")
    problems = notify(ops, "e", "m")
    assert len(problems) == 2 and all("thumper trust" in problem for problem in problems)
    assert not mark.exists()
    remember(untrusted(ops)[0])
    assert [one.kind for one in untrusted(ops)] == ["address"]
    notify(ops, "e", "m")
    assert mark.exists()
    other = OpsSettings(notify_command=f"touch {mark} ")  # another command is another word
    assert [one.kind for one in untrusted(other)] == ["command"]
    monkeypatch.setenv("THUMPER_OPS__NOTIFY_COMMAND", other.notify_command)
    assert untrusted(other) == []  # the environment is the user's own
