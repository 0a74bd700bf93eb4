"""Whether a run cuts the strips away that cameras print, where the settings leave it open.

Cutting is a part of preprocessing: it enters the fingerprint of a run, and only where there is a strip to
cut. So that a herd's older photos and new ones stay comparable, `auto` goes on as the run began that is
shown, or that is not done yet; a run that is begun anew cuts.
"""

from __future__ import annotations

from typing import Any, Final

from thumper_core.counting import counted
from thumper_core.settings import AUTO, Settings
from thumper_core.stamp.models import learn_strips, prints_strips, strips_on
from thumper_core.store.records import RunRow
from thumper_core.workspace import Workspace

CUT: Final = "cut"
KEEP: Final = "keep"


def with_strips_settled(
    workspace: Workspace, settings: Settings, *, anew: bool = False
) -> Settings:
    """The settings as `settled` gives them, after a look at camera models that nobody looked at yet.

    anew: for a run that is made to replace what is shown.
    """
    if settings.embed.strip != KEEP:
        learn_strips(workspace)
    return settled(workspace, settings, anew=anew)


def settled(workspace: Workspace, settings: Settings, *, anew: bool = False) -> Settings:
    """The settings with `cut` or `keep` in place of `auto`; `keep` where no camera prints a strip.

    A run that came from elsewhere may have cut strips that nobody could learn here yet: it goes on, too.
    """
    choice: str = settings.embed.strip
    begun = None if anew else _begun(workspace, settings.embed.embedder)
    has_begun_so = begun is not None and has_cut(begun.config)
    if choice == AUTO and begun is not None:
        choice = CUT if has_begun_so else KEEP
    elif choice != KEEP:
        choice = CUT if has_begun_so or prints_strips(workspace) else KEEP
    return settings.replace("embed", strip=choice)


def has_cut(config: dict[str, Any]) -> bool:
    """Whether a run of this configuration cut strips away."""
    return bool(config.get("embed", {}).get("strip") == CUT)


def strips_left(workspace: Workspace, run_id: str) -> str:
    """That a run's vectors hold strips, and what makes others; empty where they hold none."""
    run = workspace.ledger.run(run_id)
    if has_cut(run.config) or "embed" not in run.config or workspace.settings.embed.strip == KEEP:
        return ""
    boxes = workspace.sql(
        "select photo_id, y1, y2 from all_detections where run_id = ? and source = 'model'",
        [run_id],
    )
    strips = strips_on(workspace, boxes["photo_id"].unique())
    n = sum(
        any(y2 > strip.top and y1 < strip.bottom for strip in strips.get(photo_id, ()))
        for photo_id, y1, y2 in boxes.iter_rows()
    )
    if not n:
        return ""
    reach = counted(n, "detection reaches", "detections reach")
    return (
        f"{reach} into the strip that the camera prints, and run {run_id} was begun without cutting it "
        "away. `thumper reprocess --clear-mode embeddings` does, beside what is shown."
    )


def _begun(workspace: Workspace, embedder: str) -> RunRow | None:
    """The run that is gone on with: the shown one, else the newest not done; none of another embedder."""
    ledger = workspace.ledger
    shown = ledger.promoted("run")
    runs = [ledger.run(shown)] if shown else [r for r in ledger.runs() if r.state == "building"]
    begun = [run for run in runs if "embed" in run.config and run.embedder == embedder]
    return begun[-1] if begun else None
