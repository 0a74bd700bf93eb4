"""What comes later lands where it would have lain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.identify.synthetic_herd import synthetic_herd
from thumper_core.identify.chain import identify_frame, light_of
from thumper_core.identify.links.columns import event_names
from thumper_core.identify.space.axes import Axes
from thumper_core.identify.space.hubs import Cohort
from thumper_core.identify.space.similarity import unit
from thumper_core.identify.space.space_map import Lights, SpaceMap
from thumper_core.identify.space.whitening import Whitening
from thumper_core.settings import IdentifySettings


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("whitening", ["off", "auto", "on"])
def test_the_vectors_that_a_space_was_learned_from_are_mapped_to_where_they_are(
    whitening: str,
) -> None:
    herd = synthetic_herd(animals=9, events=90, light=1.0, seed=5)
    found = identify_frame(herd.frame, herd.vectors, IdentifySettings(whitening=whitening))
    events = event_names(found.tables.tracklets)
    mapped = found.space.mapping.apply(
        herd.vectors, light_of(herd.frame), found.clustering.index, events
    )
    assert (found.space.mapping.damping > 0) == (whitening != "off")
    np.testing.assert_allclose(mapped, found.space.vectors, atol=1e-6)
    assert (
        len(
            found.space.mapping.apply(
                herd.vectors[:0], None, found.clustering.index[:0], events[:0]
            )
        )
        == 0
    )


def test_a_map_is_kept_in_a_file_as_it_is(tmp_path: Path) -> None:
    light = np.repeat([0, 1], 60).astype(np.int32)
    vectors = random(120, 12)
    whole = SpaceMap(
        Lights.fit(vectors, light),
        Axes.fit(vectors, 6),
        Whitening(random(6), random(6, 4)),
        0.5,
        Cohort(random(20, 4), np.array([f"e{k % 7}" for k in range(20)])),
    )
    index, events = np.arange(120, dtype=np.int32), np.array([f"e{k % 9}" for k in range(120)])
    for one in (SpaceMap(), SpaceMap(lights=Lights.fit(vectors, light)), whole):
        np.savez(tmp_path / "map.npz", **one.arrays())
        with np.load(tmp_path / "map.npz", allow_pickle=False) as stored:
            again = SpaceMap.from_arrays(stored)
        np.testing.assert_array_equal(
            again.apply(vectors, light, index, events), one.apply(vectors, light, index, events)
        )
    arrays = whole.arrays()
    del arrays["map_cohort_event"]  # kept before events were
    older = SpaceMap.from_arrays(arrays).apply(vectors, light, index, events)
    assert not np.array_equal(older, whole.apply(vectors, light, index, events))
    assert np.isfinite(older).all()
    with pytest.raises(KeyError):
        SpaceMap.from_arrays({})


def test_each_light_loses_its_own_mean_and_a_rare_one_that_of_all() -> None:
    light = np.repeat([0, 1], [60, 5]).astype(np.int32)
    vectors = random(65, 8)
    moved = Lights.fit(vectors, light).apply(vectors, light)
    own = vectors[:60] - vectors[:60].mean(axis=0)
    rare = vectors[60:] - vectors.mean(axis=0)
    np.testing.assert_allclose(moved[:60], unit(own), atol=1e-5)
    np.testing.assert_allclose(moved[60:], unit(rare), atol=1e-6)
