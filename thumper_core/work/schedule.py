"""The weekly pass as an entry of systemd or cron: planned, shown, then written."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from thumper_core.children import python
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.files import write_whole
from thumper_core.stage import digest
from thumper_core.work.cron import Cron

Method = Literal["systemd", "crontab"]
Call = Callable[[Sequence[str], str | None], tuple[int, str]]
"""Runs a command with text on its standard input: (exit code, output)."""
FILE: Final = "schedule.json"


@dataclass(frozen=True)
class Schedule:
    """What was installed for a workspace."""

    cron: str
    method: Method
    clear_mode: str
    turbo: bool
    installed_at: str  # ISO with zone


@dataclass(frozen=True)
class Plan:
    """What an installation would write.

    files: path -> text; commands: run afterwards, in order; crontab: the whole new table, or None.
    """

    schedule: Schedule
    files: dict[Path, str] = field(default_factory=dict)
    commands: tuple[tuple[str, ...], ...] = ()
    crontab: str | None = None

    def shown(self) -> str:
        """All of it as text for a person to agree to."""
        parts = [f"# {path}\n{text}" for path, text in self.files.items()]
        if self.crontab is not None:
            parts.append(f"# crontab\n{self.crontab}")
        parts += ["$ " + shlex.join(command) for command in self.commands]
        return "\n".join(parts)


def call(command: Sequence[str], stdin: str | None) -> tuple[int, str]:
    """Run a command; a missing one is code 127."""
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 127, str(error)
    return done.returncode, done.stdout + (done.stderr if done.returncode else "")


def available_method(run: Call = call) -> Method:
    """How this machine schedules: systemd where the user has one, else cron.

    Raises ThumperError where there is neither.
    """
    if run(["systemctl", "--user", "show-environment"], None)[0] == 0:
        return "systemd"
    if shutil.which("crontab"):
        return "crontab"
    raise ThumperError(
        "This machine has neither a systemd of the user nor crontab. Have its scheduler call "
        "`thumper schedule run --if-missed` once an hour."
    )


def plan(
    root: Path,
    schedule: Schedule,
    *,
    units_dir: Path | None = None,
    run: Call = call,
) -> Plan:
    """What `install` would write for workspace folder `root`.

    Raises UsageError where the schedule's line is no cron line.
    """
    cron = Cron.parse(schedule.cron)
    command = thumper_command(root)
    if schedule.method == "systemd":
        folder = units_dir or Path.home() / ".config" / "systemd" / "user"
        name = unit_name(root)
        return Plan(
            schedule,
            {
                folder / f"{name}.service": _service(root, command),
                folder / f"{name}.timer": _timer(root, cron),
            },
            (
                ("systemctl", "--user", "daemon-reload"),
                ("systemctl", "--user", "enable", "--now", f"{name}.timer"),
            ),
        )
    line = f"{schedule.cron} {shlex.join(command)}".replace("%", r"\%")
    # A machine that was off or asleep makes up for it within the hour after it is back.
    again = f"17 * * * * {shlex.join([*command, '--if-missed'])}".replace("%", r"\%")
    begin, end = _marks(root)
    table = _without_block(_crontab(run), root)
    return Plan(schedule, crontab=f"{table}{begin}\n{line}\n{again}\n{end}\n")


def install(root: Path, planned: Plan, run: Call = call) -> None:
    """Write what was planned. Raises ThumperError where the system refuses."""
    for path, text in planned.files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    if planned.crontab is not None:
        _must(run, ["crontab", "-"], planned.crontab)
    for command in planned.commands:
        _must(run, command, None)
    write_whole(root / FILE, json.dumps(asdict(planned.schedule), indent=2))


def remove(root: Path, *, units_dir: Path | None = None, run: Call = call) -> bool:
    """Take the entry out again; whether there was one."""
    schedule = installed(root)
    if schedule is None:
        return False
    if schedule.method == "systemd":
        folder = units_dir or Path.home() / ".config" / "systemd" / "user"
        name = unit_name(root)
        run(["systemctl", "--user", "disable", "--now", f"{name}.timer"], None)
        for suffix in ("timer", "service"):
            (folder / f"{name}.{suffix}").unlink(missing_ok=True)
        run(["systemctl", "--user", "daemon-reload"], None)
    else:
        _must(run, ["crontab", "-"], _without_block(_crontab(run), root))
    (root / FILE).unlink()
    return True


def installed(root: Path) -> Schedule | None:
    """The workspace's schedule, or None. Raises UsageError where its file cannot be read."""
    try:
        return Schedule(**json.loads((root / FILE).read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(
            f"{root / FILE} cannot be read: {error}. `thumper schedule install` writes it anew."
        ) from error


def is_due(schedule: Schedule, last_started: datetime | None, now: datetime) -> bool:
    """Whether a pass that the schedule asked for has not happened.

    last_started: of the newest pass that came to an end; times are aware.
    """
    since = last_started or datetime.fromisoformat(schedule.installed_at)
    local = now.astimezone().replace(tzinfo=None)
    return Cron.parse(schedule.cron).last_before(local) > since.astimezone().replace(tzinfo=None)


def thumper_command(root: Path) -> list[str]:
    """The weekly pass as a command that needs no PATH and no current folder."""
    program = Path(sys.executable).with_name("thumper")
    start = [str(program)] if program.exists() else python(["-m", "thumper_core.cli"])
    return [*start, "--workspace", str(root.resolve()), "schedule", "run"]


def unit_name(root: Path) -> str:
    """The name of a workspace's units: one for each folder."""
    return f"thumper-{digest(str(root))[:8]}"


def _service(root: Path, command: Sequence[str]) -> str:
    quoted = " ".join(f'"{part}"' for part in command).replace("%", "%%")
    return (
        "[Unit]\n"
        f"Description=Thumper's weekly pass on {root}\n\n"
        "[Service]\nType=oneshot\n"
        f"ExecStart={quoted}\n"
        # A pass that finished with failed photos is no failed unit.
        "SuccessExitStatus=1\nNice=10\nIOSchedulingClass=idle\n"
        # SIGTERM finishes the photos under way; give them time.
        "TimeoutStopSec=120\nKillMode=mixed\n"
    )


def _timer(root: Path, cron: Cron) -> str:
    times = "".join(f"OnCalendar={text}\n" for text in cron.on_calendar())
    return (
        f"[Unit]\nDescription=When Thumper's weekly pass on {root} runs\n\n"
        f"[Timer]\n{times}"
        # A pass that was missed while the machine was off is caught up when it is back.
        "Persistent=true\n\n[Install]\nWantedBy=timers.target\n"
    )


def _crontab(run: Call) -> str:
    code, text = run(["crontab", "-l"], None)
    return text if code == 0 else ""  # no crontab yet is an error code


def _marks(root: Path) -> tuple[str, str]:
    return f"# thumper {root} begin", f"# thumper {root} end"


def _without_block(table: str, root: Path) -> str:
    begin, end = _marks(root)
    kept, inside = [], False
    for line in table.splitlines():
        if line == begin:
            inside = True
        elif line == end:
            inside = False
        elif not inside:
            kept.append(line)
    return "".join(f"{line}\n" for line in kept)


def _must(run: Call, command: Sequence[str], stdin: str | None) -> None:
    code, output = run(command, stdin)
    if code != 0:
        raise ThumperError(f"`{shlex.join(command)}` failed: {output.strip() or code}.")
