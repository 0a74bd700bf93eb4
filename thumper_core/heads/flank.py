"""Which flank of an animal a box shows, from the small grey patch that a run stores of each box.

The vectors do not say: a network that learned to name things learned that a mirror image is the same
thing, and its answers are pooled over the picture. A patch of 16 x 16 grey levels keeps where the neck
rises and the legs stand. Its gradients are counted by direction in a grid (Dalal & Triggs 2005,
"Histograms of oriented gradients for human detection"), without regard to sign, for by night a deer is
brighter than what is behind it and by day darker. A line through these counts says left or right; what
it says of the mirror image is the opposite, by construction. And a deer seen from its front or rear
fills a narrow box: the box's shape says whether a flank is to be seen at all.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import PATCH_SIDE, Flank, FloatArray, ThumperError
from thumper_core.files import content_hash, shipped_files
from thumper_core.heads.head import EDGE, HASH_DIGITS

FORMAT: Final = "thumper-flank-1"
FILE: Final = "whitetail.flank.json"
ENLARGED: Final = 2
"""The patch is looked at so many times as large: a cell's edges then fall between its pixels."""
CELLS: Final = 8
DIRECTIONS: Final = 8
FLAT: Final = 4.0
"""Grey levels added to a patch's spread: what is flatter is noise."""
_TOGETHER: Final = 256


@dataclass(frozen=True)
class FlankHead:
    """coefficients: (512,) float32, with `gradients` the log odds of the left flank where one is seen; shape:
    slope and bias, with the logarithm of a box's width over its height the log odds that one is; said_from:
    chance from which a flank is said; about: what it was fitted on and how well it did, for people.
    """

    name: str
    coefficients: FloatArray
    shape: tuple[float, float]
    said_from: float
    about: dict[str, Any] = field(default_factory=dict)

    def chances(
        self, patches: Sequence[bytes | None], width: npt.ArrayLike, height: npt.ArrayLike
    ) -> tuple[FloatArray, FloatArray]:
        """(N,) float32 each: the chance that a box shows the left flank, and the right one; their rest is
        neither. NaN without a patch.

        patches: as `vision.images.crop_patch` makes them; width, height: (N,) of the boxes, pixels.
        """
        left = np.full(len(patches), np.nan, np.float32)
        right = left.copy()
        known = np.array([row for row, patch in enumerate(patches) if patch], np.int64)
        wide, tall = (np.maximum(np.asarray(v, np.float64), 1e-6) for v in (width, height))
        slope, bias = self.shape
        seen = _chance(slope * np.log(wide / tall) + bias)
        for start in range(0, len(known), _TOGETHER):
            rows = known[start : start + _TOGETHER]
            grey = np.frombuffer(b"".join(patches[row] or b"" for row in rows), np.uint8)
            side = _chance(gradients(grey.reshape(len(rows), -1)) @ self.coefficients)
            left[rows] = np.clip(side * seen[rows], EDGE, 1 - EDGE)
            right[rows] = np.clip((1 - side) * seen[rows], EDGE, 1 - EDGE)
        return left, right

    def say(self, left: FloatArray, right: FloatArray) -> tuple[list[str | None], FloatArray]:
        """The flank of each and its chance; None and NaN where neither is sure enough."""
        best = np.fmax(left, right)
        is_said = best >= self.said_from  # never of a NaN
        words: list[str | None] = [
            (str(Flank.LEFT if a > b else Flank.RIGHT)) if one else None
            for one, a, b in zip(is_said.tolist(), left.tolist(), right.tolist(), strict=True)
        ]
        return words, np.where(is_said, best, np.float32(np.nan)).astype(np.float32)

    @property
    def source(self) -> str:
        """What stands beside an answer of this head: `head NAME@HASH`."""
        return f"head {self.name}@{content_hash(self.to_json().encode())[:HASH_DIGITS]}"

    def to_json(self) -> str:
        """The file's text, the same for the same head."""
        numbers = [float(f"{n:.5g}") for n in self.coefficients.tolist()]
        fields = asdict(self) | {"coefficients": numbers}
        return json.dumps({"format": FORMAT} | fields, sort_keys=True) + "\n"


def gradients(patches: npt.NDArray[np.uint8]) -> FloatArray:
    """(N, 256) grey levels to (N, 512) float32 of length 1: in 8 x 8 cells, row by row, the roots of how much
    changes in each of 8 directions.
    """
    grey = patches.reshape(-1, PATCH_SIDE, PATCH_SIDE).astype(np.float32)
    larger = _enlarging()
    large = larger @ grey @ larger.T
    middle, spread = (f(axis=(1, 2), keepdims=True) for f in (large.mean, large.std))
    padded = np.pad((large - middle) / (spread + FLAT), ((0, 0), (1, 1), (1, 1)), "edge")
    across = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    strength = np.hypot(across, down)
    turn = np.mod(np.arctan2(down, across), np.pi) / np.pi * DIRECTIONS
    low = np.floor(turn).astype(np.int64)
    share = turn - low
    count, side = len(grey), large.shape[1]
    numbers = CELLS * CELLS * DIRECTIONS
    cell = np.arange(side) // (side // CELLS)
    place = (np.arange(count)[:, None, None] * CELLS + cell[:, None]) * CELLS + cell
    found = np.zeros(count * numbers)
    for number, part in ((low, 1 - share), (low + 1, share)):
        index = place * DIRECTIONS + number % DIRECTIONS
        found += np.bincount(index.ravel(), (strength * part).ravel(), len(found))
    roots = np.sqrt(found).reshape(count, numbers)
    length = np.linalg.norm(roots, axis=1, keepdims=True)
    return np.asarray(roots / np.maximum(length, 1e-6), np.float32)


def mirrored() -> npt.NDArray[np.int64]:
    """(512,) where each of `gradients` stands in those of the mirror image."""
    index = np.arange(CELLS * CELLS * DIRECTIONS).reshape(CELLS, CELLS, DIRECTIONS)
    return np.asarray(index[:, ::-1, -np.arange(DIRECTIONS) % DIRECTIONS].ravel())


def shipped_flank_head() -> FlankHead | None:
    """The head that ships; None where the package has none."""
    try:
        (path,) = shipped_files("models", FILE)
    except ThumperError:
        return None
    return load_flank_head(path)


def load_flank_head(path: Path) -> FlankHead:
    """Read a head's file. ThumperError, naming the file, where it is none."""
    try:
        values = json.loads(path.read_text("utf-8"))
        if values.pop("format") != FORMAT:
            raise ValueError("another format")
        numbers = np.array(values.pop("coefficients"), np.float32)
        slope, bias = values.pop("shape")
        if numbers.shape != (CELLS * CELLS * DIRECTIONS,) or not np.isfinite(numbers).all():
            raise ValueError("its numbers are none")
        return FlankHead(coefficients=numbers, shape=(float(slope), float(bias)), **values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ThumperError(
            f"{path} is not a head for flanks that Thumper can read ({error}). Install Thumper anew."
        ) from error


@functools.cache
def _enlarging() -> FloatArray:
    """(32, 16): what makes a column of a patch twice as long."""
    import cv2  # a command that only reads what is kept does without

    unit = np.eye(PATCH_SIDE, dtype=np.float32)
    size = (PATCH_SIDE, PATCH_SIDE * ENLARGED)
    return np.asarray(cv2.resize(unit, size, interpolation=cv2.INTER_CUBIC), np.float32)


def _chance(odds: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(np.asarray(odds, np.float64), -50, 50))))
