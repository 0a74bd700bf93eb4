"""Rendering: the same plan gives the same bytes, whole photos with EXIF, and boxes that lie in
them.
"""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from thumper_core.heads.flank import shipped_flank_head
from thumper_core.vision.images import crop_patch
from thumper_demo import DemoPlan, DemoSummary, render_demo
from thumper_demo.truth import CLASSES, DEER_SCHEMA, PHOTOS_SCHEMA, TRUTH_SCHEMA

PLAN = DemoPlan(seed=37, n_deer=8, n_cameras=2, n_photos=12)
Herd = tuple[Path, DemoSummary]


@pytest.fixture(scope="module")
def herd(tmp_path_factory: pytest.TempPathFactory) -> Herd:
    """The folder of a rendered herd (drawn by one process), and its summary."""
    folder = tmp_path_factory.mktemp("herd")
    return folder, render_demo(PLAN, folder, workers=1)


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files
    }


def test_same_plan_same_bytes_whatever_the_number_of_processes(herd: Herd, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    render_demo(
        PLAN, tmp_path, workers=2, on_progress=lambda done, total: told.append((done, total))
    )
    assert _hashes(tmp_path) == _hashes(herd[0])
    assert told[-1] == (12, 12)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_another_seed_gives_other_photos(herd: Herd, tmp_path: Path) -> None:
    render_demo(DemoPlan(seed=38, n_deer=8, n_cameras=2, n_photos=3), tmp_path, workers=1)
    assert not set(_hashes(tmp_path / "photos").values()) & set(
        _hashes(herd[0] / "photos").values()
    ) - {
        hashlib.sha256(content).hexdigest()
        for content in (b"", b"Battery changed, card formatted. Not a photo.\n")
    }


def test_summary_and_tables_agree(herd: Herd) -> None:
    folder, summary = herd
    truth = pq.read_table(summary.truth)
    photos = pq.read_table(folder / "truth_photos.parquet")
    deer = pq.read_table(folder / "truth_deer.parquet")
    assert truth.schema.equals(TRUTH_SCHEMA)
    assert photos.schema.equals(PHOTOS_SCHEMA)
    assert deer.schema.equals(DEER_SCHEMA)
    assert summary.n_photos == 12
    assert summary.n_animals == truth.num_rows == sum(photos["n_animals"].to_pylist())
    assert photos.num_rows == summary.n_photos + summary.n_faulty
    assert deer.num_rows == summary.n_deer == 8
    on_disk = {
        p.relative_to(folder / "photos").as_posix()
        for p in (folder / "photos").rglob("*")
        if p.is_file()
    }
    assert set(photos["path"].to_pylist()) == on_disk
    for row in photos.to_pylist():
        content = (folder / "photos" / row["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["photo_sha256"]


def test_boxes_lie_in_the_upright_photo_above_the_strip(herd: Herd) -> None:
    folder, summary = herd
    rows = pq.read_table(summary.truth).to_pylist()
    assert rows
    for row in rows:
        with Image.open(folder / "photos" / row["path"]) as image:
            width, height = image.size
        assert 0 <= row["x1"] < row["x2"] <= width
        assert 0 <= row["y1"] < row["y2"] <= height * 0.96
        assert row["y2"] - row["y1"] >= 14
        assert 0.25 <= row["visible_fraction"] <= 1.0
        assert row["class"] in CLASSES
        assert (row["individual"] is None) == (row["class"] not in ("doe", "fawn", "buck"))


def test_a_box_holds_what_changes_when_the_animal_is_there(herd: Herd) -> None:
    """Inside the boxes a photo differs from the empty scene, outside it hardly does (shadows
    apart).
    """
    from thumper_demo.compose import Studio
    from thumper_demo.light import LIGHTS
    from thumper_demo.plan import write_script

    studio = Studio(write_script(PLAN))
    photo = next(p for p in studio.script.photos if p.subjects and p.light == "night")
    image, seen = studio.draw(photo)
    empty = studio._background(photo.site, LIGHTS[photo.light])
    changed = np.abs(image.astype(int) - empty.astype(int)).max(axis=2) > 40
    inside = np.zeros_like(changed)
    for animal in seen:
        x1, y1, x2, y2 = (int(v) for v in animal.box)
        inside[y1:y2, x1:x2] = True
        assert changed[y1:y2, x1:x2].mean() > 0.08
    assert (changed & ~inside).mean() < 0.002


def test_the_truth_says_which_flank_is_seen(herd: Herd) -> None:
    """As the head for flanks sees it, which was fitted on real deer."""
    head = shipped_flank_head()
    assert head is not None
    right = []
    for row in pq.read_table(herd[1].truth).to_pylist():
        assert (row["flank"] in ("left", "right")) == (row["individual"] is not None)
        if row["individual"] is None or row["visible_fraction"] < 0.5:
            continue
        image = np.asarray(Image.open(herd[0] / "photos" / row["path"]).convert("RGB"))
        box = np.array([row[c] for c in ("x1", "y1", "x2", "y2")], np.float32)
        chances = head.chances([crop_patch(image, box)], [box[2] - box[0]], [box[3] - box[1]])
        right += [said == row["flank"] for said in head.say(*chances)[0] if said]
    assert len(right) >= 5 and np.mean(right) > 0.8


def test_exif_says_when_where_and_with_what(herd: Herd) -> None:
    folder, _ = herd
    with (folder / "cameras.csv").open(encoding="utf-8") as handle:
        cameras = {row["name"]: row for row in csv.DictReader(handle)}
    rows = pq.read_table(folder / "truth_photos.parquet").to_pylist()
    for row in (r for r in rows if r["fault"] is None):
        with Image.open(folder / "photos" / row["path"]) as image:
            exif = image.getexif()
            assert image.size == (row["width"], row["height"])
        details, position = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
        taken = row["taken_at"]
        assert details[0x9003] == taken.strftime("%Y:%m:%d %H:%M:%S")
        assert int(details[0x9291]) == taken.microsecond // 1000
        assert exif[0x010F] and exif[0x0110] and exif[0x0112] == 1
        assert details[0x9209] & 1 == row["is_infrared"]
        latitude = sum(float(part) / 60**k for k, part in enumerate(position[2]))
        assert latitude == pytest.approx(float(cameras[row["camera"]]["latitude"]), abs=1e-4)
        assert row["path"].split("/")[0] == row["camera"]


def test_infrared_photos_are_gray(herd: Herd) -> None:
    folder, _ = herd
    rows = [
        r for r in pq.read_table(folder / "truth_photos.parquet").to_pylist() if r["fault"] is None
    ]
    for row in rows:
        with Image.open(folder / "photos" / row["path"]) as image:
            pixels = np.asarray(image.convert("RGB")).astype(int)
        colour = np.abs(pixels[..., 0] - pixels[..., 2]).mean()
        assert (colour < 1.5) == row["is_infrared"]


def test_faulty_files_are_what_they_say(herd: Herd) -> None:
    folder, summary = herd
    rows = [r for r in pq.read_table(folder / "truth_photos.parquet").to_pylist() if r["fault"]]
    faults = {r["fault"]: folder / "photos" / r["path"] for r in rows}
    assert set(faults) == {"zero_bytes", "truncated", "text_file", "duplicate", "video"}
    assert summary.n_faulty == 5
    assert faults["zero_bytes"].stat().st_size == 0
    with pytest.raises(OSError), Image.open(faults["truncated"]) as image:
        image.load()
    assert not faults["text_file"].read_bytes().startswith(b"\xff\xd8")
    hashes = list(_hashes(folder / "photos").values())
    assert hashes.count(hashlib.sha256(faults["duplicate"].read_bytes()).hexdigest()) == 2
    assert faults["video"].suffix == ".mp4"


def test_photos_of_two_plans_do_not_mix(herd: Herd) -> None:
    with pytest.raises(FileExistsError, match="not empty"):
        render_demo(PLAN, herd[0], workers=1)


def test_no_deer_and_one_camera_is_a_herd_too(tmp_path: Path) -> None:
    summary = render_demo(
        DemoPlan(seed=1, n_deer=0, n_cameras=1, n_photos=2), tmp_path, workers=1, faulty=False
    )
    assert summary.n_faulty == 0
    assert pq.read_table(tmp_path / "truth_deer.parquet").num_rows == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n_deer", -1),
        ("n_cameras", 0),
        ("n_photos", 0),
        ("n_photos", 2.5),
        ("difficulty", 1.01),
        ("difficulty", -0.1),
        ("difficulty", float("nan")),
        ("other_share", 2.0),
        ("frames", 0),
    ],
)
def test_unusable_plans_are_refused(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field):
        DemoPlan(**{field: value})  # type: ignore[arg-type]


def test_workers_must_be_positive(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="workers"):
        render_demo(PLAN, tmp_path, workers=0)


def test_the_package_is_light_until_used() -> None:
    code = (
        "import sys, json, thumper_demo; "
        "print(json.dumps([m for m in ('cv2', 'torch') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
