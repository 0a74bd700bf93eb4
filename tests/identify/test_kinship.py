"""Which profiles may be one animal: splinters are weighed against the larger ones that they may be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.identify.review.standings import SCALE, looks, said
from thumper_core.identify.kinship import Kinship, kinship, novelty_of
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.scale.verdicts import Correction
from thumper_core.identify.seen import Seen

WHO = [0] * 6 + [1] * 8 + [0] * 3
SPLINTERED = [0] * 6 + [1] * 8 + [2] * 3


def weighed(
    labels: list[int], links: Constraints | None = None, who: list[int] | None = None
) -> Kinship:
    means = looks(labels if who is None else who)
    groups = np.array(labels, np.int32)
    seen = Seen.of(groups, np.arange(len(labels), dtype=np.int32))
    return kinship(means, groups, seen, links or Constraints.none(len(labels)), SCALE)


def test_no_tracklets_are_no_kin() -> None:
    found = weighed([])
    assert found.kin == ()
    assert found.own.tolist() == []


def test_one_profile_is_an_animal() -> None:
    found = weighed([0, 0, 0])
    assert found.own.tolist() == [1]
    assert found.kin[0].larger.tolist() == []


def test_the_largest_come_first_and_chances_add_up() -> None:
    found = weighed(SPLINTERED, who=WHO)
    assert [kin.profile for kin in found.kin] == [1, 0, 2]
    assert [set(kin.larger.tolist()) for kin in found.kin] == [set(), {1}, {0, 1}]
    for kin in found.kin:
        assert kin.chance.sum() + found.own[kin.profile] == pytest.approx(1)


def test_a_splinter_is_its_animal_and_no_other() -> None:
    found = weighed(SPLINTERED, who=WHO)
    splinter = found.kin[2]
    chance = dict(zip(splinter.larger.tolist(), splinter.chance.tolist(), strict=True))
    assert chance[0] > 0.9
    assert chance[1] < 0.01
    assert found.own[2] < 0.1
    assert found.own[0] > 0.9


@pytest.mark.parametrize(
    ("links", "barred"),
    [
        (said(17, cannot=[(2, 14)]), True),
        (said(17, cannot=[(2, 14)], kind="same_photo"), True),
        (said(17, cannot=[(2, 14)], kind="nested"), False),
        (said(17, group=[1] * 6 + [0] * 8 + [2] * 3), True),
        (said(17, group=[1] * 6 + [0] * 8 + [1] * 3), False),
    ],
    ids=["told", "one photo", "a box in a box", "buck and doe", "two bucks"],
)
def test_what_is_known_to_be_two_has_no_chance(links: Constraints, barred: bool) -> None:
    found = weighed(SPLINTERED, links, WHO)
    splinter = next(kin for kin in found.kin if kin.profile == 2)
    assert (0 not in splinter.larger.tolist()) == barred
    assert (found.own[2] > 0.9) == barred


def test_what_is_as_likely_either_of_two_is_shared_between_them() -> None:
    means = np.zeros((9, 3), np.float32)
    means[:4, 0] = means[4:8, 1] = 1
    means[8] = [0.6, 0.6, np.sqrt(1 - 0.72)]
    labels = np.array([0] * 4 + [1] * 4 + [2], np.int32)
    found = kinship(
        means, labels, Seen.of(labels, np.arange(9, dtype=np.int32)), Constraints.none(9), SCALE
    )
    chance = found.kin[2].chance
    assert chance[0] == pytest.approx(chance[1], rel=1e-3)
    assert 0.3 < chance[0] < 0.5


def test_a_picture_like_nobody_is_rather_one_of_the_known_where_many_show_nothing() -> None:
    """Four lone pictures that look like nobody beside two animals that are seen often, or beside none."""
    lone = np.eye(6, dtype=np.float32)[2:]
    known = np.repeat(np.eye(6, dtype=np.float32)[:2], 20, axis=0)
    own = {}
    for name, means, labels in (
        ("beside", np.vstack([known, lone]), [0] * 20 + [1] * 20 + [2, 3, 4, 5]),
        ("alone", lone, [0, 1, 2, 3]),
    ):
        groups = np.array(labels, np.int32)
        seen = Seen.of(groups, np.arange(len(groups), dtype=np.int32))
        own[name] = kinship(means, groups, seen, Constraints.none(len(groups)), SCALE).own
    assert own["beside"][:2].min() > 0.95
    assert own["beside"][2:].max() < 0.7
    assert own["alone"].min() > own["beside"][2:].max()


@pytest.mark.parametrize(("sightings", "profiles"), [(5, 1), (40, 6), (300, 24), (5000, 90)])
def test_novelty_makes_the_number_of_profiles_the_expected_one(
    sightings: int, profiles: int
) -> None:
    a = novelty_of(sightings, profiles)
    assert a * np.log1p(sightings / a) == pytest.approx(profiles, rel=0.01)


def test_once_people_answered_the_number_expected_is_the_one_that_comes_out() -> None:
    """Forty looks that hardly tell five animals apart, each its own profile: not forty animals."""
    rng = np.random.default_rng(4)
    animals = np.eye(60, dtype=np.float32)[rng.integers(0, 5, 40)]
    noise = rng.normal(size=(40, 60)).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    means = 0.72 * animals + 0.69 * noise
    labels = np.arange(40, dtype=np.int32)
    seen = Seen.of(labels, labels)
    heard = replace(SCALE, profiles=Correction(doubt=0.5), strays=Correction(doubt=0.5))
    found = kinship(means, labels, seen, Constraints.none(40), heard)
    assert found.novelty * np.log1p(40 / found.novelty) == pytest.approx(found.own.sum(), rel=0.01)
    before = kinship(means, labels, seen, Constraints.none(40), SCALE)
    assert 5 < found.own.sum() < 0.75 * before.own.sum()
