"""`evaluate demo|reid|detector|background|effort|who|bucks`: how close the results are to a known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from thumper_core.commands.background import background
from thumper_core.commands.common import (
    Exit,
    JsonOption,
    TrustOption,
    asking,
    err,
    open_workspace,
    out,
    print_json,
    progress_bar,
    table,
)
from thumper_core.commands.effort import effort
from thumper_core.commands.who import evaluate_bucks, evaluate_who
from thumper_core.contracts import UsageError
from thumper_core.counting import counted

HtmlOption = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Also write the result as a page of its own."),
]

_WORDS = {
    "detection_recall": "animals found",
    "detection_precision": "detections that are animals",
    "class_accuracy": "sex and age class right",
    "pairwise_f1": "pairs grouped right (F1)",
    "pairwise_precision": "pairs together that belong together",
    "estimated_pairwise_precision": "  as the herd itself estimates",
    "pairwise_recall": "pairs of one deer that are together",
    "estimated_pairwise_recall": "  as the herd itself estimates",
}


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    group = typer.Typer(no_args_is_help=True, help="Compare results with a known truth.")
    group.command()(demo)
    group.command()(reid)
    group.command()(detector)
    group.command()(background)
    group.command()(effort)
    group.command("who")(evaluate_who)
    group.command("bucks")(evaluate_bucks)
    app.add_typer(group, name="evaluate")


def show_evaluation(result: dict[str, Any]) -> None:
    """Print the figures that matter most, in words."""
    estimated, true = result["estimated_individuals"], result["true_individuals"]
    out.print(f"Deer: {estimated['value']:.0f} estimated, {true['value']:.0f} true")
    if "profiles" in result:
        out.print(f"  {'groups of pictures':38} {result['profiles']['value']:.0f}")
    for key, words in _WORDS.items():
        entry = result.get(key)
        if entry and entry["value"] is not None:
            between = ""
            if entry["low"] is not None and entry["high"] is not None:
                between = f"   ({entry['low']:.3f} to {entry['high']:.3f})"
            out.print(f"  {words:38} {entry['value']:.3f}{between}")


def demo(
    truth: Annotated[
        Path | None, typer.Option(help="Default: truth.parquet in the workspace.")
    ] = None,
    html: HtmlOption = None,
    json: JsonOption = False,
) -> None:
    """Compare the shown run and herd of a demo workspace with its truth."""
    from thumper_core.evaluate.demo import evaluate_workspace, matched_deer

    workspace = open_workspace()
    file = truth or workspace.root / "truth.parquet"
    result = evaluate_workspace(workspace, file)
    if html is not None:
        from thumper_core.report.pages.content import title_of
        from thumper_core.report.pages.demo import demo_page
        from thumper_core.report.pages.evaluation import command_line, write_page

        more = () if truth is None else ("--truth", truth)
        again = command_line("--workspace", workspace.root, "evaluate", "demo", *more)
        title = f"{title_of(workspace.root)} against its truth"
        matched = matched_deer(workspace, file)
        told = demo_page(workspace, result, matched, title=title, command=again)
        err.print(f"Page: {write_page(told, html)}")
    if json:
        print_json(result)
    else:
        show_evaluation(result)


def reid(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="One folder per individual.")],
    sighting: Annotated[
        str | None,
        typer.Option(help="Regular expression; its first group names the sighting in a file name."),
    ] = None,
    embedder: Annotated[str, typer.Option(help="Name in the registry.")] = "efficientnet_lite2_gem",
    compare: Annotated[
        list[str] | None,
        typer.Option(
            help="Another embedder beside it: NAME, NAME@SIZE (crops of so many pixels), or several "
            "joined by + as one. Can be repeated."
        ),
    ] = None,
    matching: Annotated[
        bool, typer.Option("--matching", help="Local matching too, alone and beside the vectors.")
    ] = False,
    html: HtmlOption = None,
    json: JsonOption = False,
) -> None:
    """Measure an embedder on a folder of known individuals; same-sighting pairs are left out."""
    from thumper_core.evaluate.reid import embed_album, read_album, score_vectors
    from thumper_core.evaluate.retrieval import retrieval_scores
    from thumper_core.vision.registry import load_registry
    from thumper_core.vision.variants import open_variant

    registry, others = load_registry(None), compare or []
    models = [open_variant(name, registry) for name in (embedder, *others)]
    with err.status("Embedding"):
        album = read_album(directory, sighting)
        vectors = embed_album(album, models[0])
        result = {**score_vectors(album, vectors), "embedder": models[0].name}
        for name, model in zip(others, models[1:], strict=True):
            who = album.individual
            scores = retrieval_scores(embed_album(album, model), who, album.sighting, who)
            result |= {f"{name}_{key}": value for key, value in scores.items()}
        if matching:
            from thumper_core.evaluate.matching import album_marks, matching_scores

            result |= matching_scores(album, vectors, album_marks(album))
    if html is not None:
        from thumper_core.report.pages.evaluation import command_line, write_page
        from thumper_core.report.pages.reid import reid_page

        rule = () if sighting is None else ("--sighting", sighting)
        more = [word for name in others for word in ("--compare", name)]
        again = command_line("evaluate", "reid", directory, *rule, "--embedder", embedder, *more)
        title = f"{directory.resolve().name} with {embedder}"
        told = reid_page(result, album, vectors, title=title, compared=others, command=again)
        err.print(f"Page: {write_page(told, html)}")
    if json:
        print_json(result)
        return
    show_measures(f"{directory.name} with {embedder}", result)


def detector(
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="A YOLO data.yaml, a COCO JSON file, a training list, or a folder with one or with a "
            "demo's truth; default: the workspace.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--detector",
            metavar="NAME|FILE",
            help="Run this detector over the photos; default: what the workspace's shown run "
            "stored.",
        ),
    ] = None,
    conf: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Weakest box that counts; default: the detector's own."),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Of a YOLO data set: test, val or train.")
    ] = None,
    photos: Annotated[
        Path | None,
        typer.Option(help="Where the pictures lie that a COCO file or a training list names."),
    ] = None,
    only: Annotated[
        str,
        typer.Option(metavar="REGEX", help="Of a training list: photos whose path it finds."),
    ] = "",
    html: HtmlOption = None,
    json: JsonOption = False,
    trust: TrustOption = False,
) -> None:
    """Measure a detector against true boxes."""
    from thumper_core.evaluate.detector import evaluate_detector, evaluate_stored
    from thumper_core.evaluate.truths import read_truth

    source = source if source is not None else open_workspace().root
    truth = read_truth(source, split=split, photos=photos, only=only)
    stored = source / "ledger.sqlite"
    if name is None and source.is_dir() and stored.is_file() and truth.meanings:
        if conf is not None:
            raise UsageError("--conf needs --detector: a stored run has its own limit.")
        from thumper_core.workspace import Workspace

        found = evaluate_stored(Workspace.open(source), truth)
    elif name is None:
        raise UsageError(f"{source} holds no run to measure; name a detector with --detector.")
    else:
        model, limit = _open_detector(name, conf, trust)
        with progress_bar("Detecting") as advance:
            found = evaluate_detector(truth, model, conf_min=limit, on_progress=advance)
    result = found.flat()
    if html is not None:
        from thumper_core.report.pages.detector import detector_page
        from thumper_core.report.pages.evaluation import command_line, write_page

        options: list[tuple[str, object]] = [
            ("--detector", name),
            ("--conf", conf),
            ("--split", split),
        ]
        options += [("--photos", photos), ("--only", only or None)]
        more = [str(word) for pair in options if pair[1] is not None for word in pair]
        told = detector_page(
            result,
            found.scores,
            found.photos,
            found.detections,
            found.truth,
            title=f"{found.detector} on {source.resolve().name}",
            command=command_line("evaluate", "detector", source, *more),
        )
        err.print(f"Page: {write_page(told, html)}")
    if json:
        print_json(result)
    else:
        show_measures(f"{found.detector} on {source.name}", result)
    if found.n_unreadable:
        err.print(f"Left out: {counted(found.n_unreadable, 'photo')} that could not be read.")
        raise typer.Exit(Exit.WITH_FAILURES)


def show_measures(title: str, result: dict[str, Any]) -> None:
    """Print every measure that has a value as a table."""
    rows = [
        [key, entry["value"], entry["low"], entry["high"]]
        for key, entry in result.items()
        if isinstance(entry, dict) and entry.get("value") is not None
    ]
    table(title, ["measure", "value", "low", "high"], rows)


def _open_detector(name: str, conf: float | None, trust: bool) -> tuple[Any, float]:
    """The detector with all its weak boxes, and the confidence from which they count."""
    from thumper_core.evaluate.detector import WEAKEST
    from thumper_core.settings import DetectSettings
    from thumper_core.vision.detectors import open_detector
    from thumper_core.vision.registry import load_registry

    registry, settings = load_registry(None), DetectSettings()
    model = asking(
        lambda: open_detector(
            name,
            registry=registry,
            trust=trust,
            conf_min=WEAKEST,
            iou_nms=settings.iou_nms,
            max_detections=300,
        )
    )
    own = registry.models[model.name].conf_min if model.name in registry.models else None
    return model, next(v for v in (conf, own, settings.conf_min) if v is not None)
