"""Principal components against the singular value decomposition."""

from __future__ import annotations

import numpy as np
import pytest

from thumper_core.identify.space.axes import Axes, main_axes


def cloud() -> np.ndarray:
    rng = np.random.default_rng(0)
    return (rng.normal(size=(80, 6)) @ rng.normal(size=(6, 40)) + 3).astype(np.float32)


@pytest.mark.parametrize("most", [1, 3, 6, None])
def test_main_axes_are_those_of_the_svd(most: int | None) -> None:
    centred = cloud().astype(np.float64)[:, :6]
    centred -= centred.mean(axis=0)
    _, size, right = np.linalg.svd(centred, full_matrices=False)
    values, axes = main_axes(centred.T @ centred, most)
    kept = most or 6
    np.testing.assert_allclose(values[::-1], size[:kept] ** 2, rtol=1e-9)
    np.testing.assert_allclose(np.abs(axes.T[::-1] @ right[:kept].T), np.eye(kept), atol=1e-6)


def test_a_flat_cloud_loses_nothing_on_its_axes() -> None:
    x = cloud()
    centred = x - x.mean(axis=0)
    small = Axes.fit(x, 6).apply(x)
    assert small.shape == (80, 6)
    np.testing.assert_allclose(small @ small.T, centred @ centred.T, atol=1e-2)
    fewer = Axes.fit(x, 5).apply(x)
    assert np.abs(fewer @ fewer.T - centred @ centred.T).max() > 1


def test_few_dimensions_stay_as_they_are_but_for_the_mean() -> None:
    x = cloud()
    found = Axes.fit(x, 40)
    assert found.axes is None
    np.testing.assert_array_equal(found.apply(x), x - x.mean(axis=0))
