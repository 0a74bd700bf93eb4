"""How fast the pages paint on a large workspace, in a real browser, and while a run writes.

Generates 60,000 photos, 80,000 detections and 150 animals (once, into the folder of --keep), serves
the pages, and measures with Chromium: the first paint of every page on a fresh server (cold) and
again (warm), from a move of the slider to the redrawn herd, and the server's memory. With --json
the figures go to a file as well.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from app.page_list import PAGES  # noqa: E402
from tests.app.generated import Size, build  # noqa: E402
from thumper_core.commands.app import free_port, streamlit_command  # noqa: E402
from thumper_core.pipeline.progress import Meter  # noqa: E402
from thumper_core.store.jobs import beat, finish_job, start_job  # noqa: E402
from thumper_core.workspace import ENVIRONMENT, Workspace  # noqa: E402

NAMES = tuple(name for name, *_ in PAGES)
COLD_S, WARM_S, SLIDER_S, MEMORY_GB = 3.0, 1.0, 0.5, 2.5
REPEATS = 3


@contextmanager
def served(root: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The pages on a free port of this machine."""
    port = free_port("127.0.0.1", 8700)
    process = subprocess.Popen(
        streamlit_command("127.0.0.1", port, browser=False),
        env={**os.environ, ENVIRONMENT: str(root), "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(4)
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def browser() -> Iterator[Any]:
    """A headless Chromium page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        page = chromium.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        page.set_default_timeout(180_000)
        yield page
        chromium.close()


def paint_s(page: Any, url: str, name: str) -> float:
    """Seconds from the address to the page's title and first content, and no element stale."""
    started = time.perf_counter()
    page.goto(f"{url}/{'' if name == 'overview' else name}", wait_until="commit")
    page.wait_for_selector("h1")
    page.wait_for_selector(
        "[data-testid=stMain] :is([data-testid=stImage], [data-testid=stMetric], "
        "[data-testid=stPlotlyChart], [data-testid=stForm], [data-testid*=keleton], .st-key-waiting, "
        "[data-testid=stDataFrame], [data-testid=stAlert], button)"
    )
    taken = time.perf_counter() - started
    if page.locator("[data-testid=stAlertContentError]").count():
        raise SystemExit(f"{name} shows an error: {page.inner_text('[data-testid=stMain]')}")
    return taken


def slider_s(page: Any, url: str) -> float:
    """Seconds from a key on the slider to the herd redrawn."""
    page.goto(f"{url}/tune")
    thumb = page.get_by_role("slider")
    thumb.wait_for()
    page.wait_for_timeout(3000)
    value = page.locator("[data-testid=stMetricValue]").first
    times = []
    for key in ("ArrowRight",) * 6:
        before = value.inner_text()
        thumb.focus()
        started = time.perf_counter()
        for _ in range(12):
            page.keyboard.press(key)
        page.wait_for_function(
            "before => document.querySelector('[data-testid=stMetricValue]').innerText !== before",
            arg=before,
            timeout=20_000,
        )
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def measure(root: Path) -> list[dict[str, Any]]:
    """Every figure with its limit."""
    rows: list[dict[str, Any]] = []
    with served(root) as (url, server), browser() as page:
        page.goto(url)  # the interpreter and the browser wake up; the data is not asked for yet
        page.goto("about:blank")
        for name in NAMES:
            rows.append(row(f"{name}, cold", paint_s(page, url, name), COLD_S, "s"))
        for name in NAMES:
            warm = statistics.median(paint_s(page, url, name) for _ in range(REPEATS))
            rows.append(row(f"{name}, warm", warm, WARM_S, "s"))
        rows.append(row("slider to redrawn herd", slider_s(page, url), SLIDER_S, "s"))
        page.goto(f"{url}/clusters")
        page.wait_for_selector("[data-testid=stPlotlyChart]")
        page.wait_for_timeout(3000)
        quiet = statistics.median(paint_s(page, url, "overview") for _ in range(REPEATS))
        with heartbeats(Workspace.open(root)):
            busy = statistics.median(paint_s(page, url, "overview") for _ in range(REPEATS))
        rows.append(row("overview beside a run / alone", busy / quiet, 1.5, "x"))
        memory = sum(p.memory_info().rss for p in (server, *server.children(recursive=True)))
        rows.append(row("server memory", memory / 2**30, MEMORY_GB, "GB"))
    return rows


@contextmanager
def heartbeats(workspace: Workspace) -> Iterator[None]:
    """A job that beats like a run at full speed, from this process."""
    import threading

    meter, stop = Meter(60_000), threading.Event()
    job_id = start_job(workspace.ledger, None, "run")

    def work() -> None:
        while not stop.wait(0.5):
            for _ in range(20):
                meter.photo(1, None)
            beat(workspace.ledger, job_id, meter.progress().as_dict())

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        finish_job(workspace.ledger, job_id, "done")


def row(name: str, value: float, limit: float, unit: str) -> dict[str, Any]:
    """One line of the table, told as soon as it is known."""
    print(f"  {name}: {value:.2f} {unit}", file=sys.stderr)
    return {
        "measure": name,
        "value": round(value, 3),
        "limit": limit,
        "unit": unit,
        "met": value <= limit,
    }


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=60_000)
    parser.add_argument("--detections", type=int, default=80_000)
    parser.add_argument("--animals", type=int, default=150)
    parser.add_argument("--keep", type=Path, help="Folder for the workspace, made once.")
    parser.add_argument("--json", type=Path, help="Write the figures to this file.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        root = folder / "ranch"
        if not (root / "ledger.sqlite").is_file():
            started = time.perf_counter()
            size = Size(arguments.photos, arguments.animals, 6, 240, arguments.detections)
            build(folder, size)
            print(f"generated in {time.perf_counter() - started:.0f} s")
        rows = measure(root)
    for line in rows:
        mark = "" if line["met"] else "  over"
        print(
            f"{line['measure']:34} {line['value']:8.2f} {line['unit']:3} (limit {line['limit']})"
            f"{mark}"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
