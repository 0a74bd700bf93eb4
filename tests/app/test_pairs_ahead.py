"""Pairs come with their pictures, and first those about other deer."""

from __future__ import annotations

import pytest

from tests.generated import Size, build
from thumper_core import Workspace
from thumper_core.decisions.kinds.who import Asked
from thumper_core.identify.review.sureness import Likely, Sureness
from thumper_core.questions.pair_questions import Question, Review


def question(left: str, right: str) -> Question:
    return Question((left,), (right,), 0.5, Asked(0.4, "r1"), (1, 1), False)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Deer that were found and not told apart."""
    return build(tmp_path_factory.mktemp("seen"), Size(photos=36, animals=3), identify=False)


@pytest.mark.parametrize(
    ("asked", "in_order"),
    [
        ("", ""),
        ("ab", "ab"),
        ("ab ac de", "ab de ac"),
        ("ab bc cd", "ab bc cd"),  # all are about one of the same: as they were
        ("a? b? cd", "a? b? cd"),  # nobody's pictures are nobody's twice
    ],
)
def test_neighbours_are_about_other_deer(asked: str, in_order: str) -> None:
    from pairs_ahead import apart

    questions = [question(f"{n}{one[0]}", f"{n}{one[1]}") for n, one in enumerate(asked.split())]
    who = {
        name: None if name[-1] == "?" else name[-1]
        for one in questions
        for name in (one.left[0], one.right[0])
    }
    found = [one.left[0][-1] + one.right[0][-1] for one in apart(questions, who)]
    assert " ".join(found) == in_order


def test_pictures_come_with_the_questions_and_lost_ones_are_left_out(seen: Workspace) -> None:
    from ahead import AHEAD
    from pairs_ahead import prepare

    ids = seen.sql("select detection_id from detections order by 1")["detection_id"].to_list()
    asked = [question(a, b) for a, b in zip(ids[:30:2], ids[1:30:2], strict=True)]
    likely = Likely(0.0, 0.0, 0.0)
    review = Review(1, (), Sureness(likely, likely, likely, 0), (question("gone", ids[0]), *asked))
    found = list(prepare(seen, review))
    assert len(found) == AHEAD
    for one in found:
        names = {one.question.left[0], one.question.right[0]}
        assert set(one.jpegs) == names
        assert all(jpeg.startswith(b"\xff\xd8") for jpeg in one.jpegs.values())
