"""Boxes along a clip that are one animal, and the frames that show it best. Pure: boxes in, numbers out.

Frames lie half a second to seconds apart. A box goes on the track whose last box it overlaps, or lies near
to for the time between, with about its size and its looks (the box's small patch). Where all boxes of a frame
could be given to the tracks about as well without a link, it is not made: a track that ends is mended by
identification, which knows vectors, but two animals in one track are a must-link that is wrong.

Looked at in many frames, an animal is boxed twice in some of them: a weaker box inside its own, or round it.
Such boxes make a track that comes and goes within another one. It is no second animal: its boxes are of no
track, and the frames are linked once more without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.boxes.iou import area_px2, iou_matrix
from thumper_core.contracts import FloatArray

REACH_A_SECOND: Final = 2.0
"""How far an animal goes in a second, in diagonals of its box: beyond, nearness is nothing. A deer walks one
length of its body in a second, and trots two.
"""
OPEN_S: Final = 3.0
"""A track that was not seen for longer is over."""
AFFINITY_MIN: Final = 0.45
CLEAR_BY: Final = 0.08
"""The best way to link a frame must be better than the best one without a link by this much."""
TWICE_FRAMES: Final = 2 / 3
"""A weaker track inside another is no animal where it is in less than this share of the other's frames."""
TWICE_INSIDE: Final = 0.8
"""Share of the smaller box that lies in the larger, in each of its frames."""
NO_TRACK: Final = -1
"""Of a box that shows an animal of another track once more."""
_W_NEAR, _W_SIZE, _W_LOOK = 0.55, 0.2, 0.25
_EDGE: Final = 0.004


@dataclass(frozen=True)
class Found:
    """What was found in one frame.

    ms: its time; xyxy: (N, 4) float32, pixels; confidence, sharpness: (N,) float32; looks: (N, P) float32,
    rows whose dot product is the likeness of two boxes' patches.
    """

    ms: int
    xyxy: FloatArray
    confidence: FloatArray
    sharpness: FloatArray
    looks: FloatArray


def link(frames: Sequence[Found]) -> list[npt.NDArray[np.int64]]:
    """The track of each box of each frame, (N,) each, or NO_TRACK; numbered by their first box.

    frames: in order of time. No track has two boxes of a frame.
    """
    counts = [np.ones(len(frame.xyxy), bool) for frame in frames]
    while True:
        tracks = _linked([_part(frame, own) for frame, own in zip(frames, counts, strict=True)])
        found = [np.full(len(own), NO_TRACK, np.int64) for own in counts]
        for numbers, own, linked in zip(found, counts, tracks, strict=True):
            numbers[own] = linked
        twice = _boxed_twice(frames, _places(found))
        if not twice:
            return found
        for numbers, own in zip(found, counts, strict=True):
            own &= ~np.isin(numbers, sorted(twice))


def _part(frame: Found, rows: npt.NDArray[np.bool_]) -> Found:
    arrays = (frame.xyxy, frame.confidence, frame.sharpness, frame.looks)
    return Found(frame.ms, *(array[rows] for array in arrays))


def _places(tracks: Sequence[npt.NDArray[np.int64]]) -> dict[int, list[tuple[int, int]]]:
    """(frame, box) of each track."""
    of: dict[int, list[tuple[int, int]]] = {}
    for at, numbers in enumerate(tracks):
        for box, track in enumerate(numbers.tolist()):
            if track != NO_TRACK:
                of.setdefault(track, []).append((at, box))
    return of


def _linked(frames: Sequence[Found]) -> list[npt.NDArray[np.int64]]:
    """The track of each box, (N,) each."""
    from scipy.optimize import linear_sum_assignment

    last: list[tuple[int, int]] = []  # (frame, box) that each track was seen in last
    found: list[npt.NDArray[np.int64]] = []
    for now, frame in enumerate(frames):
        numbers = np.full(len(frame.xyxy), -1, np.int64)
        opened = [t for t, (at, _) in enumerate(last) if frame.ms - frames[at].ms <= OPEN_S * 1000]
        if opened and len(numbers):
            affinity = np.stack([_affinity(frames[last[t][0]], last[t][1], frame) for t in opened])
            affinity[affinity < AFFINITY_MIN] = 0
            for i, j in zip(*linear_sum_assignment(affinity, maximize=True), strict=True):
                if affinity[i, j] > 0 and _is_clear(affinity, i, j):
                    numbers[j] = opened[i]
        for j in np.flatnonzero(numbers < 0).tolist():
            numbers[j] = len(last)
            last.append((now, j))
        for j, t in enumerate(numbers.tolist()):
            last[t] = (now, j)
        found.append(numbers)
    return found


