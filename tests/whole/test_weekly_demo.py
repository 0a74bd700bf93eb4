"""Six weeks of a rendered herd with the shipped detector and the default embedder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.flows.test_weekly import FakeClock, clock, shown  # noqa: F401 - a fixture
from thumper_core.flows.weekly import WeeklyResult, last_started, passes, weekly
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.launch import Models, open_models
from thumper_core.settings import Settings
from thumper_core.vision.registry import load_registry
from thumper_core.work.schedule import Schedule, is_due
from thumper_core.workspace import Workspace
from thumper_demo import DemoPlan
from thumper_demo.chain import render

PLAN = DemoPlan(seed=31, n_deer=10, n_cameras=4, n_photos=400)


def card(demo: Path, cards: Path, share: tuple[float, float]) -> None:
    """Copy a share of the photos, by their time, as somebody who empties cards would."""
    photos = pl.read_parquet(demo / "truth_photos.parquet").sort("taken_at", "path")
    first, last = (round(part * photos.height) for part in share)
    for path in photos["path"][first:last]:
        (cards / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(demo / "photos" / path, cards / path)


def use(workspace: Workspace, conf_min: float) -> Callable[[], tuple[Models, Settings]]:
    """The real models. A confidence that no detection reaches is a model that went blind."""
    settings = workspace.settings.replace("detect", detector="demo", conf_min=conf_min)
    return lambda: (open_models(workspace, settings), settings)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_weeks_of_a_rendered_herd_with_real_models(
    tmp_path: Path,
    clock: FakeClock,  # noqa: F811
) -> None:
    demo, cards = tmp_path / "demo", tmp_path / "cards"
    render(demo, PLAN, lambda step, done, total: None)
    workspace = Workspace.create(tmp_path / "work")
    good_conf = load_registry(None).get("demo").conf_min
    schedule = Schedule("0 2 * * 0", "systemd", "none", False, "2025-09-01T00:00:00+00:00")

    def one_pass(conf_min: float) -> WeeklyResult:
        result = weekly(workspace, use(workspace, conf_min), clock=clock, say=print)
        print(f"{clock.at:%Y-%m-%d} {result.state}, ready: {result.ready}")
        return result

    card(demo, cards, (0.0, 0.6))
    add_paths(workspace, [cards])
    first = one_pass(good_conf)
    assert (first.state, first.ready) == ("promoted", False)
    good = shown(workspace)
    deer = set(workspace.sql("select individual_id from profiles")["individual_id"])
    assert deer

    clock.at += timedelta(weeks=1)
    bad = one_pass(0.999)
    assert bad.state == "rejected" and shown(workspace) == good
    assert "profiles" in {anomaly["key"] for anomaly in bad.anomalies}
    assert workspace.ledger.runs()[-1].state == "rejected"

    # The machine was off on the third Sunday and comes back on Tuesday.
    clock.at += timedelta(weeks=1, days=2, hours=9)
    assert is_due(schedule, last_started(workspace), clock.at)
    card(demo, cards, (0.6, 1.0))
    add_paths(workspace, [cards])
    caught_up = one_pass(good_conf)
    assert caught_up.state == "promoted" and not caught_up.ready
    assert caught_up.after is not None
    assert caught_up.after["n_processed"] == caught_up.after["n_photos"] >= PLAN.n_photos
    assert not is_due(schedule, last_started(workspace), clock.at)
    assert shown(workspace)[0] == good[0]  # the same run, topped up

    # The herd grew in that week; two weeks without growth after it, and it may be named.
    clock.at += timedelta(days=5)
    ready = [one_pass(good_conf).ready]
    for _ in range(2):
        clock.at += timedelta(weeks=1)
        ready.append(one_pass(good_conf).ready)
    assert ready == [False, False, True]
    now = set(workspace.sql("select individual_id from profiles")["individual_id"])
    assert len(deer & now) >= 0.8 * len(deer)  # who was known is known still
    states = [one.state for one in passes(workspace)]
    assert states == ["promoted", "rejected", *["promoted"] * 4]
