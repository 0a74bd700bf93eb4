"""What of a corrected photo is learned, what is doubtful, and what is nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.learning.reviewed import BOXES, delete, key_of, ranch_of, say
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Fixture, MissedAnimal, MoveBox, Reclass, Undo
from thumper_core.learning.corrected import corrected_photos, labelled
from thumper_core.vision.centernet.training_list import DOUBT
from thumper_core.workspace import Workspace

DEER, COYOTE, ANIMAL = ("white-tailed deer", True), ("coyote", False), ("animal", False)


@pytest.mark.parametrize(
    ("whole", "source", "named", "label", "confidence"),
    [
        (True, "model", DEER, DOUBT, 0.39),  # left alone, and too weak to count
        (True, "human", DEER, "deer", 0.1),
        *(
            (*case, 0.4)
            for case in [
                (True, "model", DEER, "deer"),
                (True, "model", COYOTE, "coyote"),
                (True, "model", ANIMAL, DOUBT),
                (True, "human", DEER, "deer"),
                (False, "human", DEER, "deer"),
                (False, "human", COYOTE, "coyote"),
                (False, "human", ANIMAL, DOUBT),
                (False, "model", DEER, DOUBT),
                (False, "model", COYOTE, DOUBT),
            ]
        ),
    ],
)
def test_what_a_box_is_learned_as(
    whole: bool, source: str, named: tuple[str, bool], label: str, confidence: float
) -> None:
    box = {"photo_id": "a", "x1": 0.0, "y1": 0.0, "x2": 1.0, "y2": 1.0, "source": source}
    box["confidence"] = confidence
    boxes = pl.DataFrame([{**box, "species": named[0], "is_deer": named[1]}])
    said = pl.DataFrame([{"photo_id": "a", "whole": whole}])
    assert labelled(boxes, said, 0.4)["label"].to_list() == [label]


@pytest.fixture
def ranch(tmp_path: Path) -> Workspace:
    return ranch_of(tmp_path, 4, 2, drawn=True)


def test_nobody_said_anything(ranch: Workspace) -> None:
    found = corrected_photos(ranch)
    assert (found.photos.height, found.boxes.height, found.n_corrections, found.last) == (
        0,
        0,
        0,
        0,
    )
    assert found.listed() == []


def test_every_kind_of_correction_is_read(ranch: Workspace) -> None:
    rows = ranch.sql(BOXES).to_dicts()
    moved, classed, other, blank, fixed = (key_of(row) for row in rows[:5])
    to = (moved.box[0] + 20, moved.box[1], moved.box[2] + 20, moved.box[3])
    say(ranch, MoveBox(moved, to))
    say(ranch, MissedAnimal(BoxKey(moved.photo_id, (10, 20, 60, 90)), "raccoon"))
    say(ranch, Reclass(classed, "white-tailed deer", "male", "adult"), Reclass(other, "coyote"))
    assert delete(ranch, 4)[-1] == blank.photo_id
    say(ranch, Undo(5), Undo(6), Undo(7))  # of the four that were deleted the last one stays
    say(ranch, Fixture(fixed))
    found = corrected_photos(ranch)
    assert dict(found.kinds) == {
        "box": 1, "missed_animal": 1, "class": 2, "not_animal": 1, "fixture": 1
    }  # fmt: skip
    listed = {photo.name: photo for photo in found.listed()}
    assert len(listed) == 5
    first = listed[moved.photo_id]
    assert sorted(first.labels) == ["deer", "raccoon"]
    shares = np.array(to, np.float32) / [640, 360, 640, 360]
    assert np.allclose(first.boxes[first.labels.index("deer")], shares, atol=1e-5)
    assert first.path.is_file() and first.camera and not first.apart
    assert listed[classed.photo_id].labels == ("deer",)
    assert listed[other.photo_id].labels == ("coyote",)
    assert listed[blank.photo_id].labels == () == listed[fixed.photo_id].labels


def test_a_photo_of_which_only_a_class_was_said_leaves_its_other_boxes_open(
    ranch: Workspace,
) -> None:
    row = ranch.sql(BOXES).row(0, named=True)
    key = key_of(row)
    aside = BoxKey(key.photo_id, (1, 1, 40, 40))
    say(ranch, MissedAnimal(aside, "coyote"))
    assert sorted(corrected_photos(ranch).boxes["label"].to_list()) == ["coyote", "deer"]
    say(ranch, Undo(1), Reclass(key, "white-tailed deer", "female", "adult"))
    assert corrected_photos(ranch).boxes["label"].to_list() == ["deer"]
