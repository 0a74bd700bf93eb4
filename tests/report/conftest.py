"""Fixtures of the report's tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests import workspaces
from tests.workspaces import Deer
from thumper_core.store.herd_summary import CalibrationFigures, HerdSummary, Interval
from thumper_core.workspace import Workspace


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Seven deer of all kinds, three blanks, two failures; read only."""
    made = workspaces.build(
        tmp_path_factory.mktemp("small"),
        [
            Deer("buck", 4, "Old Crooked", "Left antler kicked in."),
            Deer("doe", 3),
            Deer("doe", 1, "Clover"),
            Deer("fawn", 2),
            Deer("deer", 1),
            Deer("buck", 0, "Ghost"),
            Deer("doe", 0),
        ],
        failures=[("Creek/zero.jpg", "error", "empty_file"), ("x/cut.jpg", "partial", "truncated")],
    )
    return workspaces.restate(made, calibrated)


def calibrated(summary: HerdSummary) -> HerdSummary:
    """The summary as more photos would give it: with a recommendation, error rates and a sweep."""
    steps = range(40)
    return replace(
        summary,
        cut=replace(summary.cut, recommended=0.62, reason="Fewest wrong pairs are expected there."),
        trust=replace(summary.trust, false_merge=0.064, false_split=Interval(0.012, 0.004, 0.031)),
        calibration=CalibrationFigures(812, 90, 0, 0.0712, None, None, None),
        warnings=("The two youngest bucks look alike.",),
        sweep={
            "threshold": [0.4 + step / 100 for step in steps],
            "profiles": [3 + step // 2 for step in steps],
            "assignment_rate": [0.97 - step / 80 for step in steps],
            "expected_false_merge": [0.2 / (1 + step) for step in steps],
            "expected_false_split": [step / 200 for step in steps],
        },
    )


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Workspace]:
    """Build a workspace of the test's own: `build(deer, **options)` as `workspaces.build`."""
    return lambda deer, **options: workspaces.build(tmp_path, deer, **options)
