"""A detector against a ground truth: run it over the photos, or take what a run stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from thumper_core.contracts import DEER, ClassMeaning, ThumperError, kind_of
from thumper_core.deer import DEER_NAMES
from thumper_core.evaluate.detection import DetectionScores, detection_scores
from thumper_core.evaluate.truths import GroundTruth
from thumper_core.ingest.header import read_header
from thumper_core.ingest.infrared import is_infrared
from thumper_core.pipeline.decode import Decoder
from thumper_core.pipeline.records import Decoded, PhotoTask
from thumper_core.vision.detectors import Detector
from thumper_core.vision.meanings import class_meanings
from thumper_core.vision.registry import load_registry
from thumper_core.workspace import Workspace

WEAKEST: Final = 0.001
"""Detections down to here enter average precision, as in ultralytics' own validation."""
BATCH: Final = 16
MAX_PIXELS: Final = 200_000_000
_FACTS: Final = {
    "photo": pl.String, "is_infrared": pl.Boolean, "width": pl.Int64, "height": pl.Int64
}  # fmt: skip
_FOUND: Final = {
    "photo": pl.String, "x1": pl.Float64, "y1": pl.Float64, "x2": pl.Float64, "y2": pl.Float64,
    "confidence": pl.Float64, "class": pl.String,
}  # fmt: skip
_STORED: Final = """
select p.path as name, d.x1, d.y1, d.x2, d.y2, d.confidence, d."class"
from kept_detections d join shown on d.run_id = shown.run_id join photos p using (photo_id)
"""
_PROCESSED: Final = """
select p.path as name, p.is_infrared, p.width, p.height, o.status
from photos p join outcomes o using (photo_id)
"""


@dataclass(frozen=True)
class DetectorEvaluation:
    """What was compared with what, and the scores.

    detector: its name; conf_min: weakest detection that counts; weakest: below it there are none;
    compared: what makes two classes one (`names`, `meanings`, `species`, `kinds`); photos: those
    that could be read: `photo, path, unit, is_infrared, width, height, longest_px`; detections,
    truth: as `detection_scores` took them; n_unreadable: photos left out.
    """

    detector: str
    conf_min: float
    weakest: float
    compared: str
    photos: pl.DataFrame
    detections: pl.DataFrame
    truth: pl.DataFrame
    scores: DetectionScores
    n_unreadable: int

    def flat(self) -> dict[str, Any]:
        """Evaluation JSON: each measure as `{"value", "low", "high"}`, then what was compared."""
        return {
            **self.scores.metrics,
            "confusion": [row for row in self.scores.confusion.to_dicts() if row["n"]],
            "detector": self.detector,
            "conf_min": self.conf_min,
            "weakest_confidence": self.weakest,
            "classes_compared_by": self.compared,
            "n_photos": self.photos.height,
            "n_boxes": int((~self.truth["ignored"]).sum()),
            "n_unreadable": self.n_unreadable,
        }


