"""The keypoints of a crop: where they are looked for, how they are kept, and ALIKED itself."""

from __future__ import annotations

import numpy as np
import pytest

from tests.match.networks import Spots, aliked, patterned
from thumper_core.match.marks import BESIDE, MIDDLE, MOST, REACH, UNIT, marks_of, places


@pytest.mark.parametrize("size", [(3, 700), (700, 3), (200, 160), (500, 900)])
def test_a_crop_of_any_size_has_keypoints_in_its_middle(size: tuple[int, int]) -> None:
    network = Spots()
    found = marks_of(network, np.zeros((*size, 3), np.uint8))  # type: ignore[arg-type]
    where, (height, width) = network.where, network.where.shape
    assert height % 32 == width % 32 == 0
    assert 0.7 < where.mean() < 0.82  # an ellipse in its rectangle: pi / 4
    used = found.descriptor[0].any(axis=1)
    assert used.sum() == network.count
    off = np.abs(places(found)[0, used] - MIDDLE) - REACH
    assert off.max() <= 1.5 / min(size) + 1e-4  # to the pixel


@pytest.mark.parametrize(
    ("rows", "share"), [((0, 400), 0.78), ((0, 200), 0.48), ((200, 400), 0.21), ((0, 30), 0.0)]
)
def test_keypoints_keep_to_the_rows_that_they_may_lie_in(
    rows: tuple[int, int], share: float
) -> None:
    network = Spots(0)  # asked where, it finds none
    marks_of(network, np.zeros((400, 300, 3), np.uint8), rows)  # type: ignore[arg-type]
    assert network.where.mean() == pytest.approx(share, abs=0.04)
    lines = np.flatnonzero(network.where.any(axis=1))
    if rows == (200, 400):
        assert lines[0] == pytest.approx(len(network.where) * (0.5 - 0.15) / 0.54 + BESIDE, abs=2)


@pytest.mark.parametrize("size", [(1, 1), (90, 150)])
def test_a_coarse_crop_has_none(size: tuple[int, int]) -> None:
    network = Spots()
    assert not marks_of(network, np.zeros((*size, 3), np.uint8)).descriptor.any()  # type: ignore[arg-type]
    assert network.n_pictures == 0


def test_aliked_finds_the_same_on_a_picture_that_moved() -> None:
    network = aliked()
    scene = patterned(192, 192)
    one = network.find(scene[:128, :128], MOST)
    other = network.find(scene[32:160, 32:160], MOST)
    assert one.descriptor.shape == (len(one.xy), 128)
    assert np.linalg.norm(one.descriptor, axis=1) == pytest.approx(1, abs=1e-5)
    shifted = one.xy - 32
    inner = ((shifted > 8) & (shifted < 88)).all(axis=1)
    gap = np.linalg.norm(shifted[inner][:, None] - other.xy, axis=2)
    near = gap.min(axis=1) < 1
    assert inner.sum() > 20 and near.mean() > 0.8
    same = (one.descriptor[inner] * other.descriptor[gap.argmin(axis=1)]).sum(axis=1)
    mixed = (one.descriptor[inner] * other.descriptor[: inner.sum()]).sum(axis=1)
    assert np.median(same[near]) > np.median(mixed) + 0.3  # what lies round it differs a little


def test_aliked_looks_only_where_it_is_told() -> None:
    where = np.zeros((128, 128), bool)
    where[40:80, 30:60] = True
    found = aliked().find(patterned(128, 128), MOST, where)
    assert 0 < len(found.xy) < MOST
    assert (found.xy >= (28, 38)).all() and (found.xy <= (62, 82)).all()
    assert len(aliked().find(patterned(64, 64), MOST, np.zeros((64, 64), bool)).xy) == 0


def test_the_kept_descriptors_are_the_network_s() -> None:
    network = aliked()
    kept = marks_of(network, patterned(200, 300)).descriptor[0].astype(np.float32) / UNIT
    used = kept.any(axis=1)
    assert used.sum() > 50
    assert np.linalg.norm(kept[used], axis=1) == pytest.approx(1, abs=0.03)
