from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageFile

from tests.workspaces import Deer
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.export.md_json import md_json
from thumper_core.export.md_read import MdDetection, parse, read_results
from thumper_core.export.md_run import STATE, import_md_json, to_boxes
from thumper_core.workspace import Workspace

BOXES = (
    'select photo_id, ordinal, x1, y1, x2, y2, confidence, "class", species, sex, age_class from '
)


@pytest.fixture
def herd(build: Callable[..., Workspace]) -> Workspace:
    deer = [Deer("buck", 3, "=Old"), Deer("doe", 2), Deer("fawn", 1)]
    return build(deer, people=1, failures=[("Creek/zero.jpg", "error", "empty_file")], drawn=False)


def document(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "info": {"format_version": "1.4", "detector": "md_v5a.0.0.pt"},
        "detection_categories": {"1": "animal", "2": "person", "3": "vehicle"},
        "images": [
            {
                "file": "Creek/000000.jpg",
                "detections": [
                    {"category": "2", "conf": 0.3, "bbox": [0.5, 0.5, 0.25, 0.25]},
                    {"category": "1", "conf": 0.9, "bbox": [0.0, 0.0, 0.5, 0.5]},
                ],
            },
            {
                "file": "North feeder/000001.jpg",
                "failure": "Failure image access",
                "detections": None,
            },
            {"file": "elsewhere/x.jpg", "detections": []},
        ],
    }
    return made | changes


def one_box(**changes: Any) -> dict[str, Any]:
    box = {"category": "1", "conf": 1, "bbox": [0, 0, 1, 1]} | changes
    return {"images": [{"file": "a", "detections": [box]}]}


def write(path: Path, data: dict[str, Any]) -> Path:
    path.write_text(json.dumps(data), "utf-8")
    return path


def peer_says(path: Path) -> dict[str, Any]:
    """What the `megadetector` package's own validation says of a file."""
    truncated = ImageFile.LOAD_TRUNCATED_IMAGES
    from megadetector.postprocessing import validate_batch_results as validation

    ImageFile.LOAD_TRUNCATED_IMAGES = truncated  # its import sets it for everybody
    return dict(validation.validate_batch_results(str(path))["validation_results"])


def test_megadetectors_own_validation_accepts_it(herd: Workspace, tmp_path: Path) -> None:
    path = md_json(herd, tmp_path / "md.json")
    said = peer_says(path)
    assert (said["errors"], said["warnings"]) == ([], [])
    assert dict(said["detection_category_id_to_count"]) == {"1": 6, "2": 1}


def test_a_video_that_was_not_looked_at_passes_it_too(
    build: Callable[..., Workspace], tmp_path: Path
) -> None:
    failures = [("Creek/clip.MP4", "error", "video")]
    workspace = build([Deer("doe", 1)], failures=failures, drawn=False)
    path = md_json(workspace, tmp_path / "md.json")
    said = peer_says(path)
    assert (said["errors"], said["warnings"]) == ([], [])
    assert read_results(path).videos == ("Creek/clip.MP4",)


def test_it_keeps_the_documented_rules(herd: Workspace, tmp_path: Path) -> None:
    data = json.loads(md_json(herd, tmp_path / "md.json").read_text("utf-8"))
    assert float(data["info"]["format_version"]) >= 1.3
    assert isinstance(data["info"]["format_version"], str)
    for categories in (data["detection_categories"], data["classification_categories"]):
        assert all(int(key) >= 0 and name.strip() for key, name in categories.items())
    assert data["images"]
    for image in data["images"]:
        assert (image["detections"] is None) == ("failure" in image)
        for box in image["detections"] or []:
            assert box["category"] in data["detection_categories"]
            assert type(box["conf"]) is float and 0 <= box["conf"] <= 1
            x, y, w, h = box["bbox"]
            assert 0 <= x <= x + w <= 1 and 0 <= y <= y + h <= 1
            assert all(c[0] in data["classification_categories"] for c in box["classifications"])


def test_out_and_in_again_is_the_same(herd: Workspace, tmp_path: Path) -> None:
    path = md_json(herd, tmp_path / "md.json")
    first = herd.sql(f"{BOXES} detections order by photo_id, ordinal")
    summary = import_md_json(herd, path)
    assert (summary.is_new, summary.n_known, summary.unmatched) == (True, 0, ())
    assert summary.n_detections == first.height == 7
    again = herd.sql(
        f"{BOXES} all_detections where run_id = ? order by photo_id, ordinal", [summary.run_id]
    )
    for column in ("photo_id", "ordinal", "class", "sex", "age_class"):
        assert again[column].to_list() == first[column].to_list()
    for column in ("x1", "y1", "x2", "y2", "confidence"):
        np.testing.assert_allclose(again[column], first[column], atol=0.01)
    failed = herd.sql(
        "select photo_id, status from all_outcomes where run_id = ? and status <> 'ok'",
        [summary.run_id],
    )
    assert failed.height == 1
    row = herd.ledger.run(summary.run_id)
    assert (row.state, row.embedder) == (STATE, "none")
    assert herd.ledger.promoted("run") != summary.run_id  # nobody's herd changes by an import


