"""Experiments that were kept in the ledger: settings and what they came to, as a table and side by side."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from thumper_core.counting import counted
from thumper_core.language import mark, say
from thumper_core.store.experiment_rows import ExperimentRow
from thumper_core.workspace import Workspace

FIGURES: Final = {
    "groups": mark("Groups"),
    "animals": mark("Deer, estimated"),
    "animals_low": mark("at least"),
    "animals_high": mark("at most"),
    "assignment_rate": mark("Assigned"),
    "precision": mark("Precision, expected"),
    "recall": mark("Recall, expected"),
    "mixed_sex": mark("Groups with bucks and does"),
    "stability": mark("Stable"),
    "singletons": mark("Groups of one picture"),
    "pictures": mark("Pictures"),
    "bursts": mark("Animals in bursts"),
}
"""What an experiment measures, and its heading. Shares are in [0, 1]; what is not known is null.

Precision: of the pairs of pictures held to be one deer, the share that is; recall: of the pairs of one
deer, the share that is held to be; both as the herd expects them of itself, not against a truth.
"""
SETTINGS: Final = {
    "threshold": mark("Threshold"),
    "conf_min": mark("Weakest box"),
    "burst_gap_s": mark("Burst gap, s"),
    "detector": mark("Detector"),
    "embedder": mark("Embedder"),
}
"""What an experiment sets, and its heading."""
SHARES: Final = ("assignment_rate", "precision", "recall", "stability")

_WHOLE: Final = ("groups", "mixed_sex", "singletons", "pictures", "bursts")
_SCHEMA: Final[dict[str, Any]] = {
    "experiment_id": pl.Int64,
    "made_at": pl.Datetime("us", "UTC"),
    "author": pl.String,
    "note": pl.String,
    "run_id": pl.String,
    "fingerprint": pl.String,
    "threshold": pl.Float64,
    "conf_min": pl.Float64,
    "burst_gap_s": pl.Float64,
    "detector": pl.String,
    "embedder": pl.String,
} | {name: pl.Int64 if name in _WHOLE else pl.Float64 for name in FIGURES}


def table(workspace: Workspace) -> pl.DataFrame:
    """Every experiment, the newest first: experiment_id, made_at, author, note, run_id, fingerprint,
    threshold, conf_min, burst_gap_s, detector, embedder, and the columns of `FIGURES`.
    """
    rows = [
        {
            name: getattr(row, name)
            for name in ("experiment_id", "made_at", "author", "note", "run_id", "fingerprint")
        }
        | {name: row.settings.get(name) for name in SETTINGS}
        | {name: row.figures.get(name) for name in FIGURES}
        for row in reversed(workspace.ledger.experiments())
    ]
    return pl.DataFrame(rows, _SCHEMA)


def compared(first: ExperimentRow, second: ExperimentRow) -> pl.DataFrame:
    """Two experiments side by side: what (words), first, second (texts), differs (bool)."""
    names = {"run_id": mark("Run")} | SETTINGS | FIGURES
    sides = [{"run_id": row.run_id} | row.settings | row.figures for row in (first, second)]
    return pl.DataFrame(
        [
            {
                "what": say(told),
                "first": shown(name, sides[0].get(name)),
                "second": shown(name, sides[1].get(name)),
                "differs": sides[0].get(name) != sides[1].get(name),
            }
            for name, told in names.items()
        ]
    )


def shown(name: str, value: Any) -> str:
    """A setting or a figure as people read it."""
    if value is None:
        return say("not known")
    if name in SHARES:
        return f"{value:.1%}"
    if name == "threshold":
        return f"{value:.3f}"
    if name.startswith("animals"):
        return f"{value:.0f}"
    return f"{value:,g}" if isinstance(value, int | float) else str(value)


def told(number: int, figures: dict[str, Any]) -> str:
    """A kept experiment in one sentence."""
    groups = counted(figures["groups"], "group")
    if figures["animals"] is None:
        return say(
            "Experiment {number}: {groups}; how many deer they come to is not known.",
            number=number,
            groups=groups,
        )
    ends = [figures["animals_low"], figures["animals_high"]]
    between = (
        "" if None in ends else say(" ({ends:.0f} to {ends2:.0f})", ends=ends[0], ends2=ends[1])
    )
    return say(
        "Experiment {number}: {groups}, about {animals:.0f} deer{between}.",
        number=number,
        groups=groups,
        animals=figures["animals"],
        between=between,
    )
