"""What an abundance method hands back: an estimate with an interval, or a reason for none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CONFIDENCE: Final = 0.95
Z: Final = 1.959963984540054
"""The normal distribution's quantile for a two-sided 95% interval."""


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% interval and what has to be true for it to hold."""

    method: str
    estimate: float
    low: float
    high: float  # may be infinite
    assumptions: tuple[str, ...]
    source: str
    std_error: float | None = None
    cautions: tuple[str, ...] = ()  # what in this very data speaks against trusting it


@dataclass(frozen=True)
class Refused:
    """The data cannot carry the method; `reason` says why, in words for people."""

    method: str
    reason: str


Result = Estimate | Refused
