"""`who`: whom new pictures show; `evaluate who`: how well that is told where it is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thumper_core.commands.common import JsonOption, err, open_workspace, out, print_json, table
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.counting import counted

if TYPE_CHECKING:
    from thumper_core.evaluate.who_cases import Season
    from thumper_core.questions.met import Visit
    from thumper_core.workspace import Workspace

_FIGURES = {
    "rank1": "known ones: the likeliest is right",
    "rank5": "  the right one is among five",
    "dir_at_1": "  named rightly where 1% of the new are taken for known",
    "dir_at_5": "  where 5% are",
    "ece_new": "calibration error of the chance of a new one",
    "share_new": "share of visits that are of new ones",
    "mean_p_new": "  as the chances have it",
    "invented": "new animals invented",
    "invented_without_gate": "  without the gate",
    "found_new": "new animals found",
    "found_new_without_gate": "  without the gate",
    "missed": "new animals missed",
    "n_untold": "visits that cannot be told",
    "n_waiting": "visits that may be of a new one, and wait",
    "n_asked": "visits asked about",
}


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(who)


def who(
    photos: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PHOTO]...", help="Files, or photo IDs; default: what is new."),
    ] = None,
    fit: Annotated[
        bool,
        typer.Option(
            "--fit", help="Print what every picture of a deer is fit for instead, as CSV."
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Say who the deer in new pictures are: one that is known, a new one, or that it cannot be told.

    Nothing is recorded. The photos have to be added and run before.
    """
    from thumper_core.export.files import csv_text
    from thumper_core.pipeline.photo_counts import photo_counts
    from thumper_core.questions.who import eligibility, meet

    workspace = open_workspace()
    if fit:
        rows = eligibility(workspace)
        print_json(rows.to_dicts()) if json else print(csv_text(rows), end="")
        return
    with err.status("Comparing with the deer that are known"):
        met = meet(workspace, _ids(workspace, photos) if photos else None)
    if json:
        visits = [visit.values() for visit in met.visits]
        print_json({"herd_id": met.herd_id, "run_id": met.run_id, "visits": visits})
        return
    for visit in met.visits:
        _show(visit)
    out.print(met.sentence)
    waiting = photo_counts(workspace, met.run_id).pending
    if waiting and not photos:
        out.print(f"{counted(waiting, 'photo')} in which no deer were looked for: `thumper run`.")


def _ids(workspace: Workspace, photos: list[str]) -> list[str]:
    """IDs of photos that the shown run processed. Raises ThumperError, with the command that mends it."""
    from thumper_core.files import content_hash_of

    named = {
        photo: content_hash_of(Path(photo)) if Path(photo).is_file() else photo for photo in photos
    }
    done = workspace.sql(
        "select photo_id from outcomes where list_contains(?, photo_id)", [list(named.values())]
    )["photo_id"].to_list()
    lost = [photo for photo, photo_id in named.items() if photo_id not in done]
    if lost:
        raise ThumperError(
            f"{lost[0]} is no photo that the shown run looked at: `thumper add` it, then `thumper run`."
        )
    return list(named.values())


def _show(visit: Visit) -> None:
    """A visit in a few lines."""
    at = f"{visit.started_at:%Y-%m-%d %H:%M}" if visit.started_at else "time not known"
    said = {
        "known": "most likely a deer that is known",
        "new": "looks like a new deer",
        "unknown": "shows too little to tell",
    }[visit.said]
    kind = " ".join(word for word in (visit.age_class, visit.sex) if word != "unknown")
    out.print(f"[bold]{visit.camera}, {at}[/bold]  {f'{kind}: ' if kind else ''}{said}")
    for one in visit.candidates:
        out.print(f"  {one.chance:6.1%}  {one.label}  {' '.join(one.reasons)}", markup=False)
    out.print(f"  {visit.p_new:6.1%}  a new deer")
    out.print(f"  {visit.p_unknown:6.1%}  cannot tell")
    if not visit.is_settled:
        out.print("  A whole identification may decide otherwise: `thumper identify`.")


