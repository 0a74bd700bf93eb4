"""The background-leak test on a workspace: fake embedders that see only the deer or only the place."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from PIL import Image
from typer.testing import CliRunner

from thumper_core.cli import app
from thumper_core.contracts import (
    ASSIGNMENTS,
    DEER,
    Boxes,
    ClassMeaning,
    FloatArray,
    ImageArray,
    ThumperError,
)
from thumper_core.evaluate import scene_leak
from thumper_core.evaluate.scene_leak import measure_scene_leak, read_scene_leak, sample_visits
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline import blanked
from thumper_core.pipeline.run import run
from thumper_core.settings import Settings
from thumper_core.store.herd_summary import HerdSummary
from thumper_core.workspace import Workspace

N_DEER, N_VISITS = 6, 4
BOX = (60.0, 30.0, 100.0, 66.0)
MEANINGS = {"doe": ClassMeaning(DEER)}


class OneDeer:
    """A deer in the middle of every photo."""

    name = "one-deer"
    class_names = ("doe",)
    weights_sha256 = "0" * 64
    stride = 32

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        return (96, 160)

    def detect(self, batch: ImageArray) -> list[Boxes]:
        box = np.array([BOX], np.float32)
        return [Boxes(box, np.array([0.9], np.float32), np.zeros(1, np.int64)) for _ in batch]

    def fingerprint_fields(self) -> dict[str, Any]:
        return {"name": self.name}


class Sees:
    """Looks at one part of a crop: with a margin of half a side, the box is its middle half."""

    size = 32
    dim = 64

    def __init__(self, part: str) -> None:
        self.name = part

    def embed(self, crops: ImageArray) -> FloatArray:
        grey = crops.astype(np.float32).mean(axis=3)
        if self.name == "deer":
            seen = grey[:, 12:20, 12:20].reshape(len(crops), 64)
        else:
            seen = np.concatenate([grey[:, 8:24, :2], grey[:, 8:24, -2:]], axis=2)
            seen = seen.reshape(len(crops), 64)
        seen = seen - seen.mean(axis=1, keepdims=True) + 1e-3
        return (seen / np.linalg.norm(seen, axis=1, keepdims=True)).astype(np.float32)

    def fingerprint_fields(self) -> dict[str, Any]:
        return {"name": self.name}


def make_photos(folder: Path) -> None:
    """Bursts of two; each deer has a coat and a spot of its own, at one of two cameras."""
    for deer in range(N_DEER):
        own = np.random.default_rng(deer)
        spot = np.kron(own.integers(20, 230, (12, 20)), np.ones((8, 8)))
        coat = np.kron(own.integers(20, 230, (9, 10)), np.ones((4, 4)))
        for visit in range(N_VISITS):
            for frame in range(2):
                noise = np.random.default_rng([deer, visit, frame])
                pixels = spot.copy()
                pixels[30:66, 60:100] = coat
                pixels = pixels[..., None] + noise.normal(0, 12, (96, 160, 3))
                at = datetime(2025, 9, 1) + timedelta(
                    hours=2 * (visit * N_DEER + deer), seconds=2 * frame
                )
                path = folder / f"cam{deer % 2}" / f"{at:%Y%m%d_%H%M%S}_{deer}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)


def herd_seen_by(root: Path, part: str) -> Workspace:
    """A workspace whose shown herd has one profile for each true deer."""
    make_photos(root / "photos")
    workspace = Workspace.create(root / "work")
    workspace.settings = (
        Settings().replace("embed", margin=0.5).replace("engine", batch_size=4, queue_photos=8)
    )
    add_paths(workspace, [root / "photos"])
    run_id = run(workspace, OneDeer(), Sees(part), meanings=MEANINGS).run_id
    show_herd(workspace, run_id)
    return workspace


def show_herd(workspace: Workspace, run_id: str) -> str:
    herd_id = workspace.ledger.reserve_herd_id()
    rows = workspace.sql("select detection_id, path from detections join photos using (photo_id)")
    table = [
        {"herd_id": herd_id, "detection_id": name, "profile_id": "p" + path[-5]}
        for name, path in rows.iter_rows()
    ]
    shard = {"assignments": pa.Table.from_pylist(table, schema=ASSIGNMENTS)}
    workspace.lake.write_shard(f"herds/{herd_id}", "000000", shard)
    workspace.ledger.add_herd(herd_id, run_id, "average", 0.5, HerdSummary(), [], promote=True)
    return herd_id


@pytest.fixture(scope="module")
def by_place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Read only, but for what is kept of the test."""
    return herd_seen_by(tmp_path_factory.mktemp("place"), "place")


