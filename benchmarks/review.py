"""How fast Review asks, and how fast a herd follows an answer, on a large workspace.

Takes 60,000 generated photos with 80,000 detections of 150 animals (made once, into the folder of
--keep, and never changed: a copy is) and measures, alone and beside a `thumper run` over all photos:

- from a key on Review to the next pair, both pictures decoded and drawn, in a real browser: the
  median and the slowest of 50, one answer each --pause seconds; and how long the server takes to
  confirm an answer;
- from an answer ("these two are one deer", or its undo) to the Herd page's cards with it, by the
  functions that the pages call, in a process that has shown the herd before: the median.

The photos are small: a first look at pictures of a real camera takes longer to cut out, and is done
ahead. Figures of a machine that does other work as well say little: the load is printed with them.
"""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from _pages_served import Table, browser, large_ranch, options, served
from pages import running

from tests.app.pairs_page import IS_HEARD, IS_IDLE, KEY_MS
from thumper_core.decisions.kinds import Decision, Same, Undo
from thumper_core.herd.decide import Effect, decide
from thumper_core.herd.following import following
from thumper_core.questions import tables
from thumper_core.questions.review_queue import verdict_key
from thumper_core.workspace import Workspace

KEY_MS_MAX, EFFECT_S_MAX, HEARD_S_MAX = 150.0, 3.0, 5.0
KEYS, ANSWERS = 50, 5


def keys(page: Any, url: str, n: int, pause_s: float, table: Table, when: str) -> None:
    """Presses of keys on Review; a new browser page each time, so all of it is asked anew."""
    page.goto(f"{url}/review")
    page.wait_for_function(IS_IDLE, polling=100)
    taken, heard = [], []
    for press in range(n):
        page.wait_for_timeout(1000 * pause_s)
        page.wait_for_function(IS_IDLE, polling=100)  # a person looks at a pair that is there
        taken.append(page.evaluate(KEY_MS, "dsd"[press % 3]))
        started = time.perf_counter()
        page.wait_for_function(IS_HEARD, polling=100)
        heard.append(time.perf_counter() - started)
    table.add(f"key to next pair, {when}: median", statistics.median(taken), KEY_MS_MAX, "ms")
    table.add(f"key to next pair, {when}: slowest", max(taken), 10 * KEY_MS_MAX, "ms")
    table.add(f"answer confirmed, {when}: median", statistics.median(heard), HEARD_S_MAX, "s")


def effect_s(workspace: Workspace, decision: Decision) -> tuple[int, float]:
    """The decision's number, and seconds until the cards of the Herd page show what it does."""
    before = tables.herd_cards(workspace)
    started = time.perf_counter()
    number = decide(workspace, decision, "bench", effect=Effect.BEHIND).numbers[0]
    following(workspace).wait(600)
    after = tables.herd_cards(workspace)
    taken = time.perf_counter() - started
    if before.equals(after):
        raise SystemExit(f"decision {number} did nothing: {following(workspace).state()}")
    return number, taken


def pairs(workspace: Workspace) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Best pictures of two individuals of one kind that were never in one photo."""
    best = tables.best_detections(workspace, 1)
    rows = workspace.sql(
        "select a.individual_id, list(distinct d.photo_id) as photos, any_value(p.sex) as sex, "
        "any_value(p.age_class) as age from assignments a join detections d using (detection_id) "
        "join profiles p using (profile_id) group by 1 order by count(*), 1"
    )
    waiting = best.join(rows, on="individual_id").sort("individual_id").to_dicts()
    while waiting:
        first = waiting.pop()
        for other in waiting:
            is_kind = (first["sex"], first["age"]) == (other["sex"], other["age"])
            if is_kind and not set(first["photos"]) & set(other["photos"]):
                waiting.remove(other)
                yield first, other
                break


def effects(workspace: Workspace, found: Iterator[Any], table: Table, when: str) -> None:
    """Answers and their undos, one at a time."""
    tables.herd_cards(workspace)
    said, undone = [], []
    for _, (first, other) in zip(range(ANSWERS), found, strict=False):
        number, taken = effect_s(workspace, Same(verdict_key(first), verdict_key(other)))
        said.append(taken)
        undone.append(effect_s(workspace, Undo(number))[1])
    table.add(f"answer to the herd, {when}: median", statistics.median(said), EFFECT_S_MAX, "s")
    table.add(f"answer to the herd, {when}: slowest", max(said), EFFECT_S_MAX, "s")
    table.add(f"undo to the herd, {when}: median", statistics.median(undone), EFFECT_S_MAX, "s")


def measure(root: Path, n: int, pause_s: float, *, with_run: bool) -> Table:
    """Every figure with its limit."""
    table, workspace = Table(), Workspace.open(root)
    found = pairs(workspace)
    effects(workspace, found, table, "alone")
    with browser() as page, served(root) as (url, _), ExitStack() as stack:
        keys(page, url, n, pause_s, table, "alone")
        page.goto("about:blank")
        if with_run:
            stack.enter_context(running(workspace))
            effects(workspace, found, table, "beside a run")
            keys(page, url, n, pause_s, table, "beside a run")
    return table


def main() -> None:
    """Generate, measure, print."""
    parser = options(__doc__)
    parser.add_argument("--keys", type=int, default=KEYS)
    parser.add_argument("--pause", type=float, default=1.0, help="Seconds before each key.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary) / "copy" / "ranch"
        shutil.copytree(large_ranch(arguments, Path(temporary)), root)
        table = measure(root, arguments.keys, arguments.pause, with_run=not arguments.without_run)
    table.show()
    if arguments.json:
        arguments.json.write_text(json.dumps(table.rows, indent=1))


if __name__ == "__main__":
    main()
