"""The log in plain words: newest first, each piece once, failures with a reason and a next step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from thumper_core.store.herd_summary import HerdCounts, HerdSummary
from thumper_core.store.jobs import Job
from thumper_core.store.records import HerdRow
from thumper_core.work import launches
from thumper_core.work.launches import Launch
from thumper_core.work.log import entries, work_log
from thumper_core.workspace import Workspace

AT = datetime(2026, 10, 3, 6, 0, tzinfo=UTC)


def launched(minute: int, kind: str = "process", state: str = "done", **more: Any) -> Launch:
    begins, ends = AT + timedelta(minutes=minute), AT + timedelta(minutes=minute + 10)
    more = {"pid": minute, "started_at": begins.isoformat(), "updated_at": ends.isoformat()} | more
    return Launch(f"{minute}-{kind}", kind, more.pop("arguments", {}), state, **more)  # type: ignore[arg-type]


def ran(minute: int, pid: int, state: str = "done", **progress: int) -> Job:
    at = AT + timedelta(minutes=minute)
    return Job(1, "r001", "run", pid, 0.0, "here", state, at, at, at, progress, None)


def herd(minute: int, name: str = "h001", answered_on: str = "") -> HerdRow:
    counts = replace(HerdCounts(), n_profiles=43)
    summary = replace(HerdSummary(), counts=counts, answered_on=answered_on)
    at = AT + timedelta(minutes=minute)
    return HerdRow(name, "r001", "average", 0.5, summary, at)


def test_a_launch_its_job_and_its_herd_are_one_entry() -> None:
    found = entries(
        [launched(0), launched(30, "add", result={"n_new": 2, "n_files": 9})],
        [ran(1, 0, done=645, failed=3)],
        [herd(9)],
    )
    assert [(one.title, one.text, one.level) for one in found] == [
        ("Adding photos: done", "2 new photos of 9 files", "ok"),
        (
            "Processing: done",
            "645 photos, 3 of them not readable; herd h001 with 43 groups of pictures",
            "ok",
        ),
    ]
    assert found[1].ended == AT + timedelta(minutes=10)


def test_what_a_terminal_did_stands_by_itself() -> None:
    found = entries([launched(0)], [ran(40, 77, done=12)], [herd(50)])
    assert [one.title for one in found] == [
        "A herd was made",
        "Processing from a terminal: done",
        "Processing: done",
    ]


def test_a_job_after_a_launch_is_none_of_its_whose_number_it_has() -> None:
    found = entries([launched(0, pid=77)], [ran(1, 77, done=3), ran(40, 77, done=12)], [])
    assert [(one.title, one.text) for one in found] == [
        ("Processing from a terminal: done", "12 photos"),
        ("Processing: done", "3 photos"),
    ]


def test_herds_that_followed_answers_are_one_entry_a_sitting() -> None:
    herds = [
        herd(0),
        *(herd(20 + n, f"h1{n:02}", "h001") for n in range(40)),
        herd(90),
        herd(95, "h200", "h001"),
    ]
    found = entries([launched(25)], [], herds)
    assert [(one.title, one.text) for one in found] == [
        ("The herd followed answers", "herd h200 with 43 groups of pictures"),
        ("A herd was made", "herd h001 with 43 groups of pictures"),
        ("Processing: done", ""),  # made none of them
        ("The herd followed answers", "herd h139 with 43 groups of pictures, the last of 40"),
        ("A herd was made", "herd h001 with 43 groups of pictures"),
    ]
    assert found[3].ended == AT + timedelta(minutes=59)


@pytest.mark.parametrize(
    ("state", "message", "reason", "next_step", "level"),
    [
        ("stopped", "", "", "goes on where it was", "note"),
        (
            "died",
            "The process ended without a word.",
            "ended from outside",
            "goes on where it was",
            "error",
        ),
        (
            "failed",
            "The disk is full. Make room.",
            "The disk is full.",
            "Mend what it says",
            "error",
        ),
        ("failed", "KeyError: 'x'", "An error of Thumper itself: KeyError", "report it", "error"),
        ("running", "", "", "", "busy"),
    ],
)
def test_what_did_not_end_well_has_a_reason_and_a_next_step(
    state: str, message: str, reason: str, next_step: str, level: str
) -> None:
    (entry,) = entries([launched(0, state=state, message=message)], [], [])
    assert entry.level == level
    assert reason in entry.reason and next_step in entry.next_step
    assert bool(entry.next_step) == (state not in ("running", "done"))


def test_photos_that_could_not_be_read_are_a_note() -> None:
    (entry,) = entries([launched(0, "start", result={"n_failed": 3})], [], [])
    assert (entry.level, entry.reason) == ("note", "3 photos could not be read.")
    assert "The page Health lists them" in entry.next_step


def test_a_command_is_told_as_it_was_typed() -> None:
    (entry,) = entries(
        [launched(0, "command", arguments={"line": ["run", "--limit", "3"]})], [], []
    )
    assert entry.title == "thumper run --limit 3: done"


def test_the_log_of_a_folder_is_read_and_of_none_is_empty(tmp_path: Path) -> None:
    assert work_log(tmp_path / "none") == []
    ranch = Workspace.create(tmp_path / "ranch")
    launches.logs_dir(ranch.root).mkdir(exist_ok=True)
    launches.write(ranch.root, launched(0, "identify"))
    assert [one.title for one in work_log(ranch.root)] == ["Telling the deer apart: done"]
