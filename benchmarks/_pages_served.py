"""What `pages.py` and `review.py` measure with: options and a large workspace, the pages on a server, a
browser before them, a table of figures.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from tests.generated import Size, build  # noqa: E402
from thumper_core.children import python  # noqa: E402
from thumper_core.commands.app import free_port, streamlit_words  # noqa: E402
from thumper_core.workspace import ENVIRONMENT  # noqa: E402

PATIENCE_MS = 600_000


def options(doc: str | None) -> argparse.ArgumentParser:
    """The size of the workspace, where it is kept, and where the figures go."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=60_000)
    parser.add_argument("--detections", type=int, default=80_000)
    parser.add_argument("--animals", type=int, default=150)
    parser.add_argument("--new", type=int, default=500, help="Photos that came last, for New.")
    parser.add_argument("--keep", type=Path, help="Folder for the workspace, made once.")
    parser.add_argument("--without-run", action="store_true", help="Leave out the run beside.")
    parser.add_argument("--json", type=Path, help="Write the figures to this file.")
    return parser


def large_ranch(arguments: argparse.Namespace, temporary: Path) -> Path:
    """The workspace of `options`, generated where it is not kept yet."""
    folder = arguments.keep or temporary
    root = folder / "ranch"
    if not (root / "ledger.sqlite").is_file():
        started = time.perf_counter()
        size = Size(
            arguments.photos, arguments.animals, 6, 240, arguments.detections, new=arguments.new
        )
        build(folder, size)
        print(f"generated in {time.perf_counter() - started:.0f} s")
    return root


class Table:
    """The figures with their limits, told as they become known."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(
        self, measure: str, value: float, limit: float, unit: str, *, least: bool = False
    ) -> None:
        """One figure; least: the limit is the least that is wanted, not the most."""
        is_met = value >= limit if least else value <= limit
        print(f"  {measure}: {value:.2f} {unit}", file=sys.stderr, flush=True)
        self.rows.append(
            {"measure": measure, "value": round(value, 3), "limit": limit, "unit": unit}
            | {"met": is_met, "load": round(os.getloadavg()[0], 2)}
        )

    def show(self) -> None:
        """Print all."""
        for row in self.rows:
            mark = "" if row["met"] else "  MISSED"
            print(
                f"{row['measure']:44} {row['value']:10.2f} {row['unit']:6} "
                f"(limit {row['limit']:g}, load {row['load']:.1f}){mark}"
            )


@contextmanager
def served(root: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The pages on a free port of this machine, once the server answers."""
    port = free_port("127.0.0.1", 8700)
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        python(streamlit_words("127.0.0.1", port, browser=False)),
        env={**os.environ, ENVIRONMENT: str(root), "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: answers(f"{url}/_stcore/health"), 120, "the server")
        yield url, psutil.Process(process.pid)
    finally:
        end(process)


def answers(url: str) -> bool:
    """Whether somebody serves the address."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def wait_until(is_so: Callable[[], bool], seconds: float, what: str) -> None:
    """Look every 0.2 s; SystemExit where it takes longer."""
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            raise SystemExit(f"{what} did not come up in {seconds:.0f} s")
        time.sleep(0.2)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process of ours to end; after 60 s, end it."""
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def browser() -> Iterator[Any]:
    """A headless Chromium page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader"],
        )
        page = chromium.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        page.set_default_timeout(PATIENCE_MS)
        yield page
        chromium.close()
