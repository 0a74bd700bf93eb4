"""`export`: the herd in the formats that other programs read."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import datetime
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thumper_core.commands import sharing
from thumper_core.commands.common import err, open_workspace, out, print_json
from thumper_core.counting import counted
from thumper_core.workspace import Workspace

if TYPE_CHECKING:
    from thumper_core.export.md_run import ImportSummary
    from thumper_core.questions.scope import Scope

_DAY = ["%Y-%m-%d"]
FromOption = Annotated[
    datetime | None, typer.Option("--from", formats=_DAY, help="First day, by the cameras' clocks.")
]
ToOption = Annotated[
    datetime | None, typer.Option("--to", formats=_DAY, help="Last day, included.")
]
CameraOption = Annotated[
    list[str] | None, typer.Option("--camera", help="This camera only; may be given several times.")
]
HideCoordinates = Annotated[
    bool, typer.Option("--hide-coordinates", help="Leave out where the cameras stand.")
]
HidePeople = Annotated[
    bool, typer.Option("--hide-people", help="Leave out photos that show people.")
]
HideVehicles = Annotated[
    bool, typer.Option("--hide-vehicles", help="Leave out photos that show vehicles.")
]
OutArgument = Annotated[Path, typer.Argument(metavar="OUT")]


def register(app: typer.Typer) -> None:
    """Add `export` and its formats to the command line."""
    exports = typer.Typer(
        no_args_is_help=True, help="Write the herd in a format that other programs read."
    )
    for name, command in (
        ("camtrap-dp", camtrap_dp),
        ("md-json", md_json),
        ("coco", coco),
        ("camtrapr", camtrapr),
        ("secr", secr),
        ("csv", csv),
        ("xlsx", xlsx),
        ("xmp", xmp),
        ("duckdb", duckdb),
        ("bundle", bundle),
        ("crops", sharing.crops),
        ("photos", sharing.photos),
    ):
        exports.command(name)(_with_scope(command))
    app.add_typer(exports, name="export")


def read_scope(
    begins: datetime | None,
    ends: datetime | None,
    cameras: list[str] | None,
    hide_coordinates: bool,
    hide_people: bool,
    hide_vehicles: bool,
) -> Scope:
    """The scope that the options of a call describe."""
    from thumper_core.questions.scope import Scope

    return Scope.of_days(
        begins.date() if begins else None,
        ends.date() if ends else None,
        cameras=cameras or (),
        hide_coordinates=hide_coordinates,
        hide_people=hide_people,
        hide_vehicles=hide_vehicles,
    )


def camtrap_dp(
    workspace: Workspace,
    output: OutArgument,
    title: Annotated[str | None, typer.Option(help="Default: the workspace folder's name.")] = None,
    contact: Annotated[str, typer.Option(help="Whom to ask about the data.")] = "Unnamed",
    timezone: Annotated[
        str | None,
        typer.Option(
            help="Of the cameras' clocks: America/Chicago, +02:00. Default: this computer's."
        ),
    ] = None,
) -> None:
    """Camtrap DP 1.0: a folder with deployments, media, observations and individuals."""
    from thumper_core.export.camtrap_dp import Project
    from thumper_core.export.camtrap_dp import camtrap_dp as write
    from thumper_core.zones import zone

    where = zone(timezone)
    if timezone is None:
        err.print("Times are taken to be of this computer's zone; --timezone names another.")
    _say(write(workspace, output, Project(title or workspace.root.name, contact, timezone=where)))


def md_json(workspace: Workspace, output: OutArgument) -> None:
    """MegaDetector results (JSON), for Timelapse and others; `thumper add --md-json` reads them."""
    from thumper_core.export.md_json import md_json as write

    _say(write(workspace, output))


def coco(workspace: Workspace, output: OutArgument) -> None:
    """COCO JSON with boxes, classes and individuals, to train other models."""
    from thumper_core.export.coco import coco as write

    _say(write(workspace, output))


def camtrapr(workspace: Workspace, output: OutArgument) -> None:
    """A folder of tables for camtrapR: records, stations, camera operation."""
    from thumper_core.export.camtrapr import camtrapr as write

    _say(write(workspace, output))


def secr(
    workspace: Workspace,
    output: OutArgument,
    occasion_days: Annotated[
        float, typer.Option(min=0.01, help="Length of a capture occasion, days.")
    ] = 1.0,
) -> None:
    """A folder with capture history and traps for secr (spatial capture-recapture)."""
    from thumper_core.export.secr import secr as write

    _say(write(workspace, output, occasion_days=occasion_days))


def csv(workspace: Workspace, output: OutArgument) -> None:
    """A folder of plain tables: herd, sightings, detections, photos, cameras."""
    from thumper_core.export.tables import csv as write

    _say(write(workspace, output))


def xlsx(workspace: Workspace, output: OutArgument) -> None:
    """The same tables as one workbook."""
    from thumper_core.export.tables import xlsx as write

    _say(write(workspace, output))


def xmp(workspace: Workspace, output: OutArgument) -> None:
    """XMP sidecars with species and individual, in a folder tree of their own."""
    from thumper_core.export.xmp import xmp as write

    _say(write(workspace, output))


def duckdb(
    workspace: Workspace,
    output: OutArgument,
    embeddings: Annotated[bool, typer.Option("--embeddings", help="With the vectors.")] = False,
) -> None:
    """A DuckDB file with every view of the shown run and herd as a table."""
    from thumper_core.export.duckdb_file import duckdb_file as write

    _say(write(workspace, output, embeddings=embeddings))


def bundle(
    workspace: Workspace,
    output: OutArgument,
    photos: Annotated[bool, typer.Option("--photos", help="With the photos themselves.")] = False,
) -> None:
    """A season with its decisions in one file, to open elsewhere: `thumper merge FILE`."""
    from thumper_core.imports.bundle import write_bundle

    made = write_bundle(workspace, output, whole=open_workspace(), photos=photos)
    _plain(
        f"Written: {made.file} ({counted(made.n_photos, 'photo')}, "
        f"{counted(made.n_decisions, 'decision')}, {made.bytes / 1e6:.1f} MB). Elsewhere: thumper merge "
        f"{shlex.quote(made.file.name)}"
    )
    if photos:
        left = f"; {counted(made.n_left, 'file')} could not be read" if made.n_left else ""
        _plain(f"{counted(made.n_files, 'photo')} went into it{left}.")


def import_results(workspace: Workspace, path: Path, json: bool, conf: float | None) -> None:
    """Keep a MegaDetector results file as a run and say what was found."""
    from dataclasses import asdict

    from thumper_core.export.md_run import NEXT_STEPS, import_md_json

    found = import_md_json(workspace, path, conf_min=conf)
    if json:
        print_json(asdict(found))
        return
    say_results(workspace, found, path)
    _plain(NEXT_STEPS.format(file=shlex.quote(str(path))))


def say_results(
    workspace: Workspace, found: ImportSummary, path: Path, run_id: str | None = None
) -> None:
    """Print what became of a results file. run_id: of the run in which its boxes were embedded."""
    photos, boxes = counted(found.n_photos, "photo"), counted(found.n_detections, "detection")
    before = counted(found.n_known, "photo was", "photos were")
    known = f" {before} known from it already." if found.n_known else ""
    _plain(f"Run {found.run_id}: {photos} and {boxes} from {path}.{known}")
    weaker = f" {counted(found.n_weaker, 'weaker one')} stored too." if found.n_weaker else ""
    _plain(
        f"Detections count from a confidence of {found.conf_min:g} on.{weaker} "
        "The same command with `--conf X` moves that; nothing is imported again."
    )
    for names, said in (
        (found.unmatched, "No photo of this workspace"),
        (found.ambiguous, "Left out because they can be several photos"),
        (found.videos, "Left out because they are videos"),
    ):
        if names:
            more = ", ..." if len(names) > _NAMED else ""
            _plain(f"{said}: {len(names):,} ({', '.join(names[:_NAMED])}{more})")
    if workspace.ledger.promoted("run") not in (None, found.run_id, run_id):
        _plain(
            "Another run is shown, so these detections are in the views named `all_...` only, under "
            "this run's name."
        )


_NAMED = 5  # of the entries that were left out


def _plain(sentence: str) -> None:
    out.print(sentence, markup=False)


def _with_scope(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of a scope; it gets the workspace narrowed to them."""

    def run(
        begins: FromOption = None,
        ends: ToOption = None,
        camera: CameraOption = None,
        hide_coordinates: HideCoordinates = False,
        hide_people: HidePeople = False,
        hide_vehicles: HideVehicles = False,
        **options: Any,
    ) -> None:
        from thumper_core.questions.scope import scoped

        scope = read_scope(begins, ends, camera, hide_coordinates, hide_people, hide_vehicles)
        for sentence in scope.sentences:
            err.print(sentence, markup=False)
        command(scoped(open_workspace(), scope), **options)

    # Typer reads the signature and the annotations: those of both, the command's own first.
    own = list(signature(command, eval_str=True).parameters.values())[1:]
    shared = list(signature(run, eval_str=True).parameters.values())[:-1]
    keyword = [p.replace(kind=Parameter.KEYWORD_ONLY) for p in (*own, *shared)]
    run.__signature__ = Signature(keyword)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in keyword}
    run.__doc__ = command.__doc__
    return run


def _say(path: Path) -> None:
    out.print(f"Written: {path}", markup=False)
