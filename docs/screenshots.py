"""Make the pictures of the pages in docs/screenshots: every page, light and dark.

Takes the workspace of `--workspace` (a demo herd: `thumper demo DIR`; a copy, for the deer seen most are
named in it), serves the pages, and looks at them with Chromium.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from PIL import Image, ImageColor

from app.page_list import PAGES
from thumper_core import theme
from thumper_core.children import python
from thumper_core.commands.app import free_port, streamlit_words
from thumper_core.decisions.kinds import Name
from thumper_core.herd.decide import decide
from thumper_core.herd.naming import load_theme, suggest
from thumper_core.workspace import ENVIRONMENT, Workspace

OUT = Path(__file__).resolve().parent / "screenshots"
WIDTH, HEIGHT = 1280, 800
WAIT_MS = 600_000
AUTHOR = "Kim"
NAMED = 8
EXACT = (
    *("#ffffff", "#f4f6f3", "#e8ece6", "#222923", "#2f6f4f"),  # app/theme.toml, light
    *("#161a17", "#1f2521", "#1b201d", "#262d28", "#dfe5df", "#5fae84"),  # and dark
    theme.GOOD,
    *theme.CATEGORY_COLOUR.values(),
)


def name_some(workspace: Workspace) -> None:
    """Give the deer seen most a name each, where nobody has one yet."""
    rows = workspace.sql(
        "select individual_id, name, sex, age_class from individuals where n_events > 0 "
        "order by n_events desc, individual_id"
    )
    if rows["name"].drop_nulls().len():
        return
    names, taken = load_theme("disney"), set[str]()
    for who, _, sex, age in rows.head(NAMED).iter_rows():
        name = suggest(names, sex, age, taken, 1)[0]
        taken.add(name)
        decide(workspace, Name(who, name, "disney", expected=None), AUTHOR)


def addresses(workspace: Workspace) -> dict[str, str]:
    """Picture name -> address below the server's."""
    deer = workspace.sql("select individual_id from individuals order by n_events desc, 1 limit 1")[
        "individual_id"
    ][0]
    photo = workspace.sql(
        "select photo_id from detections group by 1 order by count(*) desc, 1 limit 1"
    )["photo_id"][0]
    names = tuple(name for name, *_ in PAGES)
    return {
        **{name: name for name in names},
        "overview": "",  # the first page has no name of its own
        "individual": f"herd?deer={deer}",
        "photo": f"photos?photo={photo}",
    }


def take(browser: Any, url: str, scheme: str, targets: dict[str, str]) -> None:
    """Look at every address in one colour scheme."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    for name, address in targets.items():
        page.goto(f"{url}/{address}")
        page.wait_for_selector("h1")
        for _ in range(2):  # a page that has waited for something is shown once more
            page.wait_for_timeout(1500)
            page.wait_for_selector("[data-testid*=keleton], .st-key-waiting", state="detached")
            page.wait_for_selector("[data-test-script-state=notRunning]")
        page.wait_for_function("[...document.images].every((image) => image.complete)")
        page.wait_for_timeout(1500)
        path = OUT / f"{name}-{scheme}.png"
        page.screenshot(path=path)
        shrink(path)
        print(path.relative_to(OUT.parent))
    context.close()


def shrink(path: Path) -> None:
    """Keep a picture with a palette: enough for pages, and a third of the bytes."""
    picture = Image.open(path).convert("RGB")
    # The colours of the pages themselves are kept exactly: photos would pull them to their own.
    own = [value for colour in EXACT for value in ImageColor.getrgb(colour)]
    n_others = 256 - len(EXACT)
    others = picture.quantize(n_others, kmeans=1, dither=Image.Dither.NONE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette(own + others[: 3 * n_others])
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)


def wait_until_served(url: str) -> None:
    """Return once the server says that it is well."""
    deadline = time.monotonic() + WAIT_MS / 1000
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("The pages did not start.")


def main() -> None:
    """Serve, look, end the server."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, default=Path("data/demo"))
    parser.add_argument("--only", nargs="*", help="Names of pictures; default: all.")
    arguments = parser.parse_args()
    workspace = Workspace.open(arguments.workspace)
    name_some(workspace)
    targets = addresses(workspace)
    if arguments.only:
        targets = {name: targets[name] for name in arguments.only}
    OUT.mkdir(exist_ok=True)
    port = free_port("127.0.0.1", 8750)
    server = subprocess.Popen(
        python(streamlit_words("127.0.0.1", port, browser=False)),
        env={**os.environ, ENVIRONMENT: str(workspace.root), "LOGNAME": AUTHOR},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_served(f"http://127.0.0.1:{port}")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
                args=["--no-sandbox", "--disable-gpu"],
            )
            for scheme in ("light", "dark"):
                take(browser, f"http://127.0.0.1:{port}", scheme, targets)
            browser.close()
    finally:
        server.terminate()
        server.wait(30)


if __name__ == "__main__":
    main()
