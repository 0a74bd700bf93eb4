"""`start`: a season in one command, each step the command of its own that it prints."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thumper_core.commands import herd
from thumper_core.commands import photos as steps
from thumper_core.commands.common import (
    Exit,
    SpeciesOption,
    State,
    TrustOption,
    asking,
    known_models,
    may_ask,
    open_workspace,
    out,
)
from thumper_core.deer import DEER_NAMES
from thumper_core.files import expanded
from thumper_core.settings import Settings
from thumper_core.workspace import Workspace, chosen_folder

if TYPE_CHECKING:
    from thumper_core.ingest.look import Seen


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(start)


def start(
    photos: Annotated[Path, typer.Argument(metavar="PHOTOS", help="The folder with the photos.")],
    directory: Annotated[
        Path | None, typer.Argument(metavar="[WORKSPACE]", help="Default: the --workspace folder.")
    ] = None,
    camera_level: Annotated[
        int | None,
        typer.Option(
            help="Folder level that names the camera, as for `add`. Default: the workspace's; of a new "
            "one, by the folders."
        ),
    ] = None,
    species: SpeciesOption = None,
    detector: Annotated[
        str | None, typer.Option(help="As for `run`; kept as the workspace's own.")
    ] = None,
    embedder: Annotated[
        str | None, typer.Option(help="As for `run`; kept as the workspace's own.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: go on with what was seen.")
    ] = False,
    trust: TrustOption = False,
) -> None:
    """From a folder of photos to a herd and its report: init, add, run, identify, report.

    What the folders say of the cameras is told first. Each step is printed as the command that does
    it alone. Stop it, repeat it: it goes on where it was, and takes in what is new.
    """
    from thumper_core.ingest.look import look
    from thumper_core.pipeline.launch import require_models
    from thumper_core.questions.no_deer import why_no_deer

    folder = chosen_folder(directory or State.workspace)
    State.workspace = folder
    is_new = not (folder / "ledger.sqlite").is_file()
    there = None if is_new else Workspace.open(folder)
    settings = there.settings if there is not None else Settings()
    given = settings.replace("detect", detector=detector).replace("embed", embedder=embedder)
    given = given.about(species)
    asking(lambda: require_models(given, known_models(), trust=trust))
    is_bare = there is None or not there.ledger.roots()
    level = camera_level
    if level is None and (not is_bare or settings.ingest != Settings().ingest):
        level = settings.ingest.camera_level
    seen = look(photos, level)
    _tell(seen)
    if is_bare and not yes and may_ask():
        if camera_level is None:
            seen = _confirmed(seen)
        if species is None:
            species = _species(settings.species)
        if not typer.confirm(f"Go on, in the workspace {folder}?", default=True, err=True):
            raise typer.Abort()
    about = settings.species if species is None else settings.about(species).species
    another = " (--species NAME: another)" if species is None else ""
    out.print(f"The species of interest is {about}{another}.", markup=False)
    State.is_chain = True
    worst = 0
    if is_new:
        worst = max(worst, _step(["init", str(folder)], lambda: steps.init(folder), alone=True))
    _keep(Workspace.open(folder), detector, embedder)
    named = {"--detector": detector, "--embedder": embedder, "--species": species}
    options = [word for name, value in named.items() if value is not None for word in (name, value)]
    by_level = ["--camera-level", str(seen.level)]
    chain: list[tuple[list[str], Callable[[], None]]] = [
        (["add", str(photos), *by_level], lambda: steps.add([photos], camera_level=seen.level)),
        (["run", *options], lambda: steps.run(detector, embedder, species=species, trust=trust)),
        (["identify"], _identify),
        (["report"], herd.report),
    ]
    no_deer = None
    for words, work in chain:
        code = _step(words, work)
        worst = max(worst, code)
        if State.is_stopped:
            out.print("The same command goes on.")
            raise typer.Exit(Exit.REFUSED)
        if words == ["identify"] and code:  # there are no deer, and it said why
            no_deer = why_no_deer(Workspace.open(folder))
            if no_deer is None or not no_deer.is_final:
                raise typer.Exit(code)
    out.print(f"Look at it: {_line(['app'])}", markup=False)
    if worst:
        out.print(_reason(Workspace.open(folder), no_deer is not None), markup=False)
        raise typer.Exit(worst)


def _identify() -> None:
    """The herd, but where it would be the one that is shown."""
    from thumper_core.herd.build import unchanged_herd

    kept = unchanged_herd(open_workspace())
    if kept is None:
        herd.identify()
    else:
        out.print(f"Nothing is new since herd {kept.herd_id} was made, so it stays.")


def _reason(workspace: Workspace, has_no_deer: bool) -> str:
    """Why the exit code is not 0."""
    from thumper_core.pipeline.newest import newest_complete_run
    from thumper_core.questions.unread import unread_photos
    from thumper_core.questions.words import counted

    unread = unread_photos(workspace, newest_complete_run(workspace).run_id, in_part=True)
    reasons = ["there are no deer to tell apart"] if has_no_deer else []
    if unread.n:
        photos = counted(unread.n, "photo")
        reasons.append(f"{photos} could not be read in full ({unread.names})")
    return f"Exit code 1: {'; '.join(reasons)}."


def _tell(seen: Seen) -> None:
    for sentence in seen.sentences:
        out.print(sentence, markup=False)


def _confirmed(seen: Seen) -> Seen:
    """What was seen, at the level that a person says names the cameras."""
    from thumper_core.ingest.look import look

    while not typer.confirm("Are these the cameras?", default=True, err=True):
        level = typer.prompt(
            "Level of the folder that names the camera (1: the first below the folder of the "
            "photos, -1: the one that holds a photo, 0: the folder itself)",
            type=int,
            default=seen.level,
            err=True,
        )
        seen = look(seen.folder, level)
        _tell(seen)
    return seen


def _species(usual: str) -> str | None:
    """The species that a person says; None where it is the usual one."""
    said = str(
        typer.prompt(
            f"Which deer is it about ({', '.join(DEER_NAMES)}, or another)?",
            default=usual,
            err=True,
        )
    )
    return None if said.strip().lower() == usual else said


def _keep(workspace: Workspace, detector: str | None, embedder: str | None) -> None:
    """Make the models that were named the workspace's own, so that later commands take them too."""
    if detector is not None and expanded(detector).exists():
        detector = str(expanded(detector).absolute())
    settings = workspace.settings.replace("detect", detector=detector)
    settings = settings.replace("embed", embedder=embedder)
    if settings != workspace.settings:
        settings.save(workspace.settings_file)


def _step(words: list[str], work: Callable[[], None], *, alone: bool = False) -> int:
    """Print a step's own command and do it; its exit code. Others than 0 and 1 end the chain."""
    out.print(f"\n$ {_line(words, alone=alone)}", markup=False, style="bold")
    try:
        work()
    except typer.Exit as ended:
        if ended.exit_code not in (Exit.DONE, Exit.WITH_FAILURES):
            raise
        return int(ended.exit_code)
    return int(Exit.DONE)


def _line(words: list[str], *, alone: bool = False) -> str:
    """A command as a person types it. alone: without the workspace before it."""
    where = [] if alone else ["-w", str(State.workspace)]
    return shlex.join(["thumper", *where, *words])
