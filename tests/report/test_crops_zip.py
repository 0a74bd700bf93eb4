"""Pictures of each individual in a ZIP file, with a table that says what each one is."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.made_photos import HEIGHT, WIDTH
from tests.workspaces import Deer
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import MissedAnimal
from thumper_core.decisions.record import record
from thumper_core.questions import tables
from thumper_core.questions.scope import Scope, scoped
from thumper_core.report.crops_zip import crops_zip, folder_names
from thumper_core.store.strips import StripRow, keep_strips
from thumper_core.workspace import Workspace


def opened(path: Path) -> tuple[list[dict[str, str]], dict[str, Image.Image]]:
    """The table, and the pictures by their names."""
    with zipfile.ZipFile(path) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("crops.csv").decode())))
        names = [name for name in archive.namelist() if name != "crops.csv"]
        return rows, {name: Image.open(io.BytesIO(archive.read(name))) for name in names}


def test_a_folder_for_each_and_a_table_of_all(small: Workspace, tmp_path: Path) -> None:
    made = crops_zip(small, tmp_path / "deer.zip")
    rows, pictures = opened(made.file)
    assert (made.n_crops, made.n_individuals, made.n_left) == (11, 5, 0)
    assert [row["file"] for row in rows] == list(pictures)
    folders = {name.split("/")[0] for name in pictures}
    assert {"Old Crooked", "Clover"} < folders and len(folders) == 5
    best = tables.best_detections(small, 9)
    assert [row["detection_id"] for row in rows] == best["detection_id"].to_list()
    for row in rows:
        picture = pictures[row["file"]]
        assert picture.format == "JPEG" and not picture.getexif()
        assert picture.width > 240 * 0.9, "at the photo's own size"
        assert 0 < float(row["confidence"]) <= 1
        assert row["photo_id"] and row["camera"] and row["taken_at"]
        assert (row["name"] or row["individual_id"]) in row["file"]
        assert float(row["x1"]) < float(row["x2"])
    assert {row["sex"] for row in rows} >= {"male", "female"}
    fewer = crops_zip(small, tmp_path / "few.zip", limit=2)
    files = [row["file"] for row in opened(fewer.file)[0]]
    assert fewer.n_crops == 8
    assert files == [row["file"] for row in rows if int(Path(row["file"]).stem) <= 2]


def test_what_the_camera_prints_is_not_in_them(
    build: Callable[..., Workspace], tmp_path: Path
) -> None:
    ranch = build([Deer("buck", 2)], cameras=("Creek",))
    before = opened(crops_zip(ranch, tmp_path / "with.zip").file)[1]
    row = StripRow("", "", "Creek", False, WIDTH, HEIGHT, 8, ((HEIGHT - 90, HEIGHT, 84),))
    dark = [bool((np.asarray(p.convert("L"))[-8:] < 40).mean() > 0.5) for p in before.values()]
    keep_strips(ranch.ledger, [row._replace(places=((HEIGHT - 18, HEIGHT, 20),))])
    after = opened(crops_zip(ranch, tmp_path / "without.zip").file)[1]
    for printed, was, now in zip(dark, before.values(), after.values(), strict=True):
        assert (now.height < was.height) == printed
        assert not (np.asarray(now.convert("L"))[-8:] < 40).mean() > 0.5


def test_people_in_them_are_blurred_and_unlooked_ones_left_out(
    build: Callable[..., Workspace], tmp_path: Path
) -> None:
    ranch = build([Deer("buck", 2, lefts=(40, 300))])
    rows = ranch.sql("select photo_id, x1, y1 from detections order by photo_id").rows()
    photo_id, x1, y1 = rows[0]
    body = (x1 + 20, y1 + 20, x1 + 100, y1 + 120)
    record(ranch.ledger, MissedAnimal(BoxKey(photo_id, body), "person"), "Kim")
    plain = opened(crops_zip(ranch, tmp_path / "plain.zip").file)
    made = crops_zip(scoped(ranch, Scope(blur_people=True)), tmp_path / "blurred.zip")
    hidden = opened(made.file)
    assert [row["file"] for row in hidden[0]] == [row["file"] for row in plain[0]]
    differs = [
        row["photo_id"]
        for row in plain[0]
        if np.abs(np.subtract(plain[1][row["file"]], hidden[1][row["file"]], dtype=int)).max() > 25
    ]
    assert differs == [photo_id]
    with ranch.ledger.transaction() as c:
        c.execute("delete from class_meanings where species = 'person'")
    with pytest.raises(ThumperError, match="does not look for people"):
        crops_zip(scoped(ranch, Scope(blur_people=True)), tmp_path / "no.zip")
    assert not (tmp_path / "no.zip").exists()


def test_what_cannot_be_written_is_said(build: Callable[..., Workspace], tmp_path: Path) -> None:
    ranch = build([Deer("buck", 2), Deer("doe", 1)])
    gone = next(Path(root) / path for root, path in ranch.sql(
        "select root, path from photos semi join detections using (photo_id)").rows())  # fmt: skip
    gone.unlink()
    made = crops_zip(ranch, tmp_path / "deer.zip")
    assert (made.n_crops, made.n_left, made.n_withheld) == (2, 1, 0)
    with pytest.raises(UsageError, match=r"name the file as deer\.zip"):
        crops_zip(ranch, tmp_path / "deer")
    with pytest.raises(ThumperError, match="thumper identify"):
        crops_zip(Workspace.create(tmp_path / "none"), tmp_path / "none.zip")


def test_folders_are_names_that_any_system_takes() -> None:
    names = {
        "deer-1": "Old Crooked", "deer-2": "old crooked", "deer-3": None, "deer-4": "../../etc",
        "deer-5": "NUL", "deer-6": "a/b:c*?", "deer-7": " . ", "deer-8": "x" * 300, "deer-9": "com1.txt",
        "deer-10": "غزال",
    }  # fmt: skip
    found = folder_names(names)
    assert found["deer-1"] == "Old Crooked"
    assert found["deer-2"] == "old crooked (deer-2)"
    assert found["deer-3"] == "deer-3"
    assert found["deer-5"] == "deer-5 NUL"
    assert found["deer-7"] == "deer-7"
    assert found["deer-10"] == "غزال"
    assert len({name.casefold() for name in found.values()}) == len(names)
    for name in found.values():
        assert not set('<>:"/\\|?*') & set(name)
        assert name.strip(" .") == name and 0 < len(name) < 120
