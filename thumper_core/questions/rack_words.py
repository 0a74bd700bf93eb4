"""What marks on a deer's antlers measure in one year, as a table and in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from thumper_core.counting import counted
from thumper_core.language import say
from thumper_core.questions.judged import rack_of
from thumper_core.questions.words import listed
from thumper_core.seasons.antler_scale import CM_PER_INCH
from thumper_core.seasons.antlers import Rack


@dataclass(frozen=True)
class InWords:
    """lengths: `line` (its name), `inches` with its interval `low` to `high`, `said` (by how many people on
    how many pictures, or where it was taken from), a row each; notes: what is to be known of them.
    """

    lengths: pl.DataFrame
    notes: tuple[str, ...]


def measured_in_words(said: pl.DataFrame, individual_id: str, year: int) -> InWords:
    """said: `questions.judged.said_of_deer`."""
    is_meant = (pl.col("individual_id") == individual_id) & (pl.col("year") == year)
    rack = rack_of(said.filter(is_meant, pl.col("counts")))
    rows = [
        (
            title(one.name),
            one.value / CM_PER_INCH,
            one.low / CM_PER_INCH,
            one.high / CM_PER_INCH,
            say("as {line}", line=title(one.taken_from))
            if one.taken_from
            else f"{counted(one.n_people, 'person', 'people')}, {counted(one.n_pictures, 'picture')}",
        )
        for one in rack.lengths
    ]
    schema = {"line": pl.String} | dict.fromkeys(("inches", "low", "high"), pl.Float64)
    return InWords(
        pl.DataFrame(rows, schema=schema | {"said": pl.String}, orient="row"), tuple(_notes(rack))
    )


def title(name: str) -> str:
    """`Inside spread`, `Left G2`, of a line's name."""
    if " " not in name:
        return say("Inside spread")
    side, part = name.split(" ")
    part = say("beam") if part == "beam" else part
    return say("Left {part}", part=part) if side == "left" else say("Right {part}", part=part)


def _notes(rack: Rack) -> Iterator[str]:
    if rack.score_in is not None:
        yield say(
            "Added up as Boone and Crockett's gross typical score, from photos: it is no official score. The "
            "interval holds what photos err by publication (4.5 to 5.9% in the mean) and how much ears and "
            "noses differ; at its upper end also what beams hide by pointing at the camera."
        )
    elif rack.n_pictures and rack.why_no_score:
        yield say("No score yet: {why}.", why=say(rack.why_no_score))
    if rack.to_ears is not None:
        yield say("The spread is {ratio:.2f} times the ears.", ratio=rack.to_ears)
    if rack.left_out:
        yield say(
            "Not counted, for the head is not turned so that it shows: {marks}.",
            marks=listed([title(name) for name in rack.left_out]),
        )
    differing = [
        one.name for one in rack.lengths if one.taken_from is None and one.most > 1.2 * one.least
    ]
    if differing:
        yield say(
            "People or pictures differ by more than a fifth: {marks}.",
            marks=listed([title(name) for name in differing]),
        )