def test_an_embedder_that_sees_only_the_place_keeps_its_whole_lead(by_place: Workspace) -> None:
    told: list[tuple[int, int]] = []
    result = measure_scene_leak(
        by_place, embedder=Sees("place"), on_progress=lambda *step: told.append(step)
    )
    leak = result["by_profile"]
    assert leak["whole_auc"]["value"] > 0.95
    assert leak["share"]["value"] == pytest.approx(1, abs=0.02)
    assert "do not trust" in result["text"]
    assert (result["n_crops"], result["n_photos"], result["n_unread"]) == (24, 24, 0)
    assert leak["n_same"] == N_DEER * N_VISITS * (N_VISITS - 1) // 2
    assert result["by_truth"] is None and result["animal_in_rim"] is None
    assert result["margin"] == 0.5
    # margin 20 px round 40 x 36: the box is 1440 of 80 x 76 px
    assert result["rim_share"] == pytest.approx(1 - 1440 / (80 * 76), abs=0.03)
    assert result["same_as_run"] > 0.999
    assert told[-1] == (24, 24)
    json.dumps(result, allow_nan=False)


def test_an_embedder_that_sees_only_the_deer_keeps_nothing(tmp_path: Path) -> None:
    result = measure_scene_leak(herd_seen_by(tmp_path, "deer"), embedder=Sees("deer"))
    leak = result["by_profile"]
    assert leak["whole_auc"]["value"] > 0.95
    assert leak["masked_auc"]["value"] == pytest.approx(0.5, abs=0.02)
    assert leak["share"]["value"] < 0.05
    assert "hardly the place" in result["text"]


def test_the_outcome_is_kept_for_the_run(tmp_path: Path) -> None:
    workspace = herd_seen_by(tmp_path, "place")
    assert read_scene_leak(workspace) is None
    result = measure_scene_leak(workspace, embedder=Sees("place"), limit=12)
    assert result["n_crops"] == 12
    assert read_scene_leak(workspace) == result
    again = measure_scene_leak(workspace, embedder=Sees("place"), limit=12)
    assert again["by_profile"] == result["by_profile"]
    show_herd(workspace, result["run_id"])
    assert read_scene_leak(workspace) == again  # the same crops, another herd
    (workspace.cache_dir / f"background-{result['run_id']}.json").write_text("{")
    assert read_scene_leak(workspace) is None
    measure_scene_leak(workspace, embedder=Sees("place"), limit=12)
    show_herd(workspace, workspace.ledger.create_run("other", "d", "e", {}).run_id)
    assert read_scene_leak(workspace) is None


def test_a_photo_that_has_gone_is_left_out_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = herd_seen_by(tmp_path, "place")
    asked: list[str] = []
    read = blanked.read_photo
    monkeypatch.setattr(blanked, "read_photo", lambda t: (asked.append(t.photo_id), read(t))[1])
    deer = measure_scene_leak(workspace, embedder=Sees("place"))
    assert len(asked) == len(set(asked)) == 24
    photos = sorted((tmp_path / "photos").rglob("*.png"))
    for photo in photos[:4]:
        photo.unlink()
    fewer = measure_scene_leak(workspace, embedder=Sees("place"))
    assert 1 <= fewer["n_unread"] <= 4
    assert fewer["n_crops"] == deer["n_crops"] - fewer["n_unread"]
    assert fewer["by_profile"]["n_crops"] == fewer["n_crops"]
    for photo in photos[4:]:
        photo.unlink()
    with pytest.raises(ThumperError, match="None of the herd's photos"):
        measure_scene_leak(workspace, embedder=Sees("place"))


