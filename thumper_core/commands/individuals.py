"""`herd`: look at the individuals, and say who is who: merge, split, move, name, undo."""

from __future__ import annotations

import getpass
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from thumper_core.commands.common import JsonOption, err, open_workspace, out, print_json, table
from thumper_core.contracts import UsageError
from thumper_core.workspace import Workspace

if TYPE_CHECKING:
    from thumper_core.decisions.kinds import Decision
    from thumper_core.herd.recut import Applied

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
_IN_JSON = ("notes", "watched", "status_on", "status_by")
_LISTED = (
    "select individual_id, name, sex, age_class, status, n_events as visits, n_detections, "
    f"first_seen, last_seen, merged_into, {', '.join(_IN_JSON)} from individuals"
)
_IN_LINE = "Bringing the herd in line"
Who = Annotated[str, typer.Argument(metavar="DEER", help="An individual's ID or name.")]
Picture = Annotated[str, typer.Argument(help="A detection's ID, or a deer's: its best picture.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(herd_app, name="herd")


@herd_app.command()
def show(
    all_of_them: Annotated[
        bool, typer.Option("--all", help="Also those that are in no group of this herd.")
    ] = False,
    watched: Annotated[bool, typer.Option("--watched", help="Only the hit list.")] = False,
    json: JsonOption = False,
) -> None:
    """List the individuals: sex, visits, when they were seen, and who was merged into whom."""
    where = "watched and merged_into is null" if watched else f"n_detections > 0 or {all_of_them}"
    rows = open_workspace().sql(f"{_LISTED} where {where} order by individual_id")
    if json:
        print_json(rows.to_dicts())
    elif rows.is_empty():
        step = "herd watch DEER" if watched else "identify"
        out.print(f"The {'hit list' if watched else 'herd'} is empty. Next: thumper {step}")
    else:
        days = [rows[name].dt.strftime("%Y-%m-%d") for name in ("first_seen", "last_seen")]
        hidden = _IN_JSON if all_of_them else (*_IN_JSON, "merged_into")
        shown = rows.with_columns(days).drop(hidden)
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
    from thumper_core.questions import named

    workspace = open_workspace()
    members = named.assigned(workspace)
    keep, *rest = (named.individual_named(workspace, text) for text in (into, *others))
    _decide(workspace, regroup.merge(members, keep, tuple(rest)), by, later, json)


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
    from thumper_core.questions import named

    workspace = open_workspace()
    members = named.assigned(workspace)
    who = named.individual_named(workspace, deer)
    strangers = set(detections) - set(members.filter(individual_id=who)["detection_id"])
    if strangers:
        raise UsageError(f"Not a picture of {who}: {', '.join(sorted(strangers))}.")
    _decide(workspace, regroup.split(members, who, tuple(detections)), by, later, json)


@herd_app.command()
def move(
    detection: Annotated[str, typer.Argument(metavar="DETECTION")],
    to: Annotated[
        str | None, typer.Option(metavar="DEER", help="Whose it is; default: of no known deer.")
    ] = None,
    by: ByOption = None,
    later: LaterOption = False,
    json: JsonOption = False,
) -> None:
    """Say that one picture is not of the individual that it is with."""
    from thumper_core.decisions import regroup
    from thumper_core.questions import named

    workspace = open_workspace()
    members = named.assigned(workspace)
    goal = None if to is None else named.individual_named(workspace, to)
    _decide(workspace, regroup.move(members, detection, goal), by, later, json)


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
    from thumper_core.questions import named

    workspace = open_workspace()
    first, second = (named.picture_named(workspace, text) for text in (a, b))
    _decide(workspace, Same(first, second), by, later, json)


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
    from thumper_core.questions import named

    workspace = open_workspace()
    first, second = (named.picture_named(workspace, text) for text in (a, b))
    _decide(workspace, Different(first, second), by, later, json)


@herd_app.command()
def undo(
    decision: Annotated[int, typer.Argument(help="Its number: see `thumper herd decisions`.")],
    by: ByOption = None,
    later: LaterOption = False,
    json: JsonOption = False,
) -> None:
    """Take a decision back; to restore it, undo the undo."""
    from thumper_core.decisions.kinds import Undo

    _decide(open_workspace(), Undo(decision), by, later, json)


@herd_app.command("apply")
def apply_now(json: JsonOption = False) -> None:
    """Bring the herd in line with all decisions: only what they touch is computed again."""
    from thumper_core.herd.recut import apply_decisions

    workspace = open_workspace()
    with err.status(_IN_LINE):
        applied = apply_decisions(workspace)
    _tell(applied, {}, json)


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
        out.print("No decision has been made yet.")
    else:
        shown = rows.drop("payload").with_columns(
            rows["subject"].str.slice(0, 40), rows["made_at"].dt.strftime("%Y-%m-%d %H:%M")
        )
        table("Decisions", shown.columns, [list(row) for row in shown.iter_rows()])


@herd_app.command()
def name(
    deer: Who,
    text: Annotated[str | None, typer.Argument(metavar="NAME")] = None,
    theme: Annotated[str | None, typer.Option(help="Suggested from; default: the last.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take the name away.")] = False,
    by: ByOption = None,
) -> None:
    """Name an individual; without a NAME, suggest some that no deer has or had."""
    from thumper_core.decisions.kinds import Name
    from thumper_core.decisions.names_given import last_theme, taken_names
    from thumper_core.herd.decide import decide
    from thumper_core.herd.naming import load_theme, suggest, theme_or
    from thumper_core.questions import named

    workspace = open_workspace()
    who = named.individual_named(workspace, deer)
    row = workspace.sql(
        "select name, sex, age_class from individuals where individual_id = ?", [who]
    ).row(0, named=True)
    if text is None and not clear:
        chosen = load_theme(theme or theme_or(last_theme(workspace.ledger)))
        taken = taken_names(workspace.ledger)
        for found in suggest(chosen, row["sex"], row["age_class"], taken, seed=len(taken)):
            out.print(found, markup=False)
        return
    said = Name(who, text, theme, expected=row["name"])
    decide(workspace, said, by or getpass.getuser())
    out.print(f"{who} has no name now." if text is None else f"{who} is called {text} now.")


@herd_app.command()
def readiness(json: JsonOption = False) -> None:
    """Say whether the herd is settled enough to be named, and what to do where it is not."""
    from dataclasses import asdict

    from thumper_core.questions.name_doubts import readiness_of

    found = readiness_of(open_workspace())
    if json:
        print_json({"ready": found.ready, "criteria": [asdict(c) for c in found.criteria]})
        return
    for one in found.criteria:
        mark = "[green]yes[/green]" if one.met else "[yellow]no[/yellow]"
        out.print(f"{mark:>4} {one.title}: {one.shown}. {one.advice}".rstrip())


def _decide(
    workspace: Workspace, decision: Decision, by: str | None, later: bool, json: bool
) -> None:
    """Record a decision and let it take effect."""
    from thumper_core.herd.decide import Effect, decide

    with ExitStack() as shown:

        def recorded(number: int) -> None:
            if not json and not later:
                out.print(f"Decision {number}; to take it back: thumper herd undo {number}")
            shown.enter_context(err.status(_IN_LINE))

        effect = Effect.LATER if later else Effect.WHOLE
        author = by or getpass.getuser()
        decided = decide(workspace, decision, author, effect=effect, recorded=recorded)
    facts = {"decision_id": decided.numbers[-1]}
    if decided.applied is not None:
        _tell(decided.applied, facts, json)
    elif json:
        print_json(facts)
    else:
        out.print(f"Decision {decided.numbers[-1]} is written down. Next: thumper herd apply")


def _tell(applied: Applied, facts: dict[str, Any], json: bool) -> None:
    """Say what decisions did to the herd."""
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
    before, after = (", ".join(ids) or "no deer" for ids in (applied.before, applied.after))
    out.print(f"Herd {applied.herd_id}: {before} → {after}; {what}.")
    changes = applied.summary.changes
    for who in changes.absent:
        into = changes.departed[who].merged_into
        out.print(f"{who} is now part of {into}." if into else f"{who} is in no group any more.")
