"""Fit a head on labelled vectors, and say how it does on cameras that it did not see.

Photos of one camera are near copies of each other, so every figure is of cameras left out: a head is
fitted once without each, and the calibration (Platt 1999, "Probabilistic outputs for support vector
machines") is fitted on those answers, which no head gave about photos it had seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray, ThumperError

Labels = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

NEEDED: Final = 30
"""Labelled animals of each kind, fewer of which say nothing about a camera left out."""
CAMERAS_NEEDED: Final = 2
FOLDS_MAX: Final = 12
STRENGTH: Final = 0.003
"""Inverse of the penalty on standardised features; ten times less or more costs a few hundredths."""


@dataclass(frozen=True)
class Line:
    """A line through a space of vectors: the log-odds are `vectors @ coefficients + bias`."""

    coefficients: FloatArray
    bias: float

    def logits(self, vectors: FloatArray) -> Floats:
        """(N,) log-odds of the positive kind."""
        answer: Floats = vectors.astype(np.float64) @ self.coefficients.astype(np.float64)
        return answer + self.bias


def fit_line(vectors: FloatArray, positive: Labels, strength: float = STRENGTH) -> Line:
    """Logistic regression with an L2 penalty on standardised features, both kinds weighing alike."""
    from sklearn.linear_model import LogisticRegression

    mean, spread = vectors.mean(axis=0), vectors.std(axis=0)
    spread = spread + 1e-3 * max(float(spread.mean()), 1e-9)
    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=500)
    model.fit(((vectors - mean) / spread).astype(np.float64), positive)
    slope = model.coef_[0] / spread
    return Line(slope.astype(np.float32), float(model.intercept_[0] - mean @ slope))


def logits_left_out(
    vectors: FloatArray,
    positive: Labels,
    camera: npt.NDArray[np.str_],
    strength: float = STRENGTH,
    among: Labels | None = None,
) -> Floats:
    """(N,) log-odds of each vector by a line that saw nothing of its camera.

    among: (N,) which rows a line may be fitted on, None: all. NaN for a camera without which one kind
    would be missing. More than FOLDS_MAX cameras are left out several at a time.
    """
    found = np.full(len(vectors), np.nan)
    names, numbers = np.unique(camera, return_inverse=True)
    for fold in range(min(len(names), FOLDS_MAX)):
        out = numbers % FOLDS_MAX == fold
        known = ~out if among is None else ~out & among
        if len(np.unique(positive[known])) == 2:
            line = fit_line(vectors[known], positive[known], strength)
            found[out] = line.logits(vectors[out])
    return found


def calibrated(line: Line, left_out: Floats, positive: Labels) -> tuple[Line, Floats]:
    """The line with its log-odds stretched and moved so that they are true on cameras left out, and
    those of the left-out answers.

    Both kinds weigh alike: how many does there are at the cameras it was fitted on says nothing of an
    animal at another, and no antler seen is not a doe. A stretch below none is none: then the head
    knows nothing, and says one half of everything.
    """
    from sklearn.linear_model import LogisticRegression

    known = np.isfinite(left_out)
    platt = LogisticRegression(C=1.0, class_weight="balanced", max_iter=500)
    platt.fit(left_out[known, None], positive[known])
    stretch = max(float(platt.coef_[0, 0]), 0.0)
    move = float(platt.intercept_[0]) if stretch else 0.0
    moved = Line((line.coefficients * stretch).astype(np.float32), line.bias * stretch + move)
    return moved, left_out * stretch + move


CORRECT_MORE: Final = " Correct more classes in the workbench (Review), then run it again."


def require_enough(kind: str, positive: Labels, camera: npt.NDArray[np.str_]) -> None:
    """ThumperError, saying what is missing, where labels are too few for a head."""
    counts = int(positive.sum()), int((~positive).sum())
    both = [name for name in np.unique(camera) if len(np.unique(positive[camera == name])) == 2]
    if min(counts) >= NEEDED and len(both) >= CAMERAS_NEEDED:
        return
    words = {"sex": ("males", "females"), "species": ("deer", "other animals")}[kind]
    raise ThumperError(
        f"A head for {kind} needs {NEEDED} {words[0]} and {NEEDED} {words[1]} that people named, "
        f"and both at {CAMERAS_NEEDED} cameras: there are {counts[0]} and {counts[1]}, and both at "
        f"{len(both)}.{CORRECT_MORE}"
    )
