"""`advise`, `health`, `verify`, `backup`, `restore`, `prune`: Thumper looks after itself."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from thumper_core.commands.cameras import place_commands
from thumper_core.commands.common import (
    Exit,
    JsonOption,
    State,
    duration,
    err,
    in_words,
    open_workspace,
    out,
    print_json,
    progress_bar,
    run_words,
    say_next,
    table,
)
from thumper_core.contracts import UsageError
from thumper_core.counting import counted
from thumper_core.workspace import Workspace, chosen_folder


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (advise, health, verify, backup, restore, prune):
        app.command()(command)


def advise(json: JsonOption = False) -> None:
    """Say what is worth doing now, why, and how long it takes."""
    from thumper_core.upkeep.advise import advise as ask

    found = ask(open_workspace())
    if json:
        print_json([asdict(advice) for advice in found])
        return
    for advice in found:
        out.print(f"[bold]{advice.action}[/bold]: {advice.reason}")
        if advice.command:
            out.print(f"    {advice.command}   (about {duration(advice.seconds)})")


def health(
    json: JsonOption = False,
    prometheus: Annotated[
        Path | None,
        typer.Option(help="Write this file for Prometheus' textfile collector, and nothing else."),
    ] = None,
    notify: Annotated[
        bool, typer.Option("--notify", help="Tell what the settings name of anomalies.")
    ] = False,
) -> None:
    """Say how everything is, and what is wrong. Exit code 1 where something is."""
    from thumper_core.upkeep.health import health as look
    from thumper_core.upkeep.health import write_prometheus
    from thumper_core.upkeep.notify import notify as tell

    workspace = open_workspace()
    state = look(workspace)
    if prometheus is not None:
        write_prometheus(state, prometheus)
    elif json:
        print_json(state)
    else:
        _show_health(state)
    if notify and state["anomalies"]:
        text = " ".join(anomaly["message"] for anomaly in state["anomalies"])
        for problem in tell(workspace.settings.ops, "health", text, anomalies=state["anomalies"]):
            err.print(problem)
    if state["anomalies"]:
        raise typer.Exit(Exit.WITH_FAILURES)


def _show_health(state: dict[str, Any]) -> None:
    from thumper_core.cameras.finding import ClockFix

    photos = state["photos"]
    out.print(
        f"{counted(photos['total'], 'photo')}: {photos['ok']:,} read, {photos['partial']:,} in part, "
        f"{photos['failed']:,} failed, {photos['pending']:,} pending"
    )
    job = state["job"]
    if job:
        working = "working" if state["is_working"] else job["state"]
        resting = " (paused)" if state["is_paused"] else ""
        rate = state["photos_per_s"]
        out.print(f"Last job: {job['job_id']} on {job['run_id']}, {working}{resting}, {rate:.1f}/s")
    for code, n in state["failures"].items():
        out.print(f"    {n:,} {code}")
    disk = state["disk"]
    out.print(f"Disk: {disk['free_bytes'] / 2**30:.1f} GiB free. Ledger: {state['ledger']}.")
    for gpu in state["gpus"]:
        used, total = gpu["memory_used"] / 2**30, gpu["memory_total"] / 2**30
        out.print(f"{gpu['name']}: {gpu['utilisation']:.0%} busy, {used:.1f} of {total:.1f} GiB")
    settled = "settled" if state["readiness"]["ready"] else "not settled yet"
    out.print(f"The herd is {settled}.")
    for remark in state["remarks"]:
        out.print(remark, markup=False)
    for place in state["fixtures"]:
        if place["said"] is None:
            out.print(f"{place['camera']}: {place['message']}", markup=False)
            for line in place_commands(place["place_id"]):
                out.print(f"    {line}", markup=False)
    for anomaly in state["anomalies"]:
        out.print(f"[red]{anomaly['key']}[/red]: {anomaly['message']}")
    for camera in state["cameras"]:
        if camera["fix"]:
            words = ClockFix(**camera["fix"]).command(camera["camera"])
            out.print(f"    {in_words(words.removeprefix('thumper '))}", markup=False)
    if not state["anomalies"]:
        out.print("[green]All is well.[/green]")


def verify(
    repair: Annotated[
        bool,
        typer.Option(
            help="Move damaged shards aside; their photos are pending again, lost facts are read again."
        ),
    ] = True,
    json: JsonOption = False,
) -> None:
    """Read every shard and every row, and name what is damaged. Exit code 1 where something is."""
    from thumper_core.upkeep.verify import open_damaged
    from thumper_core.upkeep.verify import verify as check

    workspace = open_damaged(chosen_folder(State.workspace))
    with progress_bar("Shards") as advance:
        result = check(workspace, repair=repair, on_progress=advance)
    if json:
        print_json(asdict(result))
    else:
        for damage in result.damages:
            out.print(f"[red]{escape(damage.what)}[/red]: {escape(damage.detail)}")
            kept = f" Kept in {damage.place}." if damage.place else ""
            out.print(f"    {damage.next_step}{kept}", markup=False)
        for said in result.learned:
            out.print(said, markup=False)
        for path in result.foreign:
            out.print(
                f"{path}: not Thumper's; nothing reads it, and it is left alone.", markup=False
            )
        n_damaged = len(result.damages) + len(result.learned)
        verdict = f"{n_damaged} damaged" if n_damaged else "nothing damaged"
        out.print(
            f"{counted(result.n_shards, 'shard')} and {counted(result.n_rows, 'row')}: {verdict}."
        )
        if result.n_pending and not result.is_sound:
            out.print(
                f"{counted(result.n_pending, 'photo is', 'photos are')} pending. "
                f"Next: {in_words(run_words(workspace))}",
                markup=False,
            )
    if not result.is_sound:
        raise typer.Exit(Exit.WITH_FAILURES)


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write (.zip).")],
    with_runs: Annotated[
        bool, typer.Option("--with-runs", help="Detections and embeddings too: larger.")
    ] = False,
) -> None:
    """Save what cannot be computed again in one file. Work may go on meanwhile."""
    from thumper_core.upkeep.backup import backup as save

    summary = save(open_workspace(), file, with_runs=with_runs)
    out.print(f"{counted(summary.n_files, 'file')} in {file} ({summary.bytes / 2**20:.1f} MiB)")


def restore(
    file: Annotated[
        Path | None, typer.Argument(help="A file that `thumper backup` wrote, or an automatic one.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Over a workspace; what it holds is kept beside.")
    ] = False,
    damaged: Annotated[
        bool,
        typer.Option(
            "--damaged",
            help="Bring back only what `thumper verify` names in the ledger, from FILE or from the "
            "automatic backups; all else stays as it is.",
        ),
    ] = False,
    accept_loss: Annotated[
        bool,
        typer.Option("--accept-loss", help="With --damaged: go on without what no backup holds."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Bring a backup back into the --workspace folder, checked in full first."""
    root = chosen_folder(State.workspace)
    if damaged:
        if replace:
            raise UsageError(
                "Either --replace, for all of a backup, or --damaged, for parts of it."
            )
        _mend(root, file, accept_loss, json)
        return
    if file is None or accept_loss:
        raise UsageError("Name the backup FILE, or add --damaged to mend what is here.")
    from thumper_core.upkeep.restore import restore as bring_back

    summary = bring_back(file, root, replace=replace)
    if json:
        print_json(asdict(summary))
        return
    made_at = summary.made_at.removesuffix("+00:00")
    out.print(f"Restored into {root}, as of {made_at} UTC.", markup=False)
    if summary.left_out:
        out.print("Left out, as it is given on each machine or is no part of a backup:")
        for one in summary.left_out:
            out.print(f"    {one.what}: {one.why}.", markup=False)
    out.print(
        f"Next: {in_words(run_words(Workspace.open(root)))} makes what the backup left out, then everything "
        "is as it was.",
        markup=False,
    )


