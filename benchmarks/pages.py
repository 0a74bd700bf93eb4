"""How fast the pages answer on a large workspace, in a real browser, alone and beside a run.

Generates 60,000 photos, 80,000 detections and 150 animals (once, into the folder of --keep), serves
the pages and measures with Chromium:

- the first paint of every page on a server that has just been started and has shown nothing (cold),
  and on one that has shown the page before and has computed what it computes once for a herd (warm;
  the median); for both also the processor seconds of the server and its children until the page has
  drawn all, which say something on a busy machine too;
- from a key on the slider of Tune re-ID to the whole herd at that threshold redrawn;
- the scatter of Clusters: how many points it holds, how long until the pointer's point answers,
  and from a click on a point to its pictures;
- the memory of the server after all that;
- with a `thumper run` over all photos beside it (real models, a new run): every page's warm paint
  against the one alone, and the rate of the run with an Overview page open against none, in turns.

The browser has been on the pages before: their scripts are in its cache. Seconds of a machine that
does other work as well say little: the load is printed with them. --pages overview,health measures the
paints of those pages alone; --json writes the figures to a file.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from _pages_served import (
    REPOSITORY,
    Table,
    browser,
    end,
    large_ranch,
    options,
    served,
    wait_until,
)

from app.page_list import PAGES
from tests.app.map_page import COUNT, POINT
from thumper_core.store.jobs import Job, jobs
from thumper_core.workspace import Workspace

NAMES = tuple(name for name, *_ in PAGES)
COLD_S, WARM_S, SLIDER_S, MEMORY_GB = 3.0, 1.0, 0.5, 2.5
POINTS, HOVER_S, CLICK_S = 20_000, 0.3, 1.0
RATIO, LOSS = 1.5, 0.05
REPEATS = 7
RUN_WARM_PHOTOS, RATE_S, RATE_TURNS = 400, 30.0, 4
CONTENT = (
    "[data-testid=stMain] :is([data-testid=stImage], [data-testid=stMetric], "
    "[data-testid=stPlotlyChart], [data-testid=stForm], [data-testid*=keleton], .st-key-waiting, "
    "[data-testid=stDataFrame], [data-testid=stAlert], [data-testid=stPageLink], button)"
)


def cpu_s(server: psutil.Process) -> float:
    """Processor seconds of a server so far, with its children, those that have ended among them."""
    seconds = 0.0
    for process in (server, *server.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            seconds += sum(process.cpu_times()[:4])
    return seconds


def paint_s(page: Any, url: str, name: str) -> float:
    """Seconds from the address to the page's title and first content."""
    page.goto("about:blank")
    started = time.perf_counter()
    page.goto(f"{url}/{'' if name == 'overview' else name}", wait_until="commit")
    page.wait_for_selector("h1")
    # The first of them may be one that is not shown, for which there would be no end of waiting.
    page.locator(f"{CONTENT} >> visible=true").first.wait_for()
    taken = time.perf_counter() - started
    if page.locator("[data-testid=stAlertContentError]").count():
        raise SystemExit(f"{name} shows an error: {page.inner_text('[data-testid=stMain]')}")
    return taken


def paint(page: Any, url: str, name: str, server: psutil.Process) -> tuple[float, float]:
    """Seconds of a paint, and processor seconds of the server until the page has drawn all."""
    before = cpu_s(server)
    taken = paint_s(page, url, name)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_timeout(500)
    return taken, cpu_s(server) - before


def warm_s(page: Any, url: str, name: str) -> float:
    """The median paint of a page that was shown before and had two seconds to be done."""
    paint_s(page, url, name)
    page.wait_for_timeout(2000)
    return statistics.median(paint_s(page, url, name) for _ in range(REPEATS))


def paints(page: Any, root: Path, names: Sequence[str], table: Table) -> None:
    """Every page on a server of its own, then all on one that has shown them."""
    with served(root) as (url, _):
        paint_s(page, url, "settings")  # the browser keeps the scripts of the pages
    for name in names:
        with served(root) as (url, server):
            taken, used = paint(page, url, name, server)
            table.add(f"{name}: cold", taken, COLD_S, "s")
            table.add(f"{name}: cold, the server's processor", used, COLD_S, "s")
    with served(root) as (url, server):
        for name in names:
            paint(page, url, name, server)
            page.wait_for_timeout(2000)
            taken, used = zip(*(paint(page, url, name, server) for _ in range(3)), strict=True)
            table.add(f"{name}: warm", statistics.median(taken), WARM_S, "s")
            table.add(f"{name}: warm, the server's processor", min(used), WARM_S, "s")


