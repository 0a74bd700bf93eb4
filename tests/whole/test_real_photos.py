"""The whole chain on real camera-trap photos with a real detector, through the command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.conftest import REPOSITORY
from thumper_core.boxes.iou import boxes_of, iou_matrix
from thumper_core.workspace import Workspace


def thumper(*words: str | Path, expect: int = 0) -> str:
    """Run the command line in a process of its own and return what it printed."""
    command = [sys.executable, "-W", "error", "-m", "thumper_core.cli", *map(str, words)]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def photos(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Those of two sources: what is like them in the others would take a minute more."""
    folder = tmp_path_factory.mktemp("season") / "photos"
    for source in ("southwest", "speciesnet"):
        shutil.copytree(shared_dir / "photos" / source, folder / source)
    return folder


@pytest.fixture(scope="module")
def real(shared_dir: Path, photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("real")
    thumper("-w", folder, "init")
    thumper("-w", folder, "add", photos)
    weights = shared_dir / "weights" / "animal-coco.onnx"
    printed = thumper(
        "-w", folder, "run", "--detector", weights, "--conf", "0.2", "--json", expect=1
    )
    assert json.loads(printed)["failures"] == {"empty_file": 2, "truncated": 1}
    return Workspace.open(folder)


def species_in(workspace: Workspace, name: str) -> set[str]:
    found = workspace.sql(
        "select d.species from detections d join photos p using (photo_id) where p.path like ?",
        [f"%/{name}"],
    )
    return set(found["species"])


def test_every_file_has_exactly_one_row(real: Workspace, photos: Path) -> None:
    files = [p for p in photos.rglob("*") if p.is_file()]
    rows = real.sql("select p.path from photos p join outcomes o using (photo_id)")
    assert sorted(rows["path"]) == sorted(str(p.relative_to(photos)) for p in files)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *[(f"african_elephants{v}.jpg", "animal") for v in ("", "_bw", "_cmyk")],
        ("african_elephants_truncated_file.jpg", "animal"),
        ("african_elephants_with_exif_orientation.jpg", "animal"),
        ("domestic_cattle.jpg", "animal"),
        ("american_black_bear.jpg", "animal"),
        ("domestic_dog.jpg", "animal"),
        ("ocelot.jpg", "animal"),
        ("human.jpg", "human"),
        ("vehicle.jpg", "vehicle"),
    ],
)
def test_animals_people_and_vehicles_are_found(real: Workspace, name: str, expected: str) -> None:
    assert expected in species_in(real, name)


@pytest.mark.parametrize("name", ["blank.jpg", "blank2.jpg", "blank3.jpg"])
def test_blanks_have_no_animal(real: Workspace, name: str) -> None:
    assert "animal" not in species_in(real, name)


def test_boxes_of_the_rotated_photo_agree_with_the_upright_one(real: Workspace) -> None:
    def boxes(name: str) -> pl.DataFrame:
        return real.sql(
            "select x1, y1, x2, y2, width, height from detections d join photos p using (photo_id) "
            "where path like ? and confidence >= 0.3",
            [f"%/{name}"],
        )

    upright = boxes("african_elephants.jpg")
    turned = boxes("african_elephants_with_exif_orientation.jpg")
    assert upright.height == turned.height > 2
    assert upright.row(0)[4:] == turned.row(0)[4:]
    overlap = iou_matrix(boxes_of(upright), boxes_of(turned)).max(axis=1)
    assert np.all(overlap > 0.9)


def test_unreadable_files_are_rows_with_a_code_and_a_reason(real: Workspace) -> None:
    rows = real.sql(
        "select p.path, o.status, o.error_code, o.error_message from photos p "
        "join outcomes o using (photo_id) where o.error_code is not null order by 1"
    ).rows()
    assert [(path.split("/")[1], status, code) for path, status, code, _ in rows] == [
        ("error_img.JPG", "error", "empty_file"),
        ("error_vid.mp4", "error", "empty_file"),
        ("african_elephants_truncated_file.jpg", "partial", "truncated"),
    ]
    assert all(len(message.split()) > 5 for *_, message in rows)


def test_status_report_and_a_second_run_agree(real: Workspace) -> None:
    state = json.loads(thumper("-w", real.root, "status", "--json"))
    n = state["photos"]["total"]
    assert n == len(real.sql("from photos")) >= 30
    assert state["photos"] == {"total": n, "done": n, "pending": 0, "failed": 2, "partial": 1}
    path = real.root / "page.html"
    thumper("-w", real.root, "report", "--out", path)
    assert "error_vid.mp4" in path.read_text("utf-8")
