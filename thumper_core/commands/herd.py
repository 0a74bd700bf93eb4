"""`identify`, `report`, `rollback`: from embeddings to a herd and a page about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thumper_core.commands.common import (
    Exit,
    JsonOption,
    SpeciesOption,
    err,
    open_workspace,
    out,
    print_json,
    say_next,
    say_no_deer,
)
from thumper_core.commands.export import (
    CameraOption,
    FromOption,
    HideCoordinates,
    HidePeople,
    HideVehicles,
    ToOption,
    read_scope,
)
from thumper_core.commands.sharing import BlurPeople, blurring
from thumper_core.commands.sweep import RunOption
from thumper_core.contracts import UsageError
from thumper_core.counting import counted

if TYPE_CHECKING:
    from thumper_core.store.herd_summary import HerdSummary

ThresholdOption = Annotated[
    str | None,
    typer.Option(help="Probability that two groups are one animal, 0 to 1; auto: recommended."),
]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(identify)
    app.command()(report)
    app.command()(rollback)


def identify(
    threshold: ThresholdOption = None,
    method: Annotated[
        str | None, typer.Option(help="average, greedy (the old rule) or hdbscan.")
    ] = None,
    run_id: RunOption = None,
    conf: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Weakest detection that is grouped. Default: the workspace's (0.4)."
        ),
    ] = None,
    species: SpeciesOption = None,
    camera: Annotated[
        list[str] | None,
        typer.Option(help="With --species: only at this camera every animal is one."),
    ] = None,
    matching: Annotated[
        str | None,
        typer.Option(
            metavar="on|off",
            help="Compare crops place by place too. Default: the workspace's (off).",
        ),
    ] = None,
    promote: Annotated[bool, typer.Option(help="Make the new herd the one that is shown.")] = True,
    json: JsonOption = False,
) -> None:
    """Group the deer of a run into individuals. Names and decisions stay with their animals.

    Exit code 1 where there are no deer: then nothing is recorded, and a herd that is shown stays.
    """
    from thumper_core.flows.species import keep_species
    from thumper_core.herd.build import build_herd
    from thumper_core.questions.found_by import found_by
    from thumper_core.questions.no_deer import deer_left_out, why_no_deer
    from thumper_core.store.meanings import meanings_of

    workspace = open_workspace()
    if camera and species is None:
        raise UsageError("--camera is for `--species NAME`: where every animal is one.")
    if species is not None:
        meanings = None
        if run_id is not None:
            detector = workspace.ledger.run(run_id).detector
            meanings = meanings_of(workspace.ledger, detector).values()
        err.print(keep_species(workspace, species, camera or [], meanings), markup=False)
    settings = workspace.settings.replace(
        "identify",
        threshold=_threshold(threshold),
        method=method,
        class_conf_min=conf,
        matching=matching,
    )
    least = settings.identify.class_conf_min
    no_deer = why_no_deer(workspace, run_id=run_id, conf_min=least)
    if no_deer is not None:
        if json:
            print_json({"herd_id": None, "no_deer": no_deer.reason, "why": no_deer.sentence})
        else:
            say_no_deer(no_deer)
        raise typer.Exit(Exit.WITH_FAILURES)
    with err.status("Telling the deer apart"):
        result = build_herd(workspace, run_id=run_id, settings=settings, promote=promote)
    if json:
        print_json({"herd_id": result.herd_id, "run_id": result.run_id} | result.summary.to_json())
        return
    show_herd(result.summary, result.run_id)
    out.print(found_by(workspace, herd=(result.herd_id, result.run_id)), markup=False)
    left_out = deer_left_out(workspace, result.run_id, least)
    if left_out:
        out.print(left_out, markup=False)
    say_next("report")


def show_herd(summary: HerdSummary, run_id: str) -> None:
    """Print what an identification found."""
    from thumper_core.questions.herd_size import Known, herd_size

    counts, trust = summary.counts, summary.trust
    size = herd_size(summary, counts.n_individuals or 0)
    out.print(size.sentence, markup=False, style="bold")
    kinds = (
        counted(counts.n_bucks or 0, "buck"),
        counted(counts.n_does or 0, "doe"),
        counted(counts.n_fawns or 0, "fawn"),
        f"{counts.n_unknown or 0:,} unknown",
    )
    out.print(
        f"{counted(size.n_groups, 'group')}: {', '.join(kinds)} (herd {summary.herd_id}, from "
        f"{counted(counts.n_detections or 0, 'detection')} of run {run_id})"
    )
    rate = counts.assignment_rate
    if rate is not None:
        out.print(f"{rate:.0%} of detections are in a group that was seen on two visits or more.")
    if trust.stability is not None:
        shaky = counted(len(trust.unstable), "group")
        out.print(
            f"{trust.stability:.0%} of a group comes together again when bursts are drawn anew"
            + (f"; of {shaky}, less than half does." if trust.unstable else ".")
        )
    if summary.cut.reason and size.known is not Known.UNCALIBRATED:  # else a note says it
        out.print(summary.cut.reason)
    for warning in summary.warnings:
        out.print(f"[yellow]Note:[/yellow] {warning}")


def report(
    output: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="A folder, or for one format the file (for csv and weekly the folder) to write. "
            "Default: the workspace's reports folder.",
        ),
    ] = None,
    formats: Annotated[
        str,
        typer.Option(
            "--format", help="Some of html, pdf, xlsx, csv, weekly, lease; commas between."
        ),
    ] = "html",
    title: Annotated[str | None, typer.Option(help="Default: the folder's name.")] = None,
    language: Annotated[
        str,
        typer.Option(help="Of the lease report: en, de, es or fr, de_CH; the others are English."),
    ] = "en",
    begins: FromOption = None,
    ends: ToOption = None,
    camera: CameraOption = None,
    hide_coordinates: HideCoordinates = False,
    hide_people: HidePeople = False,
    hide_vehicles: HideVehicles = False,
    blur_people: BlurPeople = False,
) -> None:
    """Write the herd report: a page that needs no network, a PDF, tables, a weekly summary or a lease report.

    Exit code 1 where there are no photos, or the results are lost: then nothing is written.
    """
    from thumper_core.language import LANGUAGES, known
    from thumper_core.questions.no_deer import why_no_deer
    from thumper_core.questions.reasons import Why
    from thumper_core.questions.scope import scoped
    from thumper_core.report.write import NAMES, read_formats, write_reports

    wanted = read_formats(formats)
    locale = known(language)
    if locale is None:
        raise UsageError(f"--language takes one of {', '.join(LANGUAGES)}, not {language!r}.")
    scope = read_scope(begins, ends, camera, hide_coordinates, hide_people, hide_vehicles)
    workspace = open_workspace()
    no_deer = why_no_deer(workspace)
    if no_deer is not None and no_deer.reason in (
        Why.NO_PHOTOS,
        Why.LOST,
    ):  # nothing at all to report
        say_no_deer(no_deer)
        raise typer.Exit(Exit.WITH_FAILURES)
    workspace = blurring(scoped(workspace, scope), blur_people)
    with err.status(f"Writing {', '.join(NAMES[name] for name in wanted)}"):
        paths = write_reports(workspace, wanted, output, title=title, locale=locale)
    for path in paths:
        out.print(f"Report: {path}", markup=False)


def rollback() -> None:
    """Show the herd that was shown before the present one."""
    from thumper_core.herd.roll_back import roll_back

    herd_id, run_id = roll_back(open_workspace())
    out.print(f"Now shown: herd {herd_id} of run {run_id}. Nothing was deleted.")


def _threshold(text: str | None) -> float | str | None:
    if text is None or text == "auto":
        return text
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"--threshold takes a number from 0 to 1 or auto, not {text!r}.") from None
