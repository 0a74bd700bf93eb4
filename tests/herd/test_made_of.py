"""The same gives the same value, whatever lies below a null; and everything that counts changes it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from thumper_core.contracts import FloatArray
from thumper_core.herd.made_of import made_of
from thumper_core.settings import Settings

DEER = pl.DataFrame(
    {"detection_id": ["a", "b"], "sequence": [None, 1], "confidence": [0.5, 0.25]},
    schema_overrides={"sequence": pl.Int32, "confidence": pl.Float32},
)
DECISIONS = pl.DataFrame({"decision_id": [1], "kind": ["same"], "undone": [False]})
CAMERAS = pl.DataFrame({"camera": ["Creek"], "latitude": [30.1]})
VECTORS = np.eye(2, dtype=np.float32)


def value(
    *,
    run_id: str = "r1",
    deer: pl.DataFrame = DEER,
    vectors: FloatArray = VECTORS,
    settings: Settings = Settings(),  # noqa: B008 - frozen
    decisions: pl.DataFrame = DECISIONS,
    cameras: pl.DataFrame = CAMERAS,
    learned: str = "",
) -> str:
    return made_of(run_id, deer, vectors, settings, decisions, cameras, learned=learned)


def test_the_same_is_the_same_whatever_lies_below_a_null() -> None:
    """A null made of a number has that number's bytes left in its buffer."""
    numbers = pl.Series("sequence", [7, 1], pl.Int32)
    nulled = DEER.with_columns(numbers.set(pl.Series([True, False]), None))
    assert nulled.equals(DEER)
    assert value(deer=nulled) == value(deer=DEER.clone()) == value()
    split = pl.concat([DEER[:1], DEER[1:]], rechunk=False)
    assert value(deer=split) == value()


CHANGES: dict[str, Callable[[], str]] = {
    "run": lambda: value(run_id="r2"),
    "no deer": lambda: value(deer=DEER.clear(), vectors=VECTORS[:0]),
    "fewer": lambda: value(deer=DEER[:1], vectors=VECTORS[:1]),
    "what a box shows": lambda: value(deer=DEER.with_columns(confidence=pl.lit(0.5))),
    "a vector": lambda: value(vectors=VECTORS[::-1].copy()),
    "threshold": lambda: value(settings=Settings().replace("identify", threshold=0.6)),
    "species": lambda: value(settings=Settings().about("elk")),
    "a decision": lambda: value(decisions=pl.concat([DECISIONS, DECISIONS])),
    "one taken back": lambda: value(decisions=DECISIONS.with_columns(undone=pl.lit(True))),
    "what was learned": lambda: value(learned="1a2b3c4d"),
    "a place": lambda: value(cameras=CAMERAS.with_columns(latitude=pl.lit(31.0))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_decides_the_groups_changes_it(change: str) -> None:
    assert CHANGES[change]() != value()


def test_settings_of_other_stages_do_not() -> None:
    assert value(settings=Settings().replace("ops", keep_runs=9)) == value()
    # What it names is told by `learned`.
    assert value(settings=Settings().replace("identify", metric="off")) == value()
