"""Local matching on known individuals: alone and beside the vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import thumper_core.evaluate.matching as room
from tests.match.networks import Spots
from thumper_core.contracts import ThumperError
from thumper_core.evaluate.effort_cases import album_case
from thumper_core.evaluate.matching import album_marks, matches_of_visits, matching_scores
from thumper_core.evaluate.reid import Album, score_vectors
from thumper_core.identify.space.similarity import unit
from thumper_core.match import marks


def album(tmp_path: Path, sightings: int = 4) -> Album:
    """Ten animals, `sightings` of two photos each; an animal's photos have one grey of its own."""
    import cv2

    paths, who, seen = [], [], []
    for animal in range(10):
        for sighting in range(sightings):
            for photo in range(2):
                path = tmp_path / f"{animal}_{sighting}_{photo}.png"
                cv2.imwrite(str(path), np.full((40, 60, 3), 20 * animal + 10, np.uint8))
                paths.append(path)
                who.append(f"a{animal}")
                seen.append(f"a{animal}/{sighting}")
    return Album(tuple(paths), np.array(who), np.array(seen))


def confused(known: Album) -> np.ndarray:
    """(N, 16) vectors in which the visit is twice as loud as the animal."""
    code = np.unique(known.individual, return_inverse=True)[1]
    visit = np.unique(known.sighting, return_inverse=True)[1]
    rng = np.random.default_rng(0)
    own, moment = rng.normal(size=(10, 16)), rng.normal(size=(40, 16))
    return unit(own[code] + 2 * moment[visit] + 0.3 * rng.normal(size=(len(code), 16)))


def test_what_vectors_miss_matches_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "open_network", Spots)
    monkeypatch.setattr(marks, "COARSEST", 0)
    known = album(tmp_path)
    vectors = confused(known)
    found = matching_scores(known, vectors, album_marks(known))
    assert found["matched_rank1"]["value"] > 0.9
    alone = score_vectors(known, vectors, whitening=False)
    for measure in ("rank1", "rank5", "pair_auc", "pairwise_f1"):
        assert found[f"fused_{measure}"]["value"] > alone[measure]["value"] + 0.1, measure
    assert found["fused_true_individuals"]["value"] == 10
    assert found["n_compared"] > 1000


def test_sightings_of_one_photo_say_nothing_of_what_a_match_is_worth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "open_network", Spots)
    monkeypatch.setattr(marks, "COARSEST", 0)
    known = album(tmp_path, 1)
    alone = Album(known.paths, known.individual, np.array([str(p) for p in known.paths]))
    vectors = unit(np.random.default_rng(0).normal(size=(20, 8)))
    with pytest.raises(ThumperError, match="--sighting"):
        matching_scores(alone, vectors, album_marks(alone))


def test_a_visit_matches_by_all_its_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "open_network", Spots)
    monkeypatch.setattr(marks, "COARSEST", 0)
    known = album(tmp_path, 2)
    visit = np.unique(known.sighting, return_inverse=True)[1].astype(np.int32)
    found = matches_of_visits(album_marks(known), visit, np.array([[0, 1], [0, 2]], np.int32))
    assert found.dtype == np.float64 and found[0] > 10 * found[1]
    assert len(matches_of_visits(album_marks(known), visit, np.zeros((0, 2), np.int32))) == 0


def test_a_case_that_hears_matches_finds_what_vectors_confuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "open_network", Spots)
    monkeypatch.setattr(marks, "COARSEST", 0)
    known = album(tmp_path)
    vectors = confused(known)
    share = {}
    for name, heard in (("alone", None), ("both", album_marks(known))):
        case = album_case(known, vectors, heard)
        likeness = case.means @ case.means.T - 9 * np.eye(len(case.means))
        share[name] = (case.who[likeness.argmax(axis=1)] == case.who).mean()
    assert share["both"] > 0.9 > share["alone"] + 0.2