def slider_s(page: Any, url: str) -> float:
    """Seconds from a key on the slider to the last thing that is redrawn for it."""
    page.goto(f"{url}/tune")
    thumb = page.get_by_role("slider").first
    thumb.wait_for()  # the dendrogram takes about a minute the first time
    last = page.locator(".st-key-apply button")
    last.wait_for()
    times = []
    for key in ("ArrowRight",) * 5 + ("ArrowLeft",) * 4:
        page.wait_for_timeout(1500)
        before = last.inner_text()
        thumb.focus()
        started = time.perf_counter()
        page.keyboard.press(key)
        page.wait_for_function(
            "before => document.querySelector('.st-key-apply button').innerText !== before",
            arg=before,
        )
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def scatter(page: Any, url: str, table: Table) -> None:
    """Points on the map of Clusters, and how it answers."""
    page.goto(f"{url}/clusters")
    page.wait_for_selector(".js-plotly-plot .gl-canvas, .js-plotly-plot .scatterlayer")
    page.wait_for_timeout(3000)
    table.add("clusters: points drawn", page.evaluate(COUNT), POINTS, "", least=True)
    x, y = page.evaluate(POINT, 0.5)
    page.evaluate(
        "() => { window.hovered = null; document.querySelector('.js-plotly-plot')"
        ".on('plotly_hover', () => { window.hovered ??= performance.now(); }); }"
    )
    page.mouse.move(x + 60, y + 60)
    page.wait_for_timeout(500)
    page.evaluate("() => { window.hovered = null; window.moved = performance.now(); }")
    page.mouse.move(x, y)
    page.wait_for_function("() => window.hovered !== null")
    hover = page.evaluate("() => (window.hovered - window.moved) / 1000")
    table.add("clusters: pointer to its point", hover, HOVER_S, "s")
    started = time.perf_counter()
    page.mouse.click(x, y)
    page.locator("h3", has_text="chosen").wait_for()
    page.locator("[data-testid=stMain] [data-testid=stImage]").first.wait_for()
    table.add("clusters: click to pictures", time.perf_counter() - started, CLICK_S, "s")


@contextmanager
def running(workspace: Workspace) -> Iterator[Callable[[], Job]]:
    """A real run over all photos in a process of its own, at full speed; yields its job as of now.

    The run is new and is taken away at the end, so that the workspace is as it was.
    """
    command = [sys.executable, "-m", "thumper_core.cli", "--workspace", str(workspace.root), "run"]
    known = {run.run_id for run in workspace.ledger.runs()}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=REPOSITORY)

    def job() -> Job:
        if process.poll() is not None:
            raise SystemExit("the run ended before all was measured beside it")
        return [one for one in jobs(workspace.ledger) if one.pid == process.pid][-1]

    def is_warm() -> bool:
        if process.poll() is not None:
            raise SystemExit("the run ended before anything could be measured beside it")
        mine = [one for one in jobs(workspace.ledger) if one.pid == process.pid]
        if mine and mine[-1].progress.get("failed", 0) > RUN_WARM_PHOTOS // 10:
            raise SystemExit("the run cannot read the photos: nothing is measured beside that")
        return bool(mine) and int(mine[-1].progress.get("done", 0)) >= RUN_WARM_PHOTOS

    try:
        wait_until(is_warm, 900, "the run")
        yield job
    finally:
        end(process)
        for run in workspace.ledger.runs():
            if run.run_id not in known:
                workspace.ledger.set_run_state(run.run_id, "discarded")
                workspace.lake.remove(f"runs/{run.run_id}")


def rate(job: Callable[[], Job], seconds: float) -> float:
    """Photos a second over the next so many seconds, by the run's own clock."""
    before = job().progress
    time.sleep(seconds)
    after = job().progress
    return float(
        (after["done"] - before["done"]) / max(after["elapsed_s"] - before["elapsed_s"], 1e-9)
    )


def beside_a_run(
    page: Any, url: str, workspace: Workspace, alone: dict[str, float], table: Table
) -> None:
    """Pages against themselves alone, and the run against itself with nobody looking."""
    with running(workspace) as job:
        ratios = {name: warm_s(page, url, name) / alone[name] for name in NAMES}
        for name, ratio in ratios.items():
            table.add(f"{name}: beside a run / alone", ratio, RATIO, "x")
        unseen, seen = [], []
        for _ in range(RATE_TURNS):
            page.goto("about:blank")
            unseen.append(rate(job, RATE_S))
            page.goto(url)
            page.wait_for_selector(".st-key-work")
            seen.append(rate(job, RATE_S))
    table.add("run: photos a second, nobody looks", statistics.median(unseen), 0, "1/s", least=True)
    loss = 1 - statistics.median(seen) / statistics.median(unseen)
    table.add("run: loss of rate to an open Overview", loss, LOSS, "")


def measure(root: Path, names: Sequence[str], *, with_run: bool) -> Table:
    """Every figure with its limit; names: the paints of these pages alone."""
    table = Table()
    with browser() as page:
        paints(page, root, names or NAMES, table)
        if names:
            return table
        with served(root) as (url, server):
            # First what is computed once for a herd, in the background: the pages share the
            # processor with it for a minute, and only then.
            table.add("tune: slider to redrawn herd", slider_s(page, url), SLIDER_S, "s")
            scatter(page, url, table)
            alone = {name: warm_s(page, url, name) for name in NAMES}
            for name, seconds in alone.items():
                table.add(f"{name}: warm", seconds, WARM_S, "s")
            memory = sum(p.memory_info().rss for p in (server, *server.children(recursive=True)))
            table.add("server memory", memory / 2**30, MEMORY_GB, "GB")
            if with_run:
                beside_a_run(page, url, Workspace.open(root), alone, table)
    return table


def main() -> None:
    """Generate, measure, print."""
    parser = options(__doc__)
    parser.add_argument("--pages", help="Only these, joined by commas, and only their paints.")
    arguments = parser.parse_args()
    names = arguments.pages.split(",") if arguments.pages else []
    if unknown := set(names) - set(NAMES):
        parser.error(f"no page {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    with tempfile.TemporaryDirectory() as temporary:
        root = large_ranch(arguments, Path(temporary))
        if not Workspace.open(root).sql("select count(*) from profiles").item():
            raise SystemExit("There are no deer in the workspace: its pages would say little.")
        table = measure(root, names, with_run=not arguments.without_run)
    table.show()
    if arguments.json:
        arguments.json.write_text(json.dumps(table.rows, indent=1))


if __name__ == "__main__":
    main()
