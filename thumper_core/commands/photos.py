"""`init`, `add`, `run`: from files to detections and embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from thumper_core.commands.common import (
    DetachOption,
    Exit,
    JsonOption,
    RetryFailedOption,
    SpeciesOption,
    State,
    TrustOption,
    err,
    load_models,
    open_workspace,
    out,
    print_json,
    progress_bar,
    run_words,
    say_if_resting,
    say_next,
    say_no_deer,
    stop_on_interrupt,
)
from thumper_core.commands.export import import_results
from thumper_core.commands.jobs import start_detached
from thumper_core.commands.stamps import CameraFromOption, read_printed
from thumper_core.commands.versions import CellularOption
from thumper_core.contracts import UsageError
from thumper_core.counting import counted
from thumper_core.workspace import Workspace, chosen_folder

if TYPE_CHECKING:
    from thumper_core.pipeline.launch import Models
    from thumper_core.pipeline.run import EngineMaker
    from thumper_core.settings import Settings


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(init)
    app.command()(add)
    app.command()(run)


def init(
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Default: the --workspace folder.")
    ] = None,
) -> None:
    """Make a workspace: the folder that holds settings, results and reports."""
    folder = chosen_folder(directory or State.workspace)
    workspace = Workspace.create(folder)
    species = workspace.settings.species
    out.print(f"Workspace ready in {workspace.root}", markup=False)
    out.print(
        f"The species of interest is {species} (`run --species NAME`: another).", markup=False
    )
    if directory is not None:
        State.workspace = directory
    say_next("add PATH-TO-PHOTOS")


def add(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="Folders or files.")
    ] = None,
    camera_level: Annotated[
        int | None,
        typer.Option(
            help="Folder level that names the camera: 1 is the first below PATH, -1 the one that "
            "holds the photo, 0 PATH itself. Default: the workspace's setting (1)."
        ),
    ] = None,
    camera_from: CameraFromOption = None,
    cellular: CellularOption = False,
    md_json: Annotated[
        Path | None,
        typer.Option(
            "--md-json",
            help="Keep the detections of this MegaDetector or SpeciesNet results file as a run.",
        ),
    ] = None,
    conf: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="With --md-json: weakest detection that counts; weaker ones stay stored. "
            "Default: what the file or its detector's authors advise.",
        ),
    ] = None,
    reread: Annotated[
        bool,
        typer.Option(
            "--reread", help="Open known files too, for what a newer version finds in them."
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Register photos where they lie; nothing is moved, renamed or written to."""
    from thumper_core.cameras.naming import camera_notes
    from thumper_core.cameras.undated import untimed_notes
    from thumper_core.ingest.add import add_paths

    workspace = open_workspace()
    if conf is not None and md_json is None:
        raise UsageError("--conf is for `--md-json FILE`; of a run it is `thumper run --conf`.")
    if not paths:
        if md_json is None:
            raise UsageError("Name the folders or files to add: `thumper add PATH`.")
        import_results(workspace, md_json, json, conf)
        return
    # Later calls, and whatever adds by itself, must agree with this one.
    if camera_level is not None or camera_from is not None:
        workspace.settings = workspace.settings.replace(
            "ingest", camera_level=camera_level, camera_from=camera_from
        )
        workspace.settings.save(workspace.settings_file)
    with progress_bar("Reading") as advance:
        summary = add_paths(workspace, paths, reread=reread, sent=cellular, on_progress=advance)
    if md_json is not None:
        import_results(workspace, md_json, json, conf)
        return
    notes = read_printed(workspace, paths) + camera_notes(workspace, paths)
    if summary.n_new or summary.n_changed or reread:  # it asks all photos: not for the old news
        notes += untimed_notes(workspace)
    if json:
        print_json(asdict(summary) | {"camera_notes": notes})
        return
    out.print(
        f"{counted(summary.n_files, 'file')}: {summary.n_new:,} new, {summary.n_changed:,} changed, "
        f"{summary.n_unchanged:,} unchanged, {summary.n_missing:,} gone, "
        f"{summary.n_unreadable:,} unreadable, {summary.n_ignored:,} not photos "
        f"({summary.seconds:.1f} s)"
    )
    if summary.n_duplicate_paths:
        out.print(f"Copies of a photo that lies elsewhere too: {summary.n_duplicate_paths:,}.")
    if summary.n_versions:
        out.print(f"Versions of pictures that are there in another size: {summary.n_versions:,}.")
    for line in notes:
        out.print(line, markup=False)
    say_next(run_words(workspace))