def evaluate_who(
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="One folder per individual, or a demo's workspace."),
    ],
    known: Annotated[
        float, typer.Option(help="Share of the individuals that the gallery may hold.")
    ] = 0.7,
    sighting: Annotated[
        str | None,
        typer.Option(help="Regular expression; its first group names the sighting in a file name."),
    ] = None,
    embedder: Annotated[
        str, typer.Option(help="Of a folder per individual: name in the registry.")
    ] = "efficientnet_lite2_gem",
    draws: Annotated[int, typer.Option(min=1, help="Draws of who is known, put together.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws.")] = 0,
    json: JsonOption = False,
) -> None:
    """How well new pictures are told who they show, when some of the animals are new.

    The gallery is the past, as far as it shows individuals that are known; what comes later is asked about.
    """
    from thumper_core.evaluate.who import evaluate_who as evaluated

    with err.status("Comparing"):
        result = evaluated(
            _season(directory, sighting, embedder), known=known, draws=draws, seed=seed
        )
    if json:
        print_json(result)
        return
    for key, words in _FIGURES.items():
        out.print(f"  {words:58} {_number(result[key]['value'])}")
    names = ("week", "answers", "sure", "wrong_sure", "untold", "deer", "f1", "f1_alone")
    heads = [
        "week",
        "answers",
        "sure",
        "of these wrong",
        "untold",
        "deer",
        "F1",
        "F1, without a look",
    ]
    table("A reviewer, week by week", heads, [[row[n] for n in names] for row in result["by_week"]])
    rows = [
        [row[name] for name in ("look", "value", "visits", "rank1", "ece_new")]
        for row in result["by_look"]
    ]
    table("By look", ["look", "", "visits", "rank1", "calibration error"], rows)


def _number(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if float(value).is_integer() and value >= 1 else f"{value:.3f}"


def _season(source: Path, sighting: str | None, embedder: str) -> Season:
    from thumper_core.evaluate.who_cases import album_season, demo_season
    from thumper_core.workspace import Workspace

    if (source / "ledger.sqlite").is_file():
        if sighting is not None:
            raise UsageError("--sighting is for a folder per individual; this is a workspace.")
        return demo_season(Workspace.open(source), source / "truth.parquet")
    from thumper_core.evaluate.reid import embed_album, read_album
    from thumper_core.vision.registry import load_registry
    from thumper_core.vision.variants import open_variant

    album = read_album(source, sighting)
    return album_season(album, embed_album(album, open_variant(embedder, load_registry(None))))


def evaluate_bucks(
    directory: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="A folder a camera, labels beside the photos, classes.txt with `buck`.",
        ),
    ],
    embedder: Annotated[str, typer.Option(help="Name in the registry.")] = "efficientnet_lite2_gem",
    json: JsonOption = False,
) -> None:
    """Whether visits of bucks stay on the buck list, each camera by what the others teach."""
    from thumper_core.evaluate.buck_list import LIGHTS, buck_list_scores
    from thumper_core.evaluate.feeders import read_feeders
    from thumper_core.vision.registry import load_registry
    from thumper_core.vision.variants import open_variant

    with err.status("Embedding"):
        found = read_feeders(directory, open_variant(embedder, load_registry(None)))
    scores = buck_list_scores(
        found.vectors, found.is_buck, found.camera, found.visit, found.is_infrared
    )
    if json:
        print_json(scores)
        return
    rows = []
    for name, end in (("all", ""), *((light, f"_{light}") for light in LIGHTS.values())):
        kinds = ("kept", "kept_without")
        cells = [(scores[k + end]["value"], int(scores[f"n_{k}{end}"]["value"])) for k in kinds]
        rows.append([name, *(value for cell in cells for value in cell)])
    heads = ["light", "with a buck: stay", "visits", "without: stay", "visits"]
    table("On the buck list, cameras left out", heads, rows)
