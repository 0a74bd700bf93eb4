"""WCAG 2.2 AA by axe-core in a real browser: no serious or critical finding, light and dark."""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.page_list import PAGES
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

ELEMENTS = "() => document.querySelectorAll('[data-testid=stMain] *').length"
WIDTH = """
() => Math.max(
    document.documentElement.scrollWidth, document.querySelector('[data-testid=stMain]').scrollWidth)
"""
IS_WORDED = """
() => !document.querySelector('[data-testid=stImage] img:not([alt])')
    && document.querySelector('[data-testid=stSidebarNavItems][role=presentation]')
"""
"""Whether pictures have words and the menu its role."""


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


def settle(tab: Any) -> None:
    """Wait until the page is drawn: the script has ended, and a second later nothing was added."""
    before = -1
    while True:
        tab.wait_for_function(IS_STILL, polling=100)
        now = tab.evaluate(ELEMENTS)
        if now == before:
            return
        before = now
        tab.wait_for_timeout(1000)


def findings(tab: Any, axe: str) -> list[str]:
    """Serious and critical findings of the page that is shown: rule, and the first element's HTML."""
    settle(tab)
    too_late = pytest.importorskip("playwright.sync_api").TimeoutError
    with suppress(too_late):  # what gets none is a finding
        tab.wait_for_function(IS_WORDED, polling=100, timeout=10_000)
    tab.evaluate(axe)
    violations = tab.evaluate(RUN)["violations"]
    return [
        f"{one['id']} ({len(one['nodes'])}): {one['nodes'][0]['html'][:160]}"
        for one in violations
        if one["impact"] in ("serious", "critical")
    ]


def look_at(
    chromium: Any, axe: str, root: Path, pages: dict[str, Sequence[str]]
) -> dict[str, list[str]]:
    """The findings of pages, of each in the modes that are named."""
    found = {}
    with served(root) as (url, _):
        for mode in ("light", "dark"):
            mine = [page for page, modes in pages.items() if mode in modes]
            if not mine:
                continue
            with opened(chromium, url, mine[0], color_scheme=mode) as tab:
                for page in mine:
                    if page != mine[0]:
                        tab.goto(f"{url}/{page}")
                        tab.wait_for_selector("h1")
                    found[f"{page}, {mode}"] = findings(tab, axe)
    return found


BOTH = ("light", "dark")


@pytest.mark.slow
def test_every_page_is_accessible(chromium: Any, axe: str, own_herd: Workspace) -> None:
    pages = [name if name != "overview" else "" for name, _, _ in PAGES]
    row = own_herd.sql(
        "select photo_id, individual_id from assignments join detections using (detection_id) limit 1"
    ).row(0)
    pages += [f"photos?photo={row[0]}", f"herd?deer={row[1]}"]
    found = look_at(chromium, axe, own_herd.root, dict.fromkeys(pages, BOTH))
    assert [told for told in found.items() if told[1]] == []


@pytest.mark.slow
def test_no_page_scrolls_sideways_on_a_phone(chromium: Any, own_herd: Workspace) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with served(own_herd.root) as (url, _), opened(chromium, url, **phone) as tab:
        wide = {}
        for name, _, _ in PAGES:
            tab.goto(f"{url}/{name if name != 'overview' else ''}")
            tab.wait_for_selector("h1")
            settle(tab)
            wide[name] = tab.evaluate(WIDTH)
        assert [one for one in wide.items() if one[1] > 390] == []
        tab.goto(f"{url}/health")
        tab.locator("[data-testid=stMetric]").nth(1).wait_for()
        one, other = (tab.locator("[data-testid=stMetric]").nth(n).bounding_box() for n in (0, 1))
        assert one["y"] == other["y"] and other["x"] > one["x"]  # two a row
        tab.goto(f"{url}/review")
        tab.get_by_role("tab", name="Right class?").click()
        button = tab.get_by_role("button", name="Not an animal")
        button.wait_for()
        picture = tab.locator("[data-testid=stMain] [data-testid=stImage]:visible").bounding_box()
        reach = button.bounding_box()
        assert picture["y"] < reach["y"] and reach["y"] + reach["height"] <= 844


@pytest.mark.slow
def test_the_first_start_is_accessible(chromium: Any, axe: str, tmp_path: Path) -> None:
    found = look_at(
        chromium, axe, tmp_path / "none", dict.fromkeys(["", "process", "health"], BOTH)
    )
    assert [told for told in found.items() if told[1]] == []


@pytest.mark.slow
@pytest.mark.parametrize("mode", BOTH)
def test_each_step_of_the_first_start_is_accessible(
    chromium: Any, axe: str, tmp_path: Path, mode: str
) -> None:
    for camera in ("north gate", "south feeder"):
        (tmp_path / "cards" / camera).mkdir(parents=True)
        Image.new("RGB", (64, 48), "green").save(tmp_path / "cards" / camera / "1.jpg")
    found: dict[str, list[str]] = {}
    with (
        served(tmp_path / "none") as (url, _),
        opened(chromium, url, color_scheme=mode) as tab,
    ):
        tab.get_by_label("Or paste the folder's path").fill(str(tmp_path / "cards"))
        tab.get_by_role("button", name="Look at it").click()
        for step, on in (
            ("Cameras", "Use these names"),
            ("Places", None),
            ("Places", "Go on|Skip this"),
            ("Detector", "Go on"),
            ("Go", None),
        ):
            tab.get_by_text(f"of 5: {step}").wait_for()
            found.setdefault(step, []).extend(findings(tab, axe))
            if on:
                tab.get_by_role("button", name=re.compile(f"^({on})$")).first.click()
            elif step == "Places":
                tab.get_by_role("textbox", name="A point near the cameras").fill("30.1, -98.5")
                tab.get_by_role("button", name="Show the map").click()
                tab.get_by_text("km across").wait_for()
    assert list(found) == ["Cameras", "Places", "Detector", "Go"]
    assert [told for told in found.items() if told[1]] == []


def test_what_is_wrong_is_found(chromium: Any, axe: str) -> None:
    tab = chromium.new_page()
    tab.set_content("<html lang=en><title>x</title><main data-testid=stApp><img src=x.png></main>")
    tab.evaluate("document.querySelector('main').dataset.testScriptState = 'notRunning'")
    assert findings(tab, axe)[0].startswith("image-alt (1)")
    tab.close()
