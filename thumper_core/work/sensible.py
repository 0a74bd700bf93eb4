"""What is happening in a workspace, in a sentence, and the one thing that is worth starting now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from thumper_core.contracts import ThumperError
from thumper_core.counting import counted
from thumper_core.language import mark, say
from thumper_core.pipeline.choice import choose_detector
from thumper_core.pipeline.pause import is_paused
from thumper_core.pipeline.photo_counts import photo_counts
from thumper_core.pipeline.room import room_for
from thumper_core.upkeep.advise import Advice
from thumper_core.vision.registry import load_registry
from thumper_core.vision.weights import find_file, how_to_get
from thumper_core.workspace import Workspace

_READS_PHOTOS: Final = ("process", "reprocess")
_LABELS: Final = {
    "reprocess": mark("Process again"),
    "process": mark("Process the photos"),
    "identify": mark("Tell the deer apart again"),
    "learn": mark("Learn from corrections"),
}


@dataclass(frozen=True)
class Now:
    """sentence: what is so; label: of the button; kind, arguments: of the launch that it starts, kind ""
    where photos have to be added first; seconds: what it is expected to take; n_pending: photos that
    it would read.
    """

    sentence: str
    label: str
    kind: str
    arguments: dict[str, Any]
    seconds: float
    n_pending: int


def sensible(workspace: Workspace, advices: Sequence[Advice]) -> Now:
    """The one thing to start, which is the strongest advice; where there is none, a look for new
    photos.

    advices: as `advise` gives them, at least one.
    """
    photos = photo_counts(workspace)
    if not photos.total:
        return Now(say("There are no photos yet."), say("Add photos"), "", {}, 0.0, 0)
    advice = advices[0]
    kind, arguments = _launch(workspace, advice)
    n_done = photos.total - photos.pending
    if n_done == photos.total:
        done = (
            say("All {total:,} photos are processed", total=photos.total)
            if n_done > 1
            else say("The photo is processed")
        )
    else:
        done = say(
            "{n_done:,} of {are} processed",
            n_done=n_done,
            are=counted(photos.total, "photo is", "photos are"),
        )
    told = say("Nothing has to be done.") if advice.action == "nothing" else advice.reason
    label = say(_LABELS.get(advice.action, mark("Look for new photos")))
    is_read = advice.action in _READS_PHOTOS
    pending = photos.pending if is_read else 0
    return Now(f"{done}. {told}", label, kind, arguments, advice.seconds, pending)


def in_the_way(workspace: Workspace, now: Now) -> list[str]:
    """What keeps it from being done, or done well, as of this moment: sentences, each with what to do."""
    found = [
        say("{root} is not there now: plug its disk in, or its photos cannot be read.", root=root)
        for root in workspace.ledger.roots()
        if not Path(root).is_dir()
    ]
    if is_paused(workspace.root):
        found.append(
            say("Work in this workspace rests: press Go on while it works, or `thumper go-on`.")
        )
    if now.n_pending:
        found += _of_models(workspace)
        room = room_for(workspace, workspace.settings, now.n_pending)
        found += [room.note] if room.note else []
    return found


def _launch(workspace: Workspace, advice: Advice) -> tuple[str, dict[str, Any]]:
    """The launch that does what the advised command does."""
    words = advice.command.split()[1:]
    if advice.action == "nothing":
        return "add", {"paths": list(workspace.ledger.roots())}
    if advice.action == "reprocess":
        return "process", {"clear_mode": words[-1]}
    if advice.action == "process":
        # Before the first herd, one start goes all the way to it.
        if workspace.ledger.promoted("herd") is None:
            return "process", {"clear_mode": "none"}
        return "command", {"line": words}
    return advice.action, {}


def _of_models(workspace: Workspace) -> list[str]:
    """Models that the settings name and that are not on this machine."""
    registry = load_registry(workspace.root / "registry.toml")
    missing = []
    for name in (choose_detector(workspace).detector, workspace.settings.embed.embedder):
        try:
            spec = registry.get(name)
        except ThumperError:
            continue  # a file, or a name that the start itself explains
        if not spec.parts and find_file(spec) is None:
            missing.append(
                say(
                    "The weights of {name} are not on this machine: {how_to_get}",
                    name=name,
                    how_to_get=how_to_get(spec),
                )
            )
    return missing
