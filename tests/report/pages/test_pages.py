"""The report in a real browser without a network: it draws, says nothing and asks for nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import workspaces
from tests.workspaces import Deer, herd_of
from thumper_core.report.pages.html import report

HOSTILE = "<img src=x onerror=\"document.title='broken'\">"


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("browser")
    deer = [*herd_of(6), Deer("doe", 2, HOSTILE, "notes"), Deer("doe", 2, "$x$")]
    workspace = workspaces.build(
        folder, deer, cameras=("Creek", HOSTILE), failures=[("Creek/a.jpg", "error", "empty_file")]
    )
    return report(workspace, folder / "herd.html", title="Ranch").as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium: `apt-get install chromium` has one")
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install it")
    with playwright.sync_playwright() as driver:
        options = ["--no-sandbox", "--disable-gpu"]
        launched = driver.chromium.launch(executable_path=chromium, args=options)
        yield launched
        launched.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_page_draws_and_is_quiet(
    browser: Any, page_url: str, scheme: str, size: tuple[int, int]
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    context = browser.new_context(color_scheme=scheme, viewport=viewport, offline=True)
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_url)
    page.wait_for_function("document.querySelectorAll('.plot .main-svg').length >= 8")
    assert said == []
    assert [url[:60] for url in asked if not url.startswith("data:")] == [page_url[:60]]
    assert page.title() == "Ranch"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    assert HOSTILE in page.inner_text("#herd")
    ink = page.evaluate("getComputedStyle(document.querySelector('.plot text')).fill")
    body = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (brightness(ink) > brightness(body)) == (scheme == "dark")
    context.close()


def test_printed_from_the_dark_it_is_light(browser: Any, page_url: str, tmp_path: Path) -> None:
    context = browser.new_context(color_scheme="dark", offline=True)
    page = context.new_page()
    page.goto(page_url)
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert brightness(page.evaluate("getComputedStyle(document.body).backgroundColor")) == 255
    ink = page.evaluate("getComputedStyle(document.querySelector('.plot text')).fill")
    assert brightness(ink) < 128
    assert len(page.pdf(path=tmp_path / "herd.pdf", format="A4")) > 10_000
    context.close()


def brightness(rgb: str) -> float:
    """Mean of red, green and blue of a CSS `rgb(r, g, b)`."""
    channels = rgb[rgb.index("(") + 1 : rgb.index(")")].split(",")[:3]
    return sum(float(value) for value in channels) / 3