def test_what_a_foreign_file_becomes(herd: Workspace, tmp_path: Path) -> None:
    summary = import_md_json(herd, write(tmp_path / "r.json", document()))
    assert (summary.n_images, summary.n_photos, summary.n_detections) == (3, 2, 2)
    assert summary.unmatched == ("elsewhere/x.jpg",)
    rows = herd.sql(f"{BOXES} all_detections where run_id = ? order by ordinal", [summary.run_id])
    assert rows["species"].to_list() == ["animal", "human"]
    assert rows.select("x1", "y1", "x2", "y2").row(0) == (0.0, 0.0, 320.0, 180.0)


def test_the_same_file_again_tops_its_run_up(herd: Workspace, tmp_path: Path) -> None:
    path = write(tmp_path / "r.json", document())
    first = import_md_json(herd, path)
    again = import_md_json(herd, path)
    assert (again.run_id, again.is_new, again.n_photos, again.n_known) == (
        first.run_id,
        False,
        0,
        2,
    )
    count = "select count(*) from all_outcomes where run_id = ?"
    assert herd.sql(count, [first.run_id]).item() == 2


@pytest.mark.parametrize("prefix", ["", "/mnt/other/photos/", "C:\\photos\\", "./", "sub/folder/"])
def test_names_that_find_their_photo(herd: Workspace, tmp_path: Path, prefix: str) -> None:
    name = prefix + "Creek/000000.jpg"
    name = name.replace("/", "\\") if "\\" in prefix else name
    data = document(images=[{"file": name, "detections": []}])
    assert import_md_json(herd, write(tmp_path / "r.json", data)).n_photos == 1


@pytest.mark.parametrize("name", ["Other/000000.jpg", "../../000000.jpg/..", "x", "00000.jpg"])
def test_names_that_do_not(herd: Workspace, tmp_path: Path, name: str) -> None:
    data = document(images=[{"file": name, "detections": []}])
    with pytest.raises(ThumperError, match="thumper add"):
        import_md_json(herd, write(tmp_path / "r.json", data))


def test_a_bare_name_is_enough_where_it_is_the_only_one(herd: Workspace, tmp_path: Path) -> None:
    data = document(images=[{"file": "000000.jpg", "detections": []}])
    assert import_md_json(herd, write(tmp_path / "r.json", data)).n_photos == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"info": {"format_version": "2.0"}}, "2.0"),
        ({"info": "md"}, "`info` is no object"),
        ({"detection_categories": []}, "is no object"),
        ({"images": [{"file": 3}]}, "file name"),
        ({"info": {"format_version": "latest"}}, "latest"),
        ({"info": {"detector_metadata": {"typical_detection_threshold": 2}}}, "threshold 2"),
        (one_box(classifications=[["7", 0.9]]), "category '7' is not in the file's"),
        (one_box(conf="0,9"), "0,9"),
        ({"images": None}, "not a MegaDetector"),
        ({"images": [{"detections": []}]}, "file"),
        (one_box(category="9"), "'a'"),
        (one_box(conf=2), "conf"),
        (one_box(bbox=[0]), "'a'"),
        (one_box(bbox=[0, 0, float("nan"), 1]), "bbox"),
    ],
)  # fmt: skip
def test_broken_files_are_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_results(write(tmp_path / "r.json", document(**changes)))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_no_json(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "r.json").write_bytes(content)
    with pytest.raises(UsageError, match=r"r\.json"):
        read_results(tmp_path / "r.json")


def test_the_best_classification_names_the_box() -> None:
    box = {
        "category": "1", "conf": 0.5, "bbox": [0, 0, 1, 1],
        "classifications": [["0", 0.2], ["1", 0.7]],
    }  # fmt: skip
    data = document(
        classification_categories={"0": "elk", "1": "Deer"},
        images=[{"file": "a", "detections": [box]}],
    )
    assert parse(data).images[0].detections[0].label == "Deer"


@settings(deadline=None)  # the machine may be busy
@given(
    st.tuples(*[st.floats(-0.5, 1.5)] * 2), st.tuples(*[st.floats(0, 1.5)] * 2),
    st.integers(1, 10_000), st.integers(1, 10_000),
)  # fmt: skip
def test_boxes_lie_inside_the_photo(
    at: tuple[float, float], size: tuple[float, float], width: int, height: int
) -> None:
    ((x1, y1, x2, y2),) = to_boxes([MdDetection((*at, *size), 0.5, "x")], width, height)
    assert 0 <= x1 <= x2 <= width and 0 <= y1 <= y2 <= height
