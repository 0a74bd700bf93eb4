"""Visits of bucks on the buck list, cameras left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from thumper_core.contracts import UsageError
from thumper_core.evaluate.buck_list import buck_list_scores
from thumper_core.evaluate.feeders import read_feeders


def made(cameras: int = 4, visits: int = 40, apart: float = 2.0) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(0)
    n = cameras * visits
    is_buck = rng.random(n) < 0.4
    vectors = rng.normal(size=(n, 8)).astype(np.float32)
    vectors[:, 0] += apart * is_buck
    camera = np.repeat([f"c{k}" for k in range(cameras)], visits)
    visit = np.array([f"{c}/{k}" for k, c in enumerate(camera)])
    return vectors, is_buck, camera, visit, np.arange(n) % 2 == 0


def test_next_to_no_buck_is_lost_and_most_others_go_where_they_can_be_told() -> None:
    scores = buck_list_scores(*made(apart=6.0))
    assert scores["kept"]["value"] >= 0.97 and scores["kept_without"]["value"] < 0.3
    counts = [scores[f"n_kept{end}"]["value"] for end in ("", "_day", "_infrared")]
    assert counts[0] == counts[1] + counts[2]
    blind = buck_list_scores(*made(apart=0.0))
    assert blind["kept"]["value"] >= 0.95 and blind["kept_without"]["value"] > 0.9


class Mean:
    """The mean colour of a crop."""

    name, size = "mean", 8

    def embed(self, crops: np.ndarray) -> np.ndarray:
        return crops.reshape(len(crops), -1, 3).mean(axis=1).astype(np.float32)


def test_labels_beside_photos_are_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"classes\.txt"):
        read_feeders(tmp_path, Mean())
    (tmp_path / "classes.txt").write_text("deer\nbuck\nturkey\n")
    with pytest.raises(UsageError, match="no photo"):
        read_feeders(tmp_path, Mean())
    (tmp_path / "cam").mkdir()
    for number, colour in ((1, (90, 90, 90)), (2, (0, 200, 0))):
        Image.new("RGB", (64, 48), colour).save(tmp_path / "cam" / f"{number}.jpg")
        lines = "1 0.5 0.5 0.5 0.5\n0 0.2 0.2 0.2 0.2\n2 0.5 0.5 0.1 0.1\nbroken\n"
        (tmp_path / "cam" / f"{number}.txt").write_text(lines)
    found = read_feeders(tmp_path, Mean())
    assert found.is_buck.tolist() == [True, False, True, False]
    assert found.is_infrared.tolist() == [True, True, False, False]
    assert len(set(found.visit.tolist())) == 4  # without a time, nothing is known to be one visit
    assert found.vectors.shape == (4, 3) and set(found.camera.tolist()) == {"cam"}
