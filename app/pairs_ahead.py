"""The next pairs of Review with their pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
from ahead import AHEAD, BESIDE_PX, PICTURE_PX

from thumper_core import Workspace, crops, marks
from thumper_core.questions import browse
from thumper_core.questions.pair_questions import Question, Review


@dataclass(frozen=True)
class Prepared:
    """A question with all that is shown of it.

    sides: rows as of `browse.detections`, the first is what is asked; jpegs: pictures by detection.
    """

    question: Question
    sides: tuple[pl.DataFrame, pl.DataFrame]
    jpegs: dict[str, bytes]


def prepare(workspace: Workspace, found: Review) -> Iterator[Prepared]:
    """The first questions with their pictures; those whose pictures are gone are left out.

    Next to each other stand questions about other deer where there are such: an answer often settles
    what else could be asked about the same two.
    """
    questions = found.questions
    ids = {name for one in questions for name in (*one.left, *one.right)}
    rows = browse.detections(workspace, tuple(sorted(ids)))
    who = dict(rows.select("detection_id", "individual_id").iter_rows())
    known = [one for one in questions if one.left[0] in who and one.right[0] in who]
    meant = marks.marks(workspace, {name for one in known for name in (one.left[0], one.right[0])})
    for question in apart(known, who)[:AHEAD]:
        sides = (picked(rows, question.left), picked(rows, question.right))
        jpegs: dict[str, bytes] = {}
        for side in sides:
            wanted = [crops.Crop.from_row(row) for row in side.to_dicts()]
            sizes = [PICTURE_PX, *[BESIDE_PX] * (side.height - 1)]
            made = crops.crops(workspace, zip(wanted, sizes, strict=True))
            jpegs.update(zip(side["detection_id"], made, strict=True))
        jpegs |= with_marks(jpegs, meant)
        yield Prepared(question, sides, jpegs)


def apart(questions: list[Question], who: dict[str, str | None]) -> list[Question]:
    """The same questions; first, in their order, those that share no individual with one before.

    who: the individual of each detection that a question compares.
    """
    first, rest, met = list[Question](), list[Question](), set[str | None]()
    for question in questions:
        both = {who[question.left[0]], who[question.right[0]]} - {None}
        (rest if both & met else first).append(question)
        met |= both
    return first + rest


def with_marks(jpegs: dict[str, bytes], meant: dict[str, marks.Share]) -> dict[str, bytes]:
    """The pictures that a question is about, with corners round the animal that is meant."""
    return {name: marks.marked(jpegs[name], meant[name]) for name in jpegs.keys() & meant.keys()}


def picked(rows: pl.DataFrame, ids: tuple[str, ...]) -> pl.DataFrame:
    """The rows of these detections, in this order."""
    order = pl.DataFrame({"detection_id": ids}, schema={"detection_id": pl.String})
    return order.join(rows, on="detection_id", how="inner", maintain_order="left")
