"""Turning crops into vectors whose dot product is a similarity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from thumper_core.contracts import FloatArray, ImageArray, ThumperError
from thumper_core.vision.backends import (
    BackendName,
    Forward,
    Precision,
    as_pictures_module,
    choose_backend,
    chosen_fields,
    halving,
    torch_forward,
)
from thumper_core.vision.embedder_files import LOADERS
from thumper_core.vision.named import find_embedder
from thumper_core.vision.openvino_forward import Later, OpenVinoForward
from thumper_core.vision.quantise import Calibration
from thumper_core.vision.registry import ModelSpec, Registry, load_registry
from thumper_core.vision.weights import require_file, sha256_of

if TYPE_CHECKING:
    import torch


class Embedder(Protocol):
    """Turns square crops into unit vectors."""

    @property
    def name(self) -> str:
        """The registry's name."""

    @property
    def size(self) -> int:
        """Side of the crops, pixels."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def embed(self, crops: ImageArray) -> FloatArray:
        """(B, size, size, 3) uint8 RGB -> (B, dim) float32, L2-normalised rows."""

    def fingerprint_fields(self) -> dict[str, Any]:
        """What decides the vectors: enters the run's fingerprint."""


@dataclass(frozen=True)
class NetworkEmbedder:
    """One network on one backend."""

    name: str
    size: int
    forward: Forward
    fields: dict[str, Any]

    @cached_property
    def dim(self) -> int:
        """Length of a vector. The network says so: it is run once."""
        return self.forward(np.zeros((1, self.size, self.size, 3), np.uint8)).size

    def embed(self, crops: ImageArray) -> FloatArray:
        """(B, size, size, 3) uint8 RGB -> (B, dim) float32, L2-normalised rows."""
        _check_crops(crops, self.size)
        if len(crops) == 0:
            return np.zeros((0, self.dim), np.float32)
        return unit_rows(self.forward(crops).reshape(len(crops), -1))

    def fingerprint_fields(self) -> dict[str, Any]:
        """Name, weights and normalisation, and a precision other than float32.

        The device is left out: it moves little.
        """
        return dict(self.fields)


@dataclass(frozen=True)
class EnsembleEmbedder:
    """Several embedders as one vector.

    The parts' unit vectors, each times sqrt(its share of the weights), stand side by side: the dot
    product of two such vectors is exactly the weighted mean of the parts' cosines, and their length
    is 1.
    """

    name: str
    parts: tuple[Embedder, ...]
    weights: tuple[float, ...]

    @property
    def size(self) -> int:
        """Side of the crops, pixels: the largest that a part takes."""
        return max(part.size for part in self.parts)

    @property
    def dim(self) -> int:
        """Length of a vector: the parts' together."""
        return sum(part.dim for part in self.parts)

    def embed(self, crops: ImageArray) -> FloatArray:
        """(B, size, size, 3) uint8 RGB -> (B, dim) float32, L2-normalised rows."""
        _check_crops(crops, self.size)
        total = sum(self.weights)
        return np.concatenate(
            [
                np.float32(math.sqrt(weight / total)) * part.embed(_resized(crops, part.size))
                for part, weight in zip(self.parts, self.weights, strict=True)
            ],
            axis=1,
        )

    def fingerprint_fields(self) -> dict[str, Any]:
        """The parts' fields and their weights."""
        return {
            "name": self.name,
            "weights": list(self.weights),
            "parts": [part.fingerprint_fields() for part in self.parts],
        }


def unit_rows(vectors: FloatArray) -> FloatArray:
    """Rows divided by their length, float32. Raises ThumperError where a row is not finite."""
    if not np.isfinite(vectors).all():
        raise ThumperError(
            "The embedder gave values that are not numbers. Try `--device torch`; if that helps, "
            "half precision is too little for this model."
        )
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    unit: FloatArray = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return unit


def _check_crops(crops: ImageArray, size: int) -> None:
    if crops.dtype != np.uint8 or crops.ndim != 4 or crops.shape[1:] != (size, size, 3):
        raise ValueError(
            f"crops must be (B, {size}, {size}, 3) uint8, not {crops.shape} {crops.dtype}"
        )


