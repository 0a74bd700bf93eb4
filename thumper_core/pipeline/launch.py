"""From the names in the settings to models that are ready to run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from thumper_core.contracts import ClassMeaning, ThumperError
from thumper_core.pipeline.choice import with_detector
from thumper_core.pipeline.room import Room, room_of
from thumper_core.pipeline.tuned import FOLDER, Tuned, load_tuned, tuning_key, with_tuned
from thumper_core.settings import AUTO, Settings
from thumper_core.vision.detectors import Detector, open_detector
from thumper_core.vision.embedders import Embedder, open_embedder
from thumper_core.vision.meanings import class_meanings
from thumper_core.vision.named import require_detector, require_embedder
from thumper_core.vision.quantise import Calibration
from thumper_core.vision.registry import Registry, load_registry
from thumper_core.workspace import Workspace

DETECTOR_SAMPLES: Final = "detector.npz"
EMBEDDER_SAMPLES: Final = "embedder.npz"


@dataclass(frozen=True)
class Models:
    """The two models of a run and what the detector's classes stand for.

    tuned: what `thumper tune` measured on this machine with them, if it did; room: the disk that a run
    with them was seen to have and need.
    """

    detector: Detector
    embedder: Embedder
    meanings: Mapping[str, ClassMeaning]
    tuned: Tuned | None = None
    room: Room | None = None


def open_models(workspace: Workspace, settings: Settings, *, trust: bool = False) -> Models:
    """Load detector and embedder, with as many streams as `thumper tune` found best for them.

    Raises ThumperError, naming the next step, where one is absent, and DiskError before they are loaded
    where the disk has no room for a run's first results.
    """
    room = room_of(workspace, settings)
    room.require()
    models = open_untuned(workspace, settings, trust=trust)
    key = tuning_key(models.detector, models.embedder, settings.engine.device)
    tuned = load_tuned(workspace, key)
    wanted = with_tuned(settings, tuned)
    if wanted.engine.streams != settings.engine.streams:
        models = open_untuned(workspace, wanted, trust=trust)
    return replace(models, tuned=tuned, room=room)


def require_models(settings: Settings, registry: Registry, *, trust: bool = False) -> None:
    """Raise what opening the two models would, as far as names and files tell, and load nothing.

    trust: as `open_detector` takes it. A detector that is `auto` is there: it is chosen by
    the photos from those that are.
    """
    if settings.detect.detector != AUTO:
        require_detector(settings.detect.detector, registry, trust=trust)
    require_embedder(settings.embed.embedder, registry)


def open_untuned(workspace: Workspace, settings: Settings, *, trust: bool = False) -> Models:
    """Load detector and embedder exactly as the settings say, which is what tuning compares; a
    detector that is `auto` is chosen by the photos (`pipeline.choice`).
    """
    return models_of(
        load_registry(workspace.root / "registry.toml"),
        with_detector(workspace, settings),
        cache_dir=workspace.cache_dir / "models",
        trust=trust,
        samples_dir=workspace.root / FOLDER,
    )


def models_of(
    registry: Registry,
    settings: Settings,
    cache_dir: Path,
    *,
    trust: bool = False,
    trusted: Collection[str] = (),
    samples_dir: Path | None = None,
) -> Models:
    """Load detector and embedder with a registry, by the names that the settings have (no `auto`).

    cache_dir keeps converted networks, samples_dir the pictures that int8 is made with; trust,
    trusted: as `open_detector` takes them, and what the workspace means by the two names is meant.
    ThumperError, naming the next step, where one is absent.
    """
    calibrations = calibrations_of(settings, samples_dir)
    if trust:
        registry = registry.believing(settings.detect.detector).believing(settings.embed.embedder)
    detector = open_detector(
        settings.detect.detector,
        registry=registry,
        device=settings.engine.device,
        trust=trust,
        trusted=trusted,
        conf_min=settings.detect.conf_min,
        iou_nms=settings.detect.iou_nms,
        max_detections=settings.detect.max_detections,
        cache_dir=cache_dir,
        precision=settings.detect.precision,
        streams=settings.engine.streams,
        calibration=calibrations.get(DETECTOR_SAMPLES),
    )
    embedder = _embedder_of(registry, settings, cache_dir, calibrations.get(EMBEDDER_SAMPLES))
    return Models(detector, embedder, class_meanings(detector.name, detector.class_names, registry))


def open_embedder_alone(workspace: Workspace, settings: Settings) -> Embedder:
    """Load the embedder that the settings name, for boxes that need no detector."""
    registry = load_registry(workspace.root / "registry.toml")
    require_embedder(settings.embed.embedder, registry)
    folder = workspace.root / FOLDER
    made_with = (
        Calibration.of(folder / EMBEDDER_SAMPLES) if settings.embed.precision == "int8" else None
    )
    return _embedder_of(registry, settings, workspace.cache_dir / "models", made_with)


def _embedder_of(
    registry: Registry, settings: Settings, cache_dir: Path, calibration: Calibration | None
) -> Embedder:
    return open_embedder(
        settings.embed.embedder,
        registry=registry,
        device=settings.engine.device,
        cache_dir=cache_dir,
        precision=settings.embed.precision,
        streams=settings.engine.streams,
        calibration=calibration,
    )


def calibrations_of(settings: Settings, folder: Path | None) -> dict[str, Calibration]:
    """What the models that are to be in int8 are made with, by file name in a workspace's folder.

    Raises ThumperError where a file, or the folder itself, is not there.
    """
    precisions = {
        DETECTOR_SAMPLES: settings.detect.precision,
        EMBEDDER_SAMPLES: settings.embed.precision,
    }
    names = [name for name, precision in precisions.items() if precision == "int8"]
    if not names:
        return {}
    if folder is None:
        raise ThumperError(
            "int8 is made with the sample pictures of a workspace: name their folder."
        )
    return {name: Calibration.of(folder / name) for name in names}
