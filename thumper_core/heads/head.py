"""A head: a line through an embedder's space that parts two kinds of animals, as a small open file.

Logistic regression on vectors that are there anyway, its calibration folded into the numbers:
P(positive) = 1 / (1 + exp(-(w . v + b))). The file is JSON, so that anybody can read what decides.
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
    on; embedder, weights_sha256: whose vectors, and of which weights; coefficients: (D,) float32;
    bias: with them the calibrated log-odds;
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

    def read(self, vectors: npt.ArrayLike) -> FloatArray:
        """(N, D) vectors, L2-normalised, to (N,) float32 probabilities in [EDGE, 1 - EDGE].

        Raises ValueError where the vectors have another length than the head's.
        """
        rows = np.asarray(vectors, np.float32)
        if rows.ndim != 2 or rows.shape[1] != len(self.coefficients):
            raise ValueError(
                f"{self.name} reads {len(self.coefficients)} numbers, not {rows.shape}"
            )
        logit = np.clip(rows @ self.coefficients + np.float32(self.bias), -50, 50)
        chances: FloatArray = np.clip(1 / (1 + np.exp(-logit)), EDGE, 1 - EDGE).astype(np.float32)
        return chances

    @property
    def source(self) -> str:
        """What stands beside an answer of this head: `head NAME@HASH`."""
        return f"head {self.name}@{content_hash(self.to_json().encode())[:HASH_DIGITS]}"

    def to_json(self) -> str:
        """The file's text, the same for the same head."""
        numbers = [float(f"{value:.6g}") for value in self.coefficients.tolist()]
        fields = asdict(self) | {"coefficients": numbers, "bias": float(f"{self.bias:.6g}")}
        return json.dumps({"format": FORMAT} | fields, sort_keys=True) + "\n"


def load_head(path: Path) -> Head:
    """Read a head's file. ThumperError, naming the file, where it is none."""
    try:
        values = json.loads(path.read_text("utf-8"))
        if values.pop("format") != FORMAT or values["kind"] not in KINDS:
            raise ValueError("another format or kind")
        numbers = np.array(values.pop("coefficients"), np.float32)
        bias = float(values.pop("bias"))
        if numbers.ndim != 1 or not np.isfinite([*numbers, bias]).all():
            raise ValueError("its numbers are none")
        return Head(coefficients=numbers, bias=bias, **values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ThumperError(
            f"{path} is not a head that Thumper can read ({error}). Delete it, or write it anew with "
            "`thumper train head`."
        ) from error
