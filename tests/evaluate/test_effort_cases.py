"""Herds with a known truth: a demo's workspace, and a folder of known individuals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests import generated
from tests.generated import Size
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.evaluate.effort import simulate
from thumper_core.evaluate.effort_cases import album_case, demo_case, majority
from thumper_core.evaluate.reid import Album
from thumper_core.workspace import Workspace


@pytest.mark.parametrize(
    ("truth", "index", "expected"),
    [
        (["a"], [0], ["a"]),
        (["b", "a", "b"], [0, 0, 0], ["b"]),
        (["b", "a"], [0, 0], ["a"]),
        (["b", "a", "a"], [0, 1, 1], ["b", "a"]),
    ],
    ids=["one", "most", "a tie", "two"],
)
def test_a_tracklet_is_whom_most_of_it_shows(
    truth: list[str], index: list[int], expected: list[str]
) -> None:
    assert majority(np.array(truth), np.array(index)).tolist() == expected


def album(animals: int, sightings: int, photos: int) -> tuple[Album, np.ndarray]:
    rng = np.random.default_rng(0)
    own = rng.normal(size=(animals, 32))
    rows = [(a, s) for a in range(animals) for s in range(sightings) for _ in range(photos)]
    moved = rng.normal(size=(animals, sightings, 32))
    vectors = np.array([own[a] + 0.5 * moved[a, s] + 0.2 * rng.normal(size=32) for a, s in rows])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    made = Album(
        tuple(Path(f"{a}/{k}.jpg") for k, (a, _) in enumerate(rows)),
        np.array([f"animal {a}" for a, _ in rows]),
        np.array([f"animal {a}/{s}" for a, s in rows]),
    )
    return made, vectors.astype(np.float32)


def test_each_sighting_of_a_folder_is_one_tracklet() -> None:
    made, vectors = album(8, 5, 3)
    case = album_case(made, vectors)
    assert len(case.means) == 40
    assert case.sizes.tolist() == [3] * 40
    assert len(set(case.who)) == 8
    assert np.array_equal(case.who[case.index], case.truth)
    assert not len(case.links.cannot)
    assert not len(case.links.must)
    points = list(simulate(case, answers=200))
    assert points[-1].f1 >= points[0].f1
    assert points[-1].f1 > 0.99


def test_single_photos_leave_nothing_to_learn_a_scale_from() -> None:
    with pytest.raises(UsageError, match="nothing to ask about: only 0 must-link"):
        album_case(*album(6, 4, 1))


@pytest.fixture(scope="module")
def ranch(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return generated.build(tmp_path_factory.mktemp("effort"), Size(photos=150, animals=6))


def truth_of(workspace: Workspace, folder: Path) -> Path:
    """The herd as it is, held to be the truth, but for one deer that nobody knows."""
    rows = workspace.sql(
        "select p.path, d.x1, d.y1, d.x2, d.y2, a.profile_id from detections d "
        "join photos p using (photo_id) join assignments a using (detection_id)"
    )
    known = rows.filter(pl.col("profile_id") != rows["profile_id"].min())
    truth = known.select(
        "path",
        pl.col("path").alias("photo_sha256"),
        pl.col("profile_id").cast(pl.String).alias("individual"),
        pl.lit("white-tailed deer").alias("species"),
        *(pl.lit("unknown").alias(name) for name in ("sex", "age_class", "class")),
        *("x1", "y1", "x2", "y2"),
        pl.lit(1.0).alias("visible_fraction"),
    )
    truth.write_parquet(folder / "truth.parquet")
    return folder / "truth.parquet"


def test_a_demo_is_the_deer_that_are_known(ranch: Workspace, tmp_path: Path) -> None:
    file = truth_of(ranch, tmp_path)
    case = demo_case(ranch, file)
    assert len(case.truth) == len(case.index) == pl.read_parquet(file).height
    assert len(np.unique(case.truth)) == pl.read_parquet(file)["individual"].n_unique()
    assert case.index.max() == len(case.means) - 1 == len(case.who) - 1
    assert case.links.n == len(case.means)
    first = next(simulate(case, answers=0))
    assert first.f1 > 0.9  # the truth is the herd's own grouping


def test_no_truth_is_said(ranch: Workspace, tmp_path: Path) -> None:
    with pytest.raises(ThumperError, match="no truth"):
        demo_case(ranch, tmp_path / "absent.parquet")
