"""`survey plan`, `survey result`: a camera survey set up, and what it says of the herd."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from thumper_core.commands.common import JsonOption, open_workspace, out, print_json, table
from thumper_core.commands.export import CameraOption, FromOption, ToOption, read_scope
from thumper_core.counting import counted

if TYPE_CHECKING:
    from thumper_core.questions.survey import Survey

survey_app = typer.Typer(
    no_args_is_help=True, help="A camera survey: how to set it up, and what it says of the herd."
)


def register(app: typer.Typer) -> None:
    """Add `survey` to the command line."""
    for command in (plan, result):
        survey_app.command()(command)
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
    from thumper_core.survey.plan import TABLE
    from thumper_core.survey.plan import plan as planned

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


def result(
    begins: FromOption = None,
    ends: ToOption = None,
    cameras: CameraOption = None,
    json: JsonOption = False,
) -> None:
    """Effort, ratios, the classic estimate, known deer seen again and density, each with its interval.

    All of it believes that the herd did not change meanwhile: give the days of the survey.
    """
    from thumper_core.questions.scope import scoped
    from thumper_core.questions.survey import survey

    workspace = scoped(open_workspace(), read_scope(begins, ends, cameras, False, False, False))
    found = survey(workspace)
    if json:
        print_json(
            {
                "first": found.first,
                "last": found.last,
                "size": found.size.sentence,
                "effort": found.effort.to_dicts(),
                "gaps": found.gaps,
                "answers": [asdict(answer) for answer in found.answers],
            }
        )
        return
    _print(found)


def _print(found: Survey) -> None:
    days = int(found.effort["camera_days"].sum())
    if found.first is None:
        out.print("No photo in these days has a time that is known.")
        return
    out.print(
        f"{found.first} to {found.last}: {counted(found.effort.height, 'camera')}, "
        f"{counted(days, 'camera-day')}. {found.size.sentence}",
        markup=False,
    )
    table(
        "Effort",
        ["camera", "days", "longest silence", "photos", "visits", "visits in 100 days"],
        [
            [
                row["camera"],
                row["camera_days"],
                row["silent_days"],
                row["n_photos"],
                row["n_visits"],
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
