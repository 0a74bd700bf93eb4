"""`import`: work that was done elsewhere comes in, and goes again as a whole."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thumper_core.commands.common import (
    Exit,
    JsonOption,
    TrustOption,
    load_models,
    open_workspace,
    out,
    print_json,
    progress_bar,
    say_next,
    stop_on_interrupt,
    table,
)
from thumper_core.commands.export import say_results
from thumper_core.counting import counted
from thumper_core.workspace import Workspace

if TYPE_CHECKING:
    from thumper_core.imports.individuals import RunIt
    from thumper_core.pipeline.run import RunSummary

imports_app = typer.Typer(
    no_args_is_help=True,
    help="Bring in work that was done elsewhere: detections, known animals, packages.",
)
ByOption = Annotated[str | None, typer.Option("--by", help="Who brings it. Default: your login.")]
ConfOption = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="Weakest detection that counts; weaker ones stay stored. Default: what the file or its "
        "detector's authors advise.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(imports_app, name="import")


@imports_app.command()
def results(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A results file (JSON), a `.ddb` or CSV of Timelapse, a CSV of AddaxAI.",
        ),
    ],
    conf: ConfOption = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Take the boxes of MegaDetector, SpeciesNet, Timelapse or AddaxAI, and embed them here.

    Nothing is detected a second time. What people filled in or verified becomes decisions where it is
    clear which animal is meant. Add the photos first. Stop it, repeat it: it goes on where it was, and
    takes what was added meanwhile.
    """
    from dataclasses import asdict

    from thumper_core.imports.results import import_results
    from thumper_core.pipeline.launch import open_embedder_alone

    workspace = open_workspace()
    with progress_bar("Photos") as advance, stop_on_interrupt() as stop:
        made = import_results(
            workspace,
            file,
            lambda: open_embedder_alone(workspace, workspace.settings),
            author=by or getpass.getuser(),
            conf_min=conf,
            on_progress=lambda p: advance(p.done, p.total, f"{p.rate:.1f}/s"),
            stop=stop,
        )
    ran, words = made.run, made.words
    if json:
        facts: dict[str, Any] = {"import_id": made.import_id}
        facts["words"] = asdict(words) if words else None
        if made.found and ran:
            facts |= asdict(made.found) | {"run_id": ran.run_id, "left": ran.n_left}
            facts |= ran.progress.as_dict()
        print_json(facts)
    elif made.found and ran:
        say_results(workspace, made.found, file, ran.run_id)
        _say_run(ran)
    for sentence in words.sentences if words and not json else ():
        out.print(sentence, markup=False)
    _end(ran, made.import_id, json=json)


@imports_app.command()
def individuals(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="It holds a folder for each animal, named for it.")
    ],
    cropped: Annotated[
        bool,
        typer.Option("--cropped", help="The pictures are cut-outs: all of each is one animal."),
    ] = False,
    by: ByOption = None,
    trust: TrustOption = False,
    json: JsonOption = False,
) -> None:
    """Make an individual of each folder of pictures: its name, which pictures show it, and a note.

    Pictures of different folders are different animals from then on. Done again, only what is new
    comes in.
    """
    from dataclasses import asdict

    from thumper_core.imports.individuals import import_individuals, told

    workspace = open_workspace()
    with progress_bar("Photos") as advance, stop_on_interrupt() as stop:
        found = import_individuals(
            workspace,
            folder,
            _runner(workspace, trust, advance, stop),
            author=by or getpass.getuser(),
            cropped=cropped,
            on_progress=advance,
        )
    if json:
        print_json(asdict(found))
    else:
        for sentence in told(found):
            out.print(sentence, markup=False)
        say_undo(found.import_id)
        say_next("identify")
    if found.several or found.none or found.twice or found.absent:
        raise typer.Exit(Exit.WITH_FAILURES)


