"""A detector against true boxes: found or not, rightly classed or not, and how sure to be of that.

Average precision is ultralytics' (101-point interpolation over recall, as COCO's); detections find
true boxes by the rule of `boxmatch`, in order of falling confidence.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.boxes.iou import area_px2, boxes_of
from thumper_core.contracts import ThumperError
from thumper_core.evaluate.boxmatch import match_boxes
from thumper_core.evaluate.metrics import Metric, metric, resampled_mean, resamples
from thumper_core.vision.ultralytics_guard import alone

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

IOUS: Final = tuple(float(iou) for iou in np.linspace(0.5, 0.95, 10))
"""Overlaps at which average precision is taken; the first alone is AP50."""
SIZES: Final = ("small", "medium", "large")
SIZE_LIMITS: Final = (0.05, 0.15)
"""Side of a square of the box's area over the photo's longer side: where medium and large begin.

On a canvas of 640 pixels these are COCO's 32 and 96 pixels.
"""
LIGHTS: Final = ("day", "infrared")
MISSED: Final = "not found"
NOTHING: Final = "nothing there"


@dataclass(frozen=True)
class DetectionScores:
    """What a detector got right.

    metrics: flat, each `{"value", "low", "high"}` (`detection_scores` says which); confusion: rows
    `true, found, n` over all pairs of `labels` and `MISSED`, `NOTHING`; labels: of the truth, then
    others that the detector used; curve: `recall, precision, confidence`, whatever the class;
    found: (N,) int64, row of the truth that each detection at or above `conf_min` found, -1: none,
    -2: not counted (too weak, or an animal that is not asked for).
    """

    metrics: dict[str, Metric]
    confusion: pl.DataFrame
    labels: tuple[str, ...]
    curve: pl.DataFrame
    found: Rows


def detection_scores(
    detections: pl.DataFrame,
    truth: pl.DataFrame,
    photos: pl.DataFrame,
    *,
    conf_min: float,
    compare_classes: bool = True,
    seed: int = 0,
) -> DetectionScores:
    """Compare detections with true boxes of the same photos.

    detections: `photo, x1..y2` (pixels), `confidence, label`, as weak as the detector gives them;
    truth: `photo, x1..y2, label, ignored` (neither asked for nor a false alarm when found); photos:
    every photo, blank ones too: `photo, unit` (what is resampled: the photo itself, or its visit),
    `is_infrared` (null: not known), `longest_px` (longer side). conf_min: weakest detection that
    counts for precision, recall, classes and confusion; average precision uses all.
    compare_classes: False where labels say no more than that something is there.

    metrics: detection_precision, detection_recall (class does not matter, IoU 0.5), class_accuracy
    (of what was found), map50, map50_95 (classes must agree; mean over the truth's classes),
    `ap50_<label>`; `<light>_` and `<size>_` with detection_precision, detection_recall, and
    `<light>_class_accuracy`, for LIGHTS and SIZES. None where there is nothing to measure. A false
    alarm has the size of its own box, a found one that of the true box. Raises ThumperError where
    the truth asks for nothing.
    """
    if not truth.height or truth["ignored"].all():
        raise ThumperError(
            "The truth holds no box to look for, so there is nothing to compare with. Are these "
            "the right labels?"
        )
    facts = photos.select("photo", "unit", "is_infrared", "longest_px")
    seen = detections.join(facts, on="photo", how="left", maintain_order="left")
    asked = truth.join(facts, on="photo", how="left", maintain_order="left")
    ignored = asked["ignored"].to_numpy().astype(bool)
    strong = (seen["confidence"] >= conf_min).to_numpy()

    found = np.full(seen.height, -2, np.int64)
    found[strong] = match_boxes(seen.filter(pl.Series(strong)), asked, IOUS[0])
    hit = found >= 0
    found[hit & ignored[np.maximum(found, 0)]] = -2
    hit, counts = found >= 0, found >= -1
    got = np.zeros(asked.height, bool)
    got[found[hit]] = True
    right = np.zeros(seen.height, bool)
    right[hit] = (
        seen["label"].gather(np.flatnonzero(hit)) == asked["label"].gather(found[hit])
    ).to_numpy()

    groups = _Groups(seen, asked, found)
    metrics: dict[str, Metric] = {}
    for prefix, of_seen, of_asked in groups.parts():
        a, b = counts & of_seen, ~ignored & of_asked
        metrics[f"{prefix}detection_precision"] = resampled_mean(
            hit[a], seen["unit"].to_numpy()[a], seed
        )
        metrics[f"{prefix}detection_recall"] = resampled_mean(
            got[b], asked["unit"].to_numpy()[b], seed
        )
        if compare_classes and prefix not in {f"{size}_" for size in SIZES}:
            kept = hit & of_seen
            metrics[f"{prefix}class_accuracy"] = resampled_mean(
                right[kept], seen["unit"].to_numpy()[kept], seed
            )
    if not compare_classes:
        metrics["class_accuracy"] = metric(math.nan)
    ranked = _Ranked(seen, asked, ignored, photos)
    metrics |= ranked.metrics(seed, per_class=compare_classes)
    labels = _labels(seen.filter(pl.Series(counts)), asked.filter(pl.Series(~ignored)))
    return DetectionScores(
        metrics=metrics,
        confusion=_confusion(seen, asked, found, got | ignored, labels),
        labels=labels,
        curve=ranked.curve(),
        found=found,
    )


class _Groups:
    """Which rows belong to a light or a size."""

    def __init__(self, seen: pl.DataFrame, asked: pl.DataFrame, found: Rows) -> None:
        self._dark = [_dark(seen), _dark(asked)]
        true_size = size_of(asked)
        own = size_of(seen)
        self._size = [np.where(found >= 0, true_size[np.maximum(found, 0)], own), true_size]

    def parts(self) -> Iterator[tuple[str, Bools, Bools]]:
        """Prefix of the metrics' names, rows of the detections, rows of the truth."""
        everything = [np.ones(len(size), bool) for size in self._size]
        yield "", everything[0], everything[1]
        for code, light in enumerate(LIGHTS):
            yield f"{light}_", self._dark[0] == code, self._dark[1] == code
        for code, size in enumerate(SIZES):
            yield f"{size}_", self._size[0] == code, self._size[1] == code


def size_of(boxes: pl.DataFrame) -> Rows:
    """(N,) code of SIZES for boxes with `x1..y2` and `longest_px`; -1 where that is not known."""
    side = np.sqrt(area_px2(boxes_of(boxes)))
    longest = boxes["longest_px"].cast(pl.Float64).fill_null(0).to_numpy()
    share = np.divide(side, longest, out=np.full(len(side), -1.0), where=longest > 0)
    return np.where(share < 0, -1, np.searchsorted(SIZE_LIMITS, share, side="right"))


def _dark(rows: pl.DataFrame) -> Rows:
    """(N,) code of LIGHTS, -1 where it is not known."""
    return rows["is_infrared"].cast(pl.Int64).fill_null(-1).to_numpy()


class _Ranked:
    """All detections by confidence, each right or wrong at each overlap: average precision."""

    def __init__(
        self, seen: pl.DataFrame, asked: pl.DataFrame, ignored: Bools, photos: pl.DataFrame
    ) -> None:
        anything = match_boxes(seen, asked, IOUS[0])
        kept = (anything < 0) | ~ignored[np.maximum(anything, 0)]
        self._seen = seen.filter(pl.Series(kept))
        self._asked = asked.filter(pl.Series(~ignored))
        self._photos = photos
        names = sorted({*self._asked["label"].to_list(), *self._seen["label"].to_list()})
        self._names = dict(enumerate(names))
        code = {name: number for number, name in self._names.items()}
        self._label = np.array([code[name] for name in self._seen["label"]], np.int64)
        self._true_label = np.array([code[name] for name in self._asked["label"]], np.int64)
        self._confidence = self._seen["confidence"].cast(pl.Float64).to_numpy()
        own = pl.concat_str("photo", "label", separator="\0").alias("photo")
        a, b = (frame.with_columns(own) for frame in (self._seen, self._asked))
        self._hit = np.column_stack([match_boxes(a, b, iou) >= 0 for iou in IOUS])
        self._hit_any = match_boxes(self._seen, self._asked, IOUS[0]) >= 0

    def metrics(self, seed: int, *, per_class: bool) -> dict[str, Metric]:
        """map50, map50_95 and `ap50_<label>`, with intervals by resampling the photos' units."""
        place = {photo: row for row, photo in enumerate(self._photos["photo"].to_list())}
        rows, true_rows = (
            np.array([place[photo] for photo in frame["photo"]], np.int64)
            for frame in (self._seen, self._asked)
        )
        value = self._scores(None, None)
        draws = [
            self._scores(weight[rows].astype(np.int64), weight[true_rows].astype(np.int64))
            for weight in resamples(self._photos["unit"].to_numpy(), seed=seed)
        ]
        keys = [k for k in value if per_class or not k.startswith("ap50_")]
        return {key: metric(value[key], [d.get(key, math.nan) for d in draws]) for key in keys}

    def _scores(self, times: Rows | None, true_times: Rows | None) -> dict[str, float]:
        """The same for rows that count so many times each; None: once."""
        rows, true_rows = (
            np.arange(len(label)) if n is None else np.repeat(np.arange(len(label)), n)
            for n, label in ((times, self._label), (true_times, self._true_label))
        )
        if not len(true_rows):  # no box in a resample
            return {"map50": math.nan, "map50_95": math.nan}
        found = average_precision(
            self._hit[rows], self._confidence[rows], self._label[rows], self._true_label[true_rows]
        )
        scores = {f"ap50_{self._names[label]}": float(ap[0]) for label, ap in found.items()}
        every = np.array(list(found.values()))
        return {"map50": float(every[:, 0].mean()), "map50_95": float(every.mean()), **scores}

    def curve(self) -> pl.DataFrame:
        """Precision and recall at each confidence, whatever the class."""
        order = np.argsort(-self._confidence, kind="stable")
        hits = np.cumsum(self._hit_any[order])
        n = np.arange(1, len(order) + 1)
        asked = max(1, self._asked.height)
        return pl.DataFrame(
            {"recall": hits / asked, "precision": hits / n, "confidence": self._confidence[order]}
        )


def average_precision(
    hit: Bools, confidence: npt.NDArray[np.float64], label: Rows, true_label: Rows
) -> dict[int, npt.NDArray[np.float64]]:
    """Average precision of each true label at each overlap, in [0, 1].

    hit: (N, K) whether a detection found a box of its label at each of K overlaps; confidence,
    label: (N,); true_label: (M,), M > 0. A label that no detection has gets 0.
    """
    with alone():
        from ultralytics.utils.metrics import ap_per_class

    found = ap_per_class(hit.astype(np.float64), confidence, label, true_label)
    ap, labels = found[5], found[6]
    return {int(name): np.asarray(row, np.float64) for name, row in zip(labels, ap, strict=True)}


def _labels(seen: pl.DataFrame, asked: pl.DataFrame) -> tuple[str, ...]:
    """Labels of the truth, the commonest first, then those that only detections have."""
    order = asked["label"].value_counts(sort=True)["label"].to_list() if asked.height else []
    more = sorted(set(seen["label"].to_list()) - set(order))
    return (*order, *more)


def _confusion(
    seen: pl.DataFrame, asked: pl.DataFrame, found: Rows, settled: Bools, labels: tuple[str, ...]
) -> pl.DataFrame:
    """Rows `true, found, n` for all pairs that can be; settled: (M,) found or not asked for."""
    counted: dict[tuple[str, str], int] = {}
    true_labels, seen_labels = asked["label"].to_list(), seen["label"].to_list()
    for row in np.flatnonzero(found >= -1):
        true = true_labels[found[row]] if found[row] >= 0 else NOTHING
        pair = (true, seen_labels[row])
        counted[pair] = counted.get(pair, 0) + 1
    for row in np.flatnonzero(~settled):
        pair = (true_labels[row], MISSED)
        counted[pair] = counted.get(pair, 0) + 1
    pairs: list[tuple[Any, ...]] = [
        (true, name, counted.get((true, name), 0))
        for true in (*labels, NOTHING)
        for name in (*labels, MISSED)
        if (true, name) != (NOTHING, MISSED)
    ]
    schema = {"true": pl.String, "found": pl.String, "n": pl.Int64}
    return pl.DataFrame(pairs, schema=schema, orient="row")
