"""What a lease report says: the answers of its first page, what to do next, and how it was reckoned.

Whoever reads it has only the paper, so nothing names a page or a command.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from thumper_core.herd.abundance.estimate import Estimate, Refused, Result
from thumper_core.language import mark, say
from thumper_core.questions import words
from thumper_core.questions.estimates import Answer, interval
from thumper_core.questions.herd_size import HerdSize
from thumper_core.questions.year_rows import result_cell
from thumper_core.questions.years_of_herd import YearOfHerd, growing
from thumper_core.seasons.growth import growth
from thumper_core.survey.survey_plan import DAYS, HA_PER_CAMERA

if TYPE_CHECKING:
    from thumper_core.questions.year_links import YearLink
    from thumper_core.store.herd_summary import HerdTrust

_ACRES_PER_HA: Final = 2.4711
_WIDE: Final = 2.0
"""How many times the lower end the upper one is from which on an interval is called wide."""
_NOT_SAID: Final = mark("Not known")
_BUCKS: Final = mark("Bucks per doe")
_FAWNS: Final = mark("Fawns per doe")


@dataclass(frozen=True)
class Line:
    """One answer of the first page. value: in figures; interval: 95%, or nothing; sentence: what it means."""

    question: str
    value: str
    interval: str
    sentence: str


def headline(years: Sequence[YearOfHerd], size: HerdSize, trust: HerdTrust | None) -> list[Line]:
    """The answers, the most asked first. years: not empty, the last is the one that is told of."""
    last = years[-1]
    lines = [
        _line(
            say("How many deer"),
            last.deer,
            _deer(last),
            whole=True,
            why=""
            if last.is_told_apart
            else say("Groups of pictures are no number of deer here: each can hold several."),
        ),
        _line(say(_BUCKS), last.bucks_per_doe, _ratio(last, words.counted(last.bucks, "buck"))),
        _line(say(_FAWNS), last.fawns_per_doe, _ratio(last, words.counted(last.fawns, "fawn"))),
        _growth(years),
    ]
    return [*lines, _sure(size, trust)]


def _line(
    question: str, result: Result, sentence: str, *, whole: bool = False, why: str = ""
) -> Line:
    """why: said in place of the reason for which there is no figure."""
    cell = result_cell(result, whole=whole)
    if isinstance(result, Refused):
        return Line(question, say(_NOT_SAID), "", why or result.reason)
    return Line(question, cell.value, cell.interval, sentence)


def _deer(year: YearOfHerd) -> str:
    told = say(
        "Deer that came to these cameras in {season}, with those that were never photographed, from "
        "{groups}: one deer can be several.",
        season=year.label,
        groups=words.counted(year.n_deer, "group of pictures", "groups of pictures"),
    )
    if isinstance(year.deer, Estimate) and year.deer.low * _WIDE < year.deer.high:
        told += " " + say("The interval is wide: more camera days narrow it.")
    return told


def _ratio(year: YearOfHerd, counted: str) -> str:
    if not year.is_told_apart:
        return say("Over visits, as photographed: which deer came is hardly told apart here.")
    return say(
        "Among the deer that are known in {season}: {counted} and {does}.",
        season=year.label,
        counted=counted,
        does=words.counted(year.does, "doe"),
    )


def _growth(years: Sequence[YearOfHerd]) -> Line:
    question, not_said = say("Growing or not"), say(_NOT_SAID)
    if len(years) == 1:
        return Line(question, not_said, "", say("There are photos of one deer year only."))
    earlier, later = years[-2:]
    if not later.is_told_apart:
        return Line(question, not_said, "", say("That needs deer that are told apart."))
    found = growth(earlier.deer, later.deer)
    if isinstance(found, Refused):
        return Line(question, not_said, "", growing(earlier, later))
    value = say("Growing" if found.low > 1 else "Shrinking" if found.high < 1 else "Cannot be told")
    return Line(question, value, "", growing(earlier, later))


def _sure(size: HerdSize, trust: HerdTrust | None) -> Line:
    """How far it is known which pictures are one deer."""
    question = say("How sure is who is who")
    if not size.is_telling:
        return Line(question, say("Hardly"), "", size.sentence)
    wrong = trust.false_merge if trust else None
    split = trust.false_split.value if trust and trust.false_split else None
    if wrong is None or split is None:
        return Line(question, say(_NOT_SAID), "", size.sentence)
    told = say(
        "Of 100 pairs of pictures that are held to show one deer about {wrong:.0f} show two, as Thumper "
        "itself estimates; of 100 pairs of one deer about {split:.0f} are held to be two.",
        wrong=100 * wrong,
        split=100 * split,
    )
    return Line(question, say("{share:.0%} right", share=1 - wrong), "", told)


def next_steps(
    years: Sequence[YearOfHerd], size: HerdSize, links: Sequence[YearLink], nameless: int
) -> Iterator[str]:
    """What would make the next report better, the most useful first."""
    if not size.is_telling:
        yield say(
            "Compare pictures by hand: people can tell deer apart where the program hardly can, and every "
            "answer counts from then on."
        )
    if links:
        yield say(
            "Answer whether {pairs} of different years are one deer: until then one deer can count as one "
            "that left and another that came.",
            pairs=words.counted(len(links), "pair"),
        )
    last = years[-1] if years else None
    if last is not None and last.is_told_apart and last.n_missing:
        yield say(
            "Say what is known of {missing}: taken, found dead, or moved away.",
            missing=words.counted(last.n_missing, "missing deer", "missing deer"),
        )
    if last is not None and last.n_unseen and last.is_told_apart:
        yield say(
            "Leave the cameras longer where they stood: of {unseen} it cannot be said whether they are still "
            "there.",
            unseen=words.counted(last.n_unseen, "deer", "deer"),
        )
    if (
        last is not None
        and isinstance(last.deer, Estimate)
        and last.deer.low * _WIDE < last.deer.high
    ):
        yield say(
            "Survey for {first} to {last} days with at least one camera on every {area:.0f} hectares "
            "({acres:.0f} acres), as Jacobson et al. 1997 stood them: how many deer there are is known only "
            "as {interval}.",
            first=DAYS[0],
            last=DAYS[1],
            area=HA_PER_CAMERA,
            acres=HA_PER_CAMERA * _ACRES_PER_HA,
            interval=interval(last.deer, whole=True),
        )
    if nameless and size.is_telling:
        yield say(
            "Give names to the {bucks} without one, so that people mean the same deer.",
            bucks=words.counted(nameless, "grown buck"),
        )
    if len(years) == 1:
        yield say("Keep the cameras where they are next season: then years can be compared.")


def methods(years: Sequence[YearOfHerd], survey: Sequence[Answer], starts: str) -> list[str]:
    """How it was reckoned, a paragraph each; starts: the day on which a deer year begins."""
    told = [
        say(
            "Deer years run from {starts}. Deer were found in the photos by a detector and grouped by how "
            "alike their pictures are; a group stands for a deer, and decisions of people come first.",
            starts=starts,
        )
    ]
    last = years[-1] if years else None
    if last is not None and isinstance(last.deer, Estimate):
        told.append(
            say(
                "How many deer: from on how many days each known deer was seen, corrected for wrong splits "
                "and merges ({source}). Growth is the ratio of two such estimates, taken as independent.",
                source=last.deer.source,
            )
        )
    ratios = say(
        "Ratios are among known deer, with Wilson's interval as odds (Wilson 1927, JASA 22: 209-212)."
    )
    if last is not None and not last.is_told_apart:
        ratios = say("Ratios are of visits, as photographed, with an interval by cameras and days.")
    told.append(ratios)
    survived = next((one.survival for one in years if isinstance(one.survival, Estimate)), None)
    if survived is not None:
        told.append(
            say(
                "Lived on: deer seen again over the chance to be seen; a deer that left for good counts as "
                "dead ({source}). Missing: the chance to see nothing of it, had it come as in the last year "
                "that saw it, is at most 5%.",
                source=survived.source,
            )
        )
    parts = (part for one in survey for part in one.source.split("; ") if part)
    sources = "; ".join(dict.fromkeys(parts))
    if sources:
        told.append(say("The survey's figures: {sources}.", sources=sources))
    told.append(
        say(
            "An interval of 95% is meant to hold the truth in 95 of 100 such surveys, where what it takes "
            "for granted is true."
        )
    )
    return told


def survey_rows(answers: Sequence[Answer]) -> list[dict[str, str]]:
    """The survey's answers as lines of a table: question, value, interval, and a note: what above all it
    takes for granted, or why there is none.
    """
    return [
        {
            "question": one.question,
            "value": one.value or "\N{EN DASH}",
            "interval": one.interval,
            "note": one.reason or next(iter(one.assumptions), ""),
        }
        for one in answers
    ]


def also_assumed(answers: Sequence[Answer]) -> list[str]:
    """What answers take for granted besides what stands below each, once each."""
    first = {one.assumptions[0] for one in answers if one.assumptions}
    return [t for t in dict.fromkeys(t for a in answers for t in a.assumptions) if t not in first]
