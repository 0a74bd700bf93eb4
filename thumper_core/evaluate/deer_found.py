"""How well a detector finds the deer of some photos, ready to be compared with another on the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import ANIMAL, DEER, ClassMeaning
from thumper_core.evaluate.boxmatch import match_boxes
from thumper_core.evaluate.detection import average_precision
from thumper_core.evaluate.detector import detect_photos
from thumper_core.evaluate.metrics import Weights
from thumper_core.vision.detectors import Detector


def deer_classes(meanings: Mapping[str, ClassMeaning], species: str) -> set[str]:
    """The classes of a detector that stand for a deer; empty for one that knows no species.

    species: the one of interest, which a "deer" is.
    """
    return {name for name, said in meanings.items() if said.species in (DEER, species)}


@dataclass(frozen=True)
class DeerFound:
    """What a detector found where, beside what is there.

    photos: those that could be read, in order; hit: (N,) whether each detection is a deer that is there;
    confidence: (N,); row: (N,) its photo; true_row: (M,) the photo of each deer that is asked for.
    """

    photos: tuple[str, ...]
    hit: npt.NDArray[np.bool_]
    confidence: npt.NDArray[np.float64]
    row: npt.NDArray[np.int64]
    true_row: npt.NDArray[np.int64]

    def average_precision(self, weight: Weights | None = None) -> float:
        """At IoU 0.5, in [0, 1]; weight: (P,) whole numbers, how often each photo counts."""
        times = np.ones(len(self.photos), np.int64) if weight is None else weight.astype(np.int64)
        rows = np.repeat(np.arange(len(self.row)), times[self.row])
        n_true = int(times[self.true_row].sum())
        if not n_true:
            return float("nan")
        if not self.hit[rows].any():
            return 0.0
        label = np.zeros(len(rows), np.int64)
        found = average_precision(
            self.hit[rows, None], self.confidence[rows], label, np.zeros(n_true, np.int64)
        )
        return float(found[0][0])

    def at(self, conf_min: float) -> dict[str, float]:
        """`precision, recall, f1` of what is at least so sure; NaN where there is nothing to divide by."""
        kept = self.hit[self.confidence >= conf_min]
        n_right, n_true = float(kept.sum()), len(self.true_row)
        return {
            "precision": n_right / len(kept) if len(kept) else float("nan"),
            "recall": n_right / n_true if n_true else float("nan"),
            "f1": 2 * n_right / (len(kept) + n_true) if len(kept) + n_true else float("nan"),
        }


def deer_found(
    detector: Detector,
    meanings: Mapping[str, ClassMeaning],
    species: str,
    photos: pl.DataFrame,
    truth: pl.DataFrame,
    on_progress: Callable[[int, int], None] | None = None,
) -> DeerFound:
    """Run a detector, opened with `evaluate.detector.WEAKEST`, over photos and match what it finds.

    meanings: of its classes; photos: `photo_id, path`; truth: `photo_id, x1..y2, ignored` (neither asked
    for nor a false alarm when found). A detector without a class for deer is asked for its animals.
    """
    facts, found = detect_photos(
        photos.select("photo_id", "path").iter_rows(), detector, on_progress
    )
    named = deer_classes(meanings, species) or {
        name for name, said in meanings.items() if said.species == ANIMAL
    }
    seen = found.filter(pl.col("class").is_in(sorted(named)))
    read = photos.filter(pl.col("photo_id").is_in(facts["photo"].implode()))["photo_id"].to_list()
    asked = truth.rename({"photo_id": "photo"}).filter(pl.col("photo").is_in(read))
    place = {photo: number for number, photo in enumerate(read)}
    match = match_boxes(seen, asked)
    ignored = asked["ignored"].to_numpy().astype(bool)
    counts = (match < 0) | ~np.append(ignored, False)[match]

    def rows(names: pl.Series) -> npt.NDArray[np.int64]:
        return np.array([place[name] for name in names], np.int64)

    return DeerFound(
        tuple(read),
        (match >= 0)[counts],
        seen["confidence"].to_numpy()[counts],
        rows(seen["photo"])[counts],
        rows(asked.filter(~pl.col("ignored"))["photo"]),
    )
