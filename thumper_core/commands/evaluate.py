"""`evaluate demo|reid|detector`: how close the results are to a known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from thumper_core.commands.background import background
from thumper_core.commands.common import JsonOption, err, open_workspace, out, print_json, table

_WORDS = {
    "detection_recall": "animals found",
    "detection_precision": "detections that are animals",
    "class_accuracy": "sex and age class right",
    "pairwise_f1": "pairs grouped right (F1)",
    "pairwise_precision": "pairs together that belong together",
    "pairwise_recall": "pairs of one deer that are together",
}


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    group = typer.Typer(no_args_is_help=True, help="Compare results with a known truth.")
    group.command()(demo)
    group.command()(reid)
    group.command()(background)
    app.add_typer(group, name="evaluate")


def show_evaluation(result: dict[str, Any]) -> None:
    """Print the figures that matter most, in words."""
    estimated, true = result["estimated_individuals"], result["true_individuals"]
    out.print(f"Deer: {estimated['value']:.0f} estimated, {true['value']:.0f} true")
    if "profiles" in result:
        out.print(f"  {'profiles':38} {result['profiles']['value']:.0f}")
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
    json: JsonOption = False,
) -> None:
    """Compare the shown run and herd of a demo workspace with its truth."""
    from thumper_core.ops.evaluation import evaluate_workspace

    workspace = open_workspace()
    result = evaluate_workspace(workspace, truth or workspace.root / "truth.parquet")
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
    embedder: Annotated[str, typer.Option(help="Name in the registry.")] = "efficientnet_lite0",
    json: JsonOption = False,
) -> None:
    """Measure an embedder on a folder of known individuals; same-sighting pairs are left out."""
    from thumper_core.identify.reid import evaluate_reid
    from thumper_core.vision.embedders import open_embedder
    from thumper_core.vision.registry import load_registry

    with err.status("Embedding"):
        model = open_embedder(embedder, registry=load_registry(None), device="auto")
        result = evaluate_reid(directory, sighting=sighting, embedder=model)
    if json:
        print_json(result)
        return
    rows = [
        [key, entry["value"], entry["low"], entry["high"]]
        for key, entry in result.items()
        if isinstance(entry, dict) and "value" in entry
    ]
    table(f"{directory.name} with {embedder}", ["measure", "value", "low", "high"], rows)
