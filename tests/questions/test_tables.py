from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import workspaces
from tests.workspaces import Deer
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import BestPhoto, Undo
from thumper_core.decisions.record import record
from thumper_core.questions import categories, tables
from thumper_core.workspace import Workspace


def test_totals_of_a_small_herd(small: Workspace) -> None:
    found = tables.totals(small)
    assert (found.n_bucks, found.n_does, found.n_fawns, found.n_unknown) == (1, 2, 1, 1)
    assert found.n_deer == 5
    assert found.n_visits == 11
    assert found.n_seen_once == 2
    assert (found.n_photos, found.n_with_animals, found.n_with_deer) == (16, 11, 11)
    assert (found.n_failed, found.n_partial, found.n_pending) == (1, 1, 0)
    assert found.n_cameras == 3
    assert found.first_photo_at is not None and found.last_photo_at is not None
    # The file that could not be read has only its own time, of 1970.
    assert workspaces.START <= found.first_photo_at < found.last_photo_at


def test_cards_name_before_id_and_order(small: Workspace) -> None:
    cards = tables.herd_cards(small)
    assert cards["label"].to_list() == [
        "Old Crooked",
        "Ghost",
        "deer-002",
        "Clover",
        "deer-003",
        "deer-005",
    ]
    assert cards["category"].to_list() == ["buck", "buck", "doe", "doe", "fawn", "unknown"]
    assert cards["n_visits"].to_list() == [4, 0, 3, 1, 2, 1]
    crooked = cards.row(0, named=True)
    assert crooked["notes"] == "Left antler kicked in."
    assert crooked["cameras"] == ["Creek", "North feeder", "Old oak"]  # Creek twice
    ghost = cards.row(1, named=True)
    assert (ghost["first_seen"], ghost["cameras"], ghost["n_detections"]) == (None, [], 0)


def test_sightings_equal_a_count_in_python(small: Workspace) -> None:
    seen = tables.sightings(small)
    assert Counter(seen["label"]) == {
        "Old Crooked": 4, "deer-002": 3, "Clover": 1, "deer-003": 2, "deer-005": 1
    }  # fmt: skip
    assert seen["started_at"].is_sorted()
    assert set(seen.columns) >= {"individual_id", "category", "camera", "event_id", "ended_at"}


def test_the_picture_that_a_person_chose_comes_first(build: Callable[..., Workspace]) -> None:
    workspace = build([Deer("buck", 4), Deer("doe", 2)])
    before = tables.best_detections(workspace, 4)
    own = before.filter(pl.col("individual_id") == before["individual_id"][0])
    worst, other = own.row(-1, named=True), before.row(-1, named=True)
    moved = (worst["x1"] + 4, worst["y1"], worst["x2"] + 4, worst["y2"])

    def first(per_individual: int) -> str:
        best = tables.best_detections(workspace, per_individual)
        return str(best.filter(individual_id=worst["individual_id"])["detection_id"][0])

    wrong = BoxKey(other["photo_id"], tuple(other[c] for c in ("x1", "y1", "x2", "y2")))
    record(workspace.ledger, BestPhoto(worst["individual_id"], wrong), "Ann")
    assert tables.best_detections(workspace, 4).equals(before)  # it is not of that deer
    chosen = BestPhoto(worst["individual_id"], BoxKey(worst["photo_id"], moved))
    number = record(workspace.ledger, chosen, "Ann")
    assert first(1) == first(4) == worst["detection_id"] != own["detection_id"][0]
    record(workspace.ledger, Undo(number), "Ann")
    assert first(1) == own["detection_id"][0]


def test_best_detections_are_few_ranked_and_of_different_visits(small: Workspace) -> None:
    best = tables.best_detections(small, 2)
    assert best.group_by("individual_id").len()["len"].max() == 2
    first = best.filter(pl.col("individual_id") == "deer-001")
    assert first["rank"].to_list() == [1, 2]
    every = tables.best_detections(small, 99).filter(pl.col("individual_id") == "deer-001")
    assert every["detection_id"].n_unique() == 4
    assert first["photo_id"].to_list() == every["photo_id"].to_list()[:2]


