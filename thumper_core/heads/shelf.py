"""Which heads there are: those that ship in `models/`, and a workspace's own, which come first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from thumper_core.contracts import ThumperError
from thumper_core.files import shipped_files, write_whole
from thumper_core.heads.head import SUFFIX, Head, Kind, load_head

FOLDER: Final = "heads"


def head_files(root: Path) -> list[Path]:
    """The files of every head that a workspace can use, its own before those that ship.

    root: the workspace's folder.
    """
    return [*sorted((root / FOLDER).glob(f"*{SUFFIX}")), *_shipped()]


class Shelf(NamedTuple):
    """The heads that a workspace can use, its own first; damaged: a sentence on each that is none.

    A damaged one answers nothing: the next that fits does, and what was found stays as it is.
    """

    heads: tuple[Head, ...]
    damaged: tuple[str, ...]


def shelf(root: Path) -> Shelf:
    """Every head of `head_files` that can be read; root: the workspace's folder."""
    heads, damaged = [], []
    for path in head_files(root):
        try:
            heads.append(load_head(path))
        except ThumperError as error:
            damaged.append(str(error))
    return Shelf(tuple(heads), tuple(damaged))


def matching(
    heads: Iterable[Head], embedder: str, config: Mapping[str, Any], species: str
) -> dict[Kind, Head]:
    """The head of each kind for a run's vectors: the first that was fitted on that network and on
    that species of deer.

    config: the run's; a run with other weights, or another network, under a known name has none.
    """
    sha256 = config.get("embedder", {}).get("weights_sha256")
    found: dict[Kind, Head] = {}
    for head in heads:
        its = (head.embedder, head.weights_sha256, head.species)
        if its == (embedder, sha256, species):
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
