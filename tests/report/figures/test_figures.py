from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core import theme
from thumper_core.questions import tables
from thumper_core.report import figures
from thumper_core.workspace import Workspace

HOSTILE = '<b>x</b><a href="https://example.org">&'
ESCAPED = '&lt;b&gt;x&lt;/b&gt;&lt;a href="https://example.org"&gt;&amp;'


TEXT = ("individual_id", "label", "category", "camera")
VISITS = dict.fromkeys(TEXT, pl.String) | {"started_at": pl.Datetime("us")}


def visits(n: int, **columns: Any) -> pl.DataFrame:
    start = datetime(2026, 10, 1, 6)
    rows = {
        "individual_id": [f"D{k % 5}" for k in range(n)],
        "label": [f"Deer {k % 5}" for k in range(n)],
        "category": [theme.CATEGORIES[k % 5 % 4] for k in range(n)],
        "camera": ["Creek"] * n,
        "started_at": [start + timedelta(hours=7 * k) for k in range(n)],
    }
    return pl.DataFrame(rows | columns, schema_overrides=VISITS)


def test_where_no_camera_has_a_position_the_sentence_stands_alone() -> None:
    none = pl.DataFrame(
        {"camera": ["Creek"], "latitude": [None], "longitude": [None], "n_visits": [1]},
        schema_overrides={"latitude": pl.Float64, "longitude": pl.Float64},
    )
    figure = figures.camera_map(none)
    assert (figure.layout.xaxis.visible, figure.layout.yaxis.visible) == (False, False)
    [said] = figure.layout.annotations
    assert max(map(len, said.text.split("<br>"))) <= 36
    assert said.text.replace("<br>", " ").endswith("on the Settings page")


def effort(names: list[str]) -> pl.DataFrame:
    rows = [(name, 10 + k, 4, 1) for k, name in enumerate(names)]
    schema = ["camera", "n_photos", "n_with_animals", "n_failed"]
    return pl.DataFrame(rows, schema=schema, orient="row")


def layout(n: int) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "x": rng.normal(size=n),
            "y": rng.normal(size=n),
            "profile_id": [None if k % 7 == 0 else f"p{k % 3}" for k in range(n)],
            "detection_id": [f"d{k}" for k in range(n)],
            "label": [HOSTILE] * n,
        },
        schema_overrides={"profile_id": pl.String, "detection_id": pl.String, "label": pl.String},
    )


EMPTY: list[Callable[[], go.Figure]] = [
    lambda: figures.activity_by_hour(visits(0)),
    lambda: figures.photos_per_camera(effort([])),
    lambda: figures.sightings_timeline(visits(0)),
    lambda: figures.accumulation(visits(0)),
    lambda: figures.sweep(pl.DataFrame()),
    lambda: figures.similarity_histogram([], [np.nan]),
    lambda: figures.roc([0.5], []),
    lambda: figures.clusters(layout(0)),
]


@pytest.mark.parametrize("make", EMPTY)
def test_without_data_a_figure_says_so(make: Callable[[], go.Figure]) -> None:
    figure = make()
    assert len(figure.data) == 0
    assert len(figure.layout.annotations) == 1 and figure.layout.annotations[0].text


@pytest.mark.parametrize("kind", ["bar", "polar"])
def test_activity_counts_every_visit_once(kind: Any) -> None:
    figure = figures.activity_by_hour(visits(23), kind=kind)
    values = [trace.y if kind == "bar" else trace.r for trace in figure.data]
    assert sum(sum(v) for v in values) == 23
    assert all(len(v) == 24 for v in values)
    assert [t.name for t in figure.data] == [theme.CATEGORY_NAME[c] for c in theme.CATEGORIES]


def test_photos_of_a_camera_add_up_and_its_name_is_literal() -> None:
    figure = figures.photos_per_camera(effort(["Creek", HOSTILE]))
    total = dict.fromkeys(figure.data[0].y, 0)
    for trace in figure.data:
        for name, count in zip(trace.y, trace.x, strict=True):
            total[name] += count
    assert total == {"Creek": 10, ESCAPED: 11}


