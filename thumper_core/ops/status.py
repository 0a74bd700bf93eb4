"""How far everything is, in one answer."""

from __future__ import annotations

import json
from typing import Any

from thumper_core.store.jobs import jobs
from thumper_core.workspace import Workspace

_PHOTOS = """
select count(*) as total,
    count(o.photo_id) as done,
    count(*) - count(o.photo_id) as pending,
    count(*) filter (o.status = 'error') as failed,
    count(*) filter (o.status = 'partial') as partial
from photos p left join outcomes o using (photo_id)
"""
_RUNS = """
select r.run_id as run, r.state, r.detector, r.embedder, count(o.photo_id) as photos,
    coalesce(sum(o.n_detections), 0)::bigint as detections,
    coalesce(bool_or(r.run_id = shown.run_id), false) as shown
from runs r left join all_outcomes o using (run_id), shown
group by all order by r.run_id
"""
_FAILURES = """
select o.error_code as reason, count(*) as photos, min(p.path) as example,
    any_value(o.error_message) as message
from outcomes o join photos p using (photo_id)
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

    Keys: workspace, photos {total, done, pending, failed, partial}, runs [...], failures [...],
    herd {...} or None, job {...} or None.
    """
    photos = workspace.sql(_PHOTOS).to_dicts()[0]
    herds = workspace.sql(_HERD).to_dicts()
    for herd in herds:
        herd["summary"] = json.loads(herd["summary"])
    working = [job for job in jobs(workspace.ledger) if job.is_alive()]
    return {
        "workspace": str(workspace.root),
        "photos": photos,
        "runs": workspace.sql(_RUNS).to_dicts(),
        "failures": workspace.sql(_FAILURES).to_dicts(),
        "herd": herds[0] if herds else None,
        "job": {
            "job_id": working[-1].job_id,
            "run_id": working[-1].run_id,
            "pid": working[-1].pid,
            "host": working[-1].host,
            "progress": working[-1].progress,
        }
        if working
        else None,
    }
