"""What a detection is after decisions, in the views that the product reads."""

from __future__ import annotations

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core.contracts import DETECTIONS, OUTCOMES, AgeClass, ClassMeaning, Sex
from thumper_core.decisions.corrections import corrections, drawn_animals, match_decisions
from thumper_core.decisions.moved import moved_boxes
from thumper_core.decisions.table import FRAME_SCHEMA
from thumper_core.store.lake import Lake
from thumper_core.store.ledger import Ledger
from thumper_core.store.meanings import set_meanings
from thumper_core.views.session import connect_light

DEER = "white-tailed deer"
MEANINGS = {
    "doe": ClassMeaning(DEER, Sex.FEMALE, AgeClass.ADULT),
    "mature": ClassMeaning(DEER, Sex.MALE, AgeClass.ADULT),
}
NOW = "2026-11-29 06:00:00.000000+00:00"
SCHEMA = pl.from_arrow(DETECTIONS.empty_table()).schema  # type: ignore[union-attr]
NEW = ["species", "sex", "age_class", "source"]
PHOTOS = ("p1", "p2", "p3")


def detections(*rows: tuple) -> pl.DataFrame:
    """(run, photo, ordinal, box, class) -> a frame."""
    full = [
        (run, f"{photo}-{ordinal}", photo, ordinal, *box, 0.9, name, 10.0)
        for run, photo, ordinal, box, name in rows
    ]
    return pl.DataFrame(full, schema=SCHEMA, orient="row")


def said(*rows: tuple) -> pl.DataFrame:
    """(kind, photo, box, words, undone) -> a decisions frame, numbered from 1."""
    full = []
    for number, (kind, photo, box, words, undone) in enumerate(rows, start=1):
        payload = json.dumps({"photo_id": photo, "box": list(box), **words})
        full.append((number, kind, f"{photo}@", payload, "kim", None, undone))
    return pl.DataFrame(full, schema=FRAME_SCHEMA, orient="row")


