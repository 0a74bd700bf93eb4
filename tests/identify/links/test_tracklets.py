"""Detections of a burst become tracklets."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.identify.links.frames import frame, unit
from thumper_core.identify.links.quality import crop_quality
from thumper_core.identify.links.tracklets import link_tracklets, tracklet_table

A, B = np.eye(2, 8)
LEFT, RIGHT = (100, 100, 300, 250), (600, 100, 800, 250)


def groups(index: np.ndarray) -> list[list[int]]:
    return [np.flatnonzero(index == k).tolist() for k in range(index.max() + 1)]


CASES = {
    "one": ([("p1", LEFT, A)], [[0]]),
    "three frames": ([("p1", LEFT, A), ("p2", LEFT, A), ("p3", LEFT, A)], [[0, 1, 2]]),
    "two side by side": (
        [("p1", LEFT, A), ("p1", RIGHT, B), ("p2", RIGHT, B), ("p2", LEFT, A)],
        [[0, 3], [1, 2]],
    ),
    "they swap places": (
        [("p1", LEFT, A), ("p1", RIGHT, B), ("p2", LEFT, B), ("p2", RIGHT, A)],
        [[0, 3], [1, 2]],
    ),
    "a frame missed it": ([("p1", LEFT, A), ("p2", RIGHT, B), ("p3", LEFT, A)], [[0, 2], [1]]),
    "two alike in one photo stay two": ([("p1", LEFT, A), ("p1", LEFT, A)], [[0], [1]]),
    "another animal walks in": ([("p1", LEFT, A), ("p2", (0, 500, 90, 800), B)], [[0], [1]]),
}


@pytest.mark.parametrize("name", CASES)
def test_linking_one_burst(name: str) -> None:
    rows, expected = CASES[name]
    table = frame([{"photo": p, "box": box, "s": float(p[1])} for p, box, _ in rows])
    index = link_tracklets(table, unit([v for *_, v in rows]))
    assert groups(index) == expected


def test_empty() -> None:
    table = frame([])
    index = link_tracklets(table, np.zeros((0, 8), np.float32))
    assert index.dtype == np.int32
    assert len(index) == 0
    assert tracklet_table(table, index).is_empty()


def test_two_frames_missed_are_too_many() -> None:
    rows = [("p1", LEFT, A), ("p2", RIGHT, B), ("p3", RIGHT, B), ("p4", LEFT, A)]
    table = frame([{"photo": p, "box": box, "s": float(p[1])} for p, box, _ in rows])
    vectors = unit([v for *_, v in rows])
    assert groups(link_tracklets(table, vectors)) == [[0], [1, 2], [3]]
    assert groups(link_tracklets(table, vectors, frames_missed_max=2)) == [[0, 3], [1, 2]]


def test_bursts_are_never_joined() -> None:
    table = frame(
        [{"photo": "p1", "box": LEFT, "burst": "b1"}, {"photo": "p2", "box": LEFT, "burst": "b2"}]
    )
    assert groups(link_tracklets(table, unit([A, A]))) == [[0], [1]]


def test_what_people_said_is_not_linked() -> None:
    rows = [{"photo": "p1", "box": LEFT, "s": 1}, {"photo": "p2", "box": LEFT, "s": 2}]
    vectors = unit([A, A])
    assert groups(link_tracklets(frame(rows), vectors)) == [[0, 1]]
    assert groups(link_tracklets(frame(rows), vectors, apart=np.array([[1, 0]]))) == [[0], [1]]
    sexed = [
        {**rows[0], "sex": "male", "source": "human"},
        {**rows[1], "sex": "female", "source": "human"},
    ]
    assert groups(link_tracklets(frame(sexed), vectors)) == [[0], [1]]


def test_vectors_must_fit() -> None:
    with pytest.raises(ValueError, match="2 vectors for 1"):
        link_tracklets(frame([{"photo": "p1", "box": LEFT}]), unit([A, B]))


def herd(seed: int, n_bursts: int) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """Bursts of three with up to three deer that walk and are now and then missed."""
    rng = np.random.default_rng(seed)
    centres = unit(rng.normal(size=(12, 32)))
    rows, vectors, truth = [], [], []
    for b in range(n_bursts):
        for who in rng.choice(12, int(rng.integers(1, 4)), replace=False):
            x, y = rng.uniform(0, 700), rng.uniform(0, 500)
            for f in range(3):
                x, y = x + rng.normal(0, 40), y + rng.normal(0, 10)
                if rng.random() < 0.15:
                    continue
                rows.append(
                    {"photo": f"b{b}f{f}", "box": (x, y, x + 150, y + 120), "burst": f"b{b}",
                     "s": 1000 * b + 2 * f, "id": f"b{b}f{f}-{who}"}
                )  # fmt: skip
                vectors.append(centres[who] + rng.normal(size=32) * 0.06)
                truth.append(100 * b + who)
    return frame(rows), unit(vectors), np.array(truth)


def test_a_walking_herd_is_linked() -> None:
    table, vectors, truth = herd(1, 200)
    index = link_tracklets(table, vectors)
    same = index[:, None] == index[None, :]
    true = truth[:, None] == truth[None, :]
    assert (same & ~true).sum() == 0
    assert (same & true).sum() / true.sum() > 0.98


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_order_of_rows_does_not_matter(seed: int) -> None:
    table, vectors, _ = herd(seed, 6)
    index = link_tracklets(table, vectors)
    order = np.random.default_rng(seed).permutation(len(index))
    shuffled = link_tracklets(table[order.tolist()], vectors[order])
    assert (shuffled == index[order]).all()
    # one per photo, one burst each, numbered without gaps
    keys = pl.DataFrame({"t": index, "photo": table["photo_id"], "burst": table["burst_id"]})
    assert keys.select("t", "photo").is_unique().all()
    assert (keys.group_by("t").agg(pl.col("burst").n_unique())["burst"] == 1).all()
    assert sorted(set(index.tolist())) == list(range(index.max() + 1))


@pytest.mark.parametrize("seed", range(20))
def test_assignment_equals_trying_all(seed: int) -> None:
    """Two frames: the links made have the largest total affinity of all ways to pair them."""
    from thumper_core.identify.links.tracklets import _Linker

    rng = np.random.default_rng(seed)
    rows = [
        {"photo": f"p{f}", "box": (x, 0, x + 200, 200), "s": f, "id": f"p{f}-{k}"}
        for f in (1, 2)
        for k, x in enumerate(rng.uniform(0, 700, 3))
    ]
    table, vectors = frame(rows), unit(rng.normal(size=(6, 4)))
    linker = _Linker(table, vectors, (0.0, 1.0), -1.0, set())
    affinity = linker.affinity([[0], [1], [2]], np.arange(3, 6))
    best = max(permutations(range(3)), key=lambda p: sum(affinity[i, p[i]] for i in range(3)))
    linked = linker.burst([np.arange(3), np.arange(3, 6)], 1)
    assert [track[1] - 3 for track in linked] == list(best)


def test_table_and_best_crop() -> None:
    rows = [
        {"photo": "p1", "box": (0, 100, 200, 250), "s": 1, "sex": "female"},  # cut by the frame
        {"photo": "p2", "box": (300, 100, 500, 250), "s": 2, "sex": "female"},
        {"photo": "p3", "box": (300, 100, 500, 250), "s": 3, "sex": "male", "confidence": 0.3},
        {"photo": "p1", "box": (600, 100, 800, 250), "s": 1, "sharpness": 1.0},
    ]
    table = frame(rows)
    made = tracklet_table(table, np.array([0, 0, 0, 1], np.int32))
    first = made.row(0, named=True)
    assert first["tracklet_id"] == "tp1-0"
    assert first["best_detection_id"] == "p2-1"
    assert (first["n_detections"], first["sex"], first["camera"]) == (3, "female", "north")
    assert made.columns == [
        "tracklet_id", "burst_id", "event_id", "camera", "started_at", "n_detections", "sex",
        "age_class", "best_detection_id",
    ]  # fmt: skip
    quality = crop_quality(table)
    assert quality[1] > quality[0]
    assert quality[1] > quality[3]


def clip_frame(*rows: tuple[str, tuple, int, int | None]) -> pl.DataFrame:
    """(photo, box, milliseconds, track) -> a frame as of clips and stills of one burst."""
    table = frame([{"photo": p, "box": box, "s": ms / 1000} for p, box, ms, _ in rows])
    tracks = [track for *_, track in rows]
    pictures = [p if track is None else f"{p}#{ms:08d}" for p, _, ms, track in rows]
    return table.with_columns(
        pl.Series("track", tracks, pl.Int32), pl.Series("picture_id", pictures, pl.String)
    )


FAR = (900, 500, 1100, 650)
CLIPS = {
    # what the clip linked stays one, however far it went and whatever its crops look like
    "a track of a clip": ([("c", LEFT, 0, 0, A), ("c", FAR, 9000, 0, B)], [[0, 1]]),
    "two in one frame are two": ([("c", LEFT, 0, 0, A), ("c", LEFT, 0, 1, A)], [[0], [1]]),
    "a track that was torn is mended by its looks": (
        [("c", LEFT, 0, 0, A), ("c", LEFT, 500, 1, A), ("c", FAR, 1000, 1, B)],
        [[0, 1, 2]],
    ),
    "the still of the trigger joins the clip": (
        [("p1", LEFT, 0, None, A), ("c", LEFT, 1000, 0, A), ("c", FAR, 6000, 0, B)],
        [[0, 1, 2]],
    ),
    "two tracks, interleaved": (
        [
            ("c", LEFT, 0, 0, A),
            ("c", RIGHT, 500, 1, B),
            ("c", RIGHT, 1000, 1, B),
            ("c", RIGHT, 1500, 1, B),
            ("c", FAR, 2000, 0, A),
        ],
        [[0, 4], [1, 2, 3]],
    ),
}


@pytest.mark.parametrize("name", CLIPS)
def test_tracks_of_clips(name: str) -> None:
    rows, expected = CLIPS[name]
    table = clip_frame(*(row[:4] for row in rows))
    assert groups(link_tracklets(table, unit([v for *_, v in rows]))) == expected


def test_a_person_may_part_what_a_clip_linked() -> None:
    table = clip_frame(("c", LEFT, 0, 0), ("c", LEFT, 1000, 0))
    assert groups(link_tracklets(table, unit([A, A]), apart=np.array([[0, 1]]))) == [[0], [1]]
