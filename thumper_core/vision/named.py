"""Models by the names that people give: whether one can be opened is told before anything is loaded."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from thumper_core.contracts import UsageError
from thumper_core.files import expanded
from thumper_core.vision.pickled import is_pickled, require_trusted
from thumper_core.vision.registry import ModelSpec, Registry
from thumper_core.vision.weights import require_file, sha256_of


def find_detector(name_or_path: str, registry: Registry) -> tuple[ModelSpec, Path]:
    """A detector's entry and its weights; a file that no entry has gets an entry of its own.

    Raises UsageError (no such detector, with those there are; a file that is none), and ThumperError
    (its weights are not here or are others), each naming the next step.
    """
    if name_or_path in registry.questions:
        raise registry.questions[name_or_path].error
    path = expanded(name_or_path)
    if name_or_path not in registry.models and path.exists():
        known = registry.by_hash(sha256_of(path))
        if known is not None:
            return known, path
        # Rectangles are right for a network that takes any size; one that does not says so itself.
        return ModelSpec(path.name, "detector", "ultralytics", str(path), input_size=0), path
    if name_or_path not in registry.models and (path.suffix or os.sep in name_or_path):
        known_names = registry.known("detector")
        raise UsageError(f"The weights file {name_or_path} does not exist. {known_names}")
    spec = registry.get(name_or_path, "detector")
    if spec.kind != "detector":
        said = f"{spec.name} is an embedder, not a detector: use it with --embedder."
        raise UsageError(f"{said} {registry.known('detector')}")
    return spec, require_file(spec)


def require_detector(
    name_or_path: str,
    registry: Registry,
    *,
    trust: bool = False,
    trusted: Collection[str] = (),
) -> tuple[ModelSpec, Path]:
    """The same, where it may be loaded as well.

    trust, trusted: as `require_trusted` takes them. Raises UntrustedError for a pickle that the user
    does not trust.
    """
    spec, path = find_detector(name_or_path, registry)
    if is_pickled(path):
        require_trusted(path, sha256_of(path), registry, trust=trust, trusted=trusted)
    elif path.suffix != ".onnx" and not path.is_dir():
        raise UsageError(f"{path.name}: a detector is a .pt or .onnx file or an OpenVINO folder.")
    return spec, path


def find_embedder(name: str, registry: Registry) -> ModelSpec:
    """An embedder's entry. Raises UsageError: there is none of that name, with those there are."""
    spec = registry.get(name, "embedder")
    if spec.kind != "embedder":
        said = f"{spec.name} is a detector, not an embedder: use it with --detector."
        raise UsageError(f"{said} {registry.known('embedder')}")
    return spec


def require_embedder(name: str, registry: Registry) -> None:
    """Raise what `find_embedder` does, and ThumperError where its weights are not here or are others."""
    spec = find_embedder(name, registry)
    for part in spec.parts:
        require_embedder(part.model, registry)
    if not spec.parts:
        require_file(spec)
