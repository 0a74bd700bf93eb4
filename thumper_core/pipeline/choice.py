"""Which detector looks at a workspace's photos where nobody names one.

The one named in the settings; else the one of the run that is shown, so that photos which come
later are compared with what is there; else, by the photos: a rendered demo herd gets the detector
that knows rendered scenes, and real photos never do. They get `whitetail`, which ships, tells deer
from other animals and says so; where its weights are missing a MegaDetector that is at hand, which
finds any animal but leaves its species open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thumper_core.ingest.rendered import is_demo_herd
from thumper_core.settings import AUTO, Settings
from thumper_core.store.records import RunRow
from thumper_core.vision.registry import ModelSpec, Registry, load_registry
from thumper_core.vision.weights import find_file
from thumper_core.workspace import Workspace

RENDERED: Final = "demo"
"""The detector that knows rendered scenes only."""
REAL: Final = "whitetail"
"""The detector of real photos that ships."""
_MEGADETECTOR: Final = "megadetector"
"""How the names of the registry's MegaDetectors begin."""


@dataclass(frozen=True)
class Choice:
    """A detector, and a sentence on why it is this one; name: in the registry, or a weights file."""

    detector: str
    sentence: str


def choose_detector(
    workspace: Workspace, settings: Settings | None = None, registry: Registry | None = None
) -> Choice:
    """The detector that `run` and its like take where no `--detector` is given.

    settings: default the workspace's own.

    >>> from thumper_core import Workspace, choose_detector
    >>> choose_detector(Workspace.open("ranch")).detector
    'fake-detector'
    """
    settings = settings or workspace.settings
    registry = registry or load_registry(workspace.root / "registry.toml")
    named = settings.detect.detector
    if named != AUTO:
        return Choice(named, f"Detector: {named}, as the settings say.")
    shown = workspace.ledger.promoted("run")
    run = workspace.ledger.run(shown) if shown is not None else None
    return choose(run, workspace.ledger.roots(), registry)


def choose(
    shown: RunRow | None,
    roots: Sequence[str],
    registry: Registry,
    is_here: Callable[[ModelSpec], bool] = lambda spec: find_file(spec) is not None,
) -> Choice:
    """The choice by the run that is shown, the folders of photos and the weights at hand."""
    is_demo = is_demo_herd(roots)
    if shown is not None and not shown.is_told:
        return _of_run(shown, registry, is_demo)
    if is_demo:
        return Choice(RENDERED, f"Detector: {RENDERED}, because the photos are a rendered herd's.")
    others = [
        spec.name
        for spec in registry
        if spec.kind == "detector" and spec.name.startswith(_MEGADETECTOR) and is_here(spec)
    ]
    spec = registry.models.get(REAL)
    if (spec is not None and is_here(spec)) or not others:
        return Choice(REAL, f"Detector: {REAL}, which knows deer on real photos.")
    return Choice(
        others[0],
        f"Detector: {others[0]}, because the weights of {REAL} are not here; it says `animal` of "
        "every species.",
    )


def with_detector(workspace: Workspace, settings: Settings) -> Settings:
    """The settings with the chosen detector's name in place of `auto`."""
    if settings.detect.detector != AUTO:
        return settings
    return settings.replace("detect", detector=choose_detector(workspace, settings).detector)


def _of_run(shown: RunRow, registry: Registry, is_demo: bool) -> Choice:
    """The detector of the shown run: by its name, else by its weights, else the file it was."""
    known = registry.by_hash(shown.config.get("detector", {}).get("weights_sha256", ""))
    file = shown.config.get("detector_file", "")
    if shown.detector in registry.models or shown.detector in registry.questions:
        name = shown.detector
    elif known is not None:
        name = known.name
    elif file and Path(file).exists():
        name = file
    else:
        return Choice(
            shown.detector,
            f"Detector: {shown.detector}, as in the run that is shown; where its file lies is not "
            "known here. Name it again (--detector FILE), or make it known for good: thumper models "
            "add FILE --name NAME",
        )
    if name == RENDERED and not is_demo:
        return Choice(
            name,
            f"Detector: {name}, as in the run that is shown; it knows rendered scenes only. For real "
            f"photos: thumper reprocess --clear-mode all --detector {REAL}",
        )
    return Choice(name, f"Detector: {name}, as in the run that is shown.")
