"""Clusters: the map with its panel, and which deer it shows, in the address."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.app.test_pages import fine, texts
from thumper_core import ThumperError
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


@pytest.mark.slow
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
    # a link in the same session, to another deer and to the same again
    for who in ("deer-003", "deer-001"):
        at.query_params["deer"] = who
        at.run()
        assert at.multiselect(key="map-deer").value == [who]
    assert fine(at)


@pytest.mark.slow
def test_a_shape_that_fails_is_dropped(
    open_page: Open,
    own_herd: Workspace,
    _drawn: list[dict[str, float]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import cached

    usual = cached.Pages.layout

    def layout(self: Any, **shape: float) -> Future[pl.DataFrame]:
        if not shape:
            return usual(self)
        failed: Future[pl.DataFrame] = Future()
        failed.set_exception(ThumperError("There are too few pictures for that."))
        return failed

    monkeypatch.setattr(cached.Pages, "layout", layout)
    at = open_page(own_herd.root, "clusters")
    at.slider(key="map-size").set_value(50)
    next(b for b in at.button if b.label == "Draw").click().run()
    assert "The map is drawn as usual: There are too few pictures for that." in texts(at)
    assert "Zoom in" in texts(at)
    at.run()
    assert "too few pictures" not in texts(at)
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