def effective(frame: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """The view `all_detections` of a workspace with these rows, by run, photo and ordinal.

    Every run has looked at every photo of PHOTOS.
    """
    with TemporaryDirectory() as folder:
        lake, ledger = Lake(Path(folder) / "lake"), Ledger(Path(folder) / "ledger.sqlite")
        ledger.create()
        set_meanings(ledger, "fake", MEANINGS)
        for run in sorted({"r1", *frame["run_id"]}):
            outcomes = [
                {"run_id": run, "photo_id": photo, "status": "ok", "n_detections": 0}
                for photo in PHOTOS
            ]
            own = frame.filter(pl.col("run_id") == run).to_dicts()
            tables = {
                "outcomes": pa.Table.from_pylist(outcomes, schema=OUTCOMES),
                "detections": pa.Table.from_pylist(own, schema=DETECTIONS),
            }
            lake.write_shard(f"runs/{run}", "000000", tables)
        with ledger.transaction() as c:
            c.executemany(
                "insert into runs values (?, 'f', 'complete', 'fake', 'fake', '{}', ?, null)",
                [(run, NOW) for run in sorted({"r1", *frame["run_id"]})],
            )
            write = "insert into decisions (kind, subject, payload, author, made_at) values "
            write += "(?, ?, ?, 'kim', ?)"
            said_so = decisions.select("kind", "subject", "payload").rows()
            c.executemany(write, [(*row, NOW) for row in said_so])
            for number in decisions.filter("undone")["decision_id"]:
                c.execute(write, ("undo", "", json.dumps({"decision_id": number}), NOW))
        db = connect_light(lake, ledger)
        rows = db.sql("select * from all_detections order by run_id, photo_id, ordinal")
        found = pl.DataFrame(rows.to_arrow_table())
        db.close()
    return found


def words(species: str = DEER, sex: str = "male", age: str = "adult") -> dict[str, str]:
    return {"species": species, "sex": sex, "age_class": age}


BOX = (10.0, 10.0, 110.0, 110.0)
NEAR = (20.0, 10.0, 120.0, 110.0)  # IoU 0.818 with BOX
FAR = (70.0, 10.0, 170.0, 110.0)  # IoU 0.25 with BOX
ONE = detections(("r1", "p1", 0, BOX, "doe"))

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
    assert set(result.columns) == {*ONE.columns, *NEW}


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


# --- boxes that a person moved ---------------------------------------------------------------------

AWAY = (300.0, 10.0, 400.0, 110.0)  # overlaps none of the above
FURTHER = (300.0, 200.0, 400.0, 300.0)
MOVES = [
    ("moved", [("box", BOX, AWAY)], AWAY),
    ("named by a box that overlaps", [("box", NEAR, AWAY)], AWAY),
    ("too far to be meant", [("box", FAR, AWAY)], BOX),
    ("moved twice: the youngest wins", [("box", BOX, FURTHER), ("box", BOX, AWAY)], AWAY),
    ("moved on from where it was moved to", [("box", BOX, AWAY), ("box", AWAY, FURTHER)], FURTHER),
    ("this run drew it where it belongs", [("box", AWAY, NEAR)], NEAR),
]


def moves(*rows: tuple) -> pl.DataFrame:
    """(kind, box, to or words) about photo p1, as a decisions frame."""
    return said(*(("box", "p1", b, {"to": list(t)}, False) for _, b, t in rows))


@pytest.mark.parametrize(("why", "rows", "expected"), MOVES, ids=[m[0] for m in MOVES])
def test_a_box_goes_where_a_person_put_it(why: str, rows: list, expected: tuple) -> None:
    result = effective(ONE, moves(*rows))
    assert result.select("x1", "y1", "x2", "y2").rows() == [expected]
    # The place says nothing of what it holds: that is still the model's word.
    assert result.select(NEW).rows() == [(DEER, "female", "adult", "model")]
    rest = [name for name in ONE.columns if name not in ("x1", "y1", "x2", "y2")]
    assert result.select(rest).equals(ONE.select(rest))
    again = moved_boxes(result, moves(*rows)).boxes
    assert again.select("x1", "y1", "x2", "y2").rows() == [expected] * again.height


@pytest.mark.parametrize("named", [BOX, AWAY])
def test_a_moved_box_answers_to_both_its_places(named: tuple) -> None:
    rows = said(
        ("box", "p1", BOX, {"to": list(AWAY)}, False), ("class", "p1", named, words(), False)
    )
    assert effective(ONE, rows).select("sex", "source").rows() == [("male", "human")]
    assert corrections(ONE, rows)["sex"].to_list() == ["male"]
    assert match_decisions(ONE, rows).lost.is_empty()


def test_a_move_that_is_undone_or_of_another_photo_moves_nothing() -> None:
    rows = said(
        ("box", "p1", BOX, {"to": list(AWAY)}, True), ("box", "p2", BOX, {"to": list(AWAY)}, False)
    )
    moved = moved_boxes(ONE, rows)
    assert moved.boxes.is_empty() and moved.places.is_empty() and moved.found.is_empty()
    assert effective(ONE, rows).select(ONE.columns).equals(ONE)


def test_of_two_boxes_the_one_that_was_named_moves() -> None:
    two = detections(("r1", "p1", 0, BOX, "doe"), ("r1", "p1", 1, AWAY, "doe"))
    # The first is put where the second is, a little beside it; both runs' frames say the same.
    beside = (302.0, 10.0, 402.0, 110.0)
    rows = moves(("box", BOX, beside))
    assert effective(two, rows)["x1"].to_list() == [beside[0], AWAY[0]]


def test_a_drawn_animal_can_be_moved() -> None:
    rows = said(
        ("missed_animal", "p2", BOX, words(), False), ("box", "p2", BOX, {"to": list(AWAY)}, False)
    )
    assert drawn_animals(ONE, rows).select("detection_id", "x1").rows() == [("p2-h1", AWAY[0])]


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