def test_the_truth_has_its_own_figures(by_place: Workspace, tmp_path: Path) -> None:
    rows = by_place.sql("select path, photo_id from photos")
    x1, y1, x2, y2 = BOX
    truth = pl.DataFrame(
        [
            # every true animal reaches 4 px further to the left than its box
            {"path": path, "photo_sha256": name, "individual": "d" + path[-5], "x1": x1 - 4,
             "y1": y1, "x2": x2, "y2": y2, "visible_fraction": 1.0}
            for path, name in rows.iter_rows()
        ]
    )  # fmt: skip
    file = by_place.root / "truth.parquet"
    truth.write_parquet(file)
    try:
        result = measure_scene_leak(by_place, embedder=Sees("place"))
    finally:
        file.unlink()
    assert result["by_truth"] == result["by_profile"]
    assert result["animal_in_rim"] == pytest.approx(4 * 36 / (80 * 76 - 1440), abs=0.015)


def test_what_it_refuses(by_place: Workspace, tmp_path: Path) -> None:
    with pytest.raises(ThumperError, match="thumper identify"):
        measure_scene_leak(Workspace.create(tmp_path / "new"), embedder=Sees("deer"))
    assert read_scene_leak(Workspace.create(tmp_path / "new")) is None
    with pytest.raises(ThumperError, match="other weights"):
        measure_scene_leak(by_place, embedder=Sees("deer"))
    empty = Workspace.create(tmp_path / "empty")
    made = empty.ledger.create_run("f", "d", "deer", {"embedder": {"name": "deer"}})
    herd_id = empty.ledger.reserve_herd_id()
    empty.ledger.add_herd(herd_id, made.run_id, "average", None, HerdSummary(), [], promote=True)
    with pytest.raises(ThumperError, match="no deer"):
        measure_scene_leak(empty, embedder=Sees("deer"))


def test_visits_are_drawn_at_random_and_cameras_take_turns() -> None:
    deer = pl.DataFrame(
        [
            {"detection_id": f"{camera}{event}{profile}{frame}", "camera": camera,
             "event_id": f"{camera}{event}", "profile_id": profile}
            for camera, n in (("a", 30), ("b", 3))
            for event in range(n)
            for profile in ("p", "q")
            for frame in range(3)
        ]
    )  # fmt: skip
    some = sample_visits(deer, 12, seed=1)
    assert some.height == 12
    assert some["camera"].value_counts(sort=True).rows() == [("a", 6), ("b", 6)]
    everyone = sample_visits(deer, 1000, seed=1)
    assert everyone.height == 66
    assert not everyone.select("event_id", "profile_id").is_duplicated().any()
    assert everyone.head(12).equals(some)
    assert not sample_visits(deer, 12, seed=2).equals(some)
    assert sample_visits(deer.head(0), 12, seed=1).is_empty()


def test_the_command(by_place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene_leak, "_open", lambda workspace, run: Sees("place"))
    arguments = ["-w", str(by_place.root), "evaluate", "background", "--crops", "16"]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0, shown.output
    assert "share of the lead kept" in shown.output and "16 deer" in shown.output
    assert "73% of a crop is left when its animals are blanked." in shown.output
    printed = CliRunner().invoke(app, [*arguments, "--json"])
    assert json.loads(printed.stdout)["n_crops"] == 16


def test_the_command_ends_with_1_where_photos_were_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = herd_seen_by(tmp_path, "place")
    monkeypatch.setattr(scene_leak, "_open", lambda workspace, run: Sees("place"))
    sorted((tmp_path / "photos").rglob("*.png"))[0].unlink()
    sorted((tmp_path / "photos").rglob("*.png"))[0].unlink()  # both frames: one of them is drawn
    ended = CliRunner().invoke(app, ["-w", str(workspace.root), "evaluate", "background"])
    assert ended.exit_code == 1
    assert "Left out: 1 photo that could not be read" in ended.output
