"""From the names in the settings to models that are ready to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from thumper_core.contracts import ClassMeaning
from thumper_core.settings import Settings
from thumper_core.vision.detectors import Detector, open_detector
from thumper_core.vision.embedders import Embedder, open_embedder
from thumper_core.vision.registry import Registry, class_meanings, load_registry
from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class Models:
    """The two models of a run and what the detector's classes stand for."""

    detector: Detector
    embedder: Embedder
    meanings: Mapping[str, ClassMeaning]


def open_models(workspace: Workspace, settings: Settings, *, trust: bool = False) -> Models:
    """Load detector and embedder. ThumperError, naming the next step, where one is absent."""
    registry = load_registry(workspace.root / "registry.toml")
    return models_of(registry, settings, workspace.cache_dir / "models", trust=trust)


def models_of(
    registry: Registry, settings: Settings, cache_dir: Path, *, trust: bool = False
) -> Models:
    """Load detector and embedder with a registry; cache_dir keeps converted networks.

    ThumperError, naming the next step, where one is absent.
    """
    detector = open_detector(
        settings.detect.detector,
        registry=registry,
        device=settings.engine.device,
        trust=trust,
        conf_min=settings.detect.conf_min,
        iou_nms=settings.detect.iou_nms,
        max_detections=settings.detect.max_detections,
        cache_dir=cache_dir,
    )
    embedder = open_embedder(
        settings.embed.embedder,
        registry=registry,
        device=settings.engine.device,
        cache_dir=cache_dir,
    )
    return Models(detector, embedder, class_meanings(detector.name, detector.class_names, registry))
