"""Cameras are judged by their own past; health is plain values for a page, a script, Prometheus."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.herds import deer_workspace, models
from thumper_core.cameras.health import judge
from thumper_core.flows.reprocess import reprocess
from thumper_core.store.jobs import finish_job, start_job
from thumper_core.upkeep.health import health, prometheus, write_prometheus
from thumper_core.workspace import Workspace

DAY0 = datetime(2025, 8, 1)


def season(camera: str = "north", days: int = 60, **changes: object) -> pl.DataFrame:
    """Four photos a day (two by night, infrared), numbered in order, with sharp animals."""
    hours = (1, 7, 18, 23)
    times = [DAY0 + timedelta(days=d, hours=h) for d in range(days) for h in hours]
    n = len(times)
    return pl.DataFrame(
        {
            "camera": [camera] * n,
            "photo_id": [f"{camera}{i}" for i in range(n)],
            "path": [f"{camera}/IMG_{i:05d}.jpg" for i in range(n)],
            "file_number": list(range(n)),
            "taken_at": times,
            "clock_at": times,
            "taken_at_source": ["exif"] * n,
            "is_time_evidence": [True] * n,
            "latitude": [None] * n,
            "longitude": [None] * n,
            "is_infrared": [t.hour in (1, 23) for t in times],
            "sharpness": [100.0] * n,
            "battery_pct": [None] * n,
            "stamp": [None] * n,
            "stamp_confidence": [None] * n,
            "is_sent": [False] * n,
            "heard_at": [None] * n,
        },
        schema_overrides={
            "heard_at": pl.Datetime("us"),
            "taken_at": pl.Datetime("us"),
            "clock_at": pl.Datetime("us"),
            "latitude": pl.Float64,
            "longitude": pl.Float64,
            "battery_pct": pl.Float64,
            "stamp": pl.String,
            "stamp_confidence": pl.Float64,
        },
    ).with_columns(**{k: pl.lit(v) for k, v in changes.items()})


def late(frame: pl.DataFrame, column: str, value: object) -> pl.DataFrame:
    """Another value in the last 14 days."""
    last = frame["taken_at"].max()
    recent = pl.col("taken_at") > last - timedelta(days=14)  # type: ignore[operator]
    return frame.with_columns(pl.when(recent).then(pl.lit(value)).otherwise(column).alias(column))


def shifted(frame: pl.DataFrame, start: int, by: timedelta) -> pl.DataFrame:
    """A clock that is off from one photo on."""
    index = pl.int_range(pl.len())
    moved = pl.when(index >= start).then(pl.col("taken_at") + by).otherwise("taken_at")
    return frame.with_columns(moved.alias("taken_at"), moved.alias("clock_at"))


def sent(frame: pl.DataFrame, late_from: int, by: timedelta) -> pl.DataFrame:
    """Photos of a cellular camera: from one on twenty came together later, and all are numbered so."""
    index = pl.int_range(pl.len())
    waited = (index >= late_from) & (index < late_from + 20)
    together = pl.col("taken_at").filter(waited).max() + by
    heard = pl.when(waited).then(together).otherwise("taken_at")
    came = frame.with_columns(heard.alias("heard_at"), pl.lit(True).alias("is_sent"))
    came = came.sort("heard_at", maintain_order=True).with_row_index("n")
    return came.with_columns(
        pl.col("n").cast(pl.Int64).alias("file_number"),
        pl.format("{}/PICT{}.jpg", "camera", pl.col("n").cast(pl.String).str.zfill(5)).alias(
            "path"
        ),
    ).select(frame.columns)


def at_most(frame: pl.DataFrame, per_day: int) -> pl.DataFrame:
    """What a plan lets through: the first few of each day."""
    return frame.filter(pl.int_range(pl.len()).over(pl.col("taken_at").dt.date()) < per_day)


LATE = sent(season(), 60, timedelta(days=6))


@pytest.mark.parametrize(
    ("photos", "kinds"),
    [
        (LATE, []),
        (LATE.with_columns(is_sent=False), ["clock"]),  # numbers of a card are in order
        (at_most(LATE, 1), []),
        (at_most(sent(season(), 0, timedelta()), 3), []),
        # Its last pictures are of ten days ago, and came yesterday: it lives.
        (pl.concat([season(), sent(season("sent", 50), 180, timedelta(days=9))]), []),
        (pl.concat([season(), sent(season("sent", 50), 0, timedelta())]), ["silent"]),
    ],
    ids=["late", "the same from a card", "late and one a day", "three a day", "late signs of life",
         "silent"],
)  # fmt: skip
def test_late_pictures_and_daily_quotas_are_no_anomaly(
    photos: pl.DataFrame, kinds: list[str]
) -> None:
    found = judge(photos, silent_days=7.0)
    assert [one.kind for one in found] == kinds
    assert all("plan" in one.message for one in found if one.kind == "silent")


@pytest.mark.parametrize(
    ("photos", "expected"),
    [
        (season(), []),
        (season().clear(), []),
        (season().head(1), []),
        (pl.concat([season(), season("south", 40)]), [("south", "silent")]),
        (pl.concat([season(), season("south", 55)]), []),
        (season(taken_at_source="file_mtime", is_time_evidence=False), []),
        (shifted(season(), 100, timedelta(days=-90)), [("north", "clock")]),
        (shifted(season(), 100, timedelta(days=400)), [("north", "clock")]),
        (shifted(season(taken_at_source="implausible", is_time_evidence=False), 0,
                 timedelta(days=-365 * 30)), [("north", "clock")]),
        (shifted(season(), 100, timedelta(hours=-1)), []),
        (shifted(season(), 239, timedelta(days=-30)), []),
        (late(season(), "is_infrared", False), [("north", "infrared")]),
        (season(is_infrared=None), []),
        (late(season(), "sharpness", 40.0), [("north", "lens")]),
        (late(season(), "sharpness", 70.0), []),
        (late(season(), "sharpness", None), []),
        (late(season(battery_pct=90.0), "battery_pct", 15.0), [("north", "battery")]),
        (late(season(battery_pct=15.0), "battery_pct", 99.0), []),
        (season(battery_pct=25.0), []),
    ],
    ids=[
        "well", "no photos", "one photo", "silent", "quiet for a few days", "no times",
        "clock back", "clock ahead", "clock reset", "summer time", "a stray photo", "infrared fails",
        "infrared unknown", "dirty lens", "a little softer", "nobody came",
        "battery low", "battery changed", "battery good enough",
    ],
)  # fmt: skip
def test_cameras(photos: pl.DataFrame, expected: list[tuple[str, str]]) -> None:
    found = judge(photos, silent_days=7.0)
    assert [(f.camera, f.kind) for f in found] == expected
    assert all(f.message.endswith(".") for f in found)


def test_one_wrong_clock_does_not_silence_the_others() -> None:
    wrong = shifted(season("ahead", 2), 5, timedelta(days=3000))
    found = judge(pl.concat([season(), wrong]), silent_days=7.0)
    assert ("north", "silent") not in [(f.camera, f.kind) for f in found]


def test_a_camera_that_is_always_slow_is_not_silent() -> None:
    slow = season("slow", 60).gather_every(80)
    found = judge(pl.concat([season(), slow.head(2)]), silent_days=7.0)
    assert [f.kind for f in found if f.camera == "slow"] == []


def test_health_of_an_empty_and_of_a_working_workspace(tmp_path: Path) -> None:
    nothing = Workspace.create(tmp_path / "empty")
    nothing.settings = nothing.settings.replace(
        "ops", disk_free_min_gib=0.0
    )  # whatever disk it runs on
    empty = health(nothing)
    assert empty["photos"]["total"] == 0 and empty["job"] is None
    assert empty["anomalies"] == [] and not empty["readiness"]["ready"]
    workspace = deer_workspace(tmp_path, n_deer=3, n_events=3)
    (tmp_path / "photos" / "cam0" / "bad.jpg").write_text("text")
    from thumper_core.ingest.add import add_paths

    add_paths(workspace, [tmp_path / "photos"])
    reprocess(workspace, models())
    state = health(workspace)
    assert state["photos"] == {"total": 19, "ok": 18, "partial": 0, "failed": 1, "pending": 0}
    assert state["failures"] == {"not_an_image": 1}
    assert state["ledger"] == "ok" and not state["is_working"]
    assert sum(state["new_profiles"].values()) == workspace.sql("select * from profiles").height
    assert json.loads(json.dumps(state)) == state


def test_what_is_wrong_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace.create(tmp_path)
    job = start_job(workspace.ledger, None, "run")
    finish_job(workspace.ledger, job, "failed", "the disk is full")
    workspace.settings = workspace.settings.replace("ops", disk_free_min_gib=1e9)
    keys = [a["key"] for a in health(workspace)["anomalies"]]
    assert keys == ["disk", "job"]
    with workspace.ledger.transaction() as c:
        c.execute("update jobs set state = 'running', pid_started = 1")
    state = health(workspace, datetime.now(UTC) + timedelta(hours=1))
    assert "without a word" in state["anomalies"][1]["message"]
    assert state["job"]["heartbeat_age_s"] > 3500


def test_prometheus_text_is_well_formed_and_written_whole(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    state = health(workspace)
    state["cameras"] = [{"camera": 'north "old"\\gate', "kind": "lens", "message": "Clean."}]
    state["gpus"] = [{"name": "A", "utilisation": 0.5, "memory_used": 1, "memory_total": 2}]
    text = prometheus(state)
    sample = re.compile(
        r'thumper_[a-z_]+(\{[a-z]+="[^"\n]*(\\.[^"\n]*)*"(,[a-z]+="[^"]*")*\})? \S+'
    )
    for line in text.splitlines():
        assert line.startswith(("# HELP", "# TYPE")) or sample.fullmatch(line), line
        if not line.startswith("#"):
            assert np.isfinite(float(line.rsplit(" ", 1)[1]))
    assert 'thumper_camera_problem{camera="north \\"old\\"\\\\gate",kind="lens"} 1' in text
    write_prometheus(state, tmp_path / "thumper.prom")
    assert (tmp_path / "thumper.prom").read_text() == text
    assert not list(tmp_path.glob(".thumper*"))
