"""`watch`, `schedule`: work that begins by itself."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thumper_core.commands.common import (
    Exit,
    JsonOption,
    err,
    in_words,
    load_models,
    open_workspace,
    out,
    print_json,
    stop_on_interrupt,
)
from thumper_core.commands.reprocess import ClearMode, TurboOption
from thumper_core.contracts import UsageError
from thumper_core.settings import Settings
from thumper_core.trust import plain
from thumper_core.workspace import Workspace

if TYPE_CHECKING:
    from thumper_core.pipeline.launch import Models

schedule_app = typer.Typer(
    no_args_is_help=True, help="The weekly pass: install, show, remove, run."
)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(watch)
    app.add_typer(schedule_app, name="schedule")


def watch(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[DIR]...", help="Where cards are copied; none: mailboxes alone."),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Take in what is complete now, then end.")
    ] = False,
) -> None:
    """Take in photos as they are copied in: add, process and identify; no deer is renumbered.

    What comes to the mailboxes of `thumper mail` is taken in too.
    """
    import time

    from thumper_core.flows.watch import Look, Watcher
    from thumper_core.flows.watch import watch as look_on
    from thumper_core.mail.boxes import mailboxes
    from thumper_core.pipeline.strips import with_strips_settled

    workspace = open_workspace()
    folders = folders or []
    if not folders and not mailboxes(workspace.root):
        raise UsageError(
            "Name the folders where cards are copied, or `thumper mail add` a mailbox."
        )
    missing = [str(folder) for folder in folders if not folder.is_dir()]
    if missing:
        raise UsageError(f"No such folder: {', '.join(missing)}. Make it, or connect its drive.")
    models, settings = _open(workspace, turbo=False)
    settings = with_strips_settled(workspace, settings)

    def tell(look: Look) -> None:
        stamp = f"{datetime.now():%H:%M:%S}"
        if look.n_added or look.n_processed or look.herd_id:
            herd = f", herd {look.herd_id}" if look.herd_id else ""
            out.print(f"{stamp} {look.n_added:,} added, {look.n_processed:,} processed{herd}")
        for problem in look.problems:
            err.print(f"{stamp} {problem}")

    with stop_on_interrupt() as stop:
        watcher = Watcher(workspace, folders, models, settings, stop)
        if once:
            tell(watcher.look(time.monotonic()))
            time.sleep(settings.ops.settle_s)
            tell(watcher.look(time.monotonic()))
            return
        out.print("Watching. Ctrl-C ends it; nothing is lost.")
        look_on(watcher, folders, settings, stop, tell)


@schedule_app.command()
def install(
    cron: Annotated[str, typer.Option(help="Minute, hour, day, month, weekday.")] = "0 2 * * 0",
    clear_mode: Annotated[
        ClearMode, typer.Option(help="See `thumper reprocess`.")
    ] = ClearMode.NONE,
    turbo: TurboOption = False,
    method: Annotated[
        str | None, typer.Option(help="systemd or crontab; default: what this machine has.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Show what would be written, ask, and write it."""
    from thumper_core.upkeep.notify import untrusted
    from thumper_core.work.schedule import Schedule, available_method, plan
    from thumper_core.work.schedule import install as write

    if method not in (None, "systemd", "crontab"):
        raise UsageError(f"--method is systemd or crontab, not {method!r}.")
    workspace = open_workspace()
    chosen = method or available_method()
    now = datetime.now(UTC).isoformat()
    planned = plan(workspace.root, Schedule(cron, chosen, clear_mode.value, turbo, now))  # type: ignore[arg-type]
    out.print(planned.shown(), markup=False)
    if not yes:
        typer.confirm("Write this?", abort=True, err=True)
    write(workspace.root, planned)
    out.print(f"Installed. Next: {in_words('schedule show')}", markup=False)
    for subject in untrusted(workspace.settings.ops):
        err.print(
            f"It sends nothing yet, because you have not trusted {plain(subject.name)}: thumper trust"
        )


@schedule_app.command()
def show(json: JsonOption = False) -> None:
    """Say what is scheduled, when it comes next, and how the last passes went."""
    from thumper_core.flows.weekly import passes
    from thumper_core.work.cron import Cron
    from thumper_core.work.schedule import installed

    workspace = open_workspace()
    schedule = installed(workspace.root)
    done = passes(workspace)[-5:]
    coming = Cron.parse(schedule.cron).next_after(datetime.now()) if schedule else None
    if json:
        facts = asdict(schedule) if schedule else None
        print_json({"schedule": facts, "next": coming, "passes": [asdict(one) for one in done]})
        return
    if schedule is None:
        out.print(f"Nothing is scheduled. Next: {in_words('schedule install')}", markup=False)
    else:
        out.print(f'"{schedule.cron}" by {schedule.method}; next {coming:%Y-%m-%d %H:%M}')
    for one in done:
        out.print(f"{one.started_at[:16]} {one.state}: {one.message}", markup=False)


@schedule_app.command()
def remove() -> None:
    """Take the entry out again."""
    from thumper_core.work.schedule import remove as take_out

    out.print("Removed." if take_out(open_workspace().root) else "Nothing was scheduled.")


@schedule_app.command()
def run(
    if_missed: Annotated[
        bool, typer.Option("--if-missed", help="Only where a pass was due and did not happen.")
    ] = False,
) -> None:
    """Do the weekly pass now. Exit code 1 where photos failed, 3 where the old herd stays."""
    from thumper_core.flows.weekly import last_started, weekly
    from thumper_core.work.schedule import installed, is_due

    workspace = open_workspace()
    schedule = installed(workspace.root)
    if if_missed and (
        schedule is None or not is_due(schedule, last_started(workspace), datetime.now(UTC))
    ):
        return
    turbo = schedule.turbo if schedule else False
    mode = ClearMode(schedule.clear_mode if schedule else "none")
    with stop_on_interrupt() as stop:
        result = weekly(
            workspace,
            lambda: _open(workspace, turbo=turbo),
            clear_mode=mode.value,
            say=lambda text: out.print(f"{datetime.now():%H:%M:%S} {text}", markup=False),
            stop=stop,
        )
    if result.state != "promoted":
        raise typer.Exit(Exit.REFUSED)
    if result.after and result.after["n_failed"]:
        raise typer.Exit(Exit.WITH_FAILURES)


def _open(workspace: Workspace, *, turbo: bool) -> tuple[Models, Settings]:
    from thumper_core.pipeline.effort import with_effort

    models = load_models(workspace, workspace.settings)
    return models, with_effort(workspace.settings, models.detector, turbo=turbo, tuned=models.tuned)
