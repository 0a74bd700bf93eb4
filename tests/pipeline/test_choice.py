"""Which detector looks at photos where nobody names one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from thumper_core.ingest.rendered import PHOTOS, TRUTH, is_demo_herd
from thumper_core.pipeline.choice import choose, choose_detector, with_detector
from thumper_core.store.records import RunRow
from thumper_core.vision.registry import ModelSpec, Registry
from thumper_core.workspace import Workspace
from thumper_demo.truth import PHOTOS_SCHEMA

REAL, MEGA = "whitetail", "megadetector-v6"


def registry(*names: str) -> Registry:
    specs = [ModelSpec(name, "detector", "ultralytics", sha256=f"{name}-hash") for name in names]
    return Registry({spec.name: spec for spec in specs})


def demo_folder(folder: Path) -> Path:
    """The photos' folder of a demo, with its truth beside it."""
    photos = folder / PHOTOS
    photos.mkdir(parents=True)
    pq.write_table(PHOTOS_SCHEMA.empty_table(), folder / TRUTH)
    return photos


def shown(detector: str, *, sha256: str = "", state: str = "complete") -> RunRow:
    config: dict[str, Any] = {"detector": {"weights_sha256": sha256}}
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return RunRow("r1", "0", state, detector, "e", config, now, now)


@pytest.mark.parametrize(
    ("run", "is_demo", "known", "here", "chosen", "said"),
    [
        (None, False, ["demo", REAL, MEGA], {"demo", REAL, MEGA}, REAL, "real photos"),
        (None, False, ["demo", REAL, MEGA], {"demo", MEGA}, MEGA, "weights of whitetail are not"),
        (None, False, ["demo", MEGA], {"demo", MEGA}, MEGA, "weights of whitetail are not"),
        (None, False, ["demo", REAL, MEGA], {"demo"}, REAL, "real photos"),
        (None, False, ["demo"], {"demo"}, REAL, "real photos"),
        (None, True, ["demo", REAL], {"demo", REAL}, "demo", "a rendered herd's"),
        (shown(MEGA), False, [REAL, MEGA], {REAL, MEGA}, MEGA, "the run that is shown"),
        (shown(MEGA), True, ["demo", MEGA], {"demo", MEGA}, MEGA, "the run that is shown"),
        (shown("my.pt", sha256=f"{MEGA}-hash"), False, [REAL, MEGA], {REAL}, MEGA, "is shown"),
        (shown("demo"), True, ["demo", REAL], {"demo", REAL}, "demo", "the run that is shown"),
        (shown("demo"), False, ["demo", REAL], {"demo", REAL}, "demo", "rendered scenes only"),
        (shown("MDv5 (imported)", state="imported"), False, [REAL], {REAL}, REAL, "real photos"),
    ],
)  # fmt: skip
def test_the_photos_choose(
    run: RunRow | None, is_demo: bool, known: list[str], here: set[str], chosen: str, said: str,
    tmp_path: Path,
) -> None:  # fmt: skip
    roots = [str(demo_folder(tmp_path / "demo"))] if is_demo else [str(tmp_path)]
    found = choose(run, roots, registry(*known), lambda spec: spec.name in here)
    assert found.detector == chosen
    assert said in found.sentence
    assert chosen in found.sentence


def test_a_file_is_found_again_where_it_was_or_asked_for(tmp_path: Path) -> None:
    run = shown("my.pt", sha256="1" * 64)
    file = tmp_path / "my.pt"
    run.config["detector_file"] = str(file)
    file.touch()
    assert choose(run, [str(tmp_path)], registry(REAL)).detector == str(file)
    file.unlink()
    found = choose(run, [str(tmp_path)], registry(REAL))
    assert found.detector == "my.pt"
    assert "--detector FILE" in found.sentence


def test_settings_come_first_and_auto_becomes_a_name(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    named = workspace.settings.replace("detect", detector="mine")
    assert choose_detector(workspace, named).detector == "mine"
    assert with_detector(workspace, named) is named
    assert with_detector(workspace, workspace.settings).detect.detector == (
        choose_detector(workspace).detector
    )
    assert choose_detector(workspace).detector != "demo"


def test_a_demo_herd_is_known_by_what_the_demo_wrote(tmp_path: Path) -> None:
    photos = demo_folder(tmp_path / "demo")
    real = tmp_path / "demo 2" / PHOTOS  # names that anybody may give
    real.mkdir(parents=True)
    half = tmp_path / "half" / PHOTOS
    half.mkdir(parents=True)
    pq.write_table(PHOTOS_SCHEMA.empty_table().select(["path", "camera"]), half.parent / TRUTH)
    assert is_demo_herd([photos])
    assert is_demo_herd([photos / "camera-1"])
    assert not is_demo_herd([])
    assert not is_demo_herd([real])
    assert not is_demo_herd([half])
    assert not is_demo_herd([photos, real])  # a mixed workspace is a real one
    assert not is_demo_herd([photos.parent / "mine"])
    (photos.parent / TRUTH).write_text("no table")
    assert not is_demo_herd([photos])
    (photos.parent / TRUTH).unlink()
    assert not is_demo_herd([photos])
