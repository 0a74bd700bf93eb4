"""The page of `evaluate detector`: boxes against true boxes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
import polars as pl
from PIL import Image

from thumper_core import theme
from thumper_core.boxes.iou import area_px2, boxes_of
from thumper_core.counting import counted
from thumper_core.evaluate.detection import LIGHTS, MISSED, NOTHING, DetectionScores
from thumper_core.report.figures.methods import heatmap
from thumper_core.report.figures.plotting import finish
from thumper_core.report.pages.content import Tile
from thumper_core.report.pages.evaluation import (
    EvaluationPage,
    Example,
    Gallery,
    grid,
    interval_chart,
    measured,
    picture,
    table,
    tile,
)
from thumper_core.report.pages.sections import Section, chart
from thumper_core.report.pictures.annotated import DrawnBox, draw_boxes
from thumper_core.report.pictures.crops import crop_window, placeholder

MOST_CASES: Final = 12
_PICTURE: Final = 420  # pixels
_ROUND_BOX: Final = 2.6
"""A case shows this many times its box, so that what is beside it can be seen."""
_MOST_POINTS: Final = 1500
MEASURES: Final = (
    ("detection_precision", "Precision", "of the boxes that count, the share that is an animal"),
    ("detection_recall", "Recall", "of the true animals, the share that was found"),
    ("class_accuracy", "Class right", "of the animals found, the share with the right class"),
    ("map50", "mAP50", "average precision at an overlap (IoU) of 0.5, mean over classes"),
    ("map50_95", "mAP50-95", "the same, averaged over overlaps from 0.5 to 0.95"),
)
_PARTS: Final = (
    ("", "All"),
    *zip((f"{light}_" for light in LIGHTS), ("In colour", "In infrared"), strict=True),
    ("small_", "Small: under 5% of the photo's longer side"),
    ("medium_", "Medium: 5% to 15%"),
    ("large_", "Large: over 15%"),
)
_COMPARED: Final = {
    "names": "their names",
    "meanings": "what they mean (species, sex, age class): the detector has other names",
    "species": "species: the detector cannot say sex and age class as the truth does",
    "kinds": "animal, person or vehicle: the detector knows no species that the truth names",
}


def detector_page(
    flat: dict[str, Any],
    scores: DetectionScores,
    photos: pl.DataFrame,
    detections: pl.DataFrame,
    truth: pl.DataFrame,
    *,
    title: str,
    command: str,
) -> EvaluationPage:
    """The page of a detector's scores.

    flat: `DetectorEvaluation.flat()`; photos, detections, truth: what was compared, as
    `detection_scores` took them, photos with their `path`.
    """
    share = measured(scores.metrics["detection_recall"])
    right = measured(scores.metrics["detection_precision"])
    lead = (
        f"{flat['detector']} finds {share[0]} of the animals ({share[1]}), and {right[0]} of its "
        f"boxes are animals ({right[1]}), at a confidence of {flat['conf_min']:g} and more.",
        f"{counted(flat['n_photos'], 'photo')} with {counted(flat['n_boxes'], 'true box', 'true boxes')}. "
        "A box counts as found where the two overlap by half or more (IoU 0.5). Intervals come "
        "from drawing photos anew, or whole events where the truth knows them.",
    )
    warnings = []
    if flat["weakest_confidence"] > 0.05:
        warnings.append(
            f"This run kept no box below {flat['weakest_confidence']:g}, so mAP is lower than the "
            "detector could reach: `--detector` runs it again with all of them."
        )
    if flat["n_unreadable"]:
        warnings.append(
            f"Left out: {counted(flat['n_unreadable'], 'photo')} that could not be read."
        )
    sections = (
        Section(
            "figures",
            "The figures",
            (),
            f"Classes are compared by {_COMPARED[flat['classes_compared_by']]}.",
            tuple(warnings),
            (table(scores.metrics, MEASURES), _per_class(scores)),
        ),
        _parts(scores),
        Section("curve", "How strict to be", (_curve(scores, flat["conf_min"]),)),
        Section("confusion", "What was taken for what", (_confusion(scores),)),
    )
    return EvaluationPage(
        kind="Evaluation of a detector",
        title=title,
        lead=lead,
        tiles=(
            *(tile(name, scores.metrics.get(key)) for key, name, _ in MEASURES),
            Tile("Photos", f"{flat['n_photos']:,}", f"{flat['n_boxes']:,} true boxes"),
        ),
        sections=sections,
        galleries=_galleries(scores, photos, detections, truth),
        facts=(
            ("Detector", flat["detector"]),
            ("Confidence that counts", f"{flat['conf_min']:g}"),
            ("Weakest box", f"{flat['weakest_confidence']:g}"),
            ("Classes compared by", flat["classes_compared_by"]),
        ),
        command=command,
    )


def _per_class(scores: DetectionScores) -> Any:
    rows = [
        (key, key.removeprefix("ap50_"), "average precision at IoU 0.5")
        for key in scores.metrics
        if key.startswith("ap50_")
    ]
    return table(scores.metrics, rows, caption="AP50 of each class")


def _parts(scores: DetectionScores) -> Section:
    columns = [(key, name) for key, name, _ in MEASURES[:3]]
    known = [(f"{prefix}detection_recall", name.split(":")[0], name) for prefix, name in _PARTS]
    return Section(
        "parts",
        "By light and size",
        (
            interval_chart(
                "parts",
                scores.metrics,
                [(key, short) for key, short, _ in known],
                "Recall",
                "Dots with intervals: recall in colour and in infrared, and by size of the animal.",
            ),
        ),
        "The size of an animal is the side of a square as large as its box. A false alarm has the "
        "size of its own box.",
        tables=(grid(scores.metrics, _PARTS, columns, "Photos and boxes"),),
    )


def _curve(scores: DetectionScores, conf_min: float) -> Any:
    """Precision against recall over all confidences, with the one that counts marked."""
    rows = scores.curve
    if rows.height > _MOST_POINTS:
        rows = rows.gather(np.linspace(0, rows.height - 1, _MOST_POINTS).round().astype(np.int64))
    figure = go.Figure()
    figure.add_scatter(
        x=rows["recall"].to_list(),
        y=rows["precision"].to_list(),
        customdata=rows["confidence"].to_list(),
        mode="lines",
        line={"color": theme.ACCENT, "width": 2.5},
        hovertemplate="confidence %{customdata:.2f}<br>recall %{x:.1%}<br>precision %{y:.1%}"
        "<extra></extra>",
        showlegend=False,
    )
    used = scores.curve.filter(pl.col("confidence") >= conf_min).tail(1)
    if used.height:
        figure.add_scatter(
            x=used["recall"].to_list(),
            y=used["precision"].to_list(),
            mode="markers",
            name=f"Confidence {conf_min:g}",
            marker={"color": theme.CONTRAST, "size": 11, "line": {"width": 2, "color": "#ffffff"}},
            hovertemplate="recall %{x:.1%}<br>precision %{y:.1%}<extra></extra>",
            showlegend=True,
        )
    figure.update_xaxes(title_text="Recall", range=[-0.01, 1.01], tickformat=".0%")
    figure.update_yaxes(title_text="Precision", range=[-0.01, 1.03], tickformat=".0%")
    return chart(
        "curve",
        finish(figure),
        "Curve of precision against recall over all confidences.",
        400,
        caption="Every confidence is a point, whatever the class of the box.",
    )


def _confusion(scores: DetectionScores) -> Any:
    wide = scores.confusion.pivot("found", index="true", values="n").fill_null(0)
    columns = [name for name in wide.columns if name != "true"]
    return chart(
        "confusion",
        heatmap(wide, rows="true", columns=columns, axis="Found as"),
        "Matrix of true classes by the classes they were found as.",
        caption="A row for what is there, a column for what was said; the shade is the share of "
        f"the row. “{MISSED}”: no box; “{NOTHING}”: a false alarm.",
    )


def _galleries(
    scores: DetectionScores, photos: pl.DataFrame, detections: pl.DataFrame, truth: pl.DataFrame
) -> tuple[Gallery, ...]:
    """False alarms, animals not found, and wrong classes, each with the box drawn."""
    path = dict(photos.select("photo", "path").iter_rows())
    found, asked = scores.found, truth["ignored"].to_numpy()
    strength = detections["confidence"].to_numpy()
    labels, true_labels = detections["label"].to_list(), truth["label"].to_list()
    hit = np.flatnonzero(found >= 0)
    wrong = [int(row) for row in hit if labels[row] != true_labels[found[row]]]
    missed = np.setdiff1d(np.flatnonzero(~asked.astype(bool)), found[hit])
    area = area_px2(boxes_of(truth)) if truth.height else np.zeros(0)

    def seen(row: int, title: str) -> Example:
        box = detections.row(row, named=True)
        return _example(path, box, title, f"confidence {box['confidence']:.2f}", theme.CONTRAST)

    def lost(row: int) -> Example:
        return _example(path, truth.row(row, named=True), true_labels[row], "", theme.GOOD)

    made = [
        Gallery(
            "alarms",
            "False alarms",
            "Boxes where the truth has no animal, the most confident first.",
            tuple(seen(r, labels[r]) for r in _worst(np.flatnonzero(found == -1), -strength)),
        ),
        Gallery(
            "missed",
            "Animals not found",
            "True boxes without a detection, the largest first.",
            tuple(lost(r) for r in _worst(missed, -area)),
        ),
        Gallery(
            "classes",
            "Wrong classes",
            "Animals that were found and called something else, the most confident first.",
            tuple(
                seen(r, f"{true_labels[found[r]]}, found as {labels[r]}")
                for r in _worst(np.array(wrong, np.int64), -strength)
            ),
        ),
    ]
    return tuple(gallery for gallery in made if gallery.examples)


def _worst(rows: Any, key: Any) -> list[int]:
    return [int(row) for row in rows[np.argsort(key[rows], kind="stable")][:MOST_CASES]]


def _example(
    path: dict[str, str], box: dict[str, Any], title: str, note: str, colour: str
) -> Example:
    where = Path(path[box["photo"]])
    xyxy = (box["x1"], box["y1"], box["x2"], box["y2"])
    jpeg = _around(where, xyxy, colour)
    name = f"{where.parent.name}/{where.name}"
    return Example(
        (picture(jpeg, f"{title} in {name}"),), title, ", ".join(filter(None, (note, name)))
    )


def _around(path: Path, xyxy: tuple[float, float, float, float], colour: str) -> bytes:
    """The part of a photo round a box, with the box drawn; a placeholder where it has gone."""
    from thumper_core.vision.images import DecodeError, decode_photo

    try:
        photo = decode_photo(path.read_bytes(), min_width=100_000, max_pixels=200_000_000)
    except (OSError, ValueError, DecodeError):
        return placeholder(_PICTURE)
    x, y = (xyxy[0] + xyxy[2]) / 2, (xyxy[1] + xyxy[3]) / 2
    reach = max(xyxy[2] - xyxy[0], xyxy[3] - xyxy[1]) * _ROUND_BOX / 2
    window = (x - reach, y - reach, x + reach, y + reach)
    left, top, right, bottom = crop_window(window, photo.width, photo.height)
    shown = Image.fromarray(photo.image[top:bottom, left:right])
    scale = _PICTURE / shown.width
    shown = shown.resize((_PICTURE, max(1, round(shown.height * scale))), Image.Resampling.LANCZOS)
    moved = tuple(v - o for v, o in zip(xyxy, (left, top, left, top), strict=True))
    draw_boxes(shown, (DrawnBox(moved, "", colour),), scale)  # type: ignore[arg-type]
    buffer = io.BytesIO()
    shown.save(buffer, "JPEG", quality=82)
    return buffer.getvalue()
