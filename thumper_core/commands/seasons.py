"""`seasons`: the herd year by year, and who of one year is probably who of the year before."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from thumper_core.commands.common import JsonOption, err, open_workspace, out, print_json, table
from thumper_core.commands.individuals import ByOption, Picture, herd_app
from thumper_core.contracts import ThumperError, UsageError

if TYPE_CHECKING:
    import polars as pl

    from thumper_core.questions.year_links import YearLink
    from thumper_core.questions.years_of_herd import YearOfHerd
    from thumper_core.workspace import Workspace

_COUNTS = (
    "n_deer", "bucks", "does", "fawns", "unknown", "n_yearlings", "n_new", "n_born", "n_back", "n_missing",
    "n_unseen", "n_lost", "camera_days", "n_visits", "visits_per_100_days",
)  # fmt: skip
_RESULTS = ("deer", "bucks_per_doe", "fawns_per_doe", "recruited", "survival")
_OF_DEER = ["season", "standing", "age_class", "n_visits", "n_days", "first_seen", "last_seen"]
_OF_DEER += ["velvet", "hard", "shed", "judged"]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(seasons)
    herd_app.command("antlers")(say_antlers)


def seasons(
    deer: Annotated[
        str | None, typer.Argument(metavar="[DEER]", help="The years of this one deer instead.")
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write its best picture of each year side by side."),
    ] = None,
    same: Annotated[
        str | None,
        typer.Option(metavar="DEER", help="Say that what is proposed of this deer is so."),
    ] = None,
    different: Annotated[
        str | None, typer.Option(metavar="DEER", help="Say that it is not so: two deer.")
    ] = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """The herd by deer year: who is new, back or missing, ratios, survival, and who is probably who.

    A deer year begins on 1 May unless `seasons.starts_month` and `seasons.starts_day` say otherwise.
    """
    from thumper_core.questions import seasons as asked
    from thumper_core.questions.year_links import year_links
    from thumper_core.questions.years_of_herd import years_of_herd

    if sheet is not None and deer is None:
        raise UsageError("--sheet needs a deer: thumper seasons DEER --sheet FILE.")
    if same is not None and different is not None:
        raise UsageError("Say either --same or --different.")
    workspace = open_workspace()
    said = same if same is not None else different
    with err.status("Looking through the years"):
        days = asked.days_of_cameras(workspace)
        told = asked.histories(workspace, days)
        is_of_one = said is None and deer is not None
        proposed = () if is_of_one else year_links(workspace, told)
    if said is not None:
        _answer(workspace, proposed, said, is_same=same is not None, by=by)
    elif deer is not None:
        _one_deer(workspace, told, deer, sheet, json)
    else:
        _all_years(years_of_herd(workspace, told, days), told, proposed, json)


def say_antlers(
    picture: Picture,
    state: Annotated[
        Literal["velvet", "hard", "shed"], typer.Argument(help="In velvet, hard, or shed.")
    ],
    by: ByOption = None,
) -> None:
    """Say what a buck's antlers are like on a picture; `thumper seasons DEER` shows when they were so."""
    from thumper_core.decisions.kinds import AntlerState, ShowsAntlers
    from thumper_core.herd.decide import decide
    from thumper_core.questions.named import picture_named

    workspace = open_workspace()
    said = ShowsAntlers(picture_named(workspace, picture), AntlerState(state))
    number = decide(workspace, said, by or getpass.getuser()).numbers[-1]
    out.print(f"Noted: {state}. Decision {number}; to take it back: thumper herd undo {number}")


