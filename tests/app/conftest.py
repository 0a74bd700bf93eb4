"""Fixtures of the pages' tests: workspaces in every state, and the pages run without a browser."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner

from tests.generated import Size, build
from tests.workspaces import copied
from thumper_core.workspace import Workspace

APP = Path(__file__).resolve().parents[2] / "app"
_HASHES: dict[str, str] = {}
"""What Streamlit calls each page, known once one was shown."""


@pytest.fixture(autouse=True)
def _app_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """The script's folder is on the path when Streamlit runs it."""
    monkeypatch.syspath_prepend(str(APP))
    monkeypatch.setattr(sys, "argv", ["main.py"])
    # Each run of a page would look through every installed package for components; the pages bring theirs.
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", list)


@pytest.fixture(scope="session")
def herd(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A generated herd of eight, with three broken photos; read only."""
    return build(tmp_path_factory.mktemp("herd"), Size())


@pytest.fixture(scope="session")
def _small_herd(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return build(tmp_path_factory.mktemp("small"), Size(photos=60, animals=5, cameras=3))


@pytest.fixture
def own_herd(_small_herd: Workspace, tmp_path: Path) -> Workspace:
    """A small herd of the test's own, to change."""
    return copied(_small_herd, tmp_path)


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., object]]:
    """Open a page of the workbench on a folder: `open_page(root, "herd", deer="deer-001")`."""
    from streamlit.testing.v1 import AppTest

    def opened(root: Path, page: str = "overview", **query: str) -> AppTest:
        monkeypatch.setenv("THUMPER_WORKSPACE", str(root))
        at = AppTest.from_file(str(APP / "main.py"), default_timeout=120)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Streamlit's own, outside a server
            if page != "overview":
                # Pages are functions, which `switch_page` cannot name.
                if page not in _HASHES:
                    views = at.run().session_state["pages"]
                    _HASHES.update({name: view._script_hash for name, view in views.items()})
                at._page_hash = _HASHES[page]
                for key, value in query.items():
                    at.query_params[key] = value
            at.run()
        return at

    yield opened
