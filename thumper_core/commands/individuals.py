"""`herd`: look at the individuals, and say who is who: merge, split, move, name, undo."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Annotated, Any

import polars as pl
import typer
from rich.markup import escape

from thumper_core.commands.common import JsonOption, err, open_workspace, out, print_json, table
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.workspace import Workspace

herd_app = typer.Typer(
    no_args_is_help=True, help="Who is who: show, merge, split, move, name, undo."
)

ByOption = Annotated[str | None, typer.Option("--by", help="Who says so. Default: your login.")]
LaterOption = Annotated[
    bool,
    typer.Option(
        "--later", help="Only write it down: it takes effect with the next identification."
    ),
]
Who = Annotated[str, typer.Argument(metavar="DEER", help="An individual's ID or name.")]
Picture = Annotated[
    str, typer.Argument(help="A detection's ID, or an individual's ID or name: its best picture.")
]
_MEMBERS = """
select a.individual_id, a.tracklet_id, d.detection_id, d.photo_id, d.x1, d.y1, d.x2, d.y2,
    d.confidence
from assignments a join detections d using (detection_id)
"""


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(herd_app, name="herd")


@herd_app.command()
def show(
    everybody: Annotated[
        bool, typer.Option("--all", help="Also those that are in no profile of this herd.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """List the individuals: sex, visits, when they were seen, and who was merged into whom."""
    where = "" if everybody else "where n_detections > 0"
    rows = open_workspace().sql(
        "select individual_id, name, sex, age_class, status, n_events as visits, n_detections, "
        f"first_seen, last_seen, merged_into, notes from individuals {where} order by individual_id"
    )
    if json:
        print_json(rows.to_dicts())
    elif rows.is_empty():
        out.print("The herd is empty. Next: thumper identify")
    else:
        shown = rows.drop("notes", *([] if everybody else ["merged_into"]))
        days = [pl.col(name).dt.strftime("%Y-%m-%d") for name in ("first_seen", "last_seen")]
        shown = shown.with_columns(days)
        table("Herd", shown.columns, [list(row) for row in shown.iter_rows()])


@herd_app.command()
def merge(
    into: Annotated[str, typer.Argument(metavar="DEER", help="The one that is kept.")],
    others: Annotated[list[str], typer.Argument(metavar="OTHER...", help="Who it is, too.")],
    by: ByOption = None,
    later: LaterOption = False,
    json: JsonOption = False,
) -> None:
    """Say that individuals are one: it keeps the first one's ID and name."""
    from thumper_core.decisions import regroup

    workspace = open_workspace()
    members = workspace.sql(_MEMBERS)
    keep, *rest = (_who(workspace, text) for text in (into, *others))
    _decide(workspace, lambda: regroup.merge(members, keep, tuple(rest)), by, later, json)


@herd_app.command()
def split(
    deer: Who,
    detections: Annotated[list[str], typer.Argument(metavar="DETECTION...", help="They leave.")],
    by: ByOption = None,
    later: LaterOption = False,
    json: JsonOption = False,
) -> None:
    """Say that some of an individual's pictures show one other animal."""
    from thumper_core.decisions import regroup

    workspace = open_workspace()
    members = workspace.sql(_MEMBERS)
    who = _who(workspace, deer)
    strangers = set(detections) - set(members.filter(individual_id=who)["detection_id"])
    if strangers:
        raise UsageError(f"Not a picture of {who}: {', '.join(sorted(strangers))}.")
    _decide(workspace, lambda: regroup.split(members, who, tuple(detections)), by, later, json)


@herd_app.command()
def move(
    detection: Annotated[str, typer.Argument(metavar="DETECTION")],
    to: Annotated[
        str | None, typer.Option(metavar="DEER", help="Whose it is; default: nobody's known.")
    ] = None,
    by: ByOption = None,
    later: LaterOption = False,
    json: JsonOption = False,
) -> None:
    """Say that one picture is not of the individual that it is with."""
    from thumper_core.decisions import regroup

    workspace = open_workspace()
    members = workspace.sql(_MEMBERS)
    goal = None if to is None else _who(workspace, to)
    _decide(workspace, lambda: regroup.move(members, detection, goal), by, later, json)


@herd_app.command()
def same(
    a: Picture,
    b: Picture,
    by: ByOption = None,
    later: LaterOption = False,
    json: JsonOption = False,
) -> None:
    """Say that two pictures show one animal."""
    from thumper_core.decisions.kinds import Same

    workspace = open_workspace()
    _decide(workspace, lambda: Same(*(_box(workspace, text) for text in (a, b))), by, later, json)


@herd_app.command()
def different(
    a: Picture,
    b: Picture,
    by: ByOption = None,
    later: LaterOption = False,
    json: JsonOption = False,
) -> None:
    """Say that two pictures show two animals."""
    from thumper_core.decisions.kinds import Different

    workspace = open_workspace()
    keys = (a, b)
    _decide(
        workspace, lambda: Different(*(_box(workspace, text) for text in keys)), by, later, json
    )


@herd_app.command()
def undo(
    decision: Annotated[int, typer.Argument(help="Its number: see `thumper herd decisions`.")],
    by: ByOption = None,
    later: LaterOption = False,
    json: JsonOption = False,
) -> None:
    """Take a decision back; to restore it, undo the undo."""
    from thumper_core.decisions.kinds import Undo

    _decide(open_workspace(), lambda: Undo(decision), by, later, json)


@herd_app.command("apply")
def apply_now(json: JsonOption = False) -> None:
    """Bring the herd in line with all decisions: only what they touch is computed again."""
    _apply(open_workspace(), {}, json)


