"""Stumps and lamps of the demo: always there, no animals of the truth, and nobody's photo moves."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from thumper_demo import DemoPlan, render_demo
from thumper_demo.chain import MARKER, render
from thumper_demo.plan import write_script
from thumper_demo.stumps import is_shown, stumps_before
from thumper_demo.truth import FIXTURES_SCHEMA

PLAN = DemoPlan(seed=5, n_deer=2, n_cameras=1, n_photos=3, frames=3, n_stumps=1)


def test_who_comes_when_does_not_depend_on_stumps() -> None:
    with_stumps, without = write_script(PLAN), write_script(replace(PLAN, n_stumps=0))
    assert with_stumps.photos == without.photos
    assert with_stumps.herd == without.herd
    assert stumps_before(without, 0) == ()


def test_they_are_dealt_to_the_cameras_and_a_lamp_is_lit_in_the_dark_only() -> None:
    script = write_script(replace(PLAN, n_cameras=3, n_stumps=5))
    before = [stumps_before(script, site) for site in range(3)]
    assert [len(stumps) for stumps in before] == [2, 2, 1]
    assert [[s.kind for s in stumps] for stumps in before] == [
        ["stump", "lamp"],
        ["lamp", "stump"],
        ["stump"],
    ]
    shown = {
        (kind.kind, light): is_shown(kind, light)
        for kind in before[0]
        for light in ("night", "noon")
    }
    assert shown == {
        ("stump", "night"): True, ("stump", "noon"): True,
        ("lamp", "night"): True, ("lamp", "noon"): False,
    }  # fmt: skip


def test_a_stump_is_in_every_photo_at_one_place_and_in_a_table_of_its_own(tmp_path: Path) -> None:
    summary = render_demo(PLAN, tmp_path, workers=1, faulty=False)
    fixtures = pq.read_table(tmp_path / "truth_fixtures.parquet")
    assert fixtures.schema.equals(FIXTURES_SCHEMA)
    assert fixtures["kind"].to_pylist() == ["stump"] * 3
    whole = [row for row in fixtures.to_pylist() if row["visible_fraction"] > 0.95]
    assert len({(row["x1"], row["y1"], row["x2"], row["y2"]) for row in whole}) <= 1
    animals = pq.read_table(summary.truth)
    assert "stump" not in animals["class"].to_pylist()
    photos = pq.read_table(tmp_path / "truth_photos.parquet")
    assert sum(photos["n_animals"].to_pylist()) == animals.num_rows == summary.n_animals


def test_a_demo_made_before_there_were_stumps_is_one_without(tmp_path: Path) -> None:
    plan = replace(PLAN, n_stumps=0)
    before = {name: value for name, value in asdict(plan).items() if name != "n_stumps"}
    (tmp_path / MARKER).write_text(json.dumps(before))
    render(tmp_path, plan, lambda step, done, total: pytest.fail("it is rendered already"))
    assert not (tmp_path / "photos").exists()
