"""Tables of AddaxAI: `results_detections.csv`, a row for each box, and `results_files.csv` beside it.

Format: https://github.com/PetervanLunteren/AddaxAI, `postprocess` of `AddaxAI_GUI.py`. Boxes are pixels. Its
`image_recognition_file.json` is a file of MegaDetector's format and is read as such.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from thumper_core.contracts import UsageError
from thumper_core.export.md_labels import meaning_of
from thumper_core.export.md_read import MdDetection, MdImage, MdResults
from thumper_core.files import content_hash_of
from thumper_core.imports.packages import Observation, Row, number_of
from thumper_core.imports.told_files import ToldFile, observation, table_of

BOXES: Final = ("relative_path", "label", "confidence", "bbox_left", "bbox_top", "bbox_right",
                "bbox_bottom", "file_height", "file_width")  # fmt: skip
FILES: Final = ("relative_path", "n_detections")
_BOXES_FILE: Final = "results_detections.csv"
_FILES_FILE: Final = "results_files.csv"
_VERIFIED: Final = 1.0  # of a box that a person looked at AddaxAI keeps no confidence


def read_addaxai(path: Path) -> ToldFile:
    """Both tables, whichever of them is named.

    A person's word is the label of a box that was verified there. Raises UsageError where a row is
    wrong, or the boxes of photos that have some are missing.
    """
    is_files = "bbox_left" not in table_of(path).columns
    boxes_file = path.with_name(_BOXES_FILE) if is_files else path
    files_file = path if is_files else path.with_name(_FILES_FILE)
    has_boxes = boxes_file.is_file()
    found: dict[str, list[MdDetection]] = {}
    said: dict[str, tuple[Observation, ...]] = {}
    videos: dict[str, None] = {}
    for line, row in _rows(files_file, FILES) if files_file.is_file() else []:
        if row.get("data_type") == "vid":
            videos[row["relative_path"]] = None
        elif has_boxes or not number_of(row["n_detections"], f"{files_file}, line {line}"):
            found[row["relative_path"]] = []
        else:
            raise UsageError(
                f"{path} says how many boxes there are, and not where: {_BOXES_FILE} lacks."
            )
    for line, row in _rows(boxes_file, BOXES) if has_boxes else []:
        name = row["relative_path"]
        if row.get("data_type") == "vid":
            videos[name] = None
            continue
        box = _box(row, f"{boxes_file}, line {line}")
        found.setdefault(name, []).append(box)
        if row.get("human_verified", "").lower() == "true":
            word = observation(name, meaning_of(box.label), box.box_xywh)
            said[name] = (*said.get(name, ()), *([word] if word else []))
    images = tuple(
        MdImage(name, tuple(sorted(boxes, key=lambda d: -d.confidence)))
        for name, boxes in found.items()
    )
    # What AddaxAI writes into these tables is what it was told to believe already.
    results = MdResults("AddaxAI", "1.0", images, 0.0, tuple(videos))
    digest = content_hash_of(boxes_file if has_boxes else files_file)
    return ToldFile(
        f"AddaxAI, {path.parent.name}", digest, results, {k: v for k, v in said.items() if v}
    )


def _rows(path: Path, needs: tuple[str, ...]) -> list[tuple[int, Row]]:
    table = table_of(path)
    missing = [column for column in needs if column not in table.columns]
    if missing:
        raise UsageError(f"{path} has no column {', '.join(missing)}.")
    return table.rows


def _box(row: Row, where: str) -> MdDetection:
    sides = [
        number_of(row[name], where)
        for name in (
            "bbox_left",
            "bbox_top",
            "bbox_right",
            "bbox_bottom",
            "file_width",
            "file_height",
        )
    ]
    x1, y1, x2, y2, width, height = (0.0 if side is None else side for side in sides)
    if None in sides or width <= 0 or height <= 0 or x2 < x1 or y2 < y1:
        raise UsageError(f"{where}: it has no box.")
    sure = number_of(row["confidence"], where)
    if sure is not None and not 0 <= sure <= 1:
        raise UsageError(f"{where}: a confidence of {sure:g} is not between 0 and 1.")
    share = (x1 / width, y1 / height, (x2 - x1) / width, (y2 - y1) / height)
    return MdDetection(share, _VERIFIED if sure is None else sure, row["label"])
