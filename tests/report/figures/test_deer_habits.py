"""Figures of habits: what is told is drawn, what is not is a sentence, names are escaped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from thumper_core.habits.effects import Effect
from thumper_core.habits.ground import ground
from thumper_core.habits.overlap import overlap
from thumper_core.report import figures

NONE = Effect("wind", "Steady", 3, 50.0, 4.0, 5)
TOLD = replace(NONE, level="Calm", n_visits=30, ratio=2.0, low=1.5, high=2.7, p=0.001)


def test_ratios_of_what_has_an_interval() -> None:
    figure = figures.ratios([TOLD, NONE])
    assert list(figure.data[0].x) == [2.0]
    assert list(figure.layout.yaxis.ticktext) == ["Calm (30 visits)"]
    assert figure.layout.xaxis.type == "log"
    assert list(figure.layout.xaxis.ticktext[:4]) == ["0.1", "0.2", "0.5", "1"]
    assert "Too few" in figures.ratios([NONE]).layout.annotations[0].text


def test_lights() -> None:
    frame = pl.DataFrame(
        {"label": ["<b>", "B"], "daylight": [0.4, None], "low": [0.2, None], "high": [0.6, None]}
    )
    figure = figures.lights(frame)
    assert list(figure.layout.yaxis.ticktext) == ["&lt;b&gt;"]
    none = figures.lights(frame.filter(pl.col("daylight").is_null()))
    assert "Too few" in none.layout.annotations[0].text


@pytest.mark.parametrize("by_sun", [True, False])
def test_hours(by_sun: bool) -> None:
    random = np.random.default_rng(1)
    found = overlap(random.uniform(0, 6.28, 30), random.uniform(0, 6.28, 30))
    figure = figures.hours(found, "A<i>", "B", by_sun=by_sun)
    assert [one.name for one in figure.data] == ["Both", "A&lt;i&gt;", "B"]
    # A dash beside the colour; midnight stands at both ends.
    assert figure.data[1].line.dash != figure.data[2].line.dash
    assert figure.data[1].y[0] == figure.data[1].y[-1]
    assert ("Sunrise" in (figure.layout.xaxis.ticktext or ())) == by_sun


def test_a_ground() -> None:
    metres = np.array([[0, 0], [1000, 0], [1000, 1000], [0, 1000], [500, 500.0]])
    cameras = pl.DataFrame({
        "camera": list("abcde"), "latitude": 30 + metres[:, 1] / 111_195,
        "longitude": metres[:, 0] / 111_195, "n_visits": [1] * 5,
    })  # fmt: skip
    found = ground(metres, np.ones(5), np.ones(5))
    assert found is not None
    figure = figures.ground_map(cameras, found)
    names = [one.name for one in figure.data if one.name]
    drawn = ["Half of its time", "95% of its time", "Hull of its cameras", "Its visits to a camera"]
    assert names == drawn
    assert len(figure.data[-1].x) == 5
