"""The demo, from nothing to a report, as `make demo` runs it, on a small herd."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest

from tests.whole.test_real_photos import thumper
from thumper_core.workspace import Workspace

# Notebooks run on a demo as well, and real photos go through every step.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo") / "herd"
    options = ("--seed", 31, "--deer", 8, "--cameras", 3, "--photos", 150)
    return folder, thumper("demo", folder, *options)


def test_it_prints_the_herd_the_truth_and_where_the_report_is(demo: tuple[Path, str]) -> None:
    folder, printed = demo
    assert re.search(r"Deer: \d+ estimated, \d+ true", printed)
    for words in ("animals found", "pairs grouped right", "sex and age class right"):
        assert words in printed
    assert str(folder / "reports" / "herd-report.html") in printed


def test_the_detector_finds_the_deer_and_their_classes_on_a_seed_it_never_saw(
    demo: tuple[Path, str],
) -> None:
    result = json.loads(thumper("-w", demo[0], "evaluate", "demo", "--json"))
    assert result["detection_recall"]["value"] >= 0.9
    assert result["detection_precision"]["value"] >= 0.9
    assert result["class_accuracy"]["value"] >= 0.9
    for entry in result.values():
        assert set(entry) == {"value", "low", "high"}
    assert result["broken_links"]["value"] == 0
    said = result["estimated_pairwise_recall"]
    assert 0 <= said["low"] <= said["value"] <= said["high"] <= 1
    assert 0 <= result["estimated_pairwise_precision"]["value"] <= 1


def test_no_two_animals_of_one_photo_are_one_individual(demo: tuple[Path, str]) -> None:
    doubles = Workspace.open(demo[0]).sql(
        "select photo_id, individual_id from assignments join detections using (detection_id) "
        "group by all having count(*) > 1"
    )
    assert doubles.is_empty()


def test_the_report_carries_its_pictures(demo: tuple[Path, str]) -> None:
    page = (demo[0] / "reports" / "herd-report.html").read_text("utf-8")
    pictures = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", page)
    assert len(pictures) >= 8
    assert all(base64.b64decode(p).startswith(b"\xff\xd8") for p in pictures)
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r'(src|href)="https?://', markup)


def test_broken_photos_are_rows_with_reasons(demo: tuple[Path, str]) -> None:
    state = json.loads(thumper("-w", demo[0], "status", "--json"))
    assert state["photos"]["pending"] == 0
    assert {"empty_file", "video", "not_an_image"} <= {f["reason"] for f in state["failures"]}


def test_the_same_command_again_renders_and_detects_nothing_anew(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    before = {p: p.stat().st_mtime_ns for p in (folder / "lake" / "runs").rglob("*.parquet")}
    options = ("--seed", 31, "--deer", 8, "--cameras", 3, "--photos", 150)
    thumper("demo", folder, *options)
    after = {p: p.stat().st_mtime_ns for p in (folder / "lake" / "runs").rglob("*.parquet")}
    assert before == after


def test_another_plan_in_the_same_folder_is_refused(demo: tuple[Path, str]) -> None:
    thumper("demo", demo[0], "--seed", 32, expect=2)
    photos = list((demo[0] / "photos").rglob("*.jpg"))
    assert len(photos) >= 150
