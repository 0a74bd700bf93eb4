"""A second witness in the identification: heard, blind, fooled by places, and absent."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
import scipy.sparse as sp

from tests.identify.synthetic_herd import SyntheticHerd, pair_rates, synthetic_herd
from thumper_core.herd.notes import identification_notes
from thumper_core.identify.chain import identify_frame
from thumper_core.identify.outcome import Identification
from thumper_core.identify.scale.mixture import TwoGroups
from thumper_core.identify.witness.hear import LIFT, LOUD_MIN, as_table, table_vectors, worth_of
from thumper_core.settings import IdentifySettings


@dataclass
class Teller:
    """Scores pairs by what it is told each row shows; a little noise for every pair."""

    shows: np.ndarray
    blind: bool = False
    asked: list[np.ndarray] = field(default_factory=list)

    def compare(self, pairs: np.ndarray) -> np.ndarray:
        self.asked.append(pairs)
        if self.blind:
            return np.full(len(pairs), np.nan, np.float32)
        same = self.shows[pairs[:, 0]] == self.shows[pairs[:, 1]]
        noise = np.random.default_rng(1).exponential(0.01, len(pairs))
        return (noise + 0.3 * same).astype(np.float32)


@pytest.fixture(scope="module")
def herd() -> SyntheticHerd:
    """Animals that the vectors alone confuse."""
    return synthetic_herd(animals=8, events=60, moment=1.7, seed=3)


@pytest.fixture(scope="module")
def alone(herd: SyntheticHerd) -> Identification:
    return identify_frame(herd.frame, herd.vectors, IdentifySettings())


def f1(found: Identification, herd: SyntheticHerd) -> float:
    return float(pair_rates(found.cut.labels[found.clustering.index], herd.truth)[2])


def test_a_witness_that_knows_makes_the_groups_better(
    herd: SyntheticHerd, alone: Identification
) -> None:
    witness = Teller(herd.truth)
    found = identify_frame(herd.frame, herd.vectors, IdentifySettings(), witness=witness)
    assert f1(alone, herd) < 0.3 and f1(found, herd) > 0.95
    assert found.cut.broken_links == 0
    assert np.linalg.norm(found.space.vectors, axis=1).max() <= 1 + 1e-5
    assert (
        found.space.mapping.matched == found.space.vectors.shape[1] - alone.space.vectors.shape[1]
    )
    assert "speak for one animal" in found.space.steps[-1]
    assert len(witness.asked) == 1
    shown = set(found.tables.tracklets["best_detection_id"])
    assert {herd.frame["detection_id"][int(row)] for row in witness.asked[0].ravel()} <= shown


def test_a_blind_witness_changes_nothing(herd: SyntheticHerd, alone: Identification) -> None:
    witness = Teller(herd.truth, blind=True)
    found = identify_frame(herd.frame, herd.vectors, IdentifySettings(), witness=witness)
    assert np.array_equal(found.space.vectors, alone.space.vectors)
    assert found.tables.assignments.equals(alone.tables.assignments)
    assert "too few certain strangers" in found.space.steps[-1]
    assert found.space.steps[-1] in identification_notes(found)
    assert found.space.mapping.matched == 0


def test_one_that_recognises_places_is_not_believed(
    herd: SyntheticHerd, alone: Identification
) -> None:
    place = herd.frame["camera"].rank("dense").to_numpy()
    found = identify_frame(herd.frame, herd.vectors, IdentifySettings(), witness=Teller(place))
    assert f1(found, herd) > f1(alone, herd) - 0.03


@pytest.mark.parametrize("rows", [1, 9])
def test_with_few_photos_the_witness_is_not_asked(herd: SyntheticHerd, rows: int) -> None:
    witness = Teller(herd.truth)
    found = identify_frame(
        herd.frame[:rows], herd.vectors[:rows], IdentifySettings(), witness=witness
    )
    assert not witness.asked
    assert "nothing to calibrate on" in found.space.steps[-1]


def filled(pairs: np.ndarray, value: np.ndarray, count: int) -> np.ndarray:
    """The table with what a tracklet has with itself."""
    table = as_table(pairs, value, count).toarray()
    return table + LIFT * np.diag(table.max(axis=1))


def test_the_added_dimensions_are_the_table() -> None:
    groups = np.array([0, 0, 0, 1, 1, 2])
    a, b = np.triu_indices(6, 1)
    same = groups[a] == groups[b]
    pairs, value = np.column_stack([a, b])[same].astype(np.int32), np.full(same.sum(), 0.4)
    table = as_table(pairs, value, 6)
    whole = table_vectors(table)
    assert whole @ whole.T == pytest.approx(filled(pairs, value, 6), abs=1e-6)
    assert not whole[5].any()


def test_of_many_the_strongest_axes_are_kept() -> None:
    rng = np.random.default_rng(0)
    pairs = np.unique(np.sort(rng.integers(0, 60, (200, 2)), axis=1), axis=0).astype(np.int32)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    value = rng.uniform(0.1, 1, len(pairs))
    few = table_vectors(as_table(pairs, value, 60), 40, 8)
    strength, axes = np.linalg.eigh(filled(pairs, value, 60))
    best = (axes[:, -8:] * strength[-8:]) @ axes[:, -8:].T
    assert few @ few.T == pytest.approx(best, abs=1e-3)
    assert table_vectors(sp.csr_matrix((4, 4))).shape == (4, 0)


@pytest.mark.parametrize(
    ("gap", "times"),
    [(0.6, 1.0), (0.5, 1.2), (0.2, 3.0), (0.0, 1.0), (-0.3, 1.0), (0.15, 4.0), (0.075, 2.0)],
)
def test_pairs_that_match_say_how_alike_one_animal_is_to_itself(gap: float, times: float) -> None:
    """Bursts say 0.6; no gap at all is no witness."""
    grid = np.linspace(-1, 1, 9)
    bursts = TwoGroups(0.1, 0.6, 0.01, 0.0, 0.03, grid, grid)
    said = np.repeat([0.0, 3.0], 100)
    assert worth_of(bursts, gap * (said > 0), said) == pytest.approx(times * 0.05)
    few = np.repeat([0.0, 3.0], [150, LOUD_MIN - 1])
    assert worth_of(bursts, gap * (few > 0), few) == pytest.approx(0.05)
