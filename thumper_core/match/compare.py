"""How well two crops match, place by place.

Two keypoints match where each is the other's most similar one (mutual nearest neighbours), and a match
counts more the more alike they are. Where there are three matches or more, only those count that one
turn, shift and scale of the crop explains (RANSAC, Fischler & Bolles 1981): a pattern on a flank keeps
its shape.

A camera that stands still shows the same stones behind every animal. So at one camera a match at one
place of the *photo* is a match of the place, and does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.space.similarity import IntArray
from thumper_core.match.marks import UNIT, Marks, places

ALIKE: Final = 0.6
"""Cosine from which a match counts, by the square of what is beyond it."""
FITS: Final = 0.05
"""Distance, share of the crop's side, from where the turn, shift and scale puts a match."""
SCALES: Final = (0.5, 2.0)
"""Of two crops of whole animals; anything beyond explains nothing."""
STILL: Final = 0.02
"""Distance, share of the photo's longer side, below which two places of a photo are one."""
TOGETHER: Final = 64
"""Crops compared with one at a time: about 10 MB."""


@dataclass(frozen=True)
class Framed:
    """Marks, and where in the photo each crop was cut.

    corner, side: (C, 2) float32, left top corner, and width and height, as shares of the photo's longer
    side; camera: (C,) codes, negative where it is not known.
    """

    marks: Marks
    corner: FloatArray
    side: FloatArray
    camera: IntArray


@dataclass(frozen=True)
class Matched:
    """The places of two crops that match, the strongest first.

    one, other: (N, 2) float32, x and y as shares of either crop's sides; strength: (N,) float32 in
    (0, 1], how alike the two look beyond ALIKE.
    """

    one: FloatArray
    other: FloatArray
    strength: FloatArray


def matched(crops: Framed, one: int, other: int) -> Matched:
    """What counts in `compare` of a pair, place by place; one, other: rows of crops."""
    shares = places(crops.marks)
    weight, best = _weights(crops, shares, one, np.array([other]))
    used = np.argsort(-weight[0], kind="stable")[: np.count_nonzero(weight[0])]
    strength = np.minimum(np.sqrt(weight[0, used]) / (1 - ALIKE), 1)
    return Matched(shares[one][used], shares[other][best[0, used]], strength.astype(np.float32))


def compare(crops: Framed, pairs: IntArray) -> FloatArray:
    """(K,) float32 >= 0: how well the crops of each pair (i, j) match; see the module.

    pairs: (K, 2) rows of crops.
    """
    result = np.zeros(len(pairs), np.float32)
    order = np.argsort(pairs[:, 0], kind="stable")
    first = pairs[order, 0]
    shares = places(crops.marks)
    for rows in np.split(order, np.flatnonzero(np.diff(first)) + 1) if len(order) else []:
        one = int(pairs[rows[0], 0])
        for at in range(0, len(rows), TOGETHER):
            part = rows[at : at + TOGETHER]
            weight, _ = _weights(crops, shares, one, pairs[part, 1])
            result[part] = weight.sum(axis=1)
    return result


def _weights(
    crops: Framed, shares: FloatArray, one: int, many: npt.NDArray[np.integer]
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """(M, K) what the match of each of one crop's keypoints counts, with each of many; and (M, K) with which
    keypoint of theirs it is.
    """
    own = crops.marks.descriptor[one].astype(np.float32) / UNIT
    theirs = crops.marks.descriptor[many].astype(np.float32) / UNIT
    alike = own @ theirs.transpose(0, 2, 1)  # (M, K own, K theirs)
    best = alike.argmax(axis=2)
    back = np.take_along_axis(alike.argmax(axis=1), best, axis=1)
    mutual = back == np.arange(len(own))
    cosine = np.take_along_axis(alike, best[:, :, None], axis=2)[:, :, 0]
    weight = np.square(np.clip(cosine - ALIKE, 0, None)) * mutual
    matched = np.take_along_axis(shares[many], best[:, :, None], axis=1)
    there = crops.corner[one] + shares[one] * crops.side[one]
    here = crops.corner[many, None] + matched * crops.side[many, None]
    still = np.square(there - here).sum(axis=2) < STILL**2
    same_camera = (crops.camera[many] == crops.camera[one]) & (crops.camera[one] >= 0)
    weight[still & same_camera[:, None]] = 0
    for row in np.flatnonzero((weight > 0).sum(axis=1) >= 3):
        used = np.flatnonzero(weight[row])
        weight[row, used] *= _explained(shares[one][used], matched[row, used])
    return np.asarray(weight, np.float32), best


def _explained(there: FloatArray, here: FloatArray) -> npt.NDArray[np.bool_]:
    """(K,) which of the matches one turn, shift and scale explains."""
    found, fits = cv2.estimateAffinePartial2D(
        there, here, method=cv2.RANSAC, ransacReprojThreshold=FITS, maxIters=200
    )
    if found is None or not SCALES[0] < np.hypot(found[0, 0], found[0, 1]) < SCALES[1]:
        return np.zeros(len(there), bool)
    return np.asarray(fits[:, 0], bool)
