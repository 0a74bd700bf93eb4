"""Readers in a process of their own while a run writes.

`pages` is the server: the overview, the photos and the herd ask what those pages ask, in three threads
on one workspace. `notebook` asks the views in SQL.

Arguments: workspace, `pages` or `notebook`, folder for the results. Each reader reads until the file
`stop` is in the folder. It says there in `<reader>.turns` (by its size) how often it read, and at
the end in `<reader>.json` the longest turn in seconds, what went wrong, and the numbers of
outcomes that it saw, in order.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from thumper_core.decisions.kinds import Note
from thumper_core.decisions.record import record
from thumper_core.questions import browse, overview, photo_list, review_queue, tables
from thumper_core.questions.photo_filter import PhotoFilter
from thumper_core.questions.status import workspace_status
from thumper_core.upkeep.advise import advise
from thumper_core.upkeep.health import health
from thumper_core.workspace import Workspace

Ask = Callable[[Workspace, int], None]
HALF = """
select
    (select count(*) from all_outcomes) as outcomes,
    (select coalesce(sum(n_detections), 0) from all_outcomes) as said,
    (select count(*) from all_detections) as detections,
    (select count(*) from all_embeddings) as embeddings,
    (select count(*) from all_detections anti join all_outcomes using (run_id, photo_id)) as lone,
    (select count(*) from (
        select run_id, photo_id from all_outcomes group by all having count(*) > 1)) as twice
"""
"""What differs when a shard is seen in part. The photos of a run's detections have outcomes, each
once, and as many detections and embeddings as these say."""


def look(workspace: Workspace) -> tuple[int, str | None]:
    """(outcomes seen, what does not fit together or None)."""
    row = workspace.sql(HALF).row(0, named=True)
    whole = row["said"] == row["detections"] == row["embeddings"]
    bad = not whole or row["lone"] or row["twice"]
    return row["outcomes"], f"half a shard: {row}" if bad else None


def overview_page(workspace: Workspace, turn: int) -> None:
    workspace_status(workspace)
    overview.versions(workspace)
    tables.totals(workspace)
    overview.recent_visits(tables.sightings(workspace))
    overview.newest_visits(workspace, 8)
    overview.camera_places(workspace)
    overview.attention(workspace)


def photos_page(workspace: Workspace, turn: int) -> None:
    choices = browse.choices(workspace)
    camera = choices["cameras"][turn % len(choices["cameras"])]
    for show in ("all", "buck", "failed", "waiting"):
        found = photo_list.photos(workspace, PhotoFilter(show, camera), 0, 24)
        photo_list.photo_counts(workspace, PhotoFilter(show, camera))
        for photo_id in found["photo_id"].head(2):
            browse.photo(workspace, photo_id)
            browse.boxes(workspace, photo_id)
    tables.failures(workspace, 20)
    browse.runs(workspace)


def herd_page(workspace: Workspace, turn: int) -> None:
    deer = tables.herd_cards(workspace)["individual_id"].to_list()
    one = deer[turn % len(deer)]
    browse.members(workspace, one)
    browse.companions(workspace, one, 5)
    review_queue.doubts(workspace, 10)
    health(workspace)
    advise(workspace)
    # A person who reviews writes, too.
    record(workspace.ledger, Note(one, f"looked at, turn {turn}"), "reader")


def notebook(workspace: Workspace, turn: int) -> None:
    for view in ("photos", "detections", "tracklets", "assignments", "profiles", "individuals"):
        workspace.sql(f"select * from {view} limit 50")
    workspace.sql("select camera, count(*) from sightings group by all")
    workspace.sql("select state, count(*) from jobs group by all")


READERS = {
    "pages": {"overview": overview_page, "photos": photos_page, "herd": herd_page},
    "notebook": {"notebook": notebook},
}


def read(workspace: Workspace, name: str, ask: Ask, results: Path) -> None:
    """Take turns until `stop`, or until whoever started this is gone."""
    errors: list[str] = []
    seen: list[int] = []
    slowest = 0.0
    turn = 0
    parent = os.getppid()
    while not (results / "stop").exists() and len(errors) < 5 and os.getppid() == parent:
        started = time.monotonic()
        try:
            ask(workspace, turn)
            count, trouble = look(workspace)
            seen.append(count)
            errors += [trouble] if trouble else []
        except Exception:
            errors.append(traceback.format_exc())
        slowest = max(slowest, time.monotonic() - started)
        turn += 1
        (results / f"{name}.turns").write_text("x" * turn)
    found = {"turns": turn, "slowest_s": slowest, "errors": errors, "seen": seen}
    (results / f"{name}.json").write_text(json.dumps(found))


def main(workspace_dir: str, kind: str, results_dir: str) -> None:
    workspace, results = Workspace.open(workspace_dir), Path(results_dir)
    threads = [
        threading.Thread(target=read, args=(workspace, name, ask, results))
        for name, ask in READERS[kind].items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
