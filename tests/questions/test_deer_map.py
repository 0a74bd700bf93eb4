"""What is said of the map: where names stand, what HDBSCAN makes of it, which pictures lie apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.generated import Size, build
from thumper_core.questions import deer_map
from thumper_core.questions.deer_map import beside, layout_of_run, outliers, places

POINTS = pl.DataFrame(
    {
        "detection_id": [f"d{k}" for k in range(8)],
        "individual_id": ["a", "a", "a", "a", "b", "b", "b", None],
        "label": ["Ann", "Ann", "Ann", "Ann", "b", "b", "b", None],
        "x": [0.0, 0.1, 0.2, 9.0, 5.0, 5.1, 5.3, 7.0],
        "y": [0.0, 0.0, 0.1, 9.0, 5.0, 5.0, 5.0, 7.0],
        "hdbscan": ["g1", "g1", "g2", None, "g1", "g1", "g2", None],
    }
)


def test_names_stand_on_a_picture_of_their_group_the_largest_first() -> None:
    found = places(POINTS, "label")
    assert found["label"].to_list() == ["Ann", "b"]
    assert found["n"].to_list() == [4, 3]
    own = set(POINTS.filter(pl.col("label") == "Ann").select("x", "y").iter_rows())
    assert found.row(0)[1:3] in own
    assert found.row(0)[1:3] != (9.0, 9.0)  # not the one that lies apart
    assert places(POINTS.clear(), "label").is_empty()


def test_what_hdbscan_makes_of_each() -> None:
    found = {row["individual_id"]: row for row in beside(POINTS).to_dicts()}
    assert set(found) == {"a", "b"}
    assert found["a"] | {"label": "Ann", "n": 4, "groups": 1, "shared": 1} == found["a"]
    assert found["a"]["noise"] == pytest.approx(0.25)
    assert found["b"]["groups"] == 1  # one picture in a group is no part of it
    assert beside(POINTS.clear()).is_empty()


def test_outliers_are_of_somebody_and_the_furthest_first() -> None:
    more = POINTS.with_columns(hdbscan=pl.lit(None, pl.String))
    assert outliers(POINTS, 5) == ["d3"]
    assert outliers(more, 2)[0] == "d3"
    assert "d7" not in outliers(more, 9)


def test_the_map_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, bool]] = []

    def drawn(vectors: np.ndarray, *, shape: object = None, before: object = None, **_: object):  # type: ignore[no-untyped-def]
        asked.append((shape, before is not None))
        return np.zeros((len(vectors), 2), np.float32)

    monkeypatch.setattr(deer_map, "layout", drawn)
    workspace = build(tmp_path, Size(photos=30, animals=3, cameras=2, days=4), identify=False)
    usual = layout_of_run(workspace)
    assert set(usual["light"].drop_nulls()) <= {"colour", "infrared"}
    assert usual["detection_id"].is_unique().all()
    assert asked == [(None, False)]
    layout_of_run(workspace, n_neighbors=5)
    assert [before for _, before in asked] == [False, False, True]  # from where the usual one is
    layout_of_run(workspace, min_cluster_size=3)  # groups it anew, draws nothing anew
    assert len(asked) == 4
    monkeypatch.setattr(deer_map, "POINTS_MAX", 7)
    few = layout_of_run(workspace)
    assert few.height == 7
    order = usual["detection_id"].to_list()
    assert [order.index(one) for one in few["detection_id"]] == sorted(
        order.index(one) for one in few["detection_id"]
    )
