"""What a detection is after decisions, in the views that the product reads."""

from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.decisions.in_views import (
    BOX,
    DEER,
    FAR,
    MEANINGS,
    NEAR,
    NEW,
    ONE,
    REPEATED,
    SAID_BY,
    SCHEMA,
    detections,
    effective,
    in_clip,
    said,
    words,
)
from thumper_core.contracts import ClassMeaning
from thumper_core.decisions.box_contents import corrections, drawn_animals, match_decisions

CASES = [
    ("nobody said anything", [], (DEER, "female", "adult", "model")),
    (
        "a correction",
        [("class", "p1", NEAR, words(), False)],
        (DEER, "male", "adult", "human"),
    ),
    (
        "not an animal",
        [("not_animal", "p1", NEAR, {}, False)],
        None,
    ),
    (
        "the youngest wins: class after not_animal",
        [("not_animal", "p1", BOX, {}, False), ("class", "p1", BOX, words("elk"), False)],
        ("elk", "male", "adult", "human"),
    ),
    (
        "the youngest wins: not_animal after class",
        [("class", "p1", BOX, words("elk"), False), ("not_animal", "p1", BOX, {}, False)],
        None,
    ),
    (
        "an undone decision is silent",
        [("class", "p1", BOX, words(), False), ("not_animal", "p1", BOX, {}, True)],
        (DEER, "male", "adult", "human"),
    ),
    (
        "too far away",
        [("class", "p1", FAR, words(), False)],
        (DEER, "female", "adult", "model"),
    ),
    (
        "another photo",
        [("class", "p2", BOX, words(), False)],
        (DEER, "female", "adult", "model"),
    ),
    (
        "drawn, but found by this run",
        [("missed_animal", "p1", NEAR, words("elk"), False)],
        ("elk", "male", "adult", "human"),
    ),
    (
        "other kinds do not speak of classes",
        [("move", "p1", BOX, {"to": "i1"}, False)],
        (DEER, "female", "adult", "model"),
    ),
]


@pytest.mark.parametrize(("why", "rows", "expected"), CASES, ids=[c[0] for c in CASES])
def test_one_detection(why: str, rows: list, expected: tuple | None) -> None:
    result = effective(ONE, said(*rows))
    assert result.select(NEW).rows() == ([] if expected is None else [expected])
    assert result.select(ONE.columns).equals(ONE.head(result.height))


def test_no_detections_and_no_decisions() -> None:
    result = effective(ONE.clear(), said())
    assert result.is_empty()
    assert set(result.columns) == {*ONE.columns, "track", "picture_id", *NEW, *REPEATED, *SAID_BY}


def test_a_class_without_a_meaning_is_its_own_species() -> None:
    result = effective(detections(("r1", "p1", 0, BOX, "boar")), said())
    assert result.select(NEW).rows() == [("boar", "unknown", "unknown", "model")]


def test_a_drawn_animal_is_a_row_in_each_run_that_misses_it() -> None:
    frame = detections(
        ("r1", "p1", 0, BOX, "doe"),
        ("r1", "p2", 0, BOX, "doe"),
        ("r2", "p1", 0, BOX, "doe"),
        ("r2", "p1", 1, FAR, "mature"),
    )
    drawn = said(
        ("missed_animal", "p1", FAR, words(sex="female"), False),
        ("missed_animal", "p3", BOX, words("elk"), False),
    )
    result = effective(frame, drawn)
    stored = result.filter(pl.col("class") != "human")
    assert stored.select(frame.columns).equals(frame)
    assert stored.row(3, named=True)["sex"] == "female"  # r2 found it; the person's word holds
    rows = result.filter(pl.col("class") == "human")
    assert rows.select("run_id", "detection_id", "ordinal", "confidence", "source").rows() == [
        ("r1", "p1-h1", 1, 1.0, "human"),
        ("r1", "p3-h2", 0, 1.0, "human"),
        ("r2", "p3-h2", 0, 1.0, "human"),
    ]
    assert rows.row(0, named=True)["x1"] == FAR[0]


def test_a_drawn_animal_where_no_detection_is_known_at_all() -> None:
    result = effective(ONE.clear(), said(("missed_animal", "p1", BOX, words(), False)))
    assert result.select("run_id", "detection_id", "species").rows() == [("r1", "p1-h1", DEER)]


def test_later_words_on_a_drawn_animal_reach_it() -> None:
    rows = [
        ("missed_animal", "p2", BOX, words(), False),
        ("missed_animal", "p2", NEAR, words(sex="female"), False),  # the same animal, drawn again
    ]
    result = effective(ONE, said(*rows)).tail(-1)
    assert result.select("detection_id", "sex").rows() == [("p2-h1", "female")]
    gone = effective(ONE, said(*rows, ("not_animal", "p2", BOX, {}, False)))
    assert gone["detection_id"].to_list() == ["p1-0"]


