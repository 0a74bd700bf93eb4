"""What is said of many photos at once: told before, refused where it cannot be, and followed by the herd."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.generated import Size, build
from tests.pipeline.test_clip import herd_of_a_clip
from tests.workspaces import copied
from thumper_core import Effect, decide
from thumper_core.contracts import DEER, AgeClass, Sex
from thumper_core.questions import browse, many_boxes
from thumper_core.questions.many_boxes import Plan
from thumper_core.questions.photo_filter import PhotoFilter
from thumper_core.questions.photo_list import photo_counts, photo_ids
from thumper_core.questions.steps import last_step
from thumper_core.workspace import Workspace

DOES = PhotoFilter("doe")
DOE = (DEER, Sex.FEMALE, AgeClass.ADULT)
BUCK = (DEER, Sex.MALE, AgeClass.ADULT)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    size = Size(photos=150, animals=5, cameras=3, detections=180)
    return build(tmp_path_factory.mktemp("many"), size)


@pytest.fixture
def ranch(made: Workspace, tmp_path: Path) -> Workspace:
    return copied(made, tmp_path)


def test_only_the_boxes_that_a_filter_is_about_are_meant(ranch: Workspace) -> None:
    ids = photo_ids(ranch, DOES, 999)
    boxes = many_boxes.boxes_meant(ranch, ids, DOES)
    assert boxes.height == photo_counts(ranch, DOES).n_boxes
    assert set(boxes["sex"]) == {"female"} and set(boxes["photo_id"]) == set(ids)
    every = many_boxes.boxes_meant(ranch, ids, PhotoFilter())
    assert every.height > boxes.height


def test_a_class_is_corrected_for_all_and_taken_back_as_one(ranch: Workspace) -> None:
    ids = photo_ids(ranch, DOES, 20)
    boxes = many_boxes.boxes_meant(ranch, ids, DOES)
    plan = many_boxes.of_class(ids, boxes, *BUCK)
    assert (plan.n_boxes, plan.n_agreed, plan.n_same, plan.refused) == (boxes.height, 0, 0, ())
    before = photo_counts(ranch, DOES)
    decide(ranch, plan.decisions, "Kim", as_one=True)
    after = photo_counts(ranch, DOES)
    assert after.n_boxes == before.n_boxes - plan.n_boxes
    again = many_boxes.of_class(ids, many_boxes.boxes_meant(ranch, ids, PhotoFilter("buck")), *BUCK)
    assert again.n_same == plan.n_boxes
    step = last_step(ranch, "Kim")
    assert step is not None and len(step.numbers) == plan.n_boxes
    decide(ranch, step.undo, "Kim", as_one=True)
    assert photo_counts(ranch, DOES) == before


def test_what_the_model_says_too_is_told(ranch: Workspace) -> None:
    ids = photo_ids(ranch, DOES, 5)
    plan = many_boxes.of_class(ids, many_boxes.boxes_meant(ranch, ids, DOES), *DOE)
    assert plan.n_agreed == plan.n_boxes > 0
    assert "the model's word already" in plan.sentence("a doe")


def test_no_animal_leaves_no_box_and_photos_without_one_are_named(ranch: Workspace) -> None:
    empty = photo_ids(ranch, PhotoFilter("nothing"), 2)
    ids = [*photo_ids(ranch, DOES, 4), *empty]
    plan = many_boxes.of_no_animal(ids, many_boxes.boxes_meant(ranch, ids, PhotoFilter()))
    assert [one.photo_id for one in plan.refused] == empty
    told = many_boxes.refused_told(ranch, plan)
    path = ranch.sql("select path from photos where photo_id = ?", [empty[0]]).item()
    assert f"{path} and " in told and told.endswith(": it has no such box.")
    bucks = many_boxes.of_class(empty, many_boxes.boxes_meant(ranch, empty, PhotoFilter()), *BUCK)
    assert "open it and draw the animal" in many_boxes.refused_told(ranch, bucks)
    decide(ranch, plan.decisions, "Kim", as_one=True)
    assert many_boxes.boxes_meant(ranch, ids, PhotoFilter()).is_empty()


def test_all_others_of_a_photo_are_those_that_nobody_spoke_of(ranch: Workspace) -> None:
    ids = photo_ids(ranch, PhotoFilter(), 999)
    boxes = many_boxes.boxes_meant(ranch, ids, PhotoFilter())
    photo = next(iter(many_boxes.with_several(boxes)))
    own = boxes.filter(photo_id=photo)
    first, *rest = own["detection_id"]
    assert many_boxes.unjudged(own, but=first)["detection_id"].to_list() == rest
    decide(
        ranch, many_boxes.of_class([photo], own.head(1), *DOE).decisions, "Ann", effect=Effect.LATER
    )
    now = browse.boxes(ranch, photo)
    assert sorted(many_boxes.unjudged(now)["detection_id"]) == sorted(rest)
    person = now.with_columns(species=pl.lit("human"))
    assert many_boxes.unjudged(person).is_empty()


def test_many_become_one_deer_but_for_those_that_cannot(ranch: Workspace) -> None:
    members = browse.members(ranch, None)
    to, other = (
        members.filter(pl.col("individual_id").is_in(["deer-001", "deer-002"]))
        .get_column("individual_id")
        .unique()
        .sort()
    )
    both = set(members.filter(individual_id=to)["picture_id"]) & set(
        members.filter(individual_id=other)["picture_id"]
    )
    of_other = PhotoFilter(individual_id=other)
    ids = photo_ids(ranch, of_other, 999)
    boxes = many_boxes.boxes_meant(ranch, ids, of_other)
    plan = many_boxes.of_individual(ids, boxes, members, to)
    assert both and len(plan.refused) == len(both)
    assert {one.why for one in plan.refused} == {"another box in it is that deer already"}
    assert plan.n_boxes == boxes.height - len(both)
    decide(ranch, plan.decisions, "Kim", effect=Effect.WHOLE, as_one=True)
    moved = [one.where.photo_id for one in plan.decisions]
    whose = browse.members(ranch, None).filter(pl.col("photo_id").is_in(moved))
    named = set(ranch.sql("select individual_id from individuals where n_events > 0").to_series())
    assert to in named
    at_home = whose.filter(individual_id=to)
    assert at_home["photo_id"].n_unique() == len(set(moved))


def test_two_in_one_picture_are_two_and_no_deer_is_none(ranch: Workspace) -> None:
    members = browse.members(ranch, None)
    pairs = members.filter(pl.col("picture_id").is_duplicated())
    ids = pairs["photo_id"].unique(maintain_order=True).to_list()[:3]
    boxes = many_boxes.boxes_meant(ranch, ids, PhotoFilter())
    absent = next(
        who
        for who in ("deer-001", "deer-002", "deer-003", "deer-004", "deer-005")
        if who not in boxes["individual_id"].to_list()
    )
    plan = many_boxes.of_individual(ids, boxes, members, absent)
    assert plan.n_boxes == 0 and plan.sentence("x") == "There is nothing to decide."
    assert {one.why for one in plan.refused} == {
        "it shows several deer: open it and say which it is"
    }
    none = many_boxes.of_individual(ids, boxes, members, None)
    assert none.n_boxes == boxes.height and none.refused == ()
    raccoons = boxes.with_columns(is_deer=pl.lit(False))
    refused = many_boxes.of_individual(ids, raccoons, members, None).refused
    assert {one.why for one in refused} == {"it is no deer: correct its class first"}


def test_one_that_is_that_deer_already_is_left_alone(ranch: Workspace) -> None:
    own = PhotoFilter(individual_id="deer-001")
    ids = photo_ids(ranch, own, 3)
    boxes = many_boxes.boxes_meant(ranch, ids, own)
    plan = many_boxes.of_individual(ids, boxes, browse.members(ranch, None), "deer-001")
    assert (plan.n_boxes, plan.n_same, plan.refused) == (0, 3, ())


def test_the_sentence_counts(ranch: Workspace) -> None:
    ids = photo_ids(ranch, DOES, 1)
    boxes = many_boxes.boxes_meant(ranch, ids, DOES)
    plan = many_boxes.of_class(ids, boxes.head(1), *BUCK)
    assert plan.sentence("a buck") == "Say of 1 box in 1 photo that it shows a buck."
    several = Plan(plan.decisions * 2, n_same=2, several=("p",))
    assert several.sentence("a buck") == (
        "Say of 2 boxes in 1 photo that each shows a buck. 2 more are so already, and left alone. "
        "In 1 photo it is said of more than one box."
    )
    assert many_boxes.refused_told(ranch, Plan()) == ""


def test_in_a_clip_each_box_is_that_of_its_frame(tmp_path: Path) -> None:
    herd = herd_of_a_clip(tmp_path)
    ids = photo_ids(herd, PhotoFilter(), 9)
    boxes = many_boxes.boxes_meant(herd, ids, PhotoFilter())
    frames = boxes["frame_ms"].to_list()
    assert len(ids) == 1 and len(set(frames)) == len(frames) > 1
    for plan in (
        many_boxes.of_class(ids, boxes, *BUCK),
        many_boxes.of_no_animal(ids, boxes),
        many_boxes.of_individual(ids, boxes, browse.members(herd, None), None),
    ):
        assert {one.where.frame_ms for one in plan.decisions} <= set(frames)
        assert plan.n_boxes and plan.several == ()
    twice = pl.concat([boxes, boxes.head(1)])
    assert many_boxes.with_several(twice) == tuple(ids)
