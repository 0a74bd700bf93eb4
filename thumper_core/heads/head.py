"""A head: what parts two kinds of animals in an embedder's space, as a small open file.

Logistic regression on vectors that are there anyway, its calibration folded into the numbers:
P(positive) = 1 / (1 + exp(-(w . v + b))). Or directions of words in a space that pictures and words
share (CLIP, Radford et al. 2021): P(positive) is the softmax's share of the first `n_yes` of them. The
file is JSON, so that anybody can read what decides.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray, ThumperError
from thumper_core.files import content_hash

FORMAT: Final = "thumper-head-1"
SUFFIX: Final = ".head.json"
HASH_DIGITS: Final = 8
Kind = Literal["species", "sex"]
KINDS: Final[tuple[Kind, ...]] = ("species", "sex")
EDGE: Final = 1e-4
"""No head is surer than this: what it was fitted on is never all that there is."""


@dataclass(frozen=True)
class Head:
    """One question to vectors of one embedder.

    kind: `species` (is it a deer) or `sex` (is it a male); species: of the deer that it was fitted
    on; embedder, weights_sha256: whose vectors, and of which weights; coefficients: (D,) float32,
    with the bias the calibrated log-odds; or (K, D), one direction a word, as long as the logits' scale;
    n_yes: how many of those, the first, are positive; 0 for a line;
    about: what it was fitted on, by whom it may be used and how well it did, for people.
    """

    name: str
    kind: Kind
    species: str
    embedder: str
    weights_sha256: str
    coefficients: FloatArray
    bias: float
    about: dict[str, Any] = field(default_factory=dict)
    n_yes: int = 0

    def read(self, vectors: npt.ArrayLike) -> FloatArray:
        """(N, D) vectors, L2-normalised, to (N,) float32 probabilities in [EDGE, 1 - EDGE].

        Raises ValueError where the vectors have another length than the head's.
        """
        rows = np.asarray(vectors, np.float32)
        if rows.ndim != 2 or rows.shape[1] != self.dim:
            raise ValueError(f"{self.name} reads {self.dim} numbers, not {rows.shape}")
        each = rows @ self.coefficients.T
        if self.n_yes:
            yes, no = each[:, : self.n_yes], each[:, self.n_yes :]
            each = np.logaddexp.reduce(yes, axis=1) - np.logaddexp.reduce(no, axis=1)
        logit = np.clip(each + np.float32(self.bias), -50, 50)
        chances: FloatArray = np.clip(1 / (1 + np.exp(-logit)), EDGE, 1 - EDGE).astype(np.float32)
        return chances

    @property
    def dim(self) -> int:
        """Length of the vectors that it reads."""
        return int(self.coefficients.shape[-1])

    @property
    def source(self) -> str:
        """What stands beside an answer of this head: `head NAME@HASH`."""
        return f"head {self.name}@{content_hash(self.to_json().encode())[:HASH_DIGITS]}"

    def to_json(self) -> str:
        """The file's text, the same for the same head."""
        fields = asdict(self) | {
            "coefficients": _rounded(self.coefficients.tolist()),
            "bias": float(f"{self.bias:.6g}"),
        }
        return json.dumps({"format": FORMAT} | fields, sort_keys=True) + "\n"


def _rounded(numbers: list[Any]) -> list[Any]:
    return [_rounded(n) if isinstance(n, list) else float(f"{n:.6g}") for n in numbers]


def load_head(path: Path) -> Head:
    """Read a head's file. ThumperError, naming the file, where it is none."""
    try:
        values = json.loads(path.read_text("utf-8"))
        if values.pop("format") != FORMAT or values["kind"] not in KINDS:
            raise ValueError("another format or kind")
        numbers = np.array(values.pop("coefficients"), np.float32)
        bias = float(values.pop("bias"))
        n_yes = values.get("n_yes", 0)
        is_whole = numbers.ndim == 1 if n_yes == 0 else 0 < n_yes < len(np.atleast_2d(numbers))
        if not is_whole or not np.isfinite(numbers).all() or not np.isfinite(bias):
            raise ValueError("its numbers are none")
        return Head(coefficients=numbers, bias=bias, **values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ThumperError(
            f"{path} is not a head that Thumper can read ({error}). Delete it, or write it anew with "
            "`thumper train head`."
        ) from error