def test_a_drawn_animal_waits_until_a_run_has_looked_at_its_photo() -> None:
    rows = said(("missed_animal", "p2", BOX, words(), False))
    looked = pl.DataFrame(
        {"run_id": ["r1", "r2", "r1", "r1"], "photo_id": ["p1", "p2", "p3", "p3"]}
    )
    assert drawn_animals(ONE, rows, looked)["run_id"].to_list() == ["r2"]
    assert drawn_animals(ONE, rows, looked.clear()).is_empty()
    assert drawn_animals(ONE, said(), looked).is_empty()


STANDS = in_clip(("r1", 0, 0, BOX), ("r1", 1, 2000, BOX), ("r2", 0, 2300, BOX))
IN_CLIPS = [
    ("the frame that is named", 2000, {"r1": ["p1-1"], "r2": ["p1-0"]}),
    ("the nearest frame of another run", 2400, {"r1": ["p1-1"], "r2": ["p1-0"]}),
    ("no frame within half a step", 1000, {}),
    ("no frame, said before they were named", None, {"r1": ["p1-0"], "r2": ["p1-0"]}),
]


@pytest.mark.parametrize(("why", "ms", "wanted"), IN_CLIPS, ids=[c[0] for c in IN_CLIPS])
def test_a_box_in_a_clip_is_found_in_its_frame(why: str, ms: int | None, wanted: dict) -> None:
    frame = {} if ms is None else {"frame_ms": ms}
    rows = said(("class", "p1", NEAR, words() | frame, False))
    found = corrections(STANDS, rows)
    assert {
        run: part["detection_id"].to_list()
        for (run,), part in found.group_by("run_id", maintain_order=True)
    } == wanted
    lost = match_decisions(STANDS, rows).lost["decision_id"].to_list()
    assert lost == ([] if wanted else [1])


def test_an_animal_is_drawn_in_a_frame_of_a_clip() -> None:
    rows = said(
        ("missed_animal", "p1", NEAR, words() | {"frame_ms": 1000}, False),
        ("missed_animal", "p1", NEAR, words() | {"frame_ms": 2100}, False),  # a run found it there
        ("missed_animal", "p1", NEAR, words() | {"frame_ms": 1100}, False),  # the first one again
        ("missed_animal", "p1", NEAR, words() | {"frame_ms": 3000}, False),
        ("not_animal", "p1", BOX, {"frame_ms": 3000}, False),
    )
    result = effective(STANDS.filter(run_id="r1"), rows)
    shown = result.select("detection_id", "frame_ms", "picture_id", "source").rows()
    assert shown == [
        ("p1-0", 0, "p1#00000000", "model"),
        ("p1-1", 2000, "p1#00002000", "human"),
        ("p1-h1", 1000, "p1#00001000", "human"),
    ]


def test_corrections_name_only_stored_detections() -> None:
    frame = detections(
        ("r1", "p1", 0, BOX, "doe"), ("r2", "p1", 0, BOX, "doe"), ("r1", "p2", 0, BOX, "doe")
    )
    rows = said(
        ("class", "p1", NEAR, words("elk"), False),
        ("not_animal", "p2", BOX, {}, False),
        ("missed_animal", "p3", BOX, words(), False),
    )
    assert corrections(frame, rows).rows() == [
        ("r1", "p1-0", "elk", "male", "adult", True),
        ("r1", "p2-0", None, None, None, False),
        ("r2", "p1-0", "elk", "male", "adult", True),
    ]
    assert corrections(frame, said()).is_empty()
    assert corrections(frame.clear(), rows).is_empty()


def test_decisions_that_find_nothing_are_listed() -> None:
    rows = said(
        ("class", "p1", NEAR, words(), False),
        ("not_animal", "p1", FAR, {}, False),
        ("class", "gone", BOX, words(), False),
        ("class", "gone", BOX, words(), True),
        ("missed_animal", "p3", BOX, words(), False),
        ("class", "p3", NEAR, words(), False),
    )
    found, lost = match_decisions(ONE, rows)
    assert found.select("decision_id", "run_id", "detection_id").rows() == [
        (1, "r1", "p1-0"),
        (5, "r1", "p3-h5"),
        (6, "r1", "p3-h5"),
    ]
    assert found["iou"].to_list() == pytest.approx([9000 / 11000, 1, 9000 / 11000])
    assert lost.rows() == [(2, "not_animal", "p1"), (3, "class", "gone")]


def test_a_word_goes_to_the_best_box_and_among_equals_to_the_more_confident() -> None:
    frame = detections(("r1", "p1", 0, NEAR, "doe"), ("r1", "p1", 1, BOX, "doe"))
    rows = said(("class", "p1", BOX, words(), False))
    assert effective(frame, rows)["source"].to_list() == ["model", "human"]
    twins = frame.with_columns(
        pl.lit(10.0, pl.Float32).alias("x1"),
        pl.lit(110.0, pl.Float32).alias("x2"),
        pl.Series("confidence", [0.3, 0.8], pl.Float32),
    )
    assert effective(twins, rows)["source"].to_list() == ["model", "human"]


