"""The map of the detections."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.identify.links.frames import unit
from thumper_core.contracts import ThumperError
from thumper_core.identify.space import layout as module
from thumper_core.identify.space.layout import Shape, density_labels, layout, pca, turned_onto


def blobs(n: int = 120, k: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    label = rng.integers(0, k, n)
    return unit(rng.normal(size=(k, 64))[label] + 0.3 * rng.normal(size=(n, 64))), label


@pytest.mark.slow
def test_a_map_keeps_groups_together_and_is_the_same_again(tmp_path: Path) -> None:
    vectors, label = blobs()
    xy = layout(vectors)
    assert xy.shape == (120, 2)
    assert xy.dtype == np.float32
    nearest = np.linalg.norm(xy[:, None] - xy[None], axis=2) + np.eye(120) * 1e9
    assert (label[nearest.argmin(axis=1)] == label).mean() > 0.95
    assert np.array_equal(layout(vectors, cache_dir=tmp_path), xy)
    found = density_labels(xy, min_cluster_size=8)
    assert len(set(found[found >= 0].tolist())) == 3


@pytest.mark.parametrize("n", [0, 1, 2, 4, 5, 6])
def test_few_rows(n: int) -> None:
    vectors, _ = blobs()
    xy = layout(vectors[:n])
    assert xy.shape == (n, 2)
    assert np.isfinite(xy).all()
    assert density_labels(xy).tolist() == [-1] * n


def test_equal_rows_have_a_place() -> None:
    assert np.isfinite(layout(np.ones((20, 8), np.float32))).all()


def test_kept_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def fake(vectors: np.ndarray, seed: int, shape: Shape, before: np.ndarray | None) -> np.ndarray:
        made.append(seed)
        return np.full((len(vectors), 2), seed, np.float32)

    monkeypatch.setattr(module, "_umap", fake)
    vectors, _ = blobs(10)
    layout(vectors, cache_dir=tmp_path)
    layout(vectors.copy(), cache_dir=tmp_path)
    assert made == [0]
    layout(vectors, cache_dir=tmp_path, seed=1)
    layout(vectors[::-1], cache_dir=tmp_path)
    assert made == [0, 1, 0]
    start = np.zeros((10, 2), np.float32)
    for _ in range(2):
        layout(vectors, cache_dir=tmp_path, shape=Shape(n_neighbors=5))
        layout(vectors, cache_dir=tmp_path, shape=Shape(min_cluster_size=3))  # the same map
        layout(vectors, cache_dir=tmp_path, shape=Shape(n_neighbors=5), before=start)
        layout(vectors, cache_dir=tmp_path, shape=Shape(n_neighbors=5), before=start + 1)
    assert made == [0, 1, 0, 0, 0, 0]
    for file in tmp_path.iterdir():  # a power cut left half a file
        file.write_bytes(file.read_bytes()[:60])
    assert (layout(vectors, cache_dir=tmp_path, seed=1) == 1).all()
    assert made == [0, 1, 0, 0, 0, 0, 1]
    assert not [f for f in tmp_path.iterdir() if f.name.startswith(".")]


def test_broken_vectors() -> None:
    with pytest.raises(ThumperError, match="NaN"):
        layout(np.full((3, 4), np.nan, np.float32))


def test_pca_equals_the_svd() -> None:
    vectors, _ = blobs(30)
    got = pca(vectors, 5)
    left, size, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    assert np.abs(got) == pytest.approx(np.abs(left[:, :5] * size[:5]), abs=1e-4)
    assert pca(vectors[:3], 5).shape == (3, 3)
    turned = pca(-vectors, 5)  # signs are fixed by the axes, not by the rows
    assert turned == pytest.approx(-got, abs=1e-4)
    assert pca(np.zeros((0, 4), np.float32)).shape == (0, 0)


def turned(xy: np.ndarray, angle: float) -> np.ndarray:
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(3 * xy @ rotation * [1, -1] + [5, -7], np.float32)


@pytest.mark.parametrize("angle", [0.0, 1.0, np.pi])
def test_a_map_is_turned_onto_another(angle: float) -> None:
    xy = np.random.default_rng(1).normal(size=(40, 2)).astype(np.float32)
    assert turned_onto(turned(xy, angle), xy) == pytest.approx(xy, abs=1e-4)
    assert turned_onto(np.zeros((3, 2), np.float32), xy[:3]).shape == (3, 2)  # all at one place


@pytest.mark.slow
def test_another_map_stays_where_the_first_was() -> None:
    vectors, label = blobs()
    first = layout(vectors)
    shape = Shape(n_neighbors=8, min_dist=0.4)
    kept, free = layout(vectors, shape=shape, before=first), layout(vectors, seed=3, shape=shape)

    def moved(xy: np.ndarray) -> float:
        """How far the middles of groups lie from where they were, of the map's own spread."""
        away = [
            np.linalg.norm(xy[label == k].mean(axis=0) - first[label == k].mean(axis=0))
            for k in range(3)
        ]
        return float(np.mean(away) / first.std())

    assert moved(kept) < 0.5
    assert moved(kept) < moved(free)
