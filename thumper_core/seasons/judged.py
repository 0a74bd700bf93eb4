"""What several people say of one deer in one year: the middle, the range, and what cannot all be true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from thumper_core.counting import counted
from thumper_core.decisions.kinds.antlers import AGES
from thumper_core.language import say

YOUNGEST: Final = AGES[0]
OLDEST: Final = AGES[-1]


@dataclass(frozen=True)
class Agreed:
    """Of what n people said: the middle value, the lowest and the highest."""

    value: float
    low: float
    high: float
    n: int


def agreed(said: Sequence[float]) -> Agreed | None:
    """One value a person; of an even number the higher of the two in the middle. None: nothing is said."""
    if not said:
        return None
    ranked = sorted(said)
    return Agreed(ranked[len(ranked) // 2], ranked[0], ranked[-1], len(ranked))


def age_by_birth(year: int, birth_year: int) -> float:
    """The age class, of `AGES`, in a deer year of a deer that was born in another one."""
    return min(year - birth_year + YOUNGEST, OLDEST)


def age_conflicts(
    said: Mapping[int, Agreed], birth_year: int | None, classes: Mapping[int, str]
) -> Iterator[tuple[int, str]]:
    """(year, sentence) of what speaks against the ages that people gave one deer, at most one a year.

    said: by deer year; birth_year: where it was seen as a fawn; classes: by year, `fawn`, `yearling`,
    `adult` or `unknown`, as boxes show it (`seasons.ages`).
    """
    years = sorted(said)
    for at, year in enumerate(years):
        one, before = said[year], said[years[at - 1]] if at else None
        grown = year - years[at - 1] if at else 0
        people = range_text(one)
        if birth_year is not None and year >= birth_year:
            should = age_by_birth(year, birth_year)
            if not one.low <= should <= one.high:
                yield (
                    year,
                    say(
                        "It was seen as a fawn, which makes it {age} old; people say {people}.",
                        age=age_text(should),
                        people=people,
                    ),
                )
                continue
        elif classes.get(year) == "adult" and one.high == YOUNGEST:
            yield year, say("Its boxes show a grown deer; people say {people}.", people=people)
            continue
        if before is not None and (
            one.high < min(before.low + grown, OLDEST) or one.low > min(before.high + grown, OLDEST)
        ):
            yield (
                year,
                say(
                    "People say {people}, and {before} for {years} earlier.",
                    people=people,
                    before=range_text(before),
                    years=counted(grown, "year"),
                ),
            )


def age_text(age: float) -> str:
    """`3.5 years`; `5.5 years or more`."""
    return say("{age:g} years or more" if age == OLDEST else "{age:g} years", age=age)


def range_text(said: Agreed) -> str:
    """`3.5 years`; `2.5 to 3.5 years` where people differ."""
    if said.low == said.high:
        return age_text(said.low)
    return say("{low:g} to {high}", low=said.low, high=age_text(said.high))
