"""A herd against its truth."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tests.identify.links.frames import frame, unit
from thumper_core.contracts import ThumperError
from thumper_core.evaluate.boxmatch import match_boxes
from thumper_core.evaluate.herd import KEYS, evaluate_demo

TRUTH = {
    "path": pl.String, "photo_sha256": pl.String, "individual": pl.String, "species": pl.String,
    "sex": pl.String, "age_class": pl.String, "class": pl.String, "x1": pl.Float32,
    "y1": pl.Float32, "x2": pl.Float32, "y2": pl.Float32, "visible_fraction": pl.Float32,
}  # fmt: skip
BOX = (100.0, 100.0, 300.0, 250.0)
FAR = (600.0, 400.0, 800.0, 700.0)


def world(n_deer: int = 12, n_events: int = 6) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Each deer alone in one photo of each of its events; a coyote now and then."""
    true, rows = [], []
    for k in range(n_deer):
        for e in range(n_events):
            photo = f"d{k}e{e}"
            word = ("buck", "male", "adult") if k % 2 else ("doe", "female", "adult")
            true.append((photo, f"deer{k}", "white-tailed deer", *word[1:], word[0], BOX, 1.0))
            rows.append({"photo": photo, "box": BOX, "event": f"e{k}-{e}", "class": word[0],
                         "sex": word[1], "id": photo})  # fmt: skip
    true.append(("c1", None, "coyote", "unknown", "unknown", "coyote", BOX, 1.0))
    rows.append({"photo": "c1", "box": BOX, "event": "ec", "class": "coyote", "species": "coyote",
                 "age": "unknown", "id": "c1"})  # fmt: skip
    truth = pl.DataFrame(
        [
            dict(zip(TRUTH, (p, f"sha-{p}", *rest[:5], *rest[5], rest[6]), strict=True))
            for p, *rest in true
        ],
        schema=TRUTH,
    )
    return frame(rows).with_columns(path=pl.col("photo_id")), truth


def assigned(detections: pl.DataFrame, rule) -> pl.DataFrame:
    deer = detections.filter(pl.col("species") == "white-tailed deer")
    ids = deer["detection_id"].to_list()
    return pl.DataFrame(
        {"detection_id": ids, "individual_id": [rule(i) for i in ids]},
        schema={"detection_id": pl.String, "individual_id": pl.String},
    )


def of(key: str, result: dict) -> float | None:
    return result[key]["value"]


def test_perfect() -> None:
    detections, truth = world()
    result = evaluate_demo(detections, assigned(detections, lambda i: i.split("e")[0]), truth)
    assert tuple(result) == KEYS
    for key in KEYS[4:]:
        expected = 12 if "individuals" in key else 1
        assert of(key, result) == pytest.approx(expected), key
    assert [of(key, result) for key in KEYS[:4]] == [None] * 4


def test_embeddings_give_the_ranks() -> None:
    detections, truth = world()
    rng = np.random.default_rng(0)
    axes = rng.normal(size=(12, 16))
    deer = assigned(detections, lambda i: i)["detection_id"].to_list()
    vectors = unit([axes[int(i[1:].split("e")[0])] + 0.1 * rng.normal(size=16) for i in deer])
    embeddings = pl.DataFrame({"detection_id": deer, "vector": vectors.tolist()})
    result = evaluate_demo(
        detections, assigned(detections, lambda i: None), truth, embeddings=embeddings
    )
    for key in KEYS[:4]:
        assert of(key, result) == pytest.approx(1, abs=0.02), key


def test_the_order_of_the_tables_changes_no_digit() -> None:
    detections, truth = world()
    rng = np.random.default_rng(1)
    groups = assigned(detections, lambda i: i.split("e")[0])
    ids = groups["detection_id"].to_list()
    embeddings = pl.DataFrame(
        {"detection_id": ids, "vector": unit(rng.normal(size=(len(ids), 16))).tolist()}
    )
    tables = (detections, groups, embeddings)
    first, *others = (
        evaluate_demo(
            *(table.sample(fraction=1, shuffle=True, seed=seed) for table in tables[:2]),
            truth,
            embeddings=tables[2].sample(fraction=1, shuffle=True, seed=seed),
        )
        for seed in range(4)
    )
    for other in others:
        assert {key: other[key] for key in KEYS[:4]} == {key: first[key] for key in KEYS[:4]}


