"""`evaluate effort`: how many answers a herd takes until it is right, by a simulated reviewer."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thumper_core.commands.common import JsonOption, err, open_workspace, print_json, table
from thumper_core.contracts import UsageError

if TYPE_CHECKING:
    from thumper_core.evaluate.effort import Case, Point


def effort(
    directory: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="A demo's workspace, or one folder per individual; default: the workspace.",
        ),
    ] = None,
    sighting: Annotated[
        str | None,
        typer.Option(help="Regular expression; its first group names the sighting in a file name."),
    ] = None,
    embedder: Annotated[
        str, typer.Option(help="Of a folder per individual: name in the registry.")
    ] = "efficientnet_lite2_gem",
    matching: Annotated[
        bool,
        typer.Option("--matching", help="Of a folder per individual: hear local matches as well."),
    ] = False,
    answers: Annotated[int, typer.Option(min=0, help="Most answers that are given.")] = 100,
    error_rate: Annotated[
        float, typer.Option(min=0, max=0.5, help="Share of the answers that are wrong.")
    ] = 0.0,
    order: Annotated[
        str, typer.Option(help="What is asked: review, as on the page; nearest; random.")
    ] = "review",
    batch: Annotated[int, typer.Option(min=1, help="Answers between two rows.")] = 12,
    seed: Annotated[
        int, typer.Option(min=0, help="Of the wrong answers and random questions.")
    ] = 0,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Also write the curves as a page of its own."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Let a simulated reviewer answer Review's questions from a known truth."""
    from thumper_core.evaluate.effort import ORDERS, simulate

    if order not in ORDERS:
        raise UsageError(f"--order is one of {', '.join(ORDERS)}, not {order!r}.")
    source = directory if directory is not None else open_workspace().root
    case = _case(source, sighting, embedder, matching=matching)
    points: list[Point] = []
    with err.status("Asking and answering"):
        for point in simulate(
            case, answers=answers, error_rate=error_rate, order=order, batch=batch, seed=seed
        ):
            points.append(point)
    if html is not None:
        from thumper_core.report.pages.effort import effort_page
        from thumper_core.report.pages.evaluation import command_line, write_page

        given: dict[str, Any] = {"--sighting": sighting, "--answers": answers, "--order": order}
        given |= {"--error-rate": error_rate, "--seed": seed}
        more = [word for name, value in given.items() if value for word in (name, str(value))]
        more += ["--matching"] if matching else []
        again = command_line("evaluate", "effort", source, *more)
        title = f"Answers that {source.resolve().name} takes"
        err.print(f"Page: {write_page(effort_page(points, title=title, command=again), html)}")
    if json:
        print_json(
            [{**asdict(point), "deer": point.deer, "holds": point.holds} for point in points]
        )
        return
    _show(source, points)


def _case(source: Path, sighting: str | None, embedder: str, *, matching: bool) -> Case:
    from thumper_core.evaluate.effort_cases import album_case, demo_case

    if (source / "ledger.sqlite").is_file():
        if matching:
            raise UsageError(
                f"--matching is for a folder per individual; {source} is a workspace, whose groups hear "
                "matches as `thumper identify --matching on` made them."
            )
        from thumper_core.workspace import Workspace

        return demo_case(Workspace.open(source), source / "truth.parquet")
    from thumper_core.evaluate.matching import album_marks
    from thumper_core.evaluate.reid import embed_album, read_album
    from thumper_core.vision.registry import load_registry
    from thumper_core.vision.variants import open_variant

    album = read_album(source, sighting)
    if len(set(album.sighting.tolist())) == len(album.paths):
        raise UsageError(
            f"Every sighting in {source} has one photo"
            + ("" if sighting else " (--sighting names what belongs together)")
            + ": nothing shows how alike one animal is to itself, so there is no chance to ask by."
        )
    with err.status("Embedding"):
        vectors = embed_album(album, open_variant(embedder, load_registry(None)))
        marks = album_marks(album) if matching else None
    return album_case(album, vectors, marks)


def _show(source: Path, points: list[Point]) -> None:
    """A row for each batch, and how often what the herd said of itself held."""
    table(
        f"{source.name}: {points[0].true_deer} true deer. Deer and wrong pairs: as the herd itself says.",
        [
            "answers",
            "groups",
            "F1",
            "precision",
            "recall",
            "B-cubed",
            "deer",
            "wrong pairs",
        ],
        [
            [
                point.answers,
                point.profiles,
                point.f1,
                point.precision,
                point.recall,
                point.bcubed_f1,
                f"{point.deer} ({point.animals.low:.0f} to {point.animals.high:.0f})",
                f"up to {point.wrong.high:.1%}",
            ]
            for point in points
        ],
    )
    for name, words in (("animals", "deer"), ("wrong", "wrong pairs"), ("missed", "missed pairs")):
        held = sum(point.holds[name] for point in points)
        err.print(f"The interval of {words} held the truth in {held} of {len(points)} rows.")
