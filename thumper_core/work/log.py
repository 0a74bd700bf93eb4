"""What was done in a workspace, newest first, in plain words: for reading, not for machines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Final, Literal

from thumper_core.counting import counted
from thumper_core.language import mark, say
from thumper_core.store.jobs import Job, jobs
from thumper_core.store.ledger import Ledger
from thumper_core.store.records import HerdRow
from thumper_core.work.launches import Launch, launches

Level = Literal["ok", "note", "error", "busy"]
SHOWN: Final = 50
_WHAT: Final = {
    "demo": mark("Demo herd"),
    "start": mark("From photos to a herd"),
    "add": mark("Adding photos"),
    "process": mark("Processing"),
    "identify": mark("Telling the deer apart"),
    "learn": mark("Learning from corrections"),
    "command": mark("Command"),
}
_ENDED: Final = {
    "done": mark("done"),
    "stopped": mark("stopped"),
    "failed": mark("failed"),
    "died": mark("broke off"),
    "running": mark("at work"),
    "starting": mark("starting"),
}
_LEVELS: Final[dict[str, Level]] = {
    "done": "ok", "stopped": "note", "failed": "error", "died": "error",
    "running": "busy", "starting": "busy",
}  # fmt: skip
_OWN_ERROR: Final = re.compile(r"[A-Z]\w*(?:Error|Exception|Interrupt): ")
_GO_ON: Final = mark("What was finished is kept. Start it again: it goes on where it was.")


@dataclass(frozen=True)
class Entry:
    """at, ended: UTC, ended None while it works; title: what it was and how it ended; text: what
    came of it; reason, next_step: of what went wrong, else ""; launch: whose log holds the
    details, None where there is none.
    """

    at: datetime
    ended: datetime | None
    level: Level
    title: str
    text: str = ""
    reason: str = ""
    next_step: str = ""
    launch: Launch | None = None


def work_log(root: Path) -> list[Entry]:
    """The newest SHOWN pieces of work: those that pages and `--detach` started, and those of a terminal."""
    started = launches(root)
    file = root / "ledger.sqlite"
    ledger = Ledger(file) if file.is_file() else None
    return entries(started, jobs(ledger) if ledger else [], ledger.herds() if ledger else [])


def entries(started: Sequence[Launch], ran: Sequence[Job], herds: Sequence[HerdRow]) -> list[Entry]:
    """The log of launches, jobs and herds. A job or herd that a launch made belongs to its entry, and the
    herds that followed the answers of one sitting are one.
    """
    spans = [
        (one, *_span(one)) for one in started if one.started_at
    ]  # one that began: it has its time
    whole = [herd for herd in herds if not herd.summary.answered_on]
    found = []
    for launch, begins, ends in spans:
        mine = [
            job for job in ran if job.pid == launch.pid and _within(job.started_at, begins, ends)
        ]
        made = [herd for herd in whole if _within(herd.created_at, begins, ends)]
        found.append(_of_launch(launch, begins, ends, mine, made))
    for job in ran:
        if not any(
            job.pid == launch.pid and _within(job.started_at, begins, ends)
            for launch, begins, ends in spans
        ):
            found.append(_of_job(job))
    for herd in whole:
        if not any(_within(herd.created_at, begins, ends) for _, begins, ends in spans):
            found.append(
                Entry(herd.created_at, herd.created_at, "ok", say("A herd was made"), _herd(herd))
            )
    for sitting, followed in groupby(herds, lambda herd: herd.summary.answered_on):
        if sitting:
            found.append(_of_sitting(list(followed)))
    return sorted(found, key=lambda entry: entry.at, reverse=True)[:SHOWN]


def _of_launch(
    launch: Launch,
    begins: datetime,
    ends: datetime | None,
    ran: Sequence[Job],
    made: Sequence[HerdRow],
) -> Entry:
    what = say(_WHAT.get(launch.kind, launch.kind))
    if launch.kind == "command":
        what = f"thumper {' '.join(launch.arguments.get('line', []))}".strip()
    told = [_photos(job) for job in ran if job.progress.get("done")]
    if launch.kind == "add" and "n_new" in launch.result:
        n_new, n_files = (int(launch.result.get(key, 0)) for key in ("n_new", "n_files"))
        told.append(
            say(
                "{photos} of {files}",
                photos=counted(n_new, "new photo"),
                files=counted(n_files, "file"),
            )
        )
    told += [_herd(herd) for herd in made[-1:]]
    told += [str(sentence) for sentence in launch.result.get("sentences", ())]
    n_failed = int(launch.result.get("n_failed") or 0)
    reason, next_step = _trouble(launch)
    if launch.state == "done" and n_failed:
        reason = say("{photos} could not be read.", photos=counted(n_failed, "photo"))
        next_step = say("The page Health lists them by reason; the others were processed.")
    level = "note" if launch.state == "done" and n_failed else _LEVELS[launch.state]
    title = f"{what}: {say(_ENDED[launch.state])}"
    return Entry(
        begins, ends, level, title, "; ".join(told), reason, next_step, launch
    )  # fmt: skip


def _trouble(launch: Launch) -> tuple[str, str]:
    """Why it did not end well, and what to do."""
    if launch.state == "stopped":
        return launch.message, say(_GO_ON)
    if launch.state == "died":
        return (
            say(
                "{it} It was ended from outside, or the machine went off or ran out of memory.",
                it=launch.message,
            ),
            say(_GO_ON),
        )
    if launch.state != "failed":
        return "", ""
    if _OWN_ERROR.match(launch.message):
        return (
            say("An error of Thumper itself: {it}", it=launch.message),
            say("Start it again. If it comes back, report it with the details below."),
        )
    return launch.message, say("Mend what it says, then start it again: what was finished is kept.")


def _of_job(job: Job) -> Entry:
    state = "died" if job.state == "running" and not job.is_alive() else job.state
    said = job.message or (say("the process ended without a word") if state == "died" else "")
    reason = f"{said[:1].upper()}{said[1:].rstrip('.')}." if said else ""
    return Entry(
        job.started_at,
        job.finished_at or (job.heartbeat_at if state == "died" else None),
        _LEVELS.get(state, "note"),
        say("Processing from a terminal: {ended}", ended=say(_ENDED.get(state, state))),
        _photos(job) if job.progress.get("done") else "",
        reason if state in ("failed", "died") else "",
        say(_GO_ON) if state in ("failed", "died", "stopped") else "",
    )


def _of_sitting(herds: Sequence[HerdRow]) -> Entry:
    """The herds that followed the answers of one sitting, oldest first."""
    text = _herd(herds[-1]) + (say(", the last of {n:,}", n=len(herds)) if len(herds) > 1 else "")
    return Entry(
        herds[0].created_at, herds[-1].created_at, "ok", say("The herd followed answers"), text
    )


def _photos(job: Job) -> str:
    done, failed = int(job.progress["done"]), int(job.progress.get("failed", 0))
    return counted(done, "photo") + (
        say(", {failed:,} of them not readable", failed=failed) if failed else ""
    )


def _herd(herd: HerdRow) -> str:
    groups = counted(herd.summary.counts.n_profiles or 0, "group of pictures", "groups of pictures")
    return say("herd {herd_id} with {groups}", herd_id=herd.herd_id, groups=groups)


def _span(launch: Launch) -> tuple[datetime, datetime | None]:
    begins = datetime.fromisoformat(launch.started_at)
    if launch.is_alive or not launch.updated_at:
        return begins, None
    return begins, datetime.fromisoformat(launch.updated_at)


def _within(at: datetime, begins: datetime, ends: datetime | None) -> bool:
    return at >= begins and (ends is None or at <= ends)