def test_timeline_shows_the_most_seen_with_literal_names() -> None:
    figure = figures.sightings_timeline(visits(12, label=[HOSTILE] * 12), max_rows=2)
    assert figure.layout.yaxis.categoryarray == ("D0", "D1")
    assert sum(len(t.x) for t in figure.data) == 6
    assert all("<b>" not in text for text in figure.layout.yaxis.ticktext)
    assert {data[0] for t in figure.data for data in t.customdata} == {ESCAPED}


@given(st.integers(1, 60))
@settings(max_examples=15, deadline=None)
def test_accumulation_ends_at_the_number_of_animals(n: int) -> None:
    frame = visits(n)
    figure = figures.accumulation(frame)
    assert sum(trace.y[-1] for trace in figure.data) == frame["individual_id"].n_unique()
    for trace in figure.data:
        assert list(trace.y) == sorted(trace.y)


def test_histogram_shares_add_up_to_one() -> None:
    rng = np.random.default_rng(1)
    figure = figures.similarity_histogram(rng.normal(0.7, 0.1, 500), rng.normal(0.3, 0.1, 90))
    for trace in figure.data:
        assert sum(trace.y) == pytest.approx(1)
    one = figures.similarity_histogram([0.5], [], threshold=0.5)
    assert sum(one.data[0].y) == 1


def slow_share(values: list[float], cut: float) -> float:
    return sum(v >= cut for v in values) / len(values)


similarities = st.lists(st.floats(-1, 1), min_size=1, max_size=30)


@given(similarities, similarities)
@settings(max_examples=15, deadline=None)
def test_roc_equals_a_plain_count(must: list[float], cannot: list[float]) -> None:
    curve = figures.roc(must, cannot).data[1]
    cuts = sorted({*must, *cannot}, reverse=True)
    assert list(curve.customdata[1:]) == cuts
    assert curve.y[1:] == pytest.approx([slow_share(must, cut) for cut in cuts])
    assert curve.x[1:] == pytest.approx([slow_share(cannot, cut) for cut in cuts])


def test_roc_of_many_pairs_is_thinned_and_keeps_its_ends() -> None:
    rng = np.random.default_rng(2)
    figure = figures.roc(rng.normal(1, 1, 9000), rng.normal(0, 1, 9000), threshold=0.5)
    curve, point = figure.data[1], figure.data[2]
    assert len(curve.x) <= 1501
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)
    assert point.y[0] == pytest.approx(0.69, abs=0.02)


def test_clusters_hold_every_point_once() -> None:
    figure = figures.clusters(layout(50))
    assert [t.name for t in figure.data] == ["p0", "p1", "p2", "In no group"]
    ids = [i for t in figure.data for i in t.customdata]
    assert sorted(ids) == sorted(f"d{k}" for k in range(50))
    assert {type(t) for t in figure.data} == {go.Scattergl}
    assert set(figure.data[0].text) == {ESCAPED}
    # colour is not the only sign
    assert len({t.marker.symbol for t in figure.data}) == 4
    assert [t.name for t in figures.clusters(layout(50), order=["p2", "none"]).data] == [
        "p2", "p0", "p1", "In no group"
    ]  # fmt: skip
    many = layout(50).with_columns(profile_id=pl.col("detection_id"))
    (one,) = figures.clusters(many).data
    assert not one.showlegend
    assert len(set(one.marker.color)) == len(theme.SEQUENCE)
    assert sorted(one.customdata) == sorted(ids)


def test_figures_of_a_workspace(small: Workspace) -> None:
    seen = tables.sightings(small)
    assert sum(sum(t.y) for t in figures.activity_by_hour(seen).data) == 11
    assert len(figures.photos_per_camera(tables.camera_effort(small)).data) == 3


def luminance(colour: str) -> float:
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [*theme.CATEGORY_COLOUR.values(), *theme.SEQUENCE])
@pytest.mark.parametrize("background", theme.BACKGROUND.values())
def test_traces_stand_out_in_both_modes(colour: str, background: str) -> None:
    bright, dark = sorted((luminance(colour), luminance(background)), reverse=True)
    assert (bright + 0.05) / (dark + 0.05) >= 3


def test_templates_differ_in_ink_only_where_they_should() -> None:
    light, dark = theme.template("light"), theme.template("dark")
    assert light.layout.font.color != dark.layout.font.color
    assert light.layout.colorway == dark.layout.colorway == theme.SEQUENCE
