"""Fixtures that every part of the tests shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Real photos and weights beside the checkout; the test is skipped where they are absent."""
    folder = Path(os.environ.get("THUMPER_SHARED") or REPOSITORY.parent / "shared")
    if not (folder / "photos").is_dir():
        pytest.skip(f"no real photos in {folder}; set THUMPER_SHARED to the folder that has them")
    return folder


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's caches and settings."""
    monkeypatch.setenv("THUMPER_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.delenv("THUMPER_WORKSPACE", raising=False)