def run(
    detector: Annotated[
        str | None, typer.Option(help="Name in the registry (thumper models list) or a file.")
    ] = None,
    embedder: Annotated[str | None, typer.Option(help="Name in the registry.")] = None,
    conf: Annotated[
        float | None, typer.Option(min=0, max=1, help="Weakest detection that is kept.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Most photos in this call.")] = None,
    camera: Annotated[str | None, typer.Option(help="Photos of this camera only.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%d %H:%M:%S"], help="Photos from here on only."),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="auto, cuda, openvino or torch; auto takes the best.")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Pictures for one model call.")
    ] = None,
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(help="local: this process; ray: a worker on every machine of a Ray cluster."),
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT", help="Head of the Ray cluster, or auto. Default: this machine."
        ),
    ] = None,
    species: SpeciesOption = None,
    trust: TrustOption = False,
    retry_failed: RetryFailedOption = False,
    detach: DetachOption = False,
    json: JsonOption = False,
) -> None:
    """Detect and embed every pending photo. Stop it, repeat it: it goes on where it was.

    Other programs are served first; where none works, the processor is all its own. Exit code 1 where
    photos failed, or where no deer are in what the run found: it says why.
    """
    from thumper_core.flows.species import keep_species
    from thumper_core.pipeline.effort import give_way
    from thumper_core.pipeline.limits import limit_of
    from thumper_core.pipeline.progress import Progress
    from thumper_core.pipeline.run import Selection
    from thumper_core.pipeline.run import run as run_pipeline
    from thumper_core.pipeline.strips import strips_left
    from thumper_core.pipeline.tuned import with_tuned
    from thumper_core.questions.no_deer import why_no_deer

    workspace = open_workspace()
    if address is not None and engine == "local":
        raise UsageError("--address is for `--engine ray`.")
    if detach:
        start_detached()
        return
    settings = (
        workspace.settings.replace("detect", detector=detector, conf_min=conf)
        .replace("embed", embedder=embedder)
        .replace("engine", device=device, batch_size=batch_size)
    )
    give_way()
    # With workers elsewhere, this machine needs the models only to know what the run is made with.
    here = settings if engine == "local" else settings.replace("engine", device="auto")
    models = load_models(workspace, here, trust=trust)
    if engine == "local":
        settings = with_tuned(settings, models.tuned)
    if species is not None:
        places = [camera] if camera is not None else []
        err.print(keep_species(workspace, species, places, models.meanings.values()), markup=False)

    say_if_resting(workspace)
    with (
        _engine(engine, address, workspace, models, settings) as work,
        progress_bar("Photos") as advance,
        stop_on_interrupt() as stop,
    ):

        def show(progress: Progress) -> None:
            failed = f", {progress.failed} failed" if progress.failed else ""
            advance(progress.done, progress.total, f"{progress.rate:.1f}/s{failed}")

        summary = run_pipeline(
            workspace,
            models.detector,
            models.embedder,
            settings=settings,
            meanings=models.meanings,
            selection=Selection(camera, since, limit, retry_failed),
            on_progress=show,
            stop=stop,
            engine=work,
        )
    progress = summary.progress
    limited = limit_of(progress.as_dict())
    no_deer = why_no_deer(workspace, run_id=summary.run_id) if summary.n_left == 0 else None
    if json:
        facts = {
            "run_id": summary.run_id,
            "left": summary.n_left,
            "limit": limited.sentence if limited else None,
            "no_deer": no_deer.sentence if no_deer else None,
        }
        print_json(facts | progress.as_dict())
    else:
        rate = progress.done / progress.elapsed_s if progress.elapsed_s else 0.0
        out.print(
            f"Run {summary.run_id}: {counted(progress.done, 'photo')} in {progress.elapsed_s:.0f} s "
            f"({rate:.1f}/s), {counted(progress.detections, 'detection')}, "
            f"{counted(summary.n_left, 'photo')} left."
        )
        if progress.failures:
            reasons = ", ".join(f"{n} {code}" for code, n in sorted(progress.failures.items()))
            out.print(f"Could not be read in full: {reasons}. `thumper status` lists them.")
        if limited:
            out.print(limited.sentence)
        if remark := strips_left(workspace, summary.run_id):
            out.print(f"[yellow]Note:[/yellow] {remark}")
        if summary.n_left:
            out.print("The same command goes on.")
        elif no_deer is not None and not State.is_chain:  # else `identify` says it
            say_no_deer(no_deer)
        else:
            say_next("identify")
            if workspace.ledger.promoted("run") == summary.run_id:
                out.print("`thumper who`, or the page New, says who is in the new pictures.")
    if progress.failures or (no_deer is not None and not State.is_chain):
        raise typer.Exit(Exit.WITH_FAILURES)


@contextmanager
def _engine(
    name: str, address: str | None, workspace: Workspace, models: Models, settings: Settings
) -> Iterator[EngineMaker | None]:
    """Who works on the photos: None, this process, or the workers of a Ray cluster."""
    if name == "local":
        yield None
        return
    from thumper_core.pipeline.ray_engine import order_for, ray_engine
    from thumper_core.pipeline.ray_pool import RayPool

    order = order_for(workspace, models, settings)
    err.print("Connecting to Ray ...")
    with RayPool(order, address=address, say=err.print) as pool:
        yield ray_engine(pool, settings)
