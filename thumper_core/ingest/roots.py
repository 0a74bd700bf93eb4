"""Which root a path belongs to: each real file has one root, however it was named.

A root is a folder that was added. A path inside a known root belongs to that root, and only its
part is looked at again; a folder that holds known roots becomes a root itself, and the roots in it
keep what they have and are looked at too.
"""

# Paths are bytes here, which pathlib does not take.
# ruff: noqa: PTH112, PTH120
from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from thumper_core.contracts import UsageError
from thumper_core.ingest.scan import is_inside, is_wanted
from thumper_core.portable import posix_bytes


class Target(NamedTuple):
    """A part of a root to look at."""

    root: str  # absolute, without links
    scope: bytes  # relative path of a folder or one file; empty: all of the root
    closed: tuple[bytes, ...]  # absolute folders that are not entered


def plan_targets(
    paths: Sequence[Path], known_roots: Iterable[str], workspace_root: Path
) -> list[Target]:
    """What to look at so that every file of `paths` is listed exactly once.

    Raises UsageError for a path that is not there, that is the workspace or lies in its own
    folders, and for a single file that is neither photo nor video.
    """
    workspace = posix_bytes(os.fsencode(workspace_root))
    own = [workspace + b"/" + name for name in (b"lake", b"cache", b"reports")]
    wanted = [_resolve(path, workspace, own) for path in paths]
    roots = {os.fsencode(root) for root in known_roots}
    scopes: list[tuple[bytes, bytes]] = []
    for path in sorted(set(wanted)):  # a folder sorts before all it holds
        root = _root_of(path, roots)
        inner = [known for known in sorted(roots) if known != path and is_inside(known, path)]
        roots.add(root)
        for scope in [(root, _relative(path, root)), *((known, b"") for known in inner)]:
            if not any(root == scope[0] and _covers(part, scope[1]) for root, part in scopes):
                scopes.append(scope)
    return [
        Target(os.fsdecode(root), scope, (*own, *sorted(roots - {root}))) for root, scope in scopes
    ]


def _resolve(path: Path, workspace: bytes, own: Sequence[bytes]) -> bytes:
    """The real path; UsageError where it cannot be added."""
    try:
        real = posix_bytes(os.path.realpath(os.fsencode(path), strict=True))
    except OSError as error:
        raise UsageError(
            f"{_shown(path)}: {error.strerror or error}. Give the folder that holds the photos."
        ) from error
    if real == workspace or any(is_inside(real, folder) for folder in own):
        raise UsageError(
            f"{_shown(path)} is the workspace itself, which holds results, not photos. "
            "Give the folder that holds the photos."
        )
    if not os.path.isdir(real) and not is_wanted(real):
        raise UsageError(
            f"{_shown(path)} is neither a folder nor, by its name, a photo or a video."
        )
    return real


def _root_of(path: bytes, roots: Iterable[bytes]) -> bytes:
    """The innermost known root that holds `path`, else a new one.

    A new root is the folder itself or, for a file, its parent. A root is kept as text: where its
    name is not UTF-8, the first folder above that has a text name stands in.
    """
    holding = [root for root in roots if is_inside(path, root)]
    if holding:
        return max(holding, key=len)
    root = path if os.path.isdir(path) else os.path.dirname(path)
    while not _is_text(root):
        root = os.path.dirname(root)
    return root


def _relative(path: bytes, root: bytes) -> bytes:
    return b"" if path == root else path[len(root.rstrip(b"/")) + 1 :]


def _covers(scope: bytes, other: bytes) -> bool:
    return not scope or is_inside(other, scope)


def _is_text(path: bytes) -> bool:
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _shown(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")
