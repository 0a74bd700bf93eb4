"""`herd age`, `herd points`, `herd judged`: what people judge of a deer's age and antlers."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thumper_core.commands.common import JsonOption, err, open_workspace, out, print_json, table
from thumper_core.commands.individuals import ByOption, herd_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from thumper_core.decisions.keys import BoxKey
    from thumper_core.decisions.kinds import Decision

Shown = Annotated[
    str,
    typer.Argument(
        metavar="DEER", help="A deer: its best picture of the year; or a detection's ID."
    ),
]
YearOption = Annotated[
    str | None,
    typer.Option("--year", help="Deer year, as 2026/27 or 2026. Default: the last that saw it."),
]


def register(app: typer.Typer) -> None:
    """Add these commands to those about the herd."""
    herd_app.command("age")(say_age)
    herd_app.command("points")(say_points)
    herd_app.command("judged")(list_judged)


def say_age(
    deer: Shown,
    age: Annotated[float, typer.Argument(help="0.5, 1.5, 2.5, 3.5, 4.5, or 5.5 for older ones.")],
    year: YearOption = None,
    by: ByOption = None,
) -> None:
    """Say how old a deer is in a deer year, by how it looks; several people's words are all kept.

    A later word of yours about the same deer and year takes the place of your earlier one.
    """
    from thumper_core.decisions.kinds import SaysAge

    _say(deer, year, by, lambda where: SaysAge(where, age))


def say_points(
    deer: Shown,
    left: Annotated[int, typer.Argument(help="Points of the left antler, as the deer has it.")],
    right: Annotated[int, typer.Argument(help="Points of the right one.")],
    typical: Annotated[
        bool | None,
        typer.Option("--typical/--non-typical", help="Whether they stand as they usually do."),
    ] = None,
    year: YearOption = None,
    by: ByOption = None,
) -> None:
    """Say how many points a deer's antlers have in a deer year, beam tips counted."""
    from thumper_core.decisions.kinds import CountsPoints

    _say(deer, year, by, lambda where: CountsPoints(where, left, right, typical))


def list_judged(
    deer: Annotated[str | None, typer.Argument(metavar="[DEER]", help="Only this deer.")] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the words as a table.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List what people judged of age and antlers, word by word; `thumper seasons DEER` puts it together."""
    import polars as pl

    from thumper_core.export.files import csv_text
    from thumper_core.files import write_whole
    from thumper_core.questions.judged import ALL_KINDS, said_of_deer
    from thumper_core.questions.named import individual_named

    workspace = open_workspace()
    said = said_of_deer(workspace, *ALL_KINDS)
    if deer is not None:
        said = said.filter(pl.col("individual_id") == individual_named(workspace, deer))
    label = workspace.settings.seasons.label
    seasons = [None if year is None else label(year) for year in said["year"]]
    rows = said.select(
        "decision_id",
        "individual_id",
        pl.Series("season", seasons, pl.String),
        "kind",
        "said",
        "author",
        "made_at",
        "detection_id",
        "counts",
    )
    if csv is not None:
        write_whole(csv, csv_text(rows).encode())
        err.print(f"Table written to {csv}", markup=False)
    if json:
        print_json(rows.to_dicts())
    elif csv is None and rows.is_empty():
        out.print("Nothing was judged yet: thumper herd age DEER 3.5")
    elif csv is None:
        shown = rows.with_columns(rows["made_at"].dt.strftime("%Y-%m-%d %H:%M"))
        table("Judged", shown.columns, [list(row) for row in shown.iter_rows()])


def _say(deer: str, year: str | None, by: str | None, make: Callable[[BoxKey], Decision]) -> None:
    from thumper_core.decisions.kinds import about
    from thumper_core.herd.decide import decide
    from thumper_core.questions.deer_years import judged_on

    workspace = open_workspace()
    where, season = judged_on(workspace, deer, year)
    said = make(where)
    number = decide(workspace, said, by or getpass.getuser()).numbers[-1]
    what = about(said.kind, said.payload())
    out.print(
        f"Noted for {deer} in {season}: {what}. Decision {number}; "
        f"to take it back: thumper herd undo {number}",
        markup=False,
    )
