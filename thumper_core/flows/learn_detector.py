"""Tune the shipped detector on what people corrected here, and use it where it finds deer better.

Every time anew from the shipped weights, on all corrections that stand: a second training on top of a
first would be asked to keep what the first had left of what it knew (`models/whitetail-detector.md`).
Cameras, days or visits are kept back (`learning.kept_back`); on them the new detector and the one in
use are asked for the deer that are there. Nothing is processed again here: a detector that was taken
is what the settings name from then on, and a reprocess with its checks brings it to the herd.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from thumper_core.contracts import DEER, ClassMeaning
from thumper_core.evaluate.deer_found import DeerFound, deer_classes, deer_found
from thumper_core.evaluate.detector import WEAKEST
from thumper_core.evaluate.paired import chance_margin
from thumper_core.files import content_hash
from thumper_core.flows.trial import Trial
from thumper_core.learning.cards import FOLDER, keep_card, next_number
from thumper_core.learning.corrected import Corrected, corrected_photos
from thumper_core.learning.kept_back import KeptBack, kept_back
from thumper_core.learning.ready import with_deer
from thumper_core.pipeline.choice import REAL, choose_detector
from thumper_core.vision.centernet.fit import Plan
from thumper_core.vision.centernet.train import SAVED, train_on
from thumper_core.vision.centernet.training_list import DOUBT
from thumper_core.vision.detectors import Detector, open_detector, weights_file
from thumper_core.vision.meanings import class_meanings
from thumper_core.vision.registry import Registry, load_registry
from thumper_core.vision.weights import add_model, sha256_of
from thumper_core.workspace import Workspace

STEPS: Final = 200
"""Of a training on corrections, which are fewer than the photos that the shipped detector was tuned on."""
VISITS_MIN: Final = 8
"""Fewer visits than this are drawn anew photo by photo."""
Say = Callable[[str, int, int], None]


@dataclass(frozen=True)
class LearnedDetector:
    """What came of an attempt: the trial, its card, and the name it is used by, None where it is not."""

    trial: Trial
    card: Path
    name: str | None


@dataclass(frozen=True)
class _Asked:
    """What both detectors are asked: photos `photo_id, path, unit`, true boxes with `ignored`."""

    photos: pl.DataFrame
    truth: pl.DataFrame
    species: str


def learn_detector(
    workspace: Workspace,
    *,
    plan: Plan | None = None,
    start: str = REAL,
    say: Say | None = None,
    stop: threading.Event | None = None,
) -> LearnedDetector:
    """Tune on the corrections of the shown run, try beside the detector in use, take the better one.

    plan: None: STEPS steps; start: the detector to start from; say(step in words, done, total); stop: ends
    it early with `Stopped`, and the same call goes on while nobody corrects more. Raises ThumperError,
    saying what is missing, where there is too little to learn from or to keep back.
    """
    plan, say = plan or Plan(steps=STEPS), say or (lambda *_: None)
    began = time.monotonic()
    corrected = corrected_photos(workspace)
    back = kept_back(with_deer(corrected))
    registry = load_registry(workspace.root / "registry.toml")
    used, before = _open(choose_detector(workspace).detector, workspace, registry)
    blind = not deer_classes(before, workspace.settings.species)
    asked = _asked(corrected, back, workspace.settings.species, count_others=not blind)
    in_use = _found(used, before, asked, "Trying the detector in use", say)
    name = f"own-{next_number(workspace.root, 'detector')}"
    origin = weights_file(start, registry)
    draft = _draft(workspace.root, corrected, plan)
    teaching = [p for p in corrected.listed() if p.name not in back.photo_ids]
    if not draft.is_file():
        train_on(
            teaching,
            DEER,
            draft,
            origin,
            plan=plan,
            imgsz=registry.get(REAL).input_size,
            about={"workspace": "corrections"},
            on_progress=lambda step, total, _: say("Tuning the detector", step, total),
            stop=stop,
        )
    meanings = registry.get(REAL).class_map
    new, _ = _open(str(draft), workspace, registry)
    made = _found(new, meanings, asked, "Trying the new detector", say)
    conf_min = workspace.settings.detect.conf_min
    trial = _trial(in_use, made, asked, back, conf_min)
    sha256 = sha256_of(draft)
    if trial.is_better:
        _take(workspace, draft, name, meanings)
    else:
        draft.unlink()
    card: dict[str, Any] = {
        "name": name,
        "weights_sha256": sha256,
        "is_used": trial.is_better,
        "trial": trial.as_dict() | {"margin": trial.margin, "beside": used.name},
        f"from_confidence_{conf_min:g}": {
            "before": in_use.at(conf_min),
            "after": made.at(conf_min),
        },
        "learned_from": {
            "corrections": dict(corrected.kinds),
            "photos": len(teaching),
            "deer": sum(photo.labels.count(DEER) for photo in teaching),
            "other_animals": sum(
                label not in (DEER, DOUBT) for photo in teaching for label in photo.labels
            ),
            "photos_without_an_animal": sum(not photo.labels for photo in teaching),
            "cameras": sorted({photo.camera for photo in teaching}),
        },
        "kept_back": {"photos": asked.photos.height, "cameras": _cameras(corrected, back)},
        "started_from": {"name": start, "sha256": sha256_of(origin)},
        "steps": plan.steps,
        "picture_px": plan.size,
        "seconds": round(time.monotonic() - began, 1),
        "last_correction": corrected.last,
    }
    return LearnedDetector(
        trial, keep_card(workspace.root, "detector", card), name if trial.is_better else None
    )


def _open(
    name: str, workspace: Workspace, registry: Registry
) -> tuple[Detector, dict[str, ClassMeaning]]:
    """A detector that gives whatever it is the least sure of, and what its classes stand for."""
    detector = open_detector(
        name,
        registry=registry,
        device=workspace.settings.engine.device,
        conf_min=WEAKEST,
        iou_nms=workspace.settings.detect.iou_nms,
        cache_dir=workspace.cache_dir / "models",
    )
    return detector, class_meanings(detector.name, detector.class_names, registry)


def _asked(corrected: Corrected, back: KeptBack, species: str, *, count_others: bool) -> _Asked:
    """The photos that are kept back and the deer in them.

    count_others: whether another animal that is found is a false alarm; not where a detector cannot tell.
    """
    out = pl.col("photo_id").is_in(sorted(back.photo_ids))
    photos = corrected.photos.filter(out)
    unit = "event_id" if photos["event_id"].n_unique() >= VISITS_MIN else "photo_id"
    boxes = corrected.boxes.filter(out)
    if count_others:
        boxes = boxes.filter(pl.col("label").is_in([DEER, DOUBT]))
    truth = boxes.with_columns((pl.col("label") != DEER).alias("ignored"))
    return _Asked(photos.with_columns(pl.col(unit).alias("unit")), truth, species)


def _found(
    detector: Detector, meanings: dict[str, ClassMeaning] | Any, asked: _Asked, step: str, say: Say
) -> DeerFound:
    return deer_found(
        detector,
        meanings,
        asked.species,
        asked.photos,
        asked.truth,
        lambda done, total: say(step, done, total),
    )


def _trial(
    before: DeerFound, after: DeerFound, asked: _Asked, back: KeptBack, conf_min: float
) -> Trial:
    """The new one must rank deer better by more than chance, and be no worse from the confidence on that
    counts in this workspace: where that fails, that is what the trial tells.
    """
    units = dict(asked.photos.select("photo_id", "unit").iter_rows())
    drawn = np.array([units[photo] for photo in before.photos])
    old, new = before.average_precision, after.average_precision
    n, said = len(after.true_row), back.said
    margin = chance_margin(old, new, drawn)
    ranks = Trial("detector", "average precision of deer", old(), new(), n, said, margin)
    counts = f"F1 of deer from confidence {conf_min:g} on"
    works = Trial("detector", counts, before.at(conf_min)["f1"], after.at(conf_min)["f1"], n, said)
    return works if ranks.is_better and works.after < works.before else ranks


def _draft(root: Path, corrected: Corrected, plan: Plan) -> Path:
    """Where the new weights are written; what is left of a training on other corrections goes."""
    said = (corrected.last, corrected.n_corrections, corrected.photos.height, plan.steps, plan.size)
    draft = root / FOLDER / f"draft-{content_hash(repr(said).encode())[:12]}.onnx"
    for old in (root / FOLDER).glob("draft-*"):
        if old.name not in (draft.name, draft.name + SAVED):
            old.unlink(missing_ok=True)
    return draft


def _take(workspace: Workspace, draft: Path, name: str, meanings: Any) -> None:
    """Make the new weights known by name in this workspace, and the detector of its settings."""
    kept = draft.with_name(f"{name}.onnx")
    draft.replace(kept)
    add_model(
        kept,
        name,
        registry_file=workspace.root / "registry.toml",
        stays=True,
        class_map=meanings,
        input_size=load_registry().get(REAL).input_size,
    )
    workspace.settings = workspace.settings.replace("detect", detector=name)
    workspace.settings.save(workspace.settings_file)


def _cameras(corrected: Corrected, back: KeptBack) -> list[str]:
    out = corrected.photos.filter(pl.col("photo_id").is_in(sorted(back.photo_ids)))
    return sorted(out["camera"].fill_null("").unique().to_list())
