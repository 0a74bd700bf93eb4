"""`evaluate background`: whether the herd rests on the deer or on the places behind them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from thumper_core.commands.common import (
    Exit,
    JsonOption,
    err,
    open_workspace,
    out,
    print_json,
    progress_bar,
    table,
)
from thumper_core.counting import counted

_MEASURES = {
    "whole_auc": "AUC, whole crops",
    "masked_auc": "AUC, deer blanked",
    "share": "share of the lead kept",
}


def background(
    crops: Annotated[
        int, typer.Option(min=2, help="Deer to look at, one a visit and group.")
    ] = 600,
    seed: Annotated[int, typer.Option(help="Draws the visits.")] = 0,
    json: JsonOption = False,
) -> None:
    """Test whether the shown herd rests on the deer or on the places behind them.

    Crops are embedded as they are and with the animals blanked; what the blanked ones still tell
    apart within a camera is background. The outcome is kept: report and Tune page show it.
    """
    from thumper_core.evaluate.scene_leak import measure_scene_leak

    workspace = open_workspace()
    with progress_bar("Embedding with and without the deer") as advance:
        result = measure_scene_leak(workspace, limit=crops, seed=seed, on_progress=advance)
    if json:
        print_json(result)
    else:
        show_background(result)
    if result["n_unread"]:
        err.print(f"Left out: {counted(result['n_unread'], 'photo')} that could not be read.")
        raise typer.Exit(Exit.WITH_FAILURES)


def show_background(result: dict[str, Any]) -> None:
    """Print the outcome of the test: figures, then the sentence."""
    rows = [
        [f"{name}, by {group}", *(result[key][measure][end] for end in ("value", "low", "high"))]
        for key, group in (("by_profile", "profile"), ("by_truth", "truth"))
        if result[key]
        for measure, name in _MEASURES.items()
    ]
    title = f"{result['n_crops']} deer of herd {result['herd_id']}, within cameras"
    table(title, ["measure", "value", "low", "high"], rows)
    left = f"{result['rim_share']:.0%} of a crop is left when its animals are blanked"
    if result["animal_in_rim"] is not None:
        left += f"; {result['animal_in_rim']:.0%} of that lies in the box of a true animal"
    out.print(f"{left}.")
    out.print(result["text"])
