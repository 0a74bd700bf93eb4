"""A survey's questions side by side: each answer, when to believe it, and all of it for a script."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from thumper_core.herd.abundance.estimate import Estimate
from thumper_core.language import mark, say
from thumper_core.questions.estimates import Answer, answer
from thumper_core.survey.detectability import bucks_per_doe_ranged, herd_ranged

if TYPE_CHECKING:
    from thumper_core.herd.abundance.estimate import Result
    from thumper_core.questions.survey import Survey

RATIOS, DEER, DENSITY = "ratios", "deer", "density"
GROUPS: Final = {
    RATIOS: mark("For each doe"),
    DEER: mark("Deer in all"),
    DENSITY: mark("Deer per square kilometre"),
}
"""Answers of one group are on one scale: what the scale is, in words."""


@dataclass(frozen=True)
class Asked:
    """One question. name: of its answer beside others of its group; believe: when to, in a sentence."""

    group: str
    question: str
    name: str
    result: Result
    believe: str

    @property
    def answer(self) -> Answer:
        """In words."""
        return answer(self.question, self.result, self.group == DEER)


def asked(found: Survey) -> list[Asked]:
    """Every question in the order in which it is read."""
    n = found.classic.bucks
    return [
        Asked(
            RATIOS,
            say("Bucks per doe, as photographed"),
            say("Bucks"),
            found.bucks_per_doe,
            say("Believe it where a buck and a doe are equally easy to photograph."),
        ),
        Asked(
            RATIOS,
            say("Bucks per doe, bucks seen 1.0-1.9 times as often"),
            say("Bucks, 1.0-1.9"),
            bucks_per_doe_ranged(found.bucks_per_doe),
            say(
                "Decide from this one: it holds wherever bucks are photographed up to 1.9 times as often."
            ),
        ),
        Asked(
            RATIOS,
            say("Fawns per doe, as photographed"),
            say("Fawns"),
            found.fawns_per_doe,
            say(
                "Believe it where fawns follow their does to the cameras: not before they are weeks old."
            ),
        ),
        Asked(
            DEER,
            say("Deer in all, classic"),
            say("Classic"),
            found.classic.total,
            say(
                "Believe it where every buck was seen and told apart, and does are as easy to photograph."
            ),
        ),
        Asked(
            DEER,
            say("Deer in all, bucks seen 1.0-1.9 times as often"),
            say("Classic, 1.0-1.9"),
            herd_ranged(found.classic.total, n),
            say("Believe it where every buck was seen and told apart."),
        ),
        Asked(
            DEER,
            say("Deer in all, from known deer seen again"),
            say("Known deer"),
            found.deer,
            say(
                "Believe it where questions on Review are answered, and no deer came or went meanwhile."
            ),
        ),
        Asked(
            DENSITY,
            say("Deer per square kilometre"),
            say("Density"),
            found.density,
            say(
                "Believe it where six cameras or more stand as close as a deer ranges, and saw the same deer."
            ),
        ),
    ]


def estimates(questions: list[Asked], group: str) -> pl.DataFrame:
    """`name, value, low, high`: answers of a group that have a value, as `figures.intervals` takes them."""
    rows = [
        (one.name, one.result.estimate, one.result.low, one.result.high)
        for one in questions
        if one.group == group and isinstance(one.result, Estimate)
    ]
    return pl.DataFrame(
        rows,
        schema={"name": pl.String} | dict.fromkeys(("value", "low", "high"), pl.Float64),
        orient="row",
    )


def table(found: Survey) -> pl.DataFrame:
    """For a spreadsheet: `question, value, low, high, method, refused_because`, and what is to be known."""
    rows = []
    for one in asked(found):
        told, result = one.answer, one.result
        numbers: tuple[float | None, ...] = (None,) * 3
        if isinstance(result, Estimate):
            numbers = (result.estimate, result.low, result.high)
        texts = (" ".join(told.cautions), " ".join(told.assumptions), told.source)
        rows.append((one.question, *numbers, told.method, told.reason, *texts))
    columns = ("question", "value", "low", "high", "method", "refused_because")
    schema: dict[str, type[pl.DataType]] = dict.fromkeys(
        (*columns, "cautions", "assumptions", "source"), pl.String
    )
    schema |= dict.fromkeys(("value", "low", "high"), pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def record(found: Survey) -> dict[str, Any]:
    """All that a survey says, for a script: dates and figures as they are."""
    return {
        "first": found.first,
        "last": found.last,
        "photos": found.photos,
        "lead": found.lead,
        "size": found.size.sentence,
        "effort": found.effort.to_dicts(),
        "gaps": found.gaps,
        "answers": [asdict(one) for one in found.answers],
        "estimates": table(found).to_dicts(),
    }