def test_animals_cut_by_the_frame_come_last(build: Callable[..., Workspace]) -> None:
    best = tables.best_detections(build([Deer("buck", 3, lefts=(400, 100, 0))]), 3)
    assert best["x1"].to_list()[0] == 100
    assert best.height == 3


def test_daylight_comes_first(build: Callable[..., Workspace]) -> None:
    workspace = build([Deer("buck", 8)], seed=3)
    best = tables.best_detections(workspace, 8)
    infrared = best["is_infrared"].to_list()
    assert infrared == sorted(infrared) and len(set(infrared)) == 2


def test_effort_adds_up(small: Workspace) -> None:
    effort = tables.camera_effort(small)
    assert effort["n_photos"].is_sorted(descending=True)
    assert effort["n_photos"].sum() == 16
    assert effort["n_visits"].sum() == 11
    assert effort["n_individuals"].max() <= 5
    assert (effort["n_days"] > 0).all()


def test_people_are_no_animals(build: Callable[..., Workspace]) -> None:
    workspace = build([Deer("person", 2), Deer("doe", 1)], n_blank=0)
    found = tables.totals(workspace)
    assert (found.n_photos, found.n_with_animals, found.n_with_deer) == (3, 1, 1)


def test_failures_by_reason_and_each(build: Callable[..., Workspace]) -> None:
    bad = [(f"Creek/{n}.jpg", "error", "empty_file") for n in range(3)]
    workspace = build([], failures=[*bad, ("Creek/9.mp4", "error", "video")])
    reasons = tables.failures_by_reason(workspace)
    assert reasons.select("error_code", "n_photos").rows() == [("empty_file", 3), ("video", 1)]
    assert reasons["message"][0] == "Told in words: empty_file."
    assert tables.failures(workspace, 2).height == 2
    assert set(tables.failures(workspace, 9)["path"]) == {p for p, _, _ in bad} | {"Creek/9.mp4"}


def test_empty_workspace(tmp_path: object) -> None:
    workspace = Workspace.create(f"{tmp_path}/empty")
    found = tables.totals(workspace)
    assert (found.n_photos, found.n_deer, found.n_visits, found.n_cameras) == (0, 0, 0, 0)
    assert found.first_photo_at is None
    for frame in (
        tables.herd_cards(workspace),
        tables.sightings(workspace),
        tables.best_detections(workspace, 4),
        tables.camera_effort(workspace),
        tables.failures_by_reason(workspace),
        tables.failures(workspace, 10),
        categories.activity(tables.sightings(workspace)),
    ):
        assert frame.is_empty()


@pytest.mark.parametrize(
    ("sex", "age_class", "expected"),
    [
        ("male", "adult", "buck"),
        ("male", "unknown", "buck"),
        ("female", "adult", "doe"),
        ("male", "fawn", "fawn"),
        ("unknown", "fawn", "fawn"),
        ("unknown", "adult", "unknown"),
        (None, None, "unknown"),
    ],
)
def test_category(sex: str | None, age_class: str | None, expected: str) -> None:
    schema = {"sex": pl.String, "age_class": pl.String}
    frame = pl.DataFrame({"sex": [sex], "age_class": [age_class]}, schema=schema)
    assert frame.select(categories.category()).item() == expected


@settings(deadline=None)  # the machine may be busy
@given(
    st.lists(
        st.tuples(st.sampled_from(["buck", "doe", "fawn", "unknown"]), st.datetimes()), max_size=60
    )
)
def test_activity_is_a_plain_count(visits: list[tuple[str, datetime]]) -> None:
    frame = pl.DataFrame(
        {"category": [c for c, _ in visits], "started_at": [at for _, at in visits]},
        schema={"category": pl.String, "started_at": pl.Datetime("us")},
    )
    counted = Counter((c, at.hour) for c, at in visits)
    found = categories.activity(frame)
    assert found.height == 24 * len({c for c, _ in visits})
    assert {(c, h): n for c, h, n in found.rows() if n} == counted
