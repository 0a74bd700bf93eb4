"""Detectors on real deer, camera by camera, and on what is no deer.

python benchmarks/real_deer.py LIST --photos DIR [--only REGEX] [--detector NAME|FILE[@CONF] ...]
    [--crops FILE] [--json FILE]

LIST: a training list (models/whitetail-training.toml). --only: photos whose path it finds, such as the
cameras that a training left out: on the others the figures are those of memory. A detector that has
no class `deer` is asked for `animal`. Where the list corrects labels, rows named `*` are scored on the
labels as they were. --crops: what `real_sex.py --kept` wrote: a species head is fitted on what --only
leaves, and asked after each detector, as a run does.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from _second_opinion import head_without, with_doubt

from thumper_core import open_detector
from thumper_core.evaluate.detection import detection_scores
from thumper_core.evaluate.detector import detect_photos
from thumper_core.heads.fit import Line
from thumper_core.vision.centernet.training_list import DOUBT, ListedPhoto, read_list

WEAKEST = 0.01
ASKED = 0.1
EMBEDDER = "efficientnet_lite2_gem"
PRECISION = 0.9


def truth_of(photos: list[ListedPhoto], learned: str, facts: pl.DataFrame) -> pl.DataFrame:
    """Boxes of what is learned, in pixels; those of which nobody can tell are ignored."""
    sides = {name: (w, h) for name, w, h in facts.select("photo", "width", "height").iter_rows()}
    rows = [
        (p.name, *(float(v) for v in box * np.array(sides[p.name] * 2)), "deer", label == DOUBT)
        for p in photos
        if p.name in sides
        for label, box in zip(p.labels, p.boxes, strict=True)
        if label in (learned, DOUBT)
    ]
    schema = {"photo": pl.String, **dict.fromkeys(("x1", "y1", "x2", "y2"), pl.Float64)}
    return pl.DataFrame(
        rows, schema={**schema, "label": pl.String, "ignored": pl.Boolean}, orient="row"
    )


def scores_of(
    photos: list[ListedPhoto],
    facts: pl.DataFrame,
    found: pl.DataFrame,
    truth: pl.DataFrame,
    conf: float,
) -> dict[str, Any]:
    """The figures of some photos."""
    names = {photo.name for photo in photos}
    units = {photo.name: photo.name for photo in photos}
    seen = facts.filter(pl.col("photo").is_in(names)).with_columns(
        pl.col("photo").replace_strict(units).alias("unit"),
        pl.max_horizontal("width", "height").alias("longest_px"),
    )
    scores = detection_scores(
        found.filter(pl.col("photo").is_in(names)),
        truth.filter(pl.col("photo").is_in(names)),
        seen,
        conf_min=conf,
    )
    recall, precision, confidence = (scores.curve[name].to_numpy() for name in scores.curve.columns)
    f1 = 2 * recall * precision / np.maximum(recall + precision, 1e-9)
    best = int(f1.argmax()) if len(f1) else 0
    sure = np.flatnonzero(precision >= PRECISION)
    told = {name: value["value"] for name, value in scores.metrics.items()}
    return {
        "photos": len(photos),
        "deer": int((~truth.filter(pl.col("photo").is_in(names))["ignored"]).sum()),
        "map50": told["map50"],
        "map50_95": told["map50_95"],
        "best_f1": float(f1[best]) if len(f1) else None,
        "best_conf": float(confidence[best]) if len(f1) else None,
        "recall_at_precision": float(recall[sure].max()) if len(sure) else 0.0,
        "precision": told["detection_precision"],
        "recall": told["detection_recall"],
        **{
            f"{part}_recall": told[f"{part}_detection_recall"]
            for part in ("day", "infrared", "small", "medium", "large")
            if f"{part}_detection_recall" in told
        },
    }


def measure(
    photos: list[ListedPhoto],
    labelled: list[ListedPhoto],
    learned: str,
    name: str,
    conf: float | None,
    head: Line | None,
) -> dict[str, Any]:
    """All figures of a detector: by camera, all cameras, and the photos of other places.

    labelled: the photos with their labels as they were, before any was corrected; head: is asked
    about every deer that the detector is at least ASKED sure of.
    """
    detector = open_detector(name, conf_min=WEAKEST)
    asked = "deer" if "deer" in detector.class_names else "animal"
    facts, found = detect_photos([(p.name, str(p.path)) for p in photos], detector)
    if head is not None:
        found = with_doubt(
            found.filter(pl.col("confidence") >= ASKED), photos, asked, head, EMBEDDER
        ).filter(pl.col("doubt") <= pl.col("confidence"))
    truth = truth_of(photos, learned, facts)
    deer = found.filter(pl.col("class") == asked).with_columns(pl.lit("deer").alias("label"))
    home = [p for p in photos if not p.apart]
    limit = conf if conf is not None else 0.3
    cameras = sorted({p.camera for p in home})
    groups = {camera: [p for p in home if p.camera == camera] for camera in cameras}
    if home:
        groups["all"] = home
    before = truth_of(labelled, learned, facts)
    told: dict[str, Any] = {}
    for group, own in groups.items():
        told[group] = scores_of(own, facts, deer, truth, limit)
        if not before.equals(truth):
            told[f"{group}*"] = scores_of(own, facts, deer, before, limit)
    shown = {}
    for photo in photos:
        if photo.apart:
            here = found.filter((pl.col("photo") == photo.name) & (pl.col("confidence") >= limit))
            shown[photo.name] = {
                "shows": sorted(set(photo.labels)),
                "found": [
                    f"{c} {v:.2f}" for c, v in here.select("class", "confidence").iter_rows()
                ],
                "deer": int((here["class"] == asked).sum()),
            }
    return {"asked": asked, "conf": limit, "cameras": told, "apart": shown}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("list", type=Path)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--detector", action="append", required=True, help="NAME|FILE[@CONF]")
    parser.add_argument("--crops", type=Path)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    told = read_list(asked.list, asked.photos)
    as_labelled = read_list(asked.list, asked.photos, as_labelled=True)
    photos, labelled = (
        [photo for photo in one.photos if re.search(asked.only, photo.name)]
        for one in (told, as_labelled)
    )
    second = head_without(asked.crops, asked.only) if asked.crops else None
    results = {}
    for text in asked.detector:
        name, _, conf = text.partition("@")
        for head in (None, second) if second else (None,):
            given = float(conf) if conf else None
            shown = name + (" + head" if head else "")
            results[shown] = measure(photos, labelled, told.learned, name, given, head)
            say(shown, results[shown])
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1), "utf-8")


def say(name: str, result: dict[str, Any]) -> None:
    print(f"\n{name}: {result['asked']} at {result['conf']}")
    columns = ["photos", "deer", "map50", "map50_95", "best_f1", "best_conf", "recall_at_precision"]
    columns += ["precision", "recall", "day_recall", "infrared_recall", "small_recall"]
    print(
        f"{'camera':12}" + "".join(f"{c.removesuffix('_at_precision')[:11]:>12}" for c in columns)
    )
    for camera, row in result["cameras"].items():
        cells = [row.get(column) for column in columns]
        print(
            f"{camera:12}"
            + "".join(
                f"{'-' if v is None else v if isinstance(v, int) else f'{v:.3f}':>12}"
                for v in cells
            )
        )
    became = {photo: row for photo, row in result["apart"].items() if row["deer"]}
    print(
        f"{len(became)} of {len(result['apart'])} photos of other places show `{result['asked']}`:"
    )
    for photo, row in became.items():
        print(f"  {photo}: shows {', '.join(row['shows']) or 'nothing'}; {', '.join(row['found'])}")


if __name__ == "__main__":
    sys.exit(main())
