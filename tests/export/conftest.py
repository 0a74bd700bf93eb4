"""Fixtures of the exports' tests."""

from __future__ import annotations

import pytest

from tests import workspaces
from tests.workspaces import Deer
from thumper_core.workspace import Workspace

CAMERAS = (
    "name,latitude,longitude\nCreek,30.1,-98.2\nNorth feeder,30.11,-98.21\nOld oak,30.105,-98.19\n"
)
HOSTILE = [
    '"><script>alert(1)</script>', "O'Brien \"the\" & <b>", "\u202eغزال", "🦌 Bambi",
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "  =1+1", "a\nb", "../../etc/passwd",
    "bell\x07\x00",
]  # fmt: skip


def placed(workspace: Workspace) -> Workspace:
    """The workspace with coordinates for its three cameras."""
    workspace.cameras_csv.write_text(CAMERAS)
    return workspace


@pytest.fixture(scope="session")
def herd(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Six deer, a person, blanks, two failures, a named deer without a photo; read only."""
    deer = [
        Deer("buck", 4, "Old Crooked", "Left antler kicked in."),
        Deer("doe", 3),
        Deer("doe", 1, "Clover"),
        Deer("fawn", 2),
        Deer("deer", 1),
        Deer("buck", 0, "Ghost"),
    ]
    return placed(
        workspaces.build(
            tmp_path_factory.mktemp("herd"),
            deer,
            people=2,
            failures=[
                ("Creek/zero.jpg", "error", "empty_file"), ("x/cut.jpg", "partial", "truncated")
            ],
        )
    )  # fmt: skip


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Deer whose names and notes, and a photo whose path, are meant to break something."""
    deer = [Deer("doe", 1, name, name) for name in HOSTILE]
    return placed(
        workspaces.build(
            tmp_path_factory.mktemp("hostile"),
            [*deer, Deer("buck", 0, "=HYPERLINK()")],
            failures=[("../../etc/x.jpg", "partial", "truncated"), ("=cmd/a.jpg", "ok", "")],
            drawn=False,
        )
    )
