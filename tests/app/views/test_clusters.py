"""Clusters: the map with its panel, and which deer it shows, in the address."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.app.test_pages import fine, texts
from thumper_core.questions import deer_map
from thumper_core.workspace import Workspace

Open = Callable[..., Any]


@pytest.fixture
def _drawn(own_herd: Workspace, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, float]]:
    """A map at once, and no dendrogram: both take processes of their own. What maps were asked for."""
    import cached

    def drawn(vectors: np.ndarray, **_: object) -> np.ndarray:
        return np.asarray(vectors[:, :2], np.float32)

    monkeypatch.setattr(deer_map, "layout", drawn)
    made = deer_map.layout_of_run(own_herd)
    asked: list[dict[str, float]] = []

    def layout(self: object, **shape: float) -> Future[pl.DataFrame]:
        asked.append(shape)
        done: Future[pl.DataFrame] = Future()
        done.set_result(made)
        return done

    monkeypatch.setattr(cached.Pages, "layout", layout)
    monkeypatch.setattr(cached.Pages, "identification", lambda self, as_shown=False: Future())
    return asked


def test_the_panel_is_useful_before_a_click(
    open_page: Open, own_herd: Workspace, _drawn: list[dict[str, float]]
) -> None:
    at = open_page(own_herd.root, "clusters")
    assert "Looking for the most doubtful pairs" in texts(at)
    total = own_herd.sql("select count(*) as n from assignments")["n"][0]
    assert f"{total} pictures. Zoom in" in texts(at)
    for colour in ("hdbscan", "category", "camera", "hours", "light", "sure"):
        at.selectbox(key="cluster-colour").set_value(colour).run()
        assert fine(at)
    assert set(map(str, _drawn)) == {"{}"}


def test_a_deer_of_the_address_is_looked_for_and_has_its_page(
    open_page: Open, own_herd: Workspace, _drawn: list[dict[str, float]]
) -> None:
    at = open_page(own_herd.root, "clusters", deer="deer-001")
    assert at.multiselect(key="map-deer").value == ["deer-001"]
    n = own_herd.sql("select count(*) as n from assignments where individual_id = 'deer-001'")["n"]
    assert f"{n[0]} pictures" in texts(at)
    at.multiselect(key="map-deer").set_value(["deer-002"]).run()
    assert at.query_params["deer"] in ("deer-002", ["deer-002"])
    at.multiselect(key="map-deer").set_value([]).run()
    assert "deer" not in at.query_params
    assert fine(at)


def test_other_parameters_are_asked_for(
    open_page: Open, own_herd: Workspace, _drawn: list[dict[str, float]]
) -> None:
    at = open_page(own_herd.root, "clusters")
    at.select_slider(key="map-neighbours").set_value(30)
    at.slider(key="map-size").set_value(4)
    next(b for b in at.button if b.label == "Draw").click().run()
    assert _drawn[-1] == {"n_neighbors": 30, "min_cluster_size": 4}
    assert fine(at)