@imports_app.command()
def package(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="The package's folder, or its ZIP file.")
    ],
    by: ByOption = None,
    trust: TrustOption = False,
    json: JsonOption = False,
) -> None:
    """Bring in a Camtrap DP or Wildlife Insights package: cameras, boxes, what people said, individuals.

    Add the photos first, or have them in the package's folder. Where the package has no boxes, a
    detector looks for them. Done again, only what is new comes in.
    """
    from dataclasses import asdict

    from thumper_core.imports.package import import_package, told
    from thumper_core.pipeline.launch import open_embedder_alone

    workspace = open_workspace()
    with progress_bar("Photos") as advance, stop_on_interrupt() as stop:
        found = import_package(
            workspace,
            path,
            lambda: open_embedder_alone(workspace, workspace.settings),
            _runner(workspace, trust, advance, stop),
            author=by or getpass.getuser(),
        )
    if json:
        facts = asdict(found)
        facts.pop("run")
        print_json(facts | {"run_id": found.run.run_id, "left": found.run.n_left})
    else:
        for sentence in told(found):
            out.print(sentence, markup=False)
        _say_run(found.run)
        say_undo(found.import_id)
        say_next("identify")
    if found.unmatched or found.unclear or found.run.progress.failures:
        raise typer.Exit(Exit.WITH_FAILURES)


@imports_app.command("list")
def list_imports(json: JsonOption = False) -> None:
    """List what came in, and what was taken back."""
    from thumper_core.store.came_in import imports

    rows = imports(open_workspace().ledger)
    if json:
        print_json([row._asdict() for row in rows])
    elif not rows:
        out.print("Nothing was brought in from elsewhere.")
    else:
        columns = ["import", "kind", "from", "by", "when", "taken back"]
        days = [
            [f"{at:%Y-%m-%d %H:%M}" if at else "" for at in (row.made_at, row.undone_at)]
            for row in rows
        ]
        table(
            "Imports",
            columns,
            [
                [r.import_id, r.kind, r.source, r.author, *d]
                for r, d in zip(rows, days, strict=True)
            ],
        )


@imports_app.command()
def undo(
    number: Annotated[int, typer.Argument(metavar="IMPORT", help="Its number in the list.")],
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Take an import back as a whole, a merge too; what people said since stays.

    No photo is touched. Decisions that came with it are undone, its runs are left out, and the herd
    from before it is shown again.
    """
    from thumper_core.imports.undo import undo_import

    made = undo_import(open_workspace(), number, by or getpass.getuser())
    if json:
        facts = {"decisions": made.n_decisions, "files": made.n_files, "runs": made.runs}
        print_json({"import_id": number, **facts, "herd_id": made.herd_id})
        return
    out.print(made.sentence, markup=False)


def _runner(workspace: Workspace, trust: bool, advance: Any, stop: Any) -> RunIt:
    """The pipeline with the usual models, or with a detector that was told its answers."""
    from thumper_core.imports.individuals import MEANINGS
    from thumper_core.pipeline.launch import open_embedder_alone
    from thumper_core.pipeline.run import Target, run
    from thumper_core.pipeline.told import ToldDetector

    def run_it(detector: ToldDetector | None, target: Target) -> RunSummary:
        if detector is None:
            models = load_models(workspace, workspace.settings, trust=trust)
            using: Any = models.detector
            embedder, meanings = models.embedder, models.meanings
        else:
            embedder = open_embedder_alone(workspace, workspace.settings)
            using, meanings = detector, MEANINGS
        return run(
            workspace,
            using,
            embedder,
            meanings=meanings,
            target=target,
            on_progress=lambda p: advance(p.done, p.total, f"{p.rate:.1f}/s"),
            stop=stop,
        )

    return run_it


def _say_run(ran: RunSummary) -> None:
    progress = ran.progress
    out.print(
        f"Run {ran.run_id}: {counted(progress.detections, 'box', 'boxes')} of "
        f"{counted(progress.done, 'photo')} embedded in {progress.elapsed_s:.0f} s, "
        f"{counted(ran.n_left, 'photo')} left."
    )
    if progress.failures:
        reasons = ", ".join(f"{n} {code}" for code, n in sorted(progress.failures.items()))
        out.print(f"Without a result: {reasons}. `thumper status` lists them.", markup=False)


def say_undo(import_id: int) -> None:
    """Print how an import goes again."""
    out.print(f"All of it goes again with: thumper import undo {import_id}", markup=False)


def _end(ran: RunSummary | None, import_id: int, *, json: bool) -> None:
    if not json:
        if ran and ran.n_left:
            out.print("The same command goes on.")
        else:
            say_undo(import_id)
            say_next("identify")
    if ran and ran.progress.failures:
        raise typer.Exit(Exit.WITH_FAILURES)
