"""One demo workspace, made by the whole chain, for every notebook."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY
from thumper_core.workspace import Workspace


@pytest.fixture(scope="session")
def herd(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """120 rendered photos of 8 deer at 3 cameras: found, told apart, reported."""
    folder = tmp_path_factory.mktemp("herd") / "demo"
    options = ["--photos", "120", "--deer", "8", "--cameras", "3"]
    # a process of its own: rendering starts more of them
    command = [sys.executable, "-m", "thumper_core.cli", "demo", str(folder), *options]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr
    return Workspace.open(folder)
