"""`survey`: a camera survey planned, kept, run, and what it says of the herd."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from thumper_core.commands.common import JsonOption, open_workspace, out, print_json, table
from thumper_core.commands.export import CameraOption, FromOption, ToOption, read_scope
from thumper_core.commands.individuals import ByOption
from thumper_core.contracts import UsageError
from thumper_core.counting import counted

if TYPE_CHECKING:
    from thumper_core.questions.survey import Survey
    from thumper_core.questions.survey_run import Run

survey_app = typer.Typer(
    no_args_is_help=True,
    help="A camera survey: plan it, keep it, run it, and what it says of the herd.",
)
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Of the survey.")]
_DAY = ["%Y-%m-%d"]
FirstOption = Annotated[
    datetime, typer.Option("--from", formats=_DAY, help="First day, by the cameras' clocks.")
]
LastOption = Annotated[datetime, typer.Option("--to", formats=_DAY, help="Last day, included.")]
_SIGNS = {
    "photo": "#", "quiet": ".", "said worked": "w", "silent": "x", "said dead": "d",
    "away": " ", "not yet": "?",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add `survey` to the command line."""
    for command in (plan, keep, show, camera, drop, result):
        survey_app.command()(command)
    survey_app.command("list")(list_surveys)
    app.add_typer(survey_app, name="survey")


def plan(
    area_ha: Annotated[float, typer.Argument(metavar="HECTARES", help="Of the land.")],
    cameras: Annotated[
        int | None, typer.Option(help="How many there are; default: as many as it takes.")
    ] = None,
    days: Annotated[int, typer.Option(help="How long they run.")] = 14,
    json: JsonOption = False,
) -> None:
    """How many cameras, how long, and how right published surveys were that were set up so."""
    from thumper_core.survey.survey_plan import TABLE
    from thumper_core.survey.survey_plan import plan as planned

    made = planned(area_ha, cameras, days)
    if json:
        print_json(asdict(made) | {"published": [asdict(row) for row in TABLE]})
        return
    for sentence in made.sentences:
        out.print(sentence, markup=False)
    table(
        "Published",
        ["ha a camera", "days", "found", "source"],
        [[row.ha_per_camera, row.days, row.found, row.source] for row in TABLE],
    )


def keep(
    name: NameArgument,
    first: FirstOption,
    last: LastOption,
    cameras: CameraOption = None,
    bait: Annotated[
        list[str] | None, typer.Option(help="A camera with bait; may be given several times.")
    ] = None,
    hectares: Annotated[float | None, typer.Option(help="Of the land.")] = None,
    by: ByOption = None,
) -> None:
    """Keep a survey under a name: its days, its cameras (default: all), where bait lies.

    Kept again under the same name it is changed.
    """
    from thumper_core.decisions.kinds import KeptSurvey
    from thumper_core.questions.kept_surveys import keep_survey

    wanted = KeptSurvey(
        name, first.date(), last.date(), tuple(cameras or ()), tuple(bait or ()), hectares
    )
    number = keep_survey(open_workspace(), wanted, by or getpass.getuser())
    out.print(
        f"Kept: {wanted.name}. Decision {number}; to take it back: thumper herd undo {number}",
        markup=False,
    )


def list_surveys(json: JsonOption = False) -> None:
    """The surveys that are kept, and whether each is planned, under way or done."""
    from thumper_core.questions.kept_surveys import kept_surveys, state_of
    from thumper_core.survey.survey_plan import hectares

    kept = kept_surveys(open_workspace())
    rows = [one.payload() | {"state": state_of(one, date.today())} for one in kept]
    if json:
        print_json(rows)
        return
    if not rows:
        out.print("No survey is kept yet: thumper survey keep NAME --from DAY --to DAY")
        return
    table(
        "Surveys",
        ["name", "from", "to", "cameras", "with bait", "ha", "state"],
        [
            [
                *(row["name"], row["first"], row["last"], ", ".join(row["cameras"]) or "all"),
                *(", ".join(row["bait"]) or None, row["area_ha"] and hectares(row["area_ha"])),
                row["state"],
            ]
            for row in rows
        ],
    )


def show(name: NameArgument, json: JsonOption = False) -> None:
    """How a survey runs, or ran: each camera's days, gaps, bait sites, cameras to visit."""
    from thumper_core.questions.survey_run import run_of

    run = run_of(open_workspace(), name, date.today())
    if json:
        print_json(
            run.survey.payload()
            | {
                "state": run.state,
                "days": run.calendar.to_dicts(),
                "gaps": [asdict(gap) for gap in run.gaps],
                "bait": [asdict(one) for one in run.bait],
                "visit": [asdict(one) for one in run.visits],
            }
        )
        return
    _print_run(run)


