"""Six jobs in the workbench, in a real browser: how many presses each takes, by pointer and by keys alone.

    python benchmarks/jobs.py --workspace DIR --card DIR [--only NAME ...] [--way WAY ...]
        [--json FILE]

--workspace: photos with a herd (it is copied, and never changed); --card: a folder with photos, a folder for
each camera, from which a first herd is made. Each job begins on the page Overview, or in an empty folder on
the page that an empty folder shows, and ends when its result stands on the page. Seconds are from the first
press to there, of a hand that does not think: mostly what the machine takes, so they are given with its load
and hold for it alone. docs/jobs.md puts the presses beside what other programs ask for.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _hands import Hands
from _pages_served import browser, served

from app import keys
from tests.app.pairs_page import IS_HEARD, IS_IDLE, SHOWN
from thumper_core.workspace import Workspace

VERDICTS, NAMES = 50, 10
WAYS = ("pointer", "keyboard")
PATIENCE_MS = 900_000
TOLD = "{job}, {way}: {clicks} clicks, {keys} keys, {letters} letters, {seconds} s (load {load}), {result}"
MINE = ("Ada", "Bo", "Cleo", "Dot", "Elmo", "Fern", "Gus", "Hazel", "Iris", "Juno")


def menu(hands: Hands, name: str) -> None:
    """Open a page by the menu at the side."""
    link = hands.page.locator("[data-testid=stSidebarNavLink]", has_text=re.compile(rf"{name}$"))
    hands.press(link)
    hands.page.wait_for_function(
        "name => document.querySelector('h1')?.innerText.startsWith(name)", arg=name
    )


def first_herd(hands: Hands, _: Path) -> str:
    """From a folder of photos to groups on the page."""
    page = hands.page
    begin_first(hands)
    page.get_by_text("Newest visits").wait_for(timeout=PATIENCE_MS)
    return "a herd stands on Overview"


def begin_first(hands: Hands) -> None:
    """The steps of the first start: all presses of the job."""
    page = hands.page
    hands.press(page.locator("[class*='st-key-folder-card'] button"))
    page.locator("[data-testid=stMain]").get_by_text(re.compile("/card$")).wait_for()
    hands.press(page.get_by_role("button", name="Use this folder"))
    hands.press(page.get_by_role("button", name="Use these names").first)
    hands.press(page.locator(".st-key-places-done button"))
    hands.press(page.locator(".st-key-detector-done button"))
    hands.press(page.get_by_role("button", name="Find the deer"))


def verdicts(hands: Hands, _: Path) -> str:
    """Same or different, of pairs that Review asks about: as its own chance says."""
    page = hands.page
    menu(hands, "Review")
    n_same = 0
    for _n in range(VERDICTS):
        page.wait_for_function(IS_IDLE, polling=50, timeout=PATIENCE_MS)
        before = page.evaluate(SHOWN)
        chance = re.search(r"Likely one deer: \D*(\d+)", page.locator(".question").inner_text())
        word, key = ("same", "s") if chance and int(chance[1]) >= 50 else ("different", "d")
        n_same += word == "same"
        hands.press(page.locator(f".bar .{word}"), key)
        page.wait_for_function(f"(name) => ({SHOWN})() !== name", arg=before, polling=50)
    page.wait_for_function(IS_HEARD, polling=50)
    return f"{VERDICTS} verdicts, {n_same} of them the same"


def correct(hands: Hands, _: Path) -> str:
    """All photos with what the model holds to be other animals or people, of which none is there."""
    page = hands.page
    menu(hands, "Photos")
    hands.choose("Show", "Other animals, people")
    page.wait_for_url("**show=other*")
    page.wait_for_timeout(3000)  # as a person looks at what is listed
    every = page.get_by_role("button", name=re.compile(r"^All \d+"))
    every.wait_for()
    n = int(re.findall(r"\d+", every.inner_text())[0])
    hands.press(every, "Shift+A")
    hands.press(
        page.get_by_role("button", name=re.compile("^Not an animal")), keys.NO_ANIMAL.lower()
    )
    yes = page.get_by_role("button", name="Say so")
    page.locator(".st-key-photo-yes button:enabled").wait_for()
    hands.press(yes, "Enter")
    page.get_by_text("No photo passes these filters").wait_for()
    return f"{n} photos corrected"


def name_ten(hands: Hands, root: Path) -> str:
    """Ten names of one's own."""
    page = hands.page
    menu(hands, "Herd")
    hands.tab("Naming")
    grid = page.locator("[data-testid=stDataFrame] canvas[tabindex='0']").first
    hands.cell(grid, 5, 0)
    for name in MINE:
        hands.write(name)
        hands.key("Enter")
    hands.press(page.get_by_role("button", name="Save names"))
    page.get_by_text(f"{NAMES} names saved").wait_for()
    named = Workspace.open(root).sql("select name from individuals where name is not null")
    if set(named["name"]) != set(MINE):
        raise SystemExit(f"the names are {named['name'].to_list()}")
    return f"{NAMES} deer named"


def nights(hands: Hands, _: Path) -> str:
    """Every visit of one deer in the dark, in a list."""
    page = hands.page
    menu(hands, "Herd")
    card = page.locator("[data-testid=stMain] [data-testid=stPageLink] a[href*='deer=']").first
    hands.press(card)
    hands.press(page.get_by_role("link", name=re.compile("Its photos (by night|in infrared)")))
    told = page.get_by_text(re.compile(r"photos? in \d+ visits?"))
    told.wait_for()
    return " ".join(told.inner_text().split())


def report(hands: Hands, _: Path) -> str:
    """A report in a file of one's own."""
    page = hands.page
    menu(hands, "Reports")
    hands.press(page.locator(".st-key-write-report button"))
    get = page.locator(".st-key-get-html button")
    get.wait_for()
    with page.expect_download() as download:
        hands.press(get)
    size = Path(download.value.path()).stat().st_size
    return f"a report of {size / 1e6:.1f} MB"


JOBS: dict[str, Callable[[Hands, Path], str]] = {
    "first herd from a card": first_herd,
    "50 verdicts": verdicts,
    "correct 100 photos": correct,
    "name ten deer": name_ten,
    "all night visits of one deer": nights,
    "a report for the lease": report,
}


def done(job: str, root: Path, page: Any, way: str) -> dict[str, Any]:
    """One job on a workspace of its own: what it took."""
    with served(root) as (url, _):
        page.goto(url)
        page.wait_for_selector("h1")
        page.wait_for_timeout(3000)  # a person looks at the page before the first press
        hands = Hands(page, by_keyboard=way == "keyboard")
        started = time.perf_counter()
        result = JOBS[job](hands, root)
        seconds = time.perf_counter() - started
        page.goto("about:blank")
    counted = {"clicks": hands.clicks, "keys": hands.keys, "letters": hands.letters}
    return {"job": job, "way": way, **counted, "seconds": round(seconds, 1), "result": result} | {
        "load": round(os.getloadavg()[0], 1)
    }


def main() -> None:
    """Do the jobs, tell each as it is done."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--card", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=list(JOBS), choices=list(JOBS))
    parser.add_argument("--way", nargs="*", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as temporary, browser() as page:
        home = Path(temporary)
        os.environ["HOME"] = str(home)  # the folder that the first page shows
        shutil.copytree(options.card, home / "card")
        for job in options.only:
            for way in options.way:
                root = home / f"work-{len(rows)}" / "ranch"
                if job != "first herd from a card":
                    shutil.copytree(options.workspace, root)
                rows.append(done(job, root, page, way))
                shutil.rmtree(root.parent, ignore_errors=True)
                print("  " + TOLD.format(**rows[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
