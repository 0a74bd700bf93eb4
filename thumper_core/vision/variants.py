"""An embedder by a short text: at another size, or several as one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from thumper_core.contracts import UsageError
from thumper_core.vision.embedders import Embedder, EnsembleEmbedder, open_embedder
from thumper_core.vision.registry import Registry

SIZES = (32, 1024)


def open_variant(text: str, registry: Registry, *, device: str = "auto") -> Embedder:
    """Open `NAME`, `NAME@SIZE` (crops of that many pixels), or several joined by `+`.

    Joined ones weigh the same. Raises UsageError for a size out of SIZES or one that the network
    does not take, and as `open_embedder` does.
    """
    parts = tuple(_open_part(part.strip(), registry, device) for part in text.split("+"))
    return parts[0] if len(parts) == 1 else EnsembleEmbedder(text, parts, (1.0,) * len(parts))


def _open_part(text: str, registry: Registry, device: str) -> Embedder:
    name, at, size = text.partition("@")
    if not at:
        return open_embedder(name, registry=registry, device=device)
    if not (size.isascii() and size.isdigit()) or not SIZES[0] <= int(size) <= SIZES[1]:
        raise UsageError(
            f"{text}: the size after @ is that of the crops, {SIZES[0]} to {SIZES[1]} pixels."
        )
    spec = registry.get(name)
    if spec.loader == "ensemble":
        raise UsageError(f"{name} is an ensemble: give its parts their sizes, joined by +.")
    other = replace(spec, name=text, input_size=int(size))
    models = replace(registry, models={**registry.models, text: other})
    try:
        embedder = open_embedder(text, registry=models, device=device)
        embedder.embed(np.zeros((1, int(size), int(size), 3), np.uint8))
    except (RuntimeError, AssertionError, ValueError) as error:
        raise UsageError(f"{name} takes no crops of {size} pixels: {error}") from error
    return embedder
