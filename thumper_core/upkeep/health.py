"""How Thumper is: photos, work, failures, disk, ledger, cards, cameras, herd; and what is wrong."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from thumper_core.cameras.health import camera_findings
from thumper_core.cameras.naming import camera_conflicts
from thumper_core.cameras.places import file_remarks, place_findings
from thumper_core.cameras.undated import unmatched_notes, untimed_notes
from thumper_core.counting import counted
from thumper_core.files import write_whole
from thumper_core.herd.checks import Anomaly
from thumper_core.herd.history import herd_history
from thumper_core.herd.readiness import readiness
from thumper_core.pipeline.pause import is_paused
from thumper_core.pipeline.photo_counts import photo_counts
from thumper_core.questions.fixtures import places
from thumper_core.questions.tables import failures_by_reason
from thumper_core.store import chain
from thumper_core.store.chain_check import flaws
from thumper_core.store.jobs import Job, jobs
from thumper_core.store.safekeeping import automatic_backups, made_at
from thumper_core.upkeep.advise import usual_rate
from thumper_core.upkeep.gpu import gpus
from thumper_core.upkeep.learned import learned_damage
from thumper_core.workspace import Workspace

_BACKUP_DAYS_MAX: Final = 2
_NEW_PROFILES: Final = """
select strftime(first_seen, '%Y-%m-%d') as day, count(*) as n from profiles
where first_seen is not null group by day order by day desc limit 14
"""


def health(workspace: Workspace, now: datetime | None = None) -> dict[str, Any]:
    """Everything as JSON values; see the keys below.

    photos {total, ok, partial, failed, pending}, failures {code: n}, job (the last one) or None,
    is_working, is_paused, photos_per_s, disk {free_bytes, total_bytes}, ledger ("ok" or what is
    wrong), backup {file, age_days} (the newest automatic one) or None, gpus [...], cameras [{camera,
    kind, message, fix}], remarks [what there is to say about cameras.csv, cameras' names and
    times], learned [sentences on damaged heads and models], fixtures [places where the same came back:
    `questions.fixtures.Place.as_dict`],
    new_profiles {day: n}, readiness {ready, criteria}, anomalies [{key, message}] (empty: all is
    well), checked_at (ISO, UTC).

    >>> from thumper_core import Workspace, health
    >>> state = health(Workspace.open("ranch"))
    >>> state["photos"]["total"], state["ledger"], state["is_working"]
    (11, 'ok', False)
    """
    now = now or datetime.now(UTC)
    all_jobs = jobs(workspace.ledger)
    last = all_jobs[-1] if all_jobs else None
    disk = shutil.disk_usage(workspace.root)
    herds = herd_history(workspace.ledger.herds())
    ready = readiness(herds)
    state: dict[str, Any] = {
        "photos": _photos(workspace),
        "failures": _failures(workspace),
        "job": _job(last, now) if last else None,
        "is_working": last is not None and last.is_alive(now),
        "is_paused": is_paused(workspace.root),
        "photos_per_s": usual_rate(workspace) if all_jobs else None,
        "disk": {"free_bytes": disk.free, "total_bytes": disk.total},
        "ledger": _ledger(workspace),
        "backup": _backup(workspace, now),
        "gpus": [asdict(gpu) for gpu in gpus()],
        "cameras": [
            asdict(finding) for finding in (*camera_findings(workspace), *place_findings(workspace))
        ],
        "remarks": [
            *file_remarks(workspace),
            *(conflict.message for conflict in camera_conflicts(workspace)),
            *unmatched_notes(workspace),
            *untimed_notes(workspace),
        ],
        "learned": list(learned_damage(workspace)),
        "fixtures": [place.as_dict() for place in places(workspace)],
        "new_profiles": dict(workspace.sql(_NEW_PROFILES).iter_rows()),
        "readiness": {
            "ready": ready.ready,
            "criteria": {c.key: {"met": c.met, "shown": c.shown} for c in ready.criteria},
        },
        "checked_at": now.isoformat(),
    }
    free_min = workspace.settings.ops.disk_free_min_gib * 2**30
    state["anomalies"] = [asdict(one) for one in _anomalies(state, free_min)]
    return state


def _photos(workspace: Workspace) -> dict[str, int]:
    counts = photo_counts(workspace)
    return {
        "total": counts.total,
        "ok": counts.done - counts.partial - counts.failed,
        "partial": counts.partial,
        "failed": counts.failed,
        "pending": counts.pending,
    }


def _failures(workspace: Workspace) -> dict[str, int]:
    """Photos by error code, the commonest first."""
    by_code = failures_by_reason(workspace).group_by("error_code").agg(pl.col("n_photos").sum())
    return dict(by_code.sort("n_photos", "error_code", descending=[True, False]).iter_rows())


def prometheus(state: dict[str, Any]) -> str:
    """The state in Prometheus' text format, for node_exporter's textfile collector."""
    lines: list[str] = []

    def gauge(name: str, text: str, *samples: tuple[dict[str, str], float]) -> None:
        lines.append(f"# HELP thumper_{name} {text}")
        lines.append(f"# TYPE thumper_{name} gauge")
        for labels, value in samples:
            inside = ",".join(f'{key}="{_escaped(v)}"' for key, v in labels.items())
            lines.append(f"thumper_{name}{{{inside}}} {value}" if inside else
                         f"thumper_{name} {value}")  # fmt: skip

    photos = {k: v for k, v in state["photos"].items() if k != "total"}
    gauge("photos", "Photos by state in the shown run.",
          *(({"state": name}, n) for name, n in photos.items()))  # fmt: skip
    gauge("failures", "Photos that could not be read in full, by reason.",
          *(({"code": code}, n) for code, n in state["failures"].items()))  # fmt: skip
    gauge("working", "Whether a job works.", ({}, int(state["is_working"])))
    if state["job"]:
        gauge("heartbeat_age_seconds", "Age of the last job's heartbeat.",
              ({}, state["job"]["heartbeat_age_s"]))  # fmt: skip
    if state["photos_per_s"] is not None:
        gauge("photos_per_second", "Rate of the last job.", ({}, state["photos_per_s"]))
    gauge("disk_free_bytes", "Free disk where the workspace is.", ({}, state["disk"]["free_bytes"]))
    gauge("ledger_ok", "Whether the ledger passes its check.", ({}, int(state["ledger"] == "ok")))
    gauge("gpu_utilisation", "Share of time that a card is busy.",
          *(({"gpu": str(i), "name": g["name"]}, g["utilisation"])
            for i, g in enumerate(state["gpus"])))  # fmt: skip
    gauge("gpu_memory_used_bytes", "Memory in use on a card.",
          *(({"gpu": str(i), "name": g["name"]}, g["memory_used"])
            for i, g in enumerate(state["gpus"])))  # fmt: skip
    gauge("camera_problem", "Cameras that need a visit.",
          *(({"camera": c["camera"], "kind": c["kind"]}, 1) for c in state["cameras"]))  # fmt: skip
    gauge("ready_for_names", "Whether the herd is settled.", ({}, int(state["readiness"]["ready"])))
    gauge("anomalies", "How many things are wrong.", ({}, len(state["anomalies"])))
    return "\n".join(lines) + "\n"


def write_prometheus(state: dict[str, Any], file: Path) -> None:
    """Write the text file in one step: a collector never reads half of it."""
    write_whole(file, prometheus(state))


def _anomalies(state: dict[str, Any], disk_free_min_bytes: float) -> list[Anomaly]:
    found = []
    if state["ledger"] != "ok":
        found.append(
            Anomaly("ledger", f"The ledger is damaged: {state['ledger']}. `thumper verify`.")
        )
    found += [Anomaly("learned", said) for said in state["learned"]]
    kept = state["backup"]
    if kept and (kept["age_days"] is None or kept["age_days"] > _BACKUP_DAYS_MAX):
        found.append(
            Anomaly(
                "backup",
                f"What people decided has no automatic backup of the last {_BACKUP_DAYS_MAX} days: "
                "is the disk full, or the workspace's folder `backups` closed for writing?",
            )
        )
    free = state["disk"]["free_bytes"]
    if free < disk_free_min_bytes:
        found.append(Anomaly("disk", f"{free / 2**30:.1f} GiB of disk are left. `thumper prune`."))
    job = state["job"]
    if job and job["state"] == "failed":
        found.append(Anomaly("job", f"The last job failed: {job['message']}"))
    elif job and job["state"] == "running" and not state["is_working"]:
        found.append(Anomaly("job", "The last job ended without a word; repeat its command."))
    photos = state["photos"]
    done = photos["total"] - photos["pending"]
    unreadable = photos["failed"]
    if done and unreadable > max(20, 0.1 * done):
        found.append(
            Anomaly("failures", f"{unreadable:,} of {counted(done, 'photo')} could not be read.")
        )
    found += [
        Anomaly(f"camera_{c['kind']}", f"Camera {c['camera']}: {c['message']}")
        for c in state["cameras"]
    ]
    return found


def _job(job: Job, now: datetime) -> dict[str, Any]:
    return {
        "job_id": job.job_id,
        "run_id": job.run_id,
        "kind": job.kind,
        "state": job.state,
        "message": job.message,
        "pid": job.pid,
        "host": job.host,
        "started_at": job.started_at.isoformat(),
        "heartbeat_age_s": max(0.0, (now - job.heartbeat_at).total_seconds()),
        "progress": job.progress,
    }


def _ledger(workspace: Workspace) -> str:
    with workspace.ledger.reading() as c:
        said = str(c.execute("pragma quick_check(1)").fetchone()[0])
        damaged = flaws(chain.read(c))
    if said == "ok" and damaged:
        return f"decision {damaged[0].decision_id}: {damaged[0].detail}"
    return said


def _backup(workspace: Workspace, now: datetime) -> dict[str, Any] | None:
    """The newest automatic backup; None where nothing is to be kept, or none is wanted."""
    if not workspace.settings.ops.keep_backups:
        return None
    with workspace.ledger.reading() as c:
        n_decisions = c.execute("select count(*) from decisions").fetchone()[0]
    newest = next(iter(automatic_backups(workspace.root)), None)
    when = made_at(newest) if newest else None
    if when is None:
        return {"file": None, "age_days": None} if n_decisions else None
    return {"file": str(newest), "age_days": (now - when).total_seconds() / 86_400}


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
