"""Boxes along a clip: one animal a track, no second one in it, and the boxes that show it best."""

from __future__ import annotations

import numpy as np
import pytest

from thumper_core.clips.tracks import NO_TRACK, Found, best_boxes, link

LOOKS = np.eye(4, dtype=np.float32)


def found(ms: int, *boxes: tuple[float, float, int], side: float = 40, sharp: float = 50) -> Found:
    """(x, y, which animal it looks like) of each box."""
    xyxy = np.array([[x, y, x + side, y + side] for x, y, _ in boxes], np.float32).reshape(-1, 4)
    looks = LOOKS[[which for *_, which in boxes]].reshape(-1, 4)
    n = len(boxes)
    return Found(ms, xyxy, np.full(n, 0.9, np.float32), np.full(n, sharp, np.float32), looks)


CASES = {
    "none": ([], []),
    "no boxes": ([found(0), found(1000)], [[], []]),
    "one stands": ([found(t, (10, 10, 0)) for t in (0, 1000, 2000)], [[0], [0], [0]]),
    "one walks": ([found(500 * i, (10 + 20 * i, 10, 0)) for i in range(5)], [[0]] * 5),
    "a frame without it": (
        [found(0, (10, 10, 0)), found(1000), found(2000, (14, 10, 0))],
        [[0], [], [0]],
    ),
    "gone for long": ([found(0, (10, 10, 0)), found(9000, (12, 10, 0))], [[0], [1]]),
    "another far away": ([found(0, (10, 10, 0)), found(500, (400, 10, 0))], [[0], [1]]),
    "one walks a length of its body between frames": (
        [found(500 * i, (10 + 45 * i, 10, 0)) for i in range(5)],
        [[0]] * 5,
    ),
    "two that walk side by side, each a length": (
        [found(1000 * i, (10 + 60 * i, 10, 0), (90 + 60 * i, 60, 1)) for i in range(3)],
        [[0, 1]] * 3,
    ),
    "two that keep their places": (
        [found(0, (10, 10, 0), (200, 10, 1)), found(1000, (204, 10, 1), (12, 10, 0))],
        [[0, 1], [1, 0]],
    ),
    "two of which nobody can say which is which": (
        [found(0, (100, 10, 0), (104, 10, 0)), found(1000, (102, 10, 0), (101, 10, 0))],
        [[0, 1], [2, 3]],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_tracks(name: str) -> None:
    frames, wanted = CASES[name]
    assert [numbers.tolist() for numbers in link(frames)] == wanted


INSIDE = {
    "a weaker box inside in some frames": ((0.4, 3, 40), 1),
    "round it": ((0.4, 3, 60), 1),
    "in most frames: it may be a fawn": ((0.4, 7, 40), 2),
    "a surer one": ((0.95, 3, 40), 2),
}


@pytest.mark.parametrize("name", INSIDE)
def test_an_animal_that_is_boxed_twice_in_some_frames_is_one(name: str) -> None:
    (sure, n_frames, side), wanted = INSIDE[name]
    frames = []
    for i in range(9):
        n = 2 if i < n_frames else 1
        boxes = [[100, 100, 150, 150], [102, 102, 102 + side, 102 + side]][:n]
        if side > 50:
            boxes = [[100, 100, 150, 150], [96, 96, 96 + side, 96 + side]][:n]
        frames.append(
            Found(
                500 * i,
                np.array(boxes, np.float32),
                np.array([0.9, sure][:n], np.float32),
                np.full(n, 50, np.float32),
                LOOKS[[0, 1][:n]],
            )
        )
    tracks = link(frames)
    assert len({t for numbers in tracks for t in numbers.tolist()} - {NO_TRACK}) == wanted
    chosen = best_boxes(frames, tracks, (640, 360), 4)
    assert len({int(tracks[at][box]) for at, box in chosen}) == wanted


def test_a_second_box_does_not_end_the_track() -> None:
    """Which of two goes on is not clear, until it is known that both are one animal."""
    frames = [found(500 * i, (100, 100, 0)) for i in range(5)]
    for ms in 2500, 3000:
        frames.append(found(ms, (100, 100, 0), (104, 100, 1)))
        frames[-1].confidence[1] = 0.4
    frames.append(found(3500, (102, 100, 0)))
    frames[-1].looks[0] = (LOOKS[0] + LOOKS[1]) / np.sqrt(2)
    assert [t.tolist() for t in link(frames)] == [[0]] * 5 + [[0, NO_TRACK]] * 2 + [[0]]


def test_the_best_boxes_lie_apart_in_time_and_the_sharpest_is_among_them() -> None:
    frames = [found(500 * i, (10, 10, 0), sharp=900 if i == 7 else 50) for i in range(12)]
    tracks = link(frames)
    chosen = best_boxes(frames, tracks, (640, 360), 3)
    at = [frame for frame, _ in chosen]
    assert len(at) == 3
    assert 7 in at
    assert min(np.diff(at)) * 500 >= 5500 / 6
    assert best_boxes(frames[:1], tracks[:1], (640, 360), 3) == [(0, 0)]
    assert best_boxes([], [], (640, 360), 3) == []
