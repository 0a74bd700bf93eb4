"""What comes later lands where it would have lain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.identify_a.synthetic_herd import synthetic_herd
from thumper_core.identify.chain import identify_frame, light_of
from thumper_core.identify.space_map import Axes, Lights, SpaceMap
from thumper_core.identify.whitening import Whitening
from thumper_core.settings import IdentifySettings


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("whitening", ["off", "auto", "on"])
def test_the_vectors_that_a_space_was_learned_from_are_mapped_to_where_they_are(
    whitening: str,
) -> None:
    herd = synthetic_herd(animals=9, events=90, light=1.0, seed=5)
    found = identify_frame(herd.frame, herd.vectors, IdentifySettings(whitening=whitening))
    mapped = found.mapping.apply(herd.vectors, light_of(herd.frame))
    # Damping alone is not quite the same: neighbours of one's own event are not left out.
    cosine = np.einsum("nd,nd->n", mapped, found.vectors)
    assert cosine.min() > (0.9 if found.mapping.damping else 0.9999)
    assert found.mapping.apply(herd.vectors[:0], None).shape[0] == 0


def test_a_map_is_kept_in_a_file_as_it_is(tmp_path: Path) -> None:
    light = np.repeat([0, 1], 60).astype(np.int32)
    vectors = random(120, 12)
    whole = SpaceMap(
        Lights.fit(vectors, light),
        Axes.fit(vectors, 6),
        Whitening(random(6), random(6, 4)),
        0.5,
        random(20, 4),
    )
    for one in (SpaceMap(), SpaceMap(lights=Lights.fit(vectors, light)), whole):
        np.savez(tmp_path / "map.npz", **one.arrays())
        with np.load(tmp_path / "map.npz", allow_pickle=False) as stored:
            again = SpaceMap.from_arrays(stored)
        np.testing.assert_array_equal(again.apply(vectors, light), one.apply(vectors, light))
    with pytest.raises(KeyError):
        SpaceMap.from_arrays({})


def test_damping_takes_the_mean_of_the_nearest_quarter() -> None:
    cohort = random(20, 4)
    plain = SpaceMap(None, Axes(np.zeros(4, np.float32), None), Whitening(np.zeros(4), np.eye(4)))
    vectors = plain.apply(random(3, 4), None)
    damped = SpaceMap(plain.lights, plain.axes, plain.whitening, 0.5, cohort).apply(vectors, None)
    for one, got in zip(vectors, damped, strict=True):
        near = np.argsort(-(cohort @ one))[:5]
        want = one - 0.5 * cohort[near].mean(axis=0)
        np.testing.assert_allclose(got, want / np.linalg.norm(want), atol=1e-5)