def _mend(root: Path, file: Path | None, accept_loss: bool, json: bool) -> None:
    from thumper_core.upkeep.mend import mend

    mended = mend(root, file, accept_loss=accept_loss)
    if json:
        print_json(asdict(mended))
    else:
        lines = (
            ("Brought back from a backup", mended.back),
            ("Sound, and written again", mended.again),
            ("Taken out", mended.out),
            ("Left as it is, for no backup holds it", mended.left),
        )
        for said, names in lines:
            if names:
                out.print(f"{said}: {', '.join(names)}.", markup=False)
        if mended.as_of is not None:
            out.print(
                f"The ledger was built anew, as of {mended.as_of.removesuffix('+00:00')} UTC: what was "
                "decided later and could not be read is lost. Where you have a newer backup: "
                "thumper restore --damaged FILE",
                markup=False,
            )
        if mended.aside is None and mended.left:
            out.print(
                "Nothing was changed: name a backup FILE that holds it, or add --accept-loss."
            )
        elif mended.aside is None:
            out.print("Nothing in the ledger is damaged.")
        else:
            out.print(f"The ledger as it was is kept in {mended.aside}.", markup=False)
            say_next("verify")
    if mended.left:
        raise typer.Exit(Exit.WITH_FAILURES)


def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    json: JsonOption = False,
) -> None:
    """Remove old runs that nothing shows and no rollback needs. Herds and names stay."""
    from thumper_core.upkeep.prune import prunable
    from thumper_core.upkeep.prune import prune as remove

    workspace = open_workspace()
    found = prunable(workspace) if dry_run else remove(workspace)
    if json:
        print_json([asdict(item) for item in found])
        return
    if found:
        title = "Would go" if dry_run else "Removed"
        table(title, ["what", "MiB"], [[i.what, i.bytes / 2**20] for i in found])
    else:
        out.print("Nothing to remove.")
