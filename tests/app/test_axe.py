"""WCAG 2.2 AA by axe-core in a real browser: no serious or critical finding, light and dark."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from page_list import PAGES

from tests.app.test_browser import chromium as chromium
from tests.app.test_browser import opened, served
from thumper_core.workspace import Workspace

AXE = "axe-core@4.14.1"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = f"() => axe.run(document, {{runOnly: {RULES}}})"
IS_STILL = """
() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid=stSkeleton]')
"""


@pytest.fixture(scope="module")
def axe(pytestconfig: pytest.Config) -> str:
    """The script of axe-core, which npm fetches once into the cache of pytest."""
    assert pytestconfig.cache is not None
    folder = Path(pytestconfig.cache.mkdir("axe"))
    script = folder / "package" / "axe.min.js"
    if not script.is_file():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("no npm on the PATH: it fetches axe-core, which looks at the pages")
        packed = subprocess.run(
            [npm, "pack", "--silent", AXE], cwd=folder, capture_output=True, text=True, check=False
        )
        if packed.returncode:
            pytest.skip(f"npm could not fetch {AXE}: {packed.stderr.strip()[:200]}")
        with tarfile.open(folder / packed.stdout.split()[-1]) as archive:
            archive.extractall(folder, filter="data")
    return script.read_text("utf-8")


def findings(tab: Any, axe: str) -> list[str]:
    """Serious and critical findings of the page that is shown: rule, and the first element's HTML."""
    tab.wait_for_function(IS_STILL, polling=100)
    tab.wait_for_timeout(700)  # the menu and the pictures get their roles and words
    tab.evaluate(axe)
    violations = tab.evaluate(RUN)["violations"]
    return [
        f"{one['id']} ({len(one['nodes'])}): {one['nodes'][0]['html'][:160]}"
        for one in violations
        if one["impact"] in ("serious", "critical")
    ]


def look_at(chromium: Any, axe: str, root: Path, pages: Sequence[str]) -> dict[str, list[str]]:
    """The findings of each page, light and dark."""
    found = {}
    with served(root) as (url, _):
        for scheme in ("light", "dark"):
            with opened(chromium, url, color_scheme=scheme) as tab:
                for page in pages:
                    tab.goto(f"{url}/{page.removeprefix('overview')}")  # which is the first page
                    tab.wait_for_selector("h1")
                    found[f"{page}, {scheme}"] = findings(tab, axe)
    return found


def test_the_first_two_pages_are_accessible(chromium: Any, axe: str, own_herd: Workspace) -> None:
    found = look_at(chromium, axe, own_herd.root, ["overview", "new"])
    assert [told for told in found.items() if told[1]] == []


@pytest.mark.slow
def test_every_page_is_accessible(chromium: Any, axe: str, own_herd: Workspace) -> None:
    pages = [name for name, _, _ in PAGES]
    row = own_herd.sql("select photo_id, individual_id from assignments limit 1").row(0)
    pages += [f"photos?photo={row[0]}", f"herd?deer={row[1]}"]
    found = look_at(chromium, axe, own_herd.root, pages)
    assert [told for told in found.items() if told[1]] == []


@pytest.mark.slow
def test_the_first_start_is_accessible(chromium: Any, axe: str, tmp_path: Path) -> None:
    found = look_at(chromium, axe, tmp_path / "none", ["overview", "process", "health"])
    assert [told for told in found.items() if told[1]] == []


def test_what_is_wrong_is_found(chromium: Any, axe: str) -> None:
    tab = chromium.new_page()
    tab.set_content("<html lang=en><title>x</title><main data-testid=stApp><img src=x.png></main>")
    tab.evaluate("document.querySelector('main').dataset.testScriptState = 'notRunning'")
    assert findings(tab, axe)[0].startswith("image-alt (1)")
    tab.close()
