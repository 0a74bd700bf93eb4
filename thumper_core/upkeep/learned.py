"""What was learned in a workspace, looked at: heads, what tells one deer's visits apart, detectors."""

from __future__ import annotations

from thumper_core.contracts import ThumperError
from thumper_core.heads.shelf import shelf
from thumper_core.reid.shelf import learned_files, load_learned
from thumper_core.settings import AUTO
from thumper_core.vision.registry import load_registry
from thumper_core.vision.weights import require_file
from thumper_core.workspace import Workspace


def learned_damage(workspace: Workspace) -> tuple[str, ...]:
    """A sentence on each file that was learned here and is damaged, or is named by the settings and gone."""
    found = list(shelf(workspace.root).damaged)
    for path in learned_files(workspace.root):
        try:
            load_learned(path)
        except ThumperError as error:
            found.append(str(error))
    detector = workspace.settings.detect.detector
    registry = load_registry(workspace.root / "registry.toml")
    spec = None if detector == AUTO else registry.models.get(detector)
    if spec is not None and spec.is_foreign:
        try:
            require_file(spec)
        except ThumperError as error:
            found.append(str(error))
    return tuple(found)
