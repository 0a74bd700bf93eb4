"""Fixtures of the report's tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.report import fake
from thumper_core.workspace import Workspace


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Seven deer of all kinds, three blanks, two failures; read only."""
    return fake.build(
        tmp_path_factory.mktemp("small"),
        [
            fake.Deer("buck", 4, "Old Crooked", "Left antler kicked in."),
            fake.Deer("doe", 3),
            fake.Deer("doe", 1, "Clover"),
            fake.Deer("fawn", 2),
            fake.Deer("deer", 1),
            fake.Deer("buck", 0, "Ghost"),
            fake.Deer("doe", 0),
        ],
        failures=[("Creek/zero.jpg", "error", "empty_file"), ("x/cut.jpg", "partial", "truncated")],
    )


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Workspace]:
    """Build a workspace of the test's own: `build(deer, **options)` as `fake.build`."""
    return lambda deer, **options: fake.build(tmp_path, deer, **options)