# --- against a plain loop ------------------------------------------------------------------------

_corner = st.integers(0, 6)
_box = st.tuples(_corner, _corner, st.integers(1, 6), st.integers(1, 6)).map(
    lambda b: (float(b[0]), float(b[1]), float(b[0] + b[2]), float(b[1] + b[3]))
)
_photo = st.sampled_from(["p1", "p2", "p3"])
_found = st.tuples(st.sampled_from(["r1", "r2"]), _photo, _box, st.sampled_from(["doe", "boar"]))
_verdict = st.tuples(
    st.sampled_from(["class", "not_animal"]),
    _photo,
    _box,
    st.builds(words, st.sampled_from(["elk", DEER])),
    st.booleans(),
)


def iou(a: tuple, b: tuple) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    area = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return width * height / (area - width * height)


@settings(max_examples=40, deadline=None)
@given(st.lists(_found, max_size=8), st.lists(_verdict, max_size=6))
def test_equals_a_plain_loop(found: list, verdicts: list) -> None:
    rows = [(run, photo, n, box, name) for n, (run, photo, box, name) in enumerate(found)]
    result = effective(detections(*rows), said(*verdicts))
    expected: dict[tuple[str, str], tuple[str, ...] | None] = {}
    for run, photo, n, _, name in rows:
        meaning = MEANINGS.get(name, ClassMeaning(name))
        first = (meaning.species, str(meaning.sex), str(meaning.age_class), "model")
        expected[run, f"{photo}-{n}"] = first
    for kind, photo, box, word, undone in verdicts:
        for run in ("r1", "r2"):
            near = [r for r in rows if r[0] == run and r[1] == photo and iou(r[3], box) >= 0.5]
            if undone or not near:
                continue
            best = max(near, key=lambda r: iou(r[3], box))
            key = (run, f"{photo}-{best[2]}")
            expected[key] = (*word.values(), "human") if kind == "class" else None
    got = {r[:2]: r[2:] for r in result.select("run_id", "detection_id", *NEW).rows()}
    assert got == {key: what for key, what in expected.items() if what is not None}


def test_eighty_thousand_detections_are_quick() -> None:
    n = 80_000
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 1000, (n, 2)).astype(np.float32)
    size = rng.uniform(50, 400, (n, 2)).astype(np.float32)
    photo = [f"p{i // 2:06d}" for i in range(n)]
    frame = pl.DataFrame(
        {
            "run_id": ["r1"] * n,
            "detection_id": [f"{p}-{i % 2}" for i, p in enumerate(photo)],
            "photo_id": photo,
            "ordinal": np.arange(n, dtype=np.int32) % 2,
            "x1": low[:, 0],
            "y1": low[:, 1],
            "x2": low[:, 0] + size[:, 0],
            "y2": low[:, 1] + size[:, 1],
            "confidence": rng.uniform(0.3, 1, n).astype(np.float32),
            "class": rng.choice(["doe", "mature"], n),
            "sharpness": np.ones(n, np.float32),
            "frame_ms": [None] * n,
        },
        schema=SCHEMA,
    )
    boxes = frame.gather_every(40).select("photo_id", "x1", "y1", "x2", "y2").rows()
    decisions = said(*(("class", p, b, words("elk"), False) for p, *b in boxes))
    started = time.perf_counter()
    result = corrections(frame, decisions)
    taken_s = time.perf_counter() - started
    assert (result["species"] == "elk").sum() == len(boxes) == 2000
    assert taken_s < 2.0  # 0.1 s alone; the rest is room for a busy machine


def test_the_overlap_of_joined_rows_is_that_of_the_matrix() -> None:
    from thumper_core.boxes.iou import iou_matrix
    from thumper_core.boxes.overlap import iou_with

    rng = np.random.default_rng(3)
    low = rng.uniform(0, 60, (200, 2, 2))
    boxes = np.concatenate([low, low + rng.uniform(-5, 60, (200, 2, 2))], axis=2)
    sides = ("x1", "y1", "x2", "y2")
    frame = pl.DataFrame(
        np.concatenate([boxes[:, 0], boxes[:, 1]], axis=1),
        schema=[*sides, *(f"its_{side}" for side in sides)],
    )
    got = frame.select(iou_with("its_{}")).to_series().to_numpy()
    kept = (boxes[:, :, 2:] > boxes[:, :, :2]).all(axis=(1, 2))
    expected = [iou_matrix(a, b)[0, 0] for a, b in boxes]
    np.testing.assert_allclose(got[kept], np.array(expected)[kept], rtol=1e-5)
    assert (got[~kept] == 0).all()
