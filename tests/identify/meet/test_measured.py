"""What is measured of crops: every number is finite, and each says what its name says."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tests.identify.synthetic_herd import synthetic_herd
from thumper_core.identify.meet.measured import NAMES, measures


def one(**changes: object) -> dict[str, float]:
    frame = (
        synthetic_herd(animals=2, events=1)
        .frame[:1]
        .with_columns(**{name: pl.lit(value) for name, value in changes.items()})
    )
    return dict(zip(NAMES, measures(frame)[0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"x1": 0.0, "x2": 128.0, "y1": 0.0, "y2": 128.0}, "size", 0.0),
        ({"x1": 0.0, "x2": 256.0, "y1": 0.0, "y2": 256.0}, "size", 1.0),
        ({"x1": 0.0}, "cut", 1.0),
        ({"x1": 200.0}, "cut", 0.0),
        ({"sharpness": None}, "sharpness", 0.0),
        ({"x1": 100.0, "x2": 200.0, "y1": 100.0, "y2": 200.0}, "shape", 0.0),
        ({"confidence": 0.5}, "confidence", 0.0),
        ({"is_infrared": True}, "infrared", 1.0),
        ({"flank": "left"}, "flank", 1.0),
        ({"flank": "rear"}, "flank", 0.0),
        ({"width": None, "height": None}, "share", 1.0),
    ],
)
def test_each_measure_is_what_it_is_called(
    changes: dict[str, object], name: str, value: float
) -> None:
    assert one(**changes)[name] == pytest.approx(value, abs=1e-6)


def test_a_box_is_covered_by_others_of_its_photo_alone() -> None:
    frame = (
        synthetic_herd(animals=2, events=1)
        .frame[:2]
        .with_columns(
            photo_id=pl.Series(["a", "a"]),
            x1=pl.Series([0.0, 50.0]),
            x2=pl.Series([100.0, 250.0]),
            y1=pl.lit(0.0),
            y2=pl.lit(100.0),
        )
    )
    at = NAMES.index("covered")
    assert measures(frame)[:, at].tolist() == [0.5, 0.25]
    apart = frame.with_columns(photo_id=pl.Series(["a", "b"]))
    assert measures(apart)[:, at].tolist() == [0.0, 0.0]


def test_nothing_measures_nothing_and_all_is_finite() -> None:
    frame = synthetic_herd(animals=3, events=5).frame
    assert measures(frame[:0]).shape == (0, len(NAMES))
    assert np.isfinite(measures(frame)).all()
