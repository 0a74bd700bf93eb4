"""A herd of six animals that fell into twelve groups, half of them splinters."""

from __future__ import annotations

from pathlib import Path

from tests import generated
from tests.generated import Size
from thumper_core.herd.build import build_herd
from thumper_core.questions.tuning import Tuning, prepare
from thumper_core.workspace import Workspace

GROUPS = 12


def splintered(folder: Path) -> tuple[Workspace, Tuning]:
    """The workspace, identified too strictly, and its dendrogram."""
    workspace = generated.build(folder, Size(photos=120, animals=6))
    tuning = prepare(workspace, None)
    judgement, tree = tuning.found.thresholds.judgement, tuning.found.clustering.tree
    assert judgement is not None
    last = tree.n - GROUPS
    strict = float(judgement.scale.probability(tree.similarity[last - 1 : last + 1].mean()))
    build_herd(workspace, settings=workspace.settings.replace("identify", threshold=strict))
    return workspace, tuning
