"""A model that was learned here stands beside the one in use until it has shown that it is better.

Whatever is learned (a space for re-identification, a detector, a head) is measured, old and new, on
decisions that it did not learn from, and takes the old one's place only then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Trial:
    """How a new model did beside the one in use.

    what: `detector`, `head`, `reid`; measure: the figure's name for people, larger is better; before, after:
    of the one in use and of the new one, on the same n_held_out cases; margin: how much better the new one
    must be, at least 0; held_out: what was kept from it, for people ("2 cameras", "9 deer"); is_first: none
    was in use, and `before` is what guessing gets.
    """

    what: str
    measure: str
    before: float
    after: float
    n_held_out: int
    held_out: str
    margin: float = 0.0
    is_first: bool = False

    @property
    def is_better(self) -> bool:
        """Whether the new one takes the old one's place; a figure that is not a number never does."""
        return self.n_held_out > 0 and self.after > self.before + self.margin

    @property
    def said(self) -> str:
        """What was found, as a sentence."""
        figures = f"{self.measure} {self.before:.3f} before, {self.after:.3f} after"
        if self.is_first:
            figures = f"{self.measure} {self.after:.3f}, where guessing gets {self.before:.3f}"
        found = f"{figures}, on {self.held_out} kept back"
        if self.is_better:
            return f"Better: {found}. It is used from now on."
        chance = " by more than chance" if self.after > self.before else ""
        stays = "There is still none in use." if self.is_first else "What was in use stays in use."
        return f"Not better{chance}: {found}. {stays}"

    def as_dict(self) -> dict[str, Any]:
        """JSON values, for a model's card and `--json`."""
        return {
            "what": self.what, "measure": self.measure, "before": self.before, "after": self.after,
            "n_held_out": self.n_held_out, "held_out": self.held_out, "is_better": self.is_better,
        }  # fmt: skip
