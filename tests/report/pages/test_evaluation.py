"""Evaluations as pages: what they say, that they are whole, and that names stay names."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from tests import workspaces
from tests.report.pages.test_html import HOSTILE, Page
from tests.workspaces import Deer
from thumper_core.cli import app
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.evaluate.demo import evaluate_workspace, matched_deer
from thumper_core.evaluate.detection import detection_scores
from thumper_core.evaluate.hardest import confused, missed, pair_similarities
from thumper_core.evaluate.reid import read_album, score_vectors
from thumper_core.report.pages.demo import demo_page
from thumper_core.report.pages.detector import detector_page
from thumper_core.report.pages.evaluation import command_line, measured, write_page
from thumper_core.report.pages.reid import reid_page
from thumper_core.vision.registry import load_registry
from thumper_core.vision.variants import open_variant

STRANGE = "<b>x & 'y'"
"""A hostile name that a folder can have."""


def whole(path: Path) -> Page:
    """The page, once it is seen to fetch nothing and to carry no tag that a name brought."""
    source = path.read_text("utf-8")
    page = Page(source)
    assert all(p["src"].startswith("data:image/jpeg") and p["alt"] for p in page.all("img"))
    assert not page.all("b") and not page.all("link") and not page.all("iframe")
    policies = [m["content"] for m in page.all("meta") if "http-equiv" in m]
    assert policies and "default-src 'none'" in policies[0]
    return page


def test_reid_page(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for k, name in enumerate((STRANGE, "ann", "bob", "cid")):
        (tmp_path / "zoo" / name).mkdir(parents=True)
        for visit in range(3):
            picture = np.full((30, 40, 3), 40 + 50 * k, np.uint8)
            cv2.imwrite(str(tmp_path / "zoo" / name / f"{visit}.png"), picture)
    album = read_album(tmp_path / "zoo")
    vectors = rng.normal(size=(12, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    result = {**score_vectors(album, vectors, folds=2), "embedder": "fake"}
    result |= {f"other@64_{key}": result[key] for key in ("rank1", "map", "pair_auc")}
    told = reid_page(
        result, album, vectors, title=f"{HOSTILE} with fake", compared=["other@64"],
        command=command_line("evaluate", "reid", "a folder"),
    )  # fmt: skip
    page = whole(write_page(told, tmp_path / "out" / "reid.html"))
    for text in (
        HOSTILE, STRANGE, "other@64", "Pair AUC", "B-cubed F1", "thumper evaluate reid 'a folder'",
        "Two animals taken for one", "the mean of each sighting", "Too few sightings",
    ):  # fmt: skip
        assert text in page.text, text
    assert page.all("img")
    with pytest.raises(UsageError, match="is a folder"):
        write_page(told, tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(ThumperError, match="Cannot write"):
        write_page(told, tmp_path / "file" / "page.html")


def test_hardest_cases() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0.96, 0.28], [0, 1]], np.float32)
    who, visit = np.array(["a", "a", "b", "b"]), np.array(["a1", "a2", "b1", "b2"])
    same, different = pair_similarities(vectors, who, visit)
    assert sorted(same) == pytest.approx([0.28, 0.8])
    assert sorted(different) == pytest.approx([0, 0.6, 0.936, 0.96], abs=1e-6)
    wrong = confused(vectors, who, visit, 5)
    assert [(c.query, c.other, c.rank) for c in wrong] == [(0, 2, 2)]  # a pair of animals once
    assert wrong[0].similarity == pytest.approx(0.96)
    late = missed(vectors, who, visit, 5)
    assert [(c.query, c.other, c.rank) for c in late] == [(2, 3, 3), (0, 1, 2)]
    visit[:] = "one"
    assert confused(vectors, who, visit, 5) == missed(vectors, who, visit, 5) == []


def test_detector_page(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "p.png"), np.full((200, 300, 3), 90, np.uint8))
    found = pl.DataFrame(
        [("p", 10.0, 10.0, 90.0, 90.0, 0.9, HOSTILE), ("p", 150.0, 10.0, 190.0, 60.0, 0.8, "cow"),
         ("gone", 5.0, 5.0, 9.0, 9.0, 0.7, "cow")],
        schema=["photo", "x1", "y1", "x2", "y2", "confidence", "label"], orient="row",
    )  # fmt: skip
    true = pl.DataFrame(
        [("p", 10.0, 10.0, 90.0, 90.0, "cow", False), ("p", 100.0, 99.0, 190.0, 190.0, "cow", False)],
        schema=["photo", "x1", "y1", "x2", "y2", "label", "ignored"], orient="row",
    )  # fmt: skip
    photos = pl.DataFrame(
        {"photo": ["p", "gone"], "unit": ["p", "gone"], "is_infrared": [False, None],
         "longest_px": [300, 300], "path": [str(tmp_path / "p.png"), str(tmp_path / "gone.png")]}
    )  # fmt: skip
    scores = detection_scores(found, true, photos, conf_min=0.5)
    flat = {
        "detector": HOSTILE, "conf_min": 0.5, "weakest_confidence": 0.5, "n_photos": 2,
        "n_boxes": 2, "n_unreadable": 3, "classes_compared_by": "names",
    }  # fmt: skip
    told = detector_page(flat, scores, photos, found, true, title=HOSTILE, command="thumper")
    page = whole(write_page(told, tmp_path / "detector.html"))
    for text in (
        HOSTILE, "kept no box below 0.5", "Left out: 3 photos that could not be read", "False alarms",
        "Animals not found", f"cow, found as {HOSTILE}", "Medium: 5% to 15%", "In colour",
    ):  # fmt: skip
        assert text in page.text, text
    assert len(page.all("img")) == 2 + 1 + 1


def test_demo_page(tmp_path: Path) -> None:
    workspace = workspaces.build(tmp_path, [Deer("buck", 3, HOSTILE), Deer("doe", 3)])
    rows = workspace.sql(
        "select p.path, d.x1, d.y1, d.x2, d.y2, a.individual_id from detections d "
        "join photos p using (photo_id) left join assignments a using (detection_id) order by path"
    )
    # one photo of the buck shows the doe in truth
    buck = rows["individual_id"].drop_nulls().sort()[0]
    first = rows.filter(pl.col("individual_id") == buck)["path"][0]
    truth = rows.drop_nulls("individual_id").select(
        "path",
        pl.col("path").alias("photo_sha256"),
        pl.when((pl.col("individual_id") == buck) & (pl.col("path") != first))
        .then(pl.lit("true buck"))
        .otherwise(pl.lit("true doe"))
        .alias("individual"),
        pl.lit("white-tailed deer").alias("species"),
        pl.lit("male").alias("sex"),
        pl.lit("adult").alias("age_class"),
        pl.lit("buck").alias("class"),
        *("x1", "y1", "x2", "y2"),
        pl.lit(1.0).alias("visible_fraction"),
    )
    file = workspace.root / "truth.parquet"
    truth.write_parquet(file)
    matched = matched_deer(workspace, file)
    assert matched["who"].n_unique() == 2
    assert matched.height == truth.height
    result = evaluate_workspace(workspace, file)
    told = demo_page(workspace, result, matched, title=HOSTILE, command="thumper evaluate demo")
    page = whole(write_page(told, tmp_path / "demo.html"))
    for text in (HOSTILE, "Two deer in one group", "One deer in two groups", "Animals found"):
        assert text in page.text, text
    with pytest.raises(ThumperError, match="no truth"):
        matched_deer(workspace, tmp_path / "absent.parquet")


def test_measures_in_words() -> None:
    entry = {"value": 0.12345, "low": 0.1, "high": 0.2}
    assert measured(entry) == ("0.123", "0.100 to 0.200")
    assert measured({"value": 1234.4, "low": None, "high": None}, whole=True) == ("1,234", "")
    assert measured({"value": None, "low": None, "high": None})[0] == measured(None)[0] == "–"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("efficientnet_lite0@9", "32 to 1024"),
        ("efficientnet_lite0@big", "32 to 1024"),
        ("v3_ensemble@224", "its parts"),
        ("nothing@224", "No model is called"),
        ("demo@224", "is a detector"),
    ],
)
def test_variants_that_cannot_be(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        open_variant(text, load_registry(None))


def test_the_command_asks_for_what_it_lacks(tmp_path: Path) -> None:
    def call(*words: str) -> tuple[int, str]:
        ended = CliRunner().invoke(app, ["evaluate", "detector", *words])
        return ended.exit_code, str(ended.exception or ended.output)

    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a.png"), np.zeros((60, 80, 3), np.uint8))
    (tmp_path / "truth.json").write_text(
        json.dumps(
            {"images": [{"id": 1, "file_name": "a.png"}], "categories": [{"id": 1, "name": "doe"}],
             "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40]}]}
        )
    )  # fmt: skip
    assert "name a detector" in call(str(tmp_path))[1]
    assert "does not exist" in call(str(tmp_path / "absent"))[1]
