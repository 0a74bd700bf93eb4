"""How far everything is, in one answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import duckdb
import polars as pl

from thumper_core.cameras.places import file_remarks
from thumper_core.contracts import SHARD_TABLES
from thumper_core.heads.shelf import shelf
from thumper_core.pipeline.pause import is_paused
from thumper_core.pipeline.photo_counts import photo_counts_of
from thumper_core.questions.flanks import flank_counts
from thumper_core.questions.found_by import found_by
from thumper_core.questions.herd_size import HerdSize, herd_size
from thumper_core.questions.in_no_herd import n_in_no_herd, waiting_words
from thumper_core.questions.no_deer import why_no_deer
from thumper_core.questions.reasons import NoDeer
from thumper_core.store.herd_summary import HerdSummary
from thumper_core.store.jobs import Job, jobs
from thumper_core.views.session import connect_light
from thumper_core.workspace import Workspace

_RUNS = """
select r.run_id as run, r.state, r.detector, r.embedder, count(o.photo_id) as photos,
    coalesce(sum(o.n_detections), 0)::bigint as detections,
    coalesce(bool_or(r.run_id = shown.run_id), false) as shown
from runs r left join all_outcomes o using (run_id), shown
group by all order by r.run_id
"""
_FAILURES = """
select o.error_code as reason, count(*) as photos, min(p.photo_id) as example,
    any_value(o.error_message) as message
from outcomes o join present p using (photo_id)
where o.error_code is not null group by o.error_code order by photos desc, reason
"""
_HERD = """
select h.herd_id, h.run_id, h.method, h.threshold, h.summary, h.created_at,
    (select count(distinct individual_id) from assignments) as individuals,
    (select count(*) from assignments) as detections
from herds h join shown using (herd_id)
"""


def workspace_status(workspace: Workspace) -> dict[str, Any]:
    """Photos, runs, failures, herd and the working job, as JSON values.

    Keys: workspace, photos {total, done, pending, failed, partial}, runs [...], found_by
    (`found_by.found_by`), failures [...],
    herd {..., is_whole: whether its tables are all there, flanks: `flanks.flank_counts` with its
    sentence, size: `herd_size` as {known, figure, interval, sentence}} or None, in_no_herd {photos, sentence}
    or None (`in_no_herd.n_in_no_herd`), no_deer {reason, why,
    next} or
    None (`no_deer.why_no_deer`), job {...} or None, remarks [sentences about cameras.csv and damaged heads],
    is_paused
    (work here rests until `thumper go-on`).
    """
    db = connect_light(workspace.lake, workspace.ledger, workspace.settings.deer)
    photos = photo_counts_of(db)._asdict()
    runs, failures, herds = (_rows(db, query) for query in (_RUNS, _FAILURES, _HERD))
    no_deer = None

    def ask(query: str, values: Sequence[Any]) -> pl.DataFrame:
        return pl.DataFrame(db.sql(query, params=list(values)).to_arrow_table())

    if not (herds and herds[0]["individuals"]):
        no_deer = why_no_deer(workspace, ask=ask)
    is_whole = {herd["herd_id"]: _is_whole(workspace, herd["herd_id"]) for herd in herds}
    found = found_by(workspace, ask=ask) if all(is_whole.values()) else None
    is_shown = bool(herds) and all(is_whole.values())
    flanks = flank_counts(workspace, ask=ask) if is_shown else None
    waiting = n_in_no_herd(workspace, ask) if is_shown else 0
    db.close()
    for herd in herds:
        herd["summary"] = json.loads(herd["summary"])
        herd["size"] = _size(herd_size(HerdSummary.from_json(herd["summary"]), herd["individuals"]))
        herd["is_whole"] = is_whole[herd["herd_id"]]
        herd["flanks"] = {**asdict(flanks), "sentence": flanks.sentence} if flanks else None
    for failure in failures:
        paths = workspace.ledger.paths_of([failure["example"]])[failure["example"]]
        failure["example"] = paths[0].decode("utf-8", "backslashreplace")
    working = [job for job in jobs(workspace.ledger) if job.is_alive()]
    return {
        "workspace": str(workspace.root),
        "photos": photos,
        "runs": runs,
        "found_by": found,
        "failures": failures,
        "herd": herds[0] if herds else None,
        "in_no_herd": {"photos": waiting, "sentence": waiting_words(waiting)} if waiting else None,
        "no_deer": _no_deer(no_deer) if no_deer else None,
        "job": _job(working[-1]) if working else None,
        "remarks": [*file_remarks(workspace), *shelf(workspace.root).damaged],
        "is_paused": is_paused(workspace.root),
    }


def _is_whole(workspace: Workspace, herd_id: str) -> bool:
    kind = f"herds/{herd_id}"
    return all(workspace.lake.files(kind, table) for table in SHARD_TABLES["herds"])


def _rows(db: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    return pl.DataFrame(db.sql(query).to_arrow_table()).to_dicts()


def _size(found: HerdSize) -> dict[str, Any]:
    return {
        "known": found.known.value,
        "figure": found.figure,
        "interval": found.interval,
        "sentence": found.sentence,
    }


def _no_deer(found: NoDeer) -> dict[str, Any]:
    return {"reason": found.reason.value, "why": found.sentence, "next": found.command}


def _job(job: Job) -> dict[str, Any]:
    return {
        "job_id": job.job_id,
        "run_id": job.run_id,
        "pid": job.pid,
        "host": job.host,
        "progress": job.progress,
    }