def test_one_giant_profile_and_none_at_all() -> None:
    detections, truth = world()
    giant = evaluate_demo(detections, assigned(detections, lambda i: "one"), truth)
    assert of("estimated_individuals", giant) == 1
    assert of("ari", giant) == pytest.approx(0)
    assert of("pairwise_recall", giant) == 1
    assert of("baus", giant) == 0
    alone = evaluate_demo(detections, assigned(detections, lambda i: None), truth)
    assert of("estimated_individuals", alone) == 0
    assert of("pairwise_recall", alone) == 0
    assert of("pairwise_precision", alone) is None
    assert of("baks", alone) == 0
    assert of("baus", alone) == 1


def test_misses_false_alarms_and_what_hardly_shows() -> None:
    detections, truth = world()
    missed = detections.filter(~pl.col("detection_id").is_in(["d0e0", "d0e1"]))
    blank = frame([{"photo": "blank", "box": FAR, "event": "eb"}]).with_columns(
        path=pl.lit("blank")
    )
    seen = pl.concat([missed, blank], how="diagonal")
    result = evaluate_demo(seen, assigned(missed, lambda i: i.split("e")[0]), truth)
    assert of("detection_recall", result) == pytest.approx(71 / 73)
    assert of("detection_precision", result) == pytest.approx(71 / 72)
    hidden = truth.with_columns(
        visible_fraction=pl.when(pl.col("path") == "d1e0").then(0.1).otherwise(1.0)
    )
    result = evaluate_demo(detections, assigned(detections, lambda i: i.split("e")[0]), hidden)
    assert of("detection_recall", result) == 1
    assert of("detection_precision", result) == 1


def test_classes() -> None:
    detections, truth = world()
    groups = assigned(detections, lambda i: i.split("e")[0])
    wrong = detections.with_columns(
        pl.when(pl.col("detection_id") == "d1e0")
        .then(pl.lit("doe"))
        .otherwise(pl.col("class"))
        .alias("class")
    )
    assert of("class_accuracy", evaluate_demo(wrong, groups, truth)) == pytest.approx(72 / 73)
    # another detector's names: what they mean is compared
    other = detections.with_columns(pl.lit("animal").alias("class"))
    assert of("class_accuracy", evaluate_demo(other, groups, truth)) == 1
    sexless = other.with_columns(sex=pl.lit("unknown"))
    assert of("class_accuracy", evaluate_demo(sexless, groups, truth)) == pytest.approx(1 / 73)


def test_a_photo_under_two_paths_is_asked_for_once() -> None:
    detections, truth = world()
    copy = truth.filter(pl.col("path") == "d0e0").with_columns(path=pl.lit("copy/d0e0"))
    groups = assigned(detections, lambda i: i.split("e")[0])
    both = pl.concat([truth, copy])
    assert of("detection_recall", evaluate_demo(detections, groups, both)) == 1
    moved = detections.with_columns(path=pl.col("path").replace({"d0e0": "copy/d0e0"}))
    assert of("detection_recall", evaluate_demo(moved, groups, both)) == 1
    hashed = detections.with_columns(photo_sha256="sha-" + pl.col("path"), path=pl.lit("?"))
    assert of("detection_recall", evaluate_demo(hashed, groups, truth)) == 1


def test_nothing_detected_and_no_truth() -> None:
    detections, truth = world()
    nothing = evaluate_demo(detections.clear(), assigned(detections.clear(), str), truth)
    assert of("detection_recall", nothing) == 0
    assert of("detection_precision", nothing) is None
    assert of("true_individuals", nothing) == 12
    assert of("estimated_individuals", nothing) == 0
    with pytest.raises(ThumperError, match="no visible animal"):
        evaluate_demo(detections, assigned(detections, str), truth.clear())


def test_matching_takes_each_true_box_once() -> None:
    found = pl.DataFrame(
        {
            "photo": ["p", "p", "p", "q"],
            "x1": [0.0, 5.0, 200.0, 0.0], "y1": [0.0] * 4,
            "x2": [100.0, 105.0, 300.0, 100.0], "y2": [100.0] * 4,
            "confidence": [0.5, 0.9, 0.9, 0.9],
        }
    )  # fmt: skip
    true = pl.DataFrame({"photo": ["p", "p"], "x1": [0.0, 140.0], "y1": [0.0, 0.0],
                         "x2": [100.0, 240.0], "y2": [100.0, 100.0]})  # fmt: skip
    assert match_boxes(found, true).tolist() == [-1, 0, -1, -1]