def camera(
    name: Annotated[str, typer.Argument(metavar="CAMERA")],
    what: Annotated[
        Literal["worked", "dead"], typer.Argument(help="It worked on these days, or was dead.")
    ],
    first: FirstOption,
    last: LastOption,
    by: ByOption = None,
) -> None:
    """Say that a camera worked on days without a photo, or that it was dead: it goes before the rule."""
    from thumper_core.decisions.kinds import CameraWorked
    from thumper_core.herd.decide import decide
    from thumper_core.questions.kept_surveys import known_cameras
    from thumper_core.store.cameras.names import require_camera

    workspace = open_workspace()
    meant = require_camera(name, known_cameras(workspace))
    said = CameraWorked(meant, first.date(), last.date(), what == "worked")
    number = decide(workspace, said, by or getpass.getuser()).numbers[-1]
    out.print(
        f"Noted: {said.about(said.payload())}. Decision {number}; to take it back: "
        f"thumper herd undo {number}",
        markup=False,
    )


def drop(name: NameArgument, by: ByOption = None) -> None:
    """Keep a survey no longer; photos stay, and so does what was said of cameras."""
    from thumper_core.questions.kept_surveys import drop_survey

    numbers = drop_survey(open_workspace(), name, by or getpass.getuser())
    undo = "; ".join(f"thumper herd undo {number}" for number in reversed(numbers))
    out.print(f"Taken back. To keep it again: {undo}", markup=False)


def result(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Of a survey that is kept.")
    ] = None,
    begins: FromOption = None,
    ends: ToOption = None,
    cameras: CameraOption = None,
    json: JsonOption = False,
) -> None:
    """Effort, ratios, the classic estimate, known deer seen again and density, each with its interval.

    All of it believes that the herd did not change meanwhile: name a survey, or give its days.
    """
    from thumper_core.questions.scope import scoped
    from thumper_core.questions.survey import survey
    from thumper_core.questions.survey_answers import record
    from thumper_core.questions.survey_run import result_of

    if name is not None and (begins or ends or cameras):
        raise UsageError("A survey that is kept has its days and cameras: give its name alone.")
    workspace = open_workspace()
    if name is not None:
        found = result_of(workspace, name, date.today())
    else:
        scope = read_scope(begins, ends, cameras, False, False, False)
        found = survey(scoped(workspace, scope))
    if json:
        print_json(record(found))
        return
    _print(found)


def _print_run(run: Run) -> None:
    kept = run.survey
    out.print(f"{kept.name}, {kept.first} to {kept.last}: {run.state}. {run.lead}", markup=False)
    width = max((len(camera) for camera in run.calendar["camera"]), default=0)
    for (name,), rows in run.calendar.group_by("camera", maintain_order=True):
        signs = "".join(_SIGNS[state] for state in rows["state"])
        out.print(f"{name!s:{width}}  {signs}", markup=False)
    out.print(
        "# photos, . none and counts, w said to have worked, x silent and does not count, d said to have "
        "been dead, blank: away, ? not known yet",
        markup=False,
        style="dim",
    )
    if run.gaps:
        table(
            "Gaps",
            ["camera", "from", "to", "days", "counts", "why"],
            [
                [
                    *(gap.camera, gap.first.isoformat(), gap.last.isoformat(), gap.days),
                    *("yes" if gap.counts else "no", " ".join([gap.why, *gap.reasons])),
                ]
                for gap in run.gaps
            ],
        )
    if run.bait:
        rows_of_bait = [[a.question, a.value or "none", a.interval or a.reason] for a in run.bait]
        table("Bait", ["", "value", "95% interval"], rows_of_bait)
    if run.visits:
        table("Visit", ["camera", "because"], [[one.camera, one.reason] for one in run.visits])


def _print(found: Survey) -> None:
    days = int(found.effort["camera_days"].sum())
    if found.first is None:
        out.print("No photo in these days has a time that is known.")
        return
    out.print(
        f"{found.first} to {found.last}: {counted(found.effort.height, 'camera')}, "
        f"{counted(days, 'camera-day')}." + (f" {found.covered}" if found.covered else ""),
        markup=False,
    )
    out.print(found.lead, markup=False)
    columns = ("camera", "camera_days", "uncounted_days", "silent_days", "n_photos", "n_visits")
    table(
        "Effort",
        [
            *("camera", "days", "not counted", "longest silence", "photos", "visits"),
            "per 100 days",
        ],
        [
            [
                *(row[column] for column in columns),
                None if row["per_100_days"] is None else round(row["per_100_days"]),
            ]
            for row in found.effort.iter_rows(named=True)
        ],
    )
    table(
        "Results",
        ["", "value", "95% interval"],
        [[a.question, a.value or "none", a.interval or a.reason] for a in found.answers],
    )
    for heading, texts in (
        (
            "Believe it with care:",
            [*filter(None, [found.gaps]), *(t for a in found.answers for t in a.cautions)],
        ),
        ("What the figures take for granted:", [t for a in found.answers for t in a.assumptions]),
    ):
        if texts:
            out.print(f"\n{heading}", markup=False)
        for text in dict.fromkeys(texts):
            out.print(f"- {text}", markup=False)
