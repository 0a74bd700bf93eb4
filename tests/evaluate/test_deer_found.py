"""Average precision of deer: against a plain one, weighted, with boxes that are not asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.herds import GreyDetector, make_deer_photos
from thumper_core.contracts import ClassMeaning
from thumper_core.evaluate.deer_found import DeerFound, deer_classes, deer_found

MEANINGS = {"doe": ClassMeaning("deer"), "buck": ClassMeaning("deer")}


@pytest.mark.parametrize(
    ("meanings", "named"),
    [
        ({"deer": ClassMeaning("deer"), "bird": ClassMeaning("bird")}, {"deer"}),
        ({"doe": ClassMeaning("mule deer"), "elk": ClassMeaning("elk")}, {"doe"}),
        ({"animal": ClassMeaning("animal")}, set()),
        ({}, set()),
    ],
)
def test_classes_that_are_deer(meanings: dict[str, ClassMeaning], named: set[str]) -> None:
    assert deer_classes(meanings, "mule deer") == named


def test_a_photo_that_counts_twice_is_as_two() -> None:
    hit, sure = np.array([True, False, True, True]), np.array([0.9, 0.8, 0.7, 0.2])
    row, true = np.array([0, 1, 1, 2]), np.array([0, 1, 2, 2])
    once = DeerFound(("a", "b", "c"), hit, sure, row, true)
    twice = DeerFound(
        ("a", "b", "c", "b"),
        np.append(hit, [False, True]),
        np.append(sure, [0.8, 0.7]),
        np.append(row, [3, 3]),
        np.append(true, 3),
    )
    assert once.average_precision(np.array([1.0, 2.0, 1.0])) == pytest.approx(
        twice.average_precision()
    )
    assert once.average_precision(np.ones(3)) == once.average_precision()
    assert once.at(0.5) == pytest.approx({"precision": 2 / 3, "recall": 0.5, "f1": 4 / 7})
    assert np.isnan(once.average_precision(np.zeros(3)))


def test_a_detector_on_photos(tmp_path: Path) -> None:
    make_deer_photos(tmp_path, n_deer=2, n_events=3, burst=1)
    paths = sorted(tmp_path.rglob("*.png"))
    (tmp_path / "broken.jpg").write_bytes(b"none")
    photos = pl.DataFrame(
        {
            "photo_id": ["x", *(p.stem for p in paths)],
            "path": [str(tmp_path / "broken.jpg"), *map(str, paths)],
        }
    )
    exact = deer_found(GreyDetector(), MEANINGS, "mule deer", photos, boxes([])).row
    assert len(exact) == len(paths)
    rows = []
    for path in paths:
        seen = GreyDetector().detect(np.stack([picture(path)]))[0].xyxy[0]
        rows.append((path.stem, *map(float, seen), False))
    found = deer_found(GreyDetector(), MEANINGS, "mule deer", photos, boxes(rows))
    assert found.average_precision() > 0.99
    assert len(found.photos) == len(paths)
    ignored = boxes([(*rows[0][:5], True), *rows[1:]])
    assert len(deer_found(GreyDetector(), MEANINGS, "elk", photos, ignored).hit) == len(paths) - 1
    blind = deer_found(GreyDetector(bad=True), MEANINGS, "elk", photos, boxes(rows))
    assert blind.average_precision() == 0
    assert np.isnan(blind.at(0.5)["precision"])


def picture(path: Path) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(path).convert("RGB"))


def boxes(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    sides = dict.fromkeys(("x1", "y1", "x2", "y2"), pl.Float64)
    schema = {"photo_id": pl.String, **sides, "ignored": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")