@herd_app.command()
def decisions(json: JsonOption = False) -> None:
    """List what people decided, oldest first."""
    rows = open_workspace().sql(
        "select decision_id, kind, subject, author, made_at, undone, payload from decisions "
        "order by decision_id"
    )
    if json:
        print_json(rows.to_dicts())
    elif rows.is_empty():
        out.print("Nobody has decided anything yet.")
    else:
        shown = rows.drop("payload").with_columns(
            pl.col("subject").str.slice(0, 40), pl.col("made_at").dt.strftime("%Y-%m-%d %H:%M")
        )
        table("Decisions", shown.columns, [list(row) for row in shown.iter_rows()])


@herd_app.command()
def name(
    deer: Who,
    text: Annotated[str | None, typer.Argument(metavar="NAME")] = None,
    theme: Annotated[str | None, typer.Option(help="Suggest names of this theme.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take the name away.")] = False,
    by: ByOption = None,
) -> None:
    """Name an individual; without a NAME, suggest some that nobody has or had."""
    from thumper_core.decisions.journal import rename, taken_names
    from thumper_core.herd.naming import load_theme, suggest, theme_keys

    workspace = open_workspace()
    who = _who(workspace, deer)
    row = workspace.sql(
        "select name, sex, age_class from individuals where individual_id = ?", [who]
    ).row(0, named=True)
    if text is None and not clear:
        chosen = load_theme(theme or theme_keys()[0])
        taken = taken_names(workspace.ledger)
        for found in suggest(chosen, row["sex"], row["age_class"], taken, seed=len(taken)):
            out.print(found, markup=False)
        return
    rename(workspace.ledger, who, text, by or getpass.getuser(), expected=row["name"], theme=theme)
    out.print(f"{who} has no name now." if text is None else f"{who} is called {text} now.")


@herd_app.command()
def readiness(json: JsonOption = False) -> None:
    """Say whether the herd is settled enough to be named, and what to do where it is not."""
    from dataclasses import asdict

    from thumper_core.herd.history import herd_history
    from thumper_core.herd.readiness import readiness as check

    found = check(herd_history(open_workspace().ledger.herds()))
    if json:
        print_json({"ready": found.ready, "criteria": [asdict(c) for c in found.criteria]})
        return
    for one in found.criteria:
        mark = "[green]yes[/green]" if one.met else "[yellow]no[/yellow]"
        out.print(f"{mark:>4} {one.title}: {one.shown}. {one.advice}".rstrip())


def _who(workspace: Workspace, text: str) -> str:
    """The individual of an ID or a name. Raises ThumperError where there is none."""
    from thumper_core.decisions.name_text import name_key

    rows = workspace.sql("select individual_id, name, n_detections, merged_into from individuals")
    for who, called, n, into in rows.iter_rows():
        if text == who or (called and name_key(called) == name_key(text)):
            if n:
                return str(who)
            gone = f"it was merged into {into}" if into else "no profile of this herd carries it on"
            raise ThumperError(f"{text} is not in this herd: {gone}.")
    raise ThumperError(f"There is no individual {text!r}: `thumper herd show` lists them.")


def _box(workspace: Workspace, text: str) -> Any:
    """The box of a detection, or of an individual's best picture."""
    from thumper_core.decisions.keys import BoxKey

    query = "select photo_id, x1, y1, x2, y2 from detections where detection_id = ?"
    rows = workspace.sql(query, [text])
    if rows.is_empty():
        who = _who(workspace, text)
        best = "(select best_detection_id from individuals where individual_id = ?)"
        rows = workspace.sql(query.replace("?", best), [who])
    photo_id, *box = rows.row(0)
    return BoxKey(photo_id, tuple(box))


def _decide(
    workspace: Workspace, make: Callable[[], Any], by: str | None, later: bool, json: bool
) -> None:
    """Write a decision and let it take effect."""
    from thumper_core.decisions.journal import record

    number = record(workspace.ledger, make(), by or getpass.getuser())
    if later:
        if json:
            print_json({"decision_id": number})
        else:
            out.print(f"Decision {number} is written down. Next: thumper herd apply")
        return
    if not json:
        out.print(f"Decision {number}; to take it back: thumper herd undo {number}")
    _apply(workspace, {"decision_id": number}, json)


def _apply(workspace: Workspace, facts: dict[str, Any], json: bool) -> None:
    from thumper_core.herd.recut import apply_decisions

    with err.status("Bringing the herd in line"):
        applied = apply_decisions(workspace)
    if json:
        keys = ("n_individuals", "new", "returned", "absent", "departed")
        summary = applied.summary.to_json()
        print_json(
            {**facts, "herd_id": applied.herd_id, "is_new": applied.is_new}
            | {"is_whole": applied.is_whole, "before": applied.before, "after": applied.after}
            | {key: summary[key] for key in keys}
            | {"notes": applied.notes}
        )
        return
    for note in applied.notes:
        out.print(f"[yellow]Note:[/yellow] {escape(note)}")
    if not applied.is_new:
        out.print(f"Herd {applied.herd_id} already says so: nothing changes.")
        return
    what = "all of it was identified again" if applied.is_whole else "the others are as they were"
    before, after = (", ".join(ids) or "nobody" for ids in (applied.before, applied.after))
    out.print(f"Herd {applied.herd_id}: {before} → {after}; {what}.")
    changes = applied.summary.changes
    for who in changes.absent:
        into = changes.departed[who].merged_into
        out.print(f"{who} is now part of {into}." if into else f"{who} is in no profile any more.")
