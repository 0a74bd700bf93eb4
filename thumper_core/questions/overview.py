"""What the first page asks: versions of what is shown, the newest visits, what needs attention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal

import polars as pl

from thumper_core.cameras.health import camera_findings
from thumper_core.language import mark, say
from thumper_core.learning.cards import n_cards
from thumper_core.pipeline.photo_counts import photo_counts
from thumper_core.questions import words
from thumper_core.questions.contradicted import verdicts_set_aside
from thumper_core.questions.quality import unstable_deer
from thumper_core.store.herd_summary import HerdSummary
from thumper_core.store.jobs import jobs
from thumper_core.views.times import dated
from thumper_core.workspace import Workspace

UNSTABLE_SHOWN: Final = 6
WINDOWS: Final = (("24 h", 1), (mark("7 days"), 7), (mark("30 days"), 30))


@dataclass(frozen=True)
class Versions:
    """What the views show depends on these alone, so a page's answers may be kept under them.

    Unlike `Workspace.stamp`, heartbeats and other runs' shards do not change it: a run that works
    in the background leaves the pages' answers valid.
    """

    run_id: str | None
    herd_id: str | None
    n_shards: int  # of the shown run
    n_decisions: int
    photos: int  # `Ledger.files_version`
    n_promotions: int
    n_runs: int
    n_herds: int
    files: tuple[int, int, int]  # modification times of thumper.toml, cameras.csv, weather.csv, ns
    conf_min: float | None = None  # from which the shown run's detections count
    n_learned: int = 0  # attempts to learn from corrections


def versions(workspace: Workspace) -> Versions:
    """The versions as of now; a few milliseconds."""
    with workspace.ledger.reading() as c:
        run, herd = (
            (row[0] if row else None)
            for row in (
                c.execute(
                    "select target from pointers where kind = ? order by change_id desc limit 1",
                    (kind,),
                ).fetchone()
                for kind in ("run", "herd")
            )
        )
        newest = c.execute(
            "select run_id from runs where state <> 'discarded' order by run_id desc limit 1"
        ).fetchone()
        counts = c.execute(
            "select (select count(*) from decisions), (select count(*) from pointers), "
            "(select count(*) from runs), (select count(*) from herds)"
        ).fetchone()
    run = run or (newest[0] if newest else None)
    shards = len(workspace.lake.shards(f"runs/{run}")) if run else 0
    settings, cameras = _mtime_ns(workspace.settings_file), _mtime_ns(workspace.cameras_csv)
    times = (settings, cameras, _mtime_ns(workspace.weather_csv))
    decisions, promotions, runs, herds = counts
    photos = workspace.ledger.files_version()
    conf_min = workspace.ledger.conf_min(run) if run else None
    learned = n_cards(workspace.root)
    return Versions(
        run, herd, shards, decisions, photos, promotions, runs, herds, times, conf_min, learned
    )


def is_working(workspace: Workspace) -> bool:
    """Whether a job works on the workspace now."""
    return any(job.is_alive() for job in jobs(workspace.ledger))


def recent_visits(sightings: pl.DataFrame) -> dict[str, int]:
    """Visits in the last day, week and month before the newest one.

    sightings: `started_at`. Counted from the newest photo, not from today: cards are read late.
    """
    sightings = dated(sightings)
    if sightings.is_empty():
        return {name: 0 for name, _ in WINDOWS}
    newest = sightings["started_at"].max()
    return {
        name: sightings.filter(pl.col("started_at") > newest - timedelta(days=days)).height  # type: ignore[operator]
        for name, days in WINDOWS
    }


def newest_visits(workspace: Workspace, limit: int) -> pl.DataFrame:
    """The newest visits with what a crop needs, newest first.

    Visits whose day is not known come last.
    Columns: individual_id, label, camera, started_at, taken_at_precision, n_detections, and those of
    `Crop.from_row`.
    """
    return workspace.sql(
        """
        select s.individual_id, s.label,
            s.camera, s.started_at, s.taken_at_precision, s.n_detections, d.detection_id, d.photo_id, p.root,
            p.path_bytes, p.width, d.x1, d.y1, d.x2, d.y2, d.frame_ms
        from (
            select *, taken_at_precision = 'unknown' as untold from sightings
            order by untold, started_at desc limit ?
        ) s
        join detections d on d.detection_id = s.best_detection_id
        join photos p using (photo_id)
        order by s.untold, s.started_at desc, s.individual_id
        """,
        [limit],
    )


def camera_places(workspace: Workspace) -> pl.DataFrame:
    """One row per camera: camera, latitude, longitude, n_visits, n_individuals."""
    return workspace.sql(
        """
        with seen as (
            select camera, count(*) as n_visits, count(distinct individual_id) as n_individuals
            from sightings group by camera
        )
        select p.camera, avg(p.latitude) as latitude, avg(p.longitude) as longitude,
            coalesce(any_value(s.n_visits), 0) as n_visits,
            coalesce(any_value(s.n_individuals), 0) as n_individuals
        from photos p left join seen s using (camera) group by p.camera order by p.camera
        """
    )


@dataclass(frozen=True)
class Attention:
    """One thing a person should look at; page names where.

    is_idle: only worth saying while nothing works.
    """

    level: Literal["error", "warning", "info"]
    title: str
    detail: str
    page: str
    is_idle: bool = False


def attention(workspace: Workspace) -> list[Attention]:
    """What needs a person, the worst first."""
    found: list[Attention] = []
    counts = photo_counts(workspace)
    if counts.failed:
        found.append(
            Attention(
                "warning",
                say("{photos} could not be read", photos=words.counted(counts.failed, "photo")),
                say("Each with its reason; the rest of the photos are not affected."),
                "photos",
            )
        )
    if counts.pending:
        found.append(
            Attention(
                "info",
                say(
                    "{wait} to be processed",
                    wait=words.counted(counts.pending, "photo waits", "photos wait"),
                ),
                say("Without a result in the run that is shown."),
                "process",
                is_idle=True,
            )
        )
    herd = workspace.ledger.promoted_herd()
    summary = herd.summary if herd else HerdSummary()
    contradictions = verdicts_set_aside(workspace, summary)
    if contradictions:
        found.insert(
            0,
            Attention(
                "error",
                say(
                    "{verdicts} set aside: others or the photos contradict",
                    verdicts=words.counted(len(contradictions), "verdict"),
                ),
                contradictions[0],
                "review",
            ),
        )
    splits, merges = summary.changes.splits, summary.changes.merges
    if splits or merges:
        found.append(
            Attention(
                "warning",
                say(
                    "{splits} and {merges} since the last herd",
                    splits=words.counted(len(splits), "split"),
                    merges=words.counted(len(merges), "merge"),
                ),
                say("The last identification divided or joined deer: confirm or correct them."),
                "review",
            )
        )
    shaky = unstable_deer(workspace, summary.trust.unstable)
    if shaky:
        named = ", ".join(shaky[:UNSTABLE_SHOWN]) + (", …" if len(shaky) > UNSTABLE_SHOWN else "")
        found.append(
            Attention(
                "info",
                say("{are} shaky", are=words.counted(len(shaky), "group is", "groups are")),
                say(
                    "Less than half comes together again when bursts are drawn anew: {named}.",
                    named=named,
                ),
                "review",
            )
        )
    return found


def clock_warnings(workspace: Workspace) -> list[Attention]:
    """One for each camera whose clock is probably wrong: its visits have wrong hours on every page."""
    first: dict[str, str] = {}
    for finding in camera_findings(workspace):
        if finding.kind == "clock":
            first.setdefault(finding.camera, finding.message)
    return [
        Attention(
            "warning", say("The clock of {camera} is probably wrong", camera=camera), told, "health"
        )
        for camera, told in first.items()
    ]


def _mtime_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
