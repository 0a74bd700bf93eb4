from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from thumper_core.contracts import Sex, UsageError
from thumper_core.imports.addaxai_read import read_addaxai


def box(name: str, **changes: Any) -> dict[str, Any]:
    row = {
        "absolute_path": "C:/ranch", "relative_path": name, "data_type": "img", "label": "deer",
        "confidence": 0.9, "human_verified": False, "bbox_left": 10, "bbox_top": 20, "bbox_right": 60,
        "bbox_bottom": 70, "file_height": 100, "file_width": 200,
    }  # fmt: skip
    return row | changes


def file(name: str, n: int, **changes: Any) -> dict[str, Any]:
    row = {"absolute_path": "C:/ranch", "relative_path": name, "data_type": "img", "n_detections": n,
           "file_height": 100, "file_width": 200, "max_confidence": 0.9, "human_verified": False}  # fmt: skip
    return row | changes


def write(folder: Path, **tables: list[dict[str, Any]]) -> Path:
    for name, rows in tables.items():
        with (folder / f"results_{name}.csv").open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def test_boxes_empty_photos_and_verified_labels(tmp_path: Path) -> None:
    write(
        tmp_path,
        detections=[
            box("cam1/a.jpg"),
            box("cam1/a.jpg", confidence=0.95, bbox_left=100, bbox_right=200),
            box(r"cam1\b.jpg", label="buck", confidence="NA", human_verified=True),
            box("cam1/c.jpg", label="animal", confidence="NA", human_verified=True),
            box("clip.mp4", data_type="vid"),
        ],
        files=[file("cam1/a.jpg", 2), file(r"cam1\b.jpg", 1), file("cam1/e.jpg", 0)],
    )
    told = read_addaxai(tmp_path / "results_detections.csv")
    assert told.results is not None
    found = {image.file: image.detections for image in told.results.images}
    assert {name: len(boxes) for name, boxes in found.items()} == {
        "cam1/a.jpg": 2, r"cam1\b.jpg": 1, "cam1/e.jpg": 0, "cam1/c.jpg": 1,
    }  # fmt: skip
    assert [d.confidence for d in found["cam1/a.jpg"]] == [0.95, 0.9]
    assert found["cam1/a.jpg"][1].box_xywh == (0.05, 0.2, 0.25, 0.5)
    assert told.results.videos == ("clip.mp4",)
    assert [(*said,) for said in told.said] == [(*r"cam1\b.jpg",)]  # "animal" says no species
    (word,) = told.said[r"cam1\b.jpg"]
    assert (word.species, word.sex, word.box_xywh) == ("deer", Sex.MALE, (0.05, 0.2, 0.25, 0.5))
    other = read_addaxai(tmp_path / "results_files.csv")
    assert (other.results, other.digest) == (told.results, told.digest)


def test_numbers_with_commas_between_semicolons(tmp_path: Path) -> None:
    row = box("a.jpg", confidence="0,5")
    lines = [";".join(row), ";".join(map(str, row.values()))]
    (tmp_path / "results_detections.csv").write_text("\n".join(lines), "utf-8-sig")
    told = read_addaxai(tmp_path / "results_detections.csv")
    assert told.results is not None
    assert told.results.images[0].detections[0].confidence == 0.5


def test_a_table_of_files_alone_says_which_are_empty(tmp_path: Path) -> None:
    write(tmp_path, files=[file("a.jpg", 0)])
    told = read_addaxai(tmp_path / "results_files.csv")
    assert told.results is not None
    assert [image.file for image in told.results.images] == ["a.jpg"]
    write(tmp_path, files=[file("a.jpg", 0), file("b.jpg", 2)])
    with pytest.raises(UsageError, match=r"results_detections\.csv lacks"):
        read_addaxai(tmp_path / "results_files.csv")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"bbox_left": ""}, "line 2: it has no box"),
        ({"bbox_left": "x"}, "'x' is no number"),
        ({"bbox_right": 5}, "it has no box"),
        ({"file_width": 0}, "it has no box"),
        ({"confidence": 9}, "not between 0 and 1"),
    ],
)
def test_a_row_that_is_wrong_is_named(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    write(tmp_path, detections=[box("a.jpg", **changes)])
    with pytest.raises(UsageError, match=says):
        read_addaxai(tmp_path / "results_detections.csv")