def _resized(crops: ImageArray, size: int) -> ImageArray:
    if crops.shape[1] == size or len(crops) == 0:
        return crops if crops.shape[1] == size else np.zeros((0, size, size, 3), np.uint8)
    import cv2

    return np.stack([cv2.resize(c, (size, size), interpolation=cv2.INTER_AREA) for c in crops])


def open_embedder(
    name_or_path: str,
    *,
    device: str = "auto",
    cache_dir: Path | None = None,
    registry: Registry | None = None,
    precision: Precision = "f32",
    streams: int = 0,
    calibration: Calibration | None = None,
) -> Embedder:
    """Open an embedder by its name in the registry.

    cache_dir: keeps converted networks. precision: float32 unless asked, because bfloat16
    turns some vectors by more than a cosine of 0.999 (measured: 0.9986), which moves similarities
    by 0.01. streams: as `OpenVinoForward` takes them. calibration: for the precision int8.
    Raises UsageError (unknown name) and ThumperError (no weights, wrong weights), each naming the
    next step.

    >>> import numpy as np
    >>> from thumper_core import open_embedder
    >>> embedder = open_embedder("efficientnet_lite0")
    >>> vectors = embedder.embed(np.zeros((2, embedder.size, embedder.size, 3), np.uint8))
    >>> vectors.shape == (2, embedder.dim)
    True
    """
    registry = registry if registry is not None else load_registry()
    spec = find_embedder(name_or_path, registry)
    if spec.loader == "ensemble":
        return EnsembleEmbedder(
            spec.name,
            tuple(
                open_embedder(
                    part.model,
                    device=device,
                    cache_dir=cache_dir,
                    registry=registry,
                    precision=precision,
                    streams=streams,
                    calibration=calibration,
                )
                for part in spec.parts
            ),
            tuple(part.weight for part in spec.parts),
        )
    path = require_file(spec)
    return embedder_from_file(
        spec,
        path,
        backend=choose_backend(device),
        cache_dir=cache_dir,
        precision=precision,
        streams=streams,
        calibration=calibration,
    )


def embedder_from_file(
    spec: ModelSpec,
    path: Path,
    *,
    backend: BackendName,
    cache_dir: Path | None = None,
    precision: Precision = "f32",
    streams: int = 0,
    calibration: Calibration | None = None,
) -> NetworkEmbedder:
    """Load the weights file of one network onto a backend. Raises ThumperError."""
    fields: dict[str, Any] = {
        "name": spec.name,
        "weights_sha256": sha256_of(path),
        "architecture": spec.architecture,
        "size": spec.input_size,
        "mean": list(spec.mean),
        "std": list(spec.std),
        "scales": list(spec.scales),
    }
    if spec.gem_power:
        fields |= {"gem_power": spec.gem_power, "centre_sigma": spec.centre_sigma}
    if spec.zooms != (1.0,):
        fields["zooms"] = list(spec.zooms)
    if backend == "openvino":
        # The network is most likely kept converted: importing torch and timm takes seconds.
        converted = OpenVinoForward(
            Later(partial(_pictures, spec, path)),
            precision=precision,
            cache_dir=cache_dir,
            key=repr(sorted(fields.items())),
            streams=streams,
            calibration=calibration,
        )
        converted.prepare((spec.input_size, spec.input_size, 3))
        forward: Forward = converted
    else:
        forward = torch_forward(_pictures(spec, path), backend)
    fields |= chosen_fields(precision, "f32", backend, calibration)
    return NetworkEmbedder(spec.name, spec.input_size, halving(forward), fields)


def _pictures(spec: ModelSpec, path: Path) -> torch.nn.Module:
    """The network of a weights file, as its entry says it looks at pictures of its size."""
    from thumper_core.vision.pooling import with_pooling
    from thumper_core.vision.views import with_views

    try:
        network = with_pooling(LOADERS[spec.loader](spec, path), spec)
    except ThumperError:
        raise
    except Exception as error:  # a wrong or damaged file can fail in any way inside a library
        raise ThumperError(
            f"{path} does not fit {spec.architecture} ({error}). `thumper models verify` says "
            "whether it is damaged; delete it and pull it again."
        ) from error
    looking = with_views(network, spec.input_size, spec.scales, spec.zooms)
    return as_pictures_module(looking, spec.mean, spec.std)
