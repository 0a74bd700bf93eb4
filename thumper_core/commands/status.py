"""`status`: how many photos there are, how far the run is, what the herd looks like."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from thumper_core.commands.common import (
    JsonOption,
    duration,
    in_words,
    open_workspace,
    out,
    print_json,
    run_words,
    say_next,
    table,
)
from thumper_core.counting import counted


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(status)


def status(
    json: JsonOption = False,
    watch: Annotated[bool, typer.Option("--watch", help="Repeat every two seconds.")] = False,
) -> None:
    """Say how many photos there are, how far the run is, and what the herd looks like."""
    from thumper_core.questions.status import workspace_status

    workspace = open_workspace()
    try:
        while True:
            state = workspace_status(workspace)
            if json:
                print_json(state)
            else:
                if watch:
                    out.clear()
                _show(state)
            if not watch:
                return
            time.sleep(2.0)
    except KeyboardInterrupt:  # how one ends looking
        return


def _show(state: dict) -> None:
    photos = state["photos"]
    out.print(f"Workspace {state['workspace']}")
    herd = state["herd"]
    if herd and herd["is_whole"] and herd["individuals"]:  # what a reader should know first of all
        out.print(herd["size"]["sentence"], markup=False)
    out.print(
        f"{counted(photos['total'], 'photo')}: {photos['done']:,} processed, {photos['pending']:,} pending, "
        f"{photos['failed']:,} failed, {photos['partial']:,} read in part"
    )
    if state["in_no_herd"]:
        out.print(state["in_no_herd"]["sentence"], markup=False)
    if state["job"]:
        job = state["job"]
        out.print(
            f"Working: job {job['job_id']} on run {job['run_id']}, process {job['pid']}, "
            f"{job['progress'].get('done', 0):,} of {counted(job['progress'].get('total', 0), 'photo')}"
            f"{_speed(job['progress'])}"
        )
    if state["is_paused"]:
        out.print("[yellow]Work rests.[/yellow] thumper go-on lets it go on.")
    if state["runs"]:
        columns = ["run", "state", "detector", "embedder", "photos", "detections", "shown"]
        runs = [{**row, "shown": "yes" if row["shown"] else ""} for row in state["runs"]]
        table("Runs", columns, [[row[c] for c in columns] for row in runs])
    if state["found_by"]:
        out.print(state["found_by"], markup=False)
    if state["failures"]:
        columns = ["reason", "photos", "example", "message"]
        table("Failures", columns, [[row[c] for c in columns] for row in state["failures"]])
    for remark in state["remarks"]:
        out.print(remark, markup=False)
    if herd and not herd["is_whole"]:
        out.print(
            f"Herd {herd['herd_id']} is shown, and its tables are not all there. "
            f"Next: {in_words('verify')}",
            markup=False,
        )
        return  # what else there is to say stands on those tables
    if herd:
        out.print(
            f"Herd {herd['herd_id']}: {counted(herd['individuals'], 'group')} from "
            f"{counted(herd['detections'], 'detection')}{_threshold(herd['threshold'])}."
        )
        if herd["flanks"]["sentence"]:
            out.print(herd["flanks"]["sentence"], markup=False)
    if state["no_deer"]:
        out.print(state["no_deer"]["why"], markup=False)
        say_next(state["no_deer"]["next"])
    elif not herd:
        say_next(run_words(open_workspace()) if photos["pending"] else "identify")


def _speed(progress: dict) -> str:
    left = progress.get("eta_s")
    more = f", {duration(left)} left" if left else ""
    return f", {progress['rate']:.1f}/s{more}" if "rate" in progress else ""


def _threshold(value: float | None) -> str:
    return "" if value is None else f" at threshold {value:.3f}"
