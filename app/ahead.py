"""The next questions of Review with their pictures, made in the background before they are needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl

from thumper_core import ThumperError, Workspace, crops
from thumper_core.questions import browse
from thumper_core.questions.pair_questions import Question, Review

AHEAD: Final = 12
"""Questions that a browser has with their pictures: of a large herd new ones take several seconds."""
PICTURE_PX: Final = 960
BESIDE_PX: Final = 260


@dataclass(frozen=True)
class Prepared:
    """A question with all that is shown of it.

    sides: rows as of `browse.detections`, the first is what is asked; jpegs: pictures by detection.
    """

    question: Question
    sides: tuple[pl.DataFrame, pl.DataFrame]
    jpegs: dict[str, bytes]


@dataclass(frozen=True)
class Made:
    """What is ready to be asked.

    state: what it was made from; review: None where the herd is not calibrated; is_whole: nothing
    of it is on its way still; trouble: why it could not be made.
    """

    state: Any
    review: Review | None = None
    prepared: tuple[Prepared, ...] = ()
    is_whole: bool = False
    trouble: str = ""


class Ahead:
    """The questions of one browser."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_working = False
        self._made: Made | None = None

    def look(
        self, state: Any, make: Callable[[], Review | None], workspace: Workspace
    ) -> tuple[Made | None, bool]:
        """What is ready, and whether something newer is on its way.

        state: what the questions depend on; where it is another than that of what is ready, `make` is
        called in the background. One is made at a time: what changes meanwhile comes after it.
        """
        with self._lock:
            made = self._made
            if made is not None and made.state == state and made.is_whole:
                return made, False
            if not self._is_working:
                self._is_working = True
                work = threading.Thread(
                    target=self._work, args=(state, make, workspace), name="ahead", daemon=True
                )
                work.start()
            return made, True

    def _work(self, state: Any, make: Callable[[], Review | None], workspace: Workspace) -> None:
        made = Made(state)
        before = self._made.prepared if self._made else ()
        try:
            review = make()
            made = replace(made, review=review)
            for prepared in prepare(workspace, review.questions if review else ()):
                made = replace(made, prepared=(*made.prepared, prepared))
                # Keys are faster than pictures: those of before are better than none.
                self._show(replace(made, prepared=(*made.prepared, *before)))
        except ThumperError as error:
            made = replace(made, trouble=str(error))
        except Exception:
            made = replace(made, trouble="The next pairs could not be found. Reload the page.")
            raise
        finally:
            self._show(replace(made, is_whole=True))
            with self._lock:
                self._is_working = False

    def _show(self, made: Made) -> None:
        with self._lock:
            self._made = made


def prepare(workspace: Workspace, questions: tuple[Question, ...]) -> Iterator[Prepared]:
    """The first questions with their pictures; those whose pictures are gone are left out.

    Next to each other stand questions about other deer where there are such: an answer often settles
    what else could be asked about the same two.
    """
    ids = {name for one in questions for name in (*one.left, *one.right)}
    rows = browse.detections(workspace, tuple(sorted(ids)))
    who = dict(rows.select("detection_id", "individual_id").iter_rows())
    known = [one for one in questions if one.left[0] in who and one.right[0] in who]
    for question in apart(known, who)[:AHEAD]:
        sides = (_side(rows, question.left), _side(rows, question.right))
        jpegs: dict[str, bytes] = {}
        for side in sides:
            wanted = [crops.Crop.from_row(row) for row in side.to_dicts()]
            sizes = [PICTURE_PX, *[BESIDE_PX] * (side.height - 1)]
            made = crops.crops(workspace, zip(wanted, sizes, strict=True))
            jpegs.update(zip(side["detection_id"], made, strict=True))
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


def _side(rows: pl.DataFrame, ids: tuple[str, ...]) -> pl.DataFrame:
    order = pl.DataFrame({"detection_id": ids}, schema={"detection_id": pl.String})
    return order.join(rows, on="detection_id", how="inner", maintain_order="left")
