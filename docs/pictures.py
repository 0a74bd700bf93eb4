"""Make the README's pictures from a demo workspace.

    python docs/pictures.py data/demo

Writes docs/images/demo-contact-sheet.jpg and, where Chromium is there, docs/images/herd-report.png.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from PIL import Image

from thumper_core.workspace import Workspace

IMAGES = Path(__file__).parent / "images"
COLUMNS, ROWS, WIDTH = 4, 5, 400


def contact_sheet(workspace: Workspace, out: Path) -> None:
    """Photos with deer, spread evenly over the season and the cameras."""
    rows = workspace.sql(
        "select distinct on (p.event_id) p.root, p.path from photos p join detections d "
        "using (photo_id) where d.is_deer "
        "order by p.event_id, d.confidence desc"
    ).rows()
    chosen = rows[:: max(1, len(rows) // (COLUMNS * ROWS))][: COLUMNS * ROWS]
    height = WIDTH * 9 // 16
    sheet = Image.new("RGB", (COLUMNS * WIDTH, ROWS * height))
    for i, (root, path) in enumerate(chosen):
        with Image.open(Path(root) / path) as photo:
            tile = photo.convert("RGB").resize((WIDTH, round(WIDTH * photo.height / photo.width)))
        sheet.paste(tile.crop((0, 0, WIDTH, height)), (i % COLUMNS * WIDTH, i // COLUMNS * height))
    sheet.save(out, quality=80, optimize=True)


def report_screenshot(workspace: Workspace, out: Path) -> None:
    """The top of the herd report as a browser shows it."""
    from playwright.sync_api import sync_playwright

    browser_path = shutil.which("chromium")
    if browser_path is None:
        print("no Chromium: the report's picture is left as it is (apt install chromium)")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 1100})
        page.goto((workspace.reports_dir / "herd-report.html").resolve().as_uri())
        page.wait_for_timeout(1000)
        page.screenshot(path=out)
        browser.close()


def main() -> None:
    """Both pictures, from the workspace named on the command line."""
    workspace = Workspace.open(sys.argv[1])
    IMAGES.mkdir(exist_ok=True)
    contact_sheet(workspace, IMAGES / "demo-contact-sheet.jpg")
    report_screenshot(workspace, IMAGES / "herd-report.png")


if __name__ == "__main__":
    main()