def evaluate_detector(
    truth: GroundTruth,
    detector: Detector,
    *,
    conf_min: float,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> DetectorEvaluation:
    """Run a detector, opened with `WEAKEST` as its own limit, over the photos of a truth.

    conf_min: weakest detection that counts for precision and recall, in [0, 1].

    >>> from pathlib import Path
    >>> from thumper_core import evaluate_detector, open_detector, read_truth
    >>> detector = open_detector("demo", conf_min=0.001)
    >>> found = evaluate_detector(read_truth(Path("truth.parquet")), detector, conf_min=0.25)
    >>> found.photos.height, 0 <= found.flat()["detection_recall"]["value"] <= 1
    (11, True)
    """
    facts, found = detect_photos(
        truth.photos.select("photo", "path").iter_rows(), detector, on_progress
    )
    meanings = class_meanings(detector.name, detector.class_names, load_registry(None))
    return _evaluation(truth, facts, found, detector.name, meanings, conf_min, WEAKEST, seed)


def evaluate_stored(
    workspace: Workspace, truth: GroundTruth, *, seed: int = 0
) -> DetectorEvaluation:
    """The boxes that the shown run of a workspace stored, before any decision.

    Raises ThumperError where no photo of the truth was processed.
    """
    run_id = workspace.ledger.promoted("run")
    if run_id is None:
        raise ThumperError("Nothing was processed yet. `thumper run` does it.")
    run = workspace.ledger.run(run_id)
    names = truth.photos.select("photo", pl.col("names").alias("name")).explode("name")
    processed = workspace.sql(_PROCESSED).join(names, on="name").unique("photo")
    facts = processed.filter(pl.col("status") != "error").select(
        *(pl.col(name).cast(kind) for name, kind in _FACTS.items())
    )
    found = (
        workspace.sql(_STORED)
        .join(names, on="name")
        .filter(pl.col("photo").is_in(facts["photo"].implode()))
    )
    read = truth.photos.join(processed, on="photo", how="semi")
    if read.is_empty():
        raise ThumperError("No photo of the truth was processed yet. `thumper run` does it.")
    limit = float(run.config.get("detector", {}).get("conf_min", 0.0))
    meanings = class_meanings(
        run.detector,
        found["class"].unique().to_list(),
        load_registry(workspace.root / "registry.toml"),
    )
    found = found.select(pl.col(name).cast(kind) for name, kind in _FOUND.items())
    part = GroundTruth(truth.source, read, truth.boxes, truth.relative, truth.meanings)
    return _evaluation(part, facts, found, run.detector, meanings, limit, limit, seed)


def detect_photos(
    photos: Iterable[tuple[str, str]],
    detector: Detector,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Boxes of photos (key, path), as a run would find them.

    Returns the photos that could be read (`photo, is_infrared, width, height`) and the detections
    (`photo, x1..y2` upright pixels, `confidence, class`).
    """
    decoder = Decoder(detector, MAX_PIXELS)
    wanted = list(photos)
    facts: list[tuple[Any, ...]] = []
    found: list[tuple[Any, ...]] = []
    waiting: defaultdict[tuple[int, ...], list[Decoded]] = defaultdict(list)

    def detect(group: list[Decoded]) -> None:
        batch = np.stack([item.canvas for item in group])
        for item, boxes in zip(group, detector.detect(batch), strict=True):
            for box, confidence, code in zip(
                item.on_photo(boxes).xyxy.tolist(),
                boxes.confidence.tolist(),
                boxes.class_id.tolist(),
                strict=True,
            ):
                name = detector.class_names[code]
                found.append((item.task.photo_id, *box, confidence, name))

    for number, (key, path) in enumerate(wanted, 1):
        item = decoder(PhotoTask(key, (path.encode("utf-8", "surrogateescape"),), content=False))
        if isinstance(item, Decoded):
            data = Path(path).read_bytes()
            dark = is_infrared(read_header(data), data)
            facts.append((key, dark, item.photo.width, item.photo.height))
            group = waiting[item.canvas.shape]
            group.append(item)
            if len(group) >= BATCH:
                detect(waiting.pop(item.canvas.shape))
        if on_progress is not None:
            on_progress(number, len(wanted))
    for group in waiting.values():
        detect(group)
    return (
        pl.DataFrame(facts, schema=_FACTS, orient="row"),
        pl.DataFrame(found, schema=_FOUND, orient="row"),
    )


def comparable(
    found: Mapping[str, ClassMeaning], asked: Mapping[str, ClassMeaning]
) -> tuple[dict[str, str], dict[str, str], str]:
    """Labels under which classes of a detector and of a truth can be compared, and by what.

    found, asked: class name -> what it means. The finest of `names`, `meanings` (species, sex, age
    class), `species` and `kinds` (animal, human, vehicle) in which the detector can say all that
    is asked; kinds where it can in none. A "deer" without a species is one of the other side's.
    """
    found, asked = _with_species_of(found, asked), _with_species_of(asked, found)
    ways: dict[str, Callable[[str, ClassMeaning], str]] = {
        "names": lambda name, _: name.strip().lower(),
        "meanings": lambda _, meaning: _words(meaning),
        "species": lambda _, meaning: meaning.species,
        "kinds": lambda _, meaning: kind_of(meaning.species),
    }
    for way, label in ways.items():
        said = {name: label(name, meaning) for name, meaning in found.items()}
        wanted = {name: label(name, meaning) for name, meaning in asked.items()}
        if way == "kinds" or set(wanted.values()) <= set(said.values()):
            break
    return said, wanted, way


def _with_species_of(
    meanings: Mapping[str, ClassMeaning], others: Mapping[str, ClassMeaning]
) -> dict[str, ClassMeaning]:
    """Meanings with the others' species of deer in place of "deer", where they name just one."""
    named = {meaning.species for meaning in others.values()} & DEER_NAMES.keys()
    species = next(iter(named)) if len(named) == 1 else DEER
    return {
        name: replace(meaning, species=species) if meaning.species == DEER else meaning
        for name, meaning in meanings.items()
    }


def _words(meaning: ClassMeaning) -> str:
    known = (str(part.value) for part in (meaning.sex, meaning.age_class))
    return ", ".join([meaning.species, *(word for word in known if word != "unknown")])


def _evaluation(
    truth: GroundTruth,
    facts: pl.DataFrame,
    found: pl.DataFrame,
    detector: str,
    meanings: Mapping[str, ClassMeaning],
    conf_min: float,
    weakest: float,
    seed: int,
) -> DetectorEvaluation:
    if facts.is_empty():
        raise ThumperError(
            f"None of the {truth.photos.height:,} photos that {truth.source} names can be read. "
            "Are they where it says?"
        )
    photos = truth.photos.join(facts, on="photo", maintain_order="left").with_columns(
        pl.max_horizontal("width", "height").alias("longest_px")
    )
    boxes = truth.boxes.join(photos.select("photo", "width", "height"), on="photo")
    if truth.relative:
        boxes = boxes.with_columns(
            *(pl.col(f"x{end}") * pl.col("width") for end in (1, 2)),
            *(pl.col(f"y{end}") * pl.col("height") for end in (1, 2)),
        )
    names = boxes["label"].unique().to_list()
    own = class_meanings("", names, load_registry(None))
    asked = {name: truth.meanings.get(name, own[name]) for name in names}
    said, wanted, way = comparable(meanings, asked)
    found = found.with_columns(pl.col("class").replace_strict(said, default="?").alias("label"))
    boxes = boxes.with_columns(pl.col("label").replace_strict(wanted, return_dtype=pl.String))
    scores = detection_scores(found, boxes, photos, conf_min=conf_min, seed=seed)
    return DetectorEvaluation(
        detector=detector,
        conf_min=conf_min,
        weakest=weakest,
        compared=way,
        photos=photos,
        detections=found,
        truth=boxes,
        scores=scores,
        n_unreadable=truth.photos.height - photos.height,
    )
