"""Make the pictures of the pages in docs/screenshots: every page, light and dark.

Takes the workspace of `--workspace` (a demo herd: `thumper demo DIR`), serves the pages, and looks at
them with Chromium.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from PIL import Image

from app.page_list import PAGES
from thumper_core.commands.app import free_port, streamlit_command
from thumper_core.workspace import ENVIRONMENT, Workspace

OUT = Path(__file__).resolve().parent / "screenshots"
WIDTH, HEIGHT = 1280, 800
WAIT_MS = 240_000


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
        page.wait_for_timeout(2500)
        page.wait_for_selector("[data-testid*=keleton], .st-key-waiting", state="detached")
        page.wait_for_timeout(2500)
        path = OUT / f"{name}-{scheme}.png"
        page.screenshot(path=path)
        # A palette is enough for pages, and a third of the bytes.
        Image.open(path).convert("RGB").quantize(192, dither=Image.Dither.NONE).save(
            path, optimize=True
        )
        print(path.relative_to(OUT.parent))
    context.close()


def main() -> None:
    """Serve, look, end the server."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, default=Path("data/demo"))
    parser.add_argument("--only", nargs="*", help="Names of pictures; default: all.")
    arguments = parser.parse_args()
    workspace = Workspace.open(arguments.workspace)
    targets = addresses(workspace)
    if arguments.only:
        targets = {name: targets[name] for name in arguments.only}
    OUT.mkdir(exist_ok=True)
    port = free_port("127.0.0.1", 8750)
    server = subprocess.Popen(
        streamlit_command("127.0.0.1", port, browser=False),
        env={**os.environ, ENVIRONMENT: str(workspace.root), "LOGNAME": "you"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(6)
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
