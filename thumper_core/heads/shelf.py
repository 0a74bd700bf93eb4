"""Which heads there are: those that ship in `models/`, and a workspace's own, which come first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from thumper_core.contracts import ThumperError
from thumper_core.files import shipped_files, write_whole
from thumper_core.heads.head import SUFFIX, Head, Kind, load_head

FOLDER: Final = "heads"


def heads_of(root: Path) -> list[Head]:
    """Every head that a workspace can use, its own before those that ship.

    root: the workspace's folder. ThumperError where one of its own cannot be read.
    """
    own = sorted((root / FOLDER).glob(f"*{SUFFIX}"))
    return [load_head(path) for path in (*own, *_shipped())]


def matching(heads: list[Head], embedder: str, config: Mapping[str, Any]) -> dict[Kind, Head]:
    """The head of each kind for a run's vectors: the first that was fitted on that network.

    config: the run's; a run with other weights, or another network, under a known name has none.
    """
    sha256 = config.get("embedder", {}).get("weights_sha256")
    found: dict[Kind, Head] = {}
    for head in heads:
        if head.embedder == embedder and head.weights_sha256 == sha256:
            found.setdefault(head.kind, head)
    return found


def keep_head(root: Path, head: Head) -> Path:
    """Write a workspace's own head, in place of the one of its kind and embedder; where it is."""
    path = root / FOLDER / f"{head.embedder}-{head.kind}{SUFFIX}"
    try:
        path.parent.mkdir(exist_ok=True)
        write_whole(path, head.to_json(), durable=True)
    except OSError as error:
        raise ThumperError(
            f"Cannot write {path}: {error.strerror or error}. Nothing was changed."
        ) from error
    return path


def _shipped() -> list[Path]:
    try:
        return shipped_files("models", f"*{SUFFIX}")
    except ThumperError:  # no head ships for any embedder
        return []