def _all_years(
    years: list[YearOfHerd], told: pl.DataFrame, proposed: tuple[YearLink, ...], json: bool
) -> None:
    from thumper_core.questions.year_rows import rows
    from thumper_core.questions.years_of_herd import growing, sentences

    said = list(sentences(years, told))
    if len(years) > 1 and years[-1].is_told_apart:
        said.append(growing(*years[-2:]))
    if json:
        links = [{"later": one.later, "earlier": one.earlier, "chance": one.p} for one in proposed]
        print_json({"years": [_values(year) for year in years], "links": links, "said": said})
        return
    if years:
        table(
            "Deer years",
            ["", *(year.label for year in years)],
            [[row.name, *(cell.text for cell in row.cells)] for row in rows(years)],
        )
    for sentence in said:
        out.print(sentence, markup=False)
    for one in proposed:
        out.print(one.sentence, markup=False)
    if proposed:
        out.print(
            "To answer: thumper seasons --same DEER, or --different DEER, with the first name of a sentence.",
            markup=False,
        )


def _one_deer(
    workspace: Workspace, told: pl.DataFrame, deer: str, sheet: Path | None, json: bool
) -> None:
    import polars as pl

    from thumper_core.questions.named import individual_named

    who = individual_named(workspace, deer)
    own = told.filter(pl.col("individual_id") == who)
    if own.is_empty():
        raise ThumperError(f"{deer} is on no photo whose day is known.")
    if json:
        print_json(own.to_dicts())
    else:
        days = [own[name].dt.strftime("%Y-%m-%d") for name in ("first_seen", "last_seen")]
        shown = own.with_columns(days).select(_OF_DEER)
        table(own["label"][0], shown.columns, [list(row) for row in shown.iter_rows()])
        for season, conflict in own.select("season", "age_conflict").drop_nulls().iter_rows():
            out.print(f"{season}: {conflict}", markup=False)
    if sheet is not None:
        _write_sheet(workspace, own, sheet)
        err.print(f"Its best picture of each year: {sheet}", markup=False)


def _write_sheet(workspace: Workspace, own: pl.DataFrame, sheet: Path) -> None:
    """The best picture of each year that saw a deer, side by side, with the year below."""
    from thumper_core.report.pictures.contact_sheet import contact_sheet

    best = own.drop_nulls("best_detection_id").select("season", detection_id="best_detection_id")
    places = workspace.sql(
        "select d.detection_id, p.root, p.path_bytes, p.width, d.x1, d.y1, d.x2, d.y2, d.frame_ms "
        "from detections d join photos p using (photo_id) where list_contains(?, d.detection_id)",
        [best["detection_id"].to_list()],
    )
    rows = best.join(places, on="detection_id", maintain_order="left")
    contact_sheet(
        workspace, rows, label="season", columns=max(rows.height, 1), crop_width=320
    ).save(sheet)


def _answer(
    workspace: Workspace,
    proposed: tuple[YearLink, ...],
    deer: str,
    *,
    is_same: bool,
    by: str | None,
) -> None:
    """Record the answer to what is proposed of a deer. Raises ThumperError where nothing is."""
    from thumper_core.herd.decide import Effect, decide
    from thumper_core.questions.named import individual_named
    from thumper_core.questions.year_links import keys_of

    who = individual_named(workspace, deer)
    one = next((link for link in proposed if link.later == who), None)
    if one is None:
        raise ThumperError(f"Nothing is proposed of {deer}: `thumper seasons` lists what is.")
    keys = keys_of(workspace, (one,))
    said = one.same(keys) if is_same else one.different(keys)
    number = decide(workspace, said, by or getpass.getuser(), effect=Effect.WHOLE).numbers[-1]
    words = "one deer" if is_same else "two deer"
    out.print(
        f"{one.later_label} and {one.earlier_label} are {words}. To take it back: thumper herd undo {number}",
        markup=False,
    )


def _values(year: YearOfHerd) -> dict[str, Any]:
    """A year as JSON values; an estimate as value, low and high, or why there is none."""
    from thumper_core.herd.abundance.estimate import Estimate

    said: dict[str, Any] = {"season": year.label, "year": year.year}
    said |= {field: getattr(year, field) for field in _COUNTS}
    for name in _RESULTS:
        result = getattr(year, name)
        if isinstance(result, Estimate):
            said[name] = {"value": result.estimate, "low": result.low, "high": result.high}
        else:
            said[name] = {"reason": result.reason} if result is not None else None
    return said