def best_boxes(
    frames: Sequence[Found],
    tracks: Sequence[npt.NDArray[np.int64]],
    size: tuple[int, int],
    per_track: int,
) -> list[tuple[int, int]]:
    """(frame, box) of the boxes that show each track best, `per_track` of each at most, by frame and box.

    They lie apart in time, so that an animal is shown as it turns: the best box first, then always the best
    of those that are further from all chosen ones than the track's length allows for as many.
    """
    chosen: list[tuple[int, int]] = []
    for places in _places(tracks).values():
        quality = [_quality(frames[at], box, size) for at, box in places]
        order = [places[i] for i in np.argsort(-np.array(quality), kind="stable").tolist()]
        span = frames[places[-1][0]].ms - frames[places[0][0]].ms
        apart_ms = span / (2 * per_track)
        mine: list[tuple[int, int]] = []
        for place in order:
            if len(mine) < per_track and all(
                abs(frames[place[0]].ms - frames[other[0]].ms) >= apart_ms for other in mine
            ):
                mine.append(place)
        chosen += mine
    return sorted(chosen)


def _affinity(before: Found, box: int, now: Found) -> npt.NDArray[np.float64]:
    """(N,) how likely each box of a frame is the animal of an earlier box, 0 to 1."""
    own = before.xyxy[box]
    seconds = max((now.ms - before.ms) / 1000, 0.2)
    side = own[2:] - own[:2]
    diagonal = max(float(np.hypot(*side)), 1.0)
    middle = (own[:2] + own[2:]) / 2
    away = np.linalg.norm((now.xyxy[:, :2] + now.xyxy[:, 2:]) / 2 - middle, axis=1) / diagonal
    reach = REACH_A_SECOND * max(seconds, 0.5)
    overlap = iou_matrix(own[None], now.xyxy)[0]
    near = np.maximum(overlap, np.clip(1 - away / reach, 0, 1))
    area = area_px2(now.xyxy) / max(float(area_px2(own[None])[0]), 1.0)
    size = np.minimum(area, 1 / np.maximum(area, 1e-6))
    look = np.clip(now.looks @ before.looks[box], 0, 1)
    total = _W_NEAR * near + _W_SIZE * size + _W_LOOK * look
    return np.asarray(np.where(near > 0, total, 0.0), np.float64)


def _is_clear(affinity: npt.NDArray[np.float64], i: int, j: int) -> bool:
    """Whether the best way to link is clearly better than the best one without the link i, j."""
    without = affinity.copy()
    without[i, j] = 0
    return _best_total(affinity) - _best_total(without) >= CLEAR_BY


def _best_total(affinity: npt.NDArray[np.float64]) -> float:
    from scipy.optimize import linear_sum_assignment

    return float(affinity[linear_sum_assignment(affinity, maximize=True)].sum())


def _boxed_twice(frames: Sequence[Found], of: dict[int, list[tuple[int, int]]]) -> set[int]:
    """Tracks that are an animal of another track, boxed again; of: (frame, box) of each track.

    Where it is seen its box lies in the other's, or that in it; the other is surer, and seen far oftener.
    """
    box_of = {track: dict(places) for track, places in of.items()}
    sure = {
        track: float(np.mean([frames[at].confidence[box] for at, box in places]))
        for track, places in of.items()
    }
    twice: set[int] = set()
    for weaker, own in sorted(box_of.items(), key=lambda item: sure[item[0]]):
        for track, other in box_of.items():
            if (
                sure[track] > sure[weaker]
                and len(own) < TWICE_FRAMES * len(other)
                and own.keys() <= other.keys()
                and all(
                    _share_inside(frames[at].xyxy[box], frames[at].xyxy[other[at]]) >= TWICE_INSIDE
                    for at, box in own.items()
                )
            ):
                twice.add(weaker)
                break
    return twice


def _share_inside(one: FloatArray, other: FloatArray) -> float:
    """Share of the smaller box's area that lies in the larger, in [0, 1]."""
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    smaller = min(float(area_px2(box[None])[0]) for box in (one, other))
    return float(np.prod(np.clip(high - low, 0, None))) / smaller if smaller > 0 else 0.0


def _quality(frame: Found, box: int, size: tuple[int, int]) -> float:
    """How well a box shows its animal: confidence, share of the picture, sharpness; halved at the edge."""
    width, height = size
    x1, y1, x2, y2 = (float(v) for v in frame.xyxy[box])
    edge = _EDGE * max(width, height)
    cut = x1 <= edge or y1 <= edge or x2 >= width - edge or y2 >= height - edge
    share = np.sqrt(max(0.0, (x2 - x1) * (y2 - y1)) / max(1, width * height))
    sharp = 1 + np.log1p(max(0.0, float(frame.sharpness[box])))
    return float(frame.confidence[box] * share * sharp * (0.5 if cut else 1.0))
