"""The spaces of the last herds, kept so that new photos and decisions can be cut in them."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from thumper_core.files import write_whole
from thumper_core.identify.scale.random_effects import Scale
from thumper_core.identify.scale.verdicts import Correction
from thumper_core.identify.space.space_map import SpaceMap
from thumper_core.identify.tree.recut import Known
from thumper_core.workspace import Workspace

SPACES_KEPT: Final = 3


def save_known(workspace: Workspace, herd_id: str, known: Known) -> None:
    """Keep the space of a herd beside those of the last few; it can be computed again."""
    folder = workspace.cache_dir / "spaces"
    folder.mkdir(parents=True, exist_ok=True)
    facts = {
        "similarity": known.similarity,
        "scale": asdict(known.scale) if known.scale else None,
        "contrast": list(known.contrast),
    }
    arrays: dict[str, Any] = {
        "vectors": known.vectors,
        "detection_ids": np.array(known.detection_ids, np.str_),
        "facts": np.array(json.dumps(facts)),
        **known.mapping.arrays(),
    }

    def write(path: Path) -> None:
        with path.open("wb") as file:  # given a name, savez would add a suffix to it
            np.savez(file, **arrays)

    write_whole(folder / f"{herd_id}.npz", write)
    for old in sorted(folder.glob("h*.npz"))[:-SPACES_KEPT]:
        old.unlink(missing_ok=True)


def load_known(workspace: Workspace, herd_id: str) -> Known | None:
    """The space of a herd; None where it was not kept, or was kept by another version."""
    path = workspace.cache_dir / "spaces" / f"{herd_id}.npz"
    try:
        with np.load(path, allow_pickle=False) as stored:
            facts = json.loads(str(stored["facts"]))
            return Known(
                stored["detection_ids"].tolist(),
                stored["vectors"],
                (facts["contrast"][0], facts["contrast"][1]),
                facts["similarity"],
                _scale(facts["scale"]),
                SpaceMap.from_arrays(stored),
            )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _scale(kept: dict[str, Any] | None) -> Scale | None:
    if kept is None:
        return None
    fitted = {name: value for name, value in kept.items() if not isinstance(value, dict)}
    parts, profiles, strays = (
        Correction(**kept.get(name, {})) for name in ("parts", "profiles", "strays")
    )
    return replace(Scale(**fitted), parts=parts, profiles=profiles, strays=strays)
