"""Fixtures of the exports' tests."""

from __future__ import annotations

import pytest

from tests import workspaces
from tests.workspaces import Deer, placed
from thumper_core.workspace import Workspace

HOSTILE = [
    '"><script>alert(1)</script>', "O'Brien \"the\" & <b>", "\u202eغزال", "🦌 Bambi",
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "  =1+1", "a\nb", "../../etc/passwd",
    "bell\x07\x00",
]  # fmt: skip


@pytest.fixture(scope="session")
def herd(six_deer: Workspace) -> Workspace:
    """Six deer and more; read only."""
    return six_deer


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
