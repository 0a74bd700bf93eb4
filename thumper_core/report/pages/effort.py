"""The page of `evaluate effort`: how many answers a herd takes until it is right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from thumper_core.evaluate.effort import Point
from thumper_core.questions import words
from thumper_core.report.figures.effort import deer_by_answers, truth_by_answers
from thumper_core.report.pages.content import Tile
from thumper_core.report.pages.evaluation import EvaluationPage
from thumper_core.report.pages.sections import Section, Table, chart

HELD: Final = (("animals", "deer"), ("wrong", "wrong pairs"), ("missed", "missed pairs"))


def effort_page(points: Sequence[Point], *, title: str, command: str) -> EvaluationPage:
    """The page of what `effort.simulate` gave, the herd before any answer first."""
    first, last = points[0], points[-1]
    frame = _frame(points)
    an_animal = f"{last.answers / max(last.true_deer, 1):.1f}"
    held = {name: sum(point.holds[name] for point in points) for name, _ in HELD}
    lead = (
        f"After {words.counted(last.answers, 'answer')}, F1 of the pairs of pictures is "
        f"{last.f1:.3f}; before any it was {first.f1:.3f}. The herd has "
        f"{words.counted(last.profiles, 'group')} for {last.true_deer:,} true deer; before it "
        f"had {first.profiles:,}.",
        "The answers are a simulated reviewer's, who knows the truth and is asked what the command "
        "below says. F1 weighs precision (pairs put together that are one deer) and recall "
        "(pairs of one deer that were put together).",
    )
    return EvaluationPage(
        kind="Evaluation of a reviewer's effort",
        title=title,
        lead=lead,
        tiles=(
            Tile("F1 before", f"{first.f1:.3f}", words.counted(first.profiles, "group")),
            Tile("F1 after", f"{last.f1:.3f}", words.counted(last.profiles, "group")),
            Tile("Answers a deer", an_animal, f"{last.answers:,} for {last.true_deer:,} deer"),
            Tile(
                "Intervals of deer that held",
                f"{held['animals']} of {len(points)}",
                "each 95%, by the herd itself",
            ),
        ),
        sections=(_truth(frame, first, last), _itself(frame, points, held), _all(points)),
        galleries=(),
        facts=(
            ("True deer", f"{last.true_deer:,}"),
            ("Answers", f"{last.answers:,}"),
            ("Batches", f"{len(points) - 1:,}"),
        ),
        command=command,
    )


def _frame(points: Sequence[Point]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "answers": [p.answers for p in points],
            "f1": [p.f1 for p in points],
            "precision": [p.precision for p in points],
            "recall": [p.recall for p in points],
            "profiles": [p.profiles for p in points],
            "animals": [p.animals.value for p in points],
            "animals_low": [p.animals.low for p in points],
            "animals_high": [p.animals.high for p in points],
        }
    )


def _truth(frame: pl.DataFrame, first: Point, last: Point) -> Section:
    figure = chart(
        "truth",
        truth_by_answers(frame),
        f"Lines of F1, precision and recall over the answers; F1 goes from {first.f1:.3f} to "
        f"{last.f1:.3f}.",
        caption="Every answer ought to make the herd truer: a line that falls shows one that did "
        "not.",
    )
    return Section("truth", "How true the herd is", (figure,))


def _itself(frame: pl.DataFrame, points: Sequence[Point], held: dict[str, int]) -> Section:
    last = points[-1]
    figure = chart(
        "deer",
        deer_by_answers(frame, last.true_deer),
        f"Lines of the groups and of the deer that the herd expects, with an interval, over the "
        f"answers; {last.true_deer:,} are true. It ends at {words.counted(last.profiles, 'group')}.",
        caption="The herd says how many deer it holds and how sure it is. It does not know the "
        "dashed line.",
    )
    text = " ".join(
        f"The interval of {name} held the truth in {held[key]} of {len(points)} rows."
        for key, name in HELD
    )
    return Section("itself", "What the herd says of itself", (figure,), text)


def _all(points: Sequence[Point]) -> Section:
    columns = (
        *("Answers", "Groups", "F1", "Precision", "Recall", "B-cubed F1"),
        *("Deer, it says", "Wrong, it says", "Missed, it says"),
        *("Answers left, it says", "Contradictions"),
    )
    rows = tuple(
        (
            *(f"{p.answers:,}", f"{p.profiles:,}"),
            *(f"{value:.3f}" for value in (p.f1, p.precision, p.recall, p.bcubed_f1)),
            f"{p.animals.low:.1f} to {p.animals.high:.1f}",
            f"{p.wrong.low:.1%} to {p.wrong.high:.1%}",
            f"{p.missed.low:.1%} to {p.missed.high:.1%}",
            f"{p.answers_left:,}",
            f"{p.contradictions:,}",
        )
        for p in points
    )
    text = (
        "Wrong: pictures of two deer in one group, which precision counts; missed: pictures of one "
        "deer in two groups, which recall counts. Contradictions are answers that "
        "cannot all be true: they are asked again."
    )
    return Section("points", "After each batch", (), text, tables=(Table(columns, rows, n_text=0),))
