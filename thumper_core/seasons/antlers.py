"""Antlers measured on pictures: what marks of one deer year say, each with an interval, and a gross score.

What one picture says is `antler_scale`'s. The score adds up what the Boone and Crockett Club's gross typical
score does: inside spread, credited up to the longer beam, both beams, tines, four girths a side. It is no
official score: those are taken on dried antlers with a steel tape, and take differences between the sides
off. Published errors of scores from photos are means of absolute errors, here taken for normal (times
1.2533): at most 5.9% from one picture (Flinn et al. 2015, J. SEAFWA 2:135-143), 4.5% from two angles (Flinn
et al. 2010, Southeast Deer Study Group, by ear width). They were reached with equations for each angle, which
are not public; what a line loses by pointing at the camera is told instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean, median
from typing import Final

from thumper_core.decisions.kinds.antlers import Line
from thumper_core.language import mark
from thumper_core.seasons.antler_scale import CM_PER_INCH, RULERS, Scale, lengths_cm, scale_of

RULER_SD: Final = 0.047
"""Share by which a deer's own ruler differs from the average. No variance is published; field guides give
15 to 18 inches from ear to ear, which is taken for two standard deviations to either side."""
SHARED_SD: Final = 0.030
"""Share by which all pictures of one deer err alike."""
PICTURE_SD: Final = 0.068
"""Share by which each picture errs for itself. With `SHARED_SD` it gives the two published errors of a score:
0.074 = 1.2533 x 0.059 from one picture, 0.056 = 1.2533 x 0.045 from two."""
LINE_SD: Final = 0.039
"""What a single line errs besides, as share: with the two above 0.084 = 1.2533 x 0.067, published for tines,
the best of all single measures; the worst was 0.193 (Flinn et al. 2015)."""
FACING_DEG: Final = 30.0
"""Turn of the head from which on a picture tells how long a beam is."""
SPREAD_DEG: Final = 50.0
"""Turn of the head up to which a picture tells the spread: half turned, as marks read it."""
NEAR_DEG: Final = 15.0
"""Of a beam the pictures count that show the head turned at most this much less than the most turned one."""
_SHOWN: Final = ((30.0, 0.67), (45.0, 0.77), (60.0, 0.85), (90.0, 0.92))
"""Share of a beam's length that is seen by the turn of the head: 40 rendered bucks, marked at the renderer's
own points. Real beams differ; it only says how far the upper end of an interval reaches."""
_Z: Final = 1.959964


@dataclass(frozen=True)
class Marked:
    """What one person marked on one picture. picture: which one; person: who; lines: as they were drawn."""

    picture: str
    person: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Length:
    """A measured line, centimetres: value with its 95% interval; least, most: of single people and pictures;
    taken_from: the line whose length it was given, where it was not marked.
    """

    name: str
    value: float
    low: float
    high: float
    least: float
    most: float
    n_pictures: int
    n_people: int
    taken_from: str | None = None


@dataclass(frozen=True)
class Rack:
    """The antlers of a deer in one year. to_ears: spread as a multiple of the ears', None where no picture
    has both; score_in: inches, its 95% interval score_low_in to score_high_in; why_no_score: else, a marked
    message; left_out: lines that are marked where the picture does not tell their length.
    """

    lengths: tuple[Length, ...]
    to_ears: float | None
    score_in: float | None
    score_low_in: float | None
    score_high_in: float | None
    why_no_score: str | None
    left_out: tuple[str, ...]
    n_pictures: int
    n_people: int

    def length(self, name: str) -> Length | None:
        """One of its lines."""
        return next((one for one in self.lengths if one.name == name), None)


def measured(marked: Sequence[Marked]) -> Rack:
    """The rack that several pictures and people measured: of each line the median of a picture's people, then
    the mean of the pictures that tell it. Marks without a ruler are passed over.
    """
    told: dict[str, dict[str, dict[str, float]]] = {}  # line -> picture -> person -> cm
    scales: dict[str, list[Scale]] = {}
    ratios: list[float] = []
    usable = [one for one in marked if any(line.part in RULERS for line in one.lines)]
    for one in usable:
        scales.setdefault(one.picture, []).append(scale_of(one.lines))
        for name, value in lengths_cm(one.lines).items():
            told.setdefault(name, {}).setdefault(one.picture, {})[one.person] = value
        px = {line.name: line.length_px for line in one.lines}
        if "spread" in px and "ears" in px:
            ratios.append(px["spread"] / px["ears"])
    turns = {picture: _turn(found) for picture, found in scales.items()}
    kept = {name: _telling(name, of, turns) for name, of in told.items()}
    left_out = tuple(sorted(name for name, of in kept.items() if not of))
    of_picture = {
        name: {picture: median(people.values()) for picture, people in of.items()}
        for name, of in kept.items()
        if of
    }
    own = {p: fmean(s.is_own for s in found) for p, found in scales.items()}
    picture_sd = max(PICTURE_SD, _scatter(of_picture.values()))
    lengths = [
        _length(name, of, kept[name], own, picture_sd) for name, of in sorted(of_picture.items())
    ]
    filled, why = _filled({one.name: one for one in lengths})
    score, low, high = None, None, None
    if why is None:
        score, low, high = _score(filled, of_picture, own, picture_sd, turns)
    return Rack(
        tuple(sorted(filled.values() if why is None else lengths, key=lambda one: one.name)),
        fmean(ratios) if ratios else None,
        score,
        low,
        high,
        why,
        left_out,
        len({one.picture for one in usable}),
        len({one.person for one in usable}),
    )


def _turn(scales: Sequence[Scale]) -> float | None:
    turns = [one.turn_deg for one in scales if one.turn_deg is not None]
    return median(turns) if turns else None


def _telling(
    name: str, of: Mapping[str, dict[str, float]], turns: Mapping[str, float | None]
) -> dict[str, dict[str, float]]:
    """The pictures that tell a line's length; one whose turn is not known is believed."""
    if name == "spread":
        return {p: v for p, v in of.items() if (turns[p] or 0.0) <= SPREAD_DEG}
    if not name.endswith("beam"):
        return dict(of)
    turned = {p: 90.0 if (turn := turns[p]) is None else turn for p in of}
    least = max(FACING_DEG, max(turned.values()) - NEAR_DEG)
    return {p: v for p, v in of.items() if turned[p] >= least}


def _scatter(lines: Iterable[Mapping[str, float]]) -> float:
    """Standard deviation between pictures, as share of the lines' means; 0 where none is in two."""
    squares, free = 0.0, 0
    for of in lines:
        if len(of) > 1:
            mean = fmean(of.values())
            squares += sum((value / mean - 1) ** 2 for value in of.values())
            free += len(of) - 1
    return math.sqrt(squares / free) if free else 0.0


def _length(
    name: str,
    of: Mapping[str, float],
    people: Mapping[str, Mapping[str, float]],
    own: Mapping[str, float],
    picture_sd: float,
) -> Length:
    value = fmean(of.values())
    ruler = RULER_SD * fmean(own[picture] for picture in of)
    sd = math.sqrt(SHARED_SD**2 + ruler**2 + (picture_sd**2 + LINE_SD**2) / len(of))
    single = [one for by_person in people.values() for one in by_person.values()]
    who = {person for by_person in people.values() for person in by_person}
    low, high = value * (1 - _Z * sd), value * (1 + _Z * sd)
    return Length(name, value, max(low, 0.0), high, min(single), max(single), len(of), len(who))


def _filled(lengths: Mapping[str, Length]) -> tuple[dict[str, Length], str | None]:
    """The lines that a score adds up, the missing ones as the nearest is; or why that cannot be."""
    found = dict(lengths)
    if "spread" not in found:
        return found, mark("the spread is not marked on a picture from the front")
    beams = [side for side in ("left", "right") if f"{side} beam" in found]
    if not beams:
        return found, mark(
            "no beam is marked on a picture with the head turned away from the camera"
        )
    if not any(" H" in name for name in found):
        return found, mark("no girth (H1 to H4) is marked")
    for side, other in (("left", "right"), ("right", "left")):
        if side not in beams:
            found[f"{side} beam"] = _as(found[f"{other} beam"], f"{side} beam")
    girths = [one for one in lengths.values() if " H" in one.name]
    for side in ("left", "right"):
        for nth in range(1, 5):
            name = f"{side} H{nth}"
            if name not in lengths:
                found[name] = _as(_nearest(girths, side, nth), name)
    return found, None


def _nearest(girths: Iterable[Length], side: str, nth: int) -> Length:
    """The girth of the same side with the nearest number, else of the other."""

    def far(one: Length) -> tuple[bool, int, str]:
        return not one.name.startswith(side), abs(int(one.name[-1]) - nth), one.name

    return min(girths, key=far)


def _as(line: Length, name: str) -> Length:
    return replace(line, name=name, taken_from=line.name)


def _score(
    lengths: Mapping[str, Length],
    of_picture: Mapping[str, Mapping[str, float]],
    own: Mapping[str, float],
    picture_sd: float,
    turns: Mapping[str, float | None],
) -> tuple[float, float, float]:
    """Inches: the sum, and its interval; the upper end reaches further by what the beams may hide."""
    longer = max(lengths[f"{side} beam"].value for side in ("left", "right"))
    credited = min(1.0, longer / lengths["spread"].value)
    total, hidden = 0.0, 0.0
    share = dict.fromkeys(own, 0.0)  # of the sum, by the picture that it was measured on
    for name, line in lengths.items():
        counted = line.value * (credited if name == "spread" else 1.0)
        total += counted
        of = of_picture[line.taken_from or name]
        for picture, value in of.items():
            share[picture] += counted * value / sum(of.values())
            if name.endswith("beam"):
                hidden += value / len(of) * (1 / _seen(turns[picture]) - 1)
    parts = {picture: part / total for picture, part in share.items()}
    ruler = RULER_SD * sum(parts[picture] * own[picture] for picture in parts)
    each = picture_sd**2 * sum(part**2 for part in parts.values())
    sd = math.sqrt(SHARED_SD**2 + ruler**2 + each)
    low, high = total * (1 - _Z * sd), total * (1 + _Z * sd) + hidden
    return total / CM_PER_INCH, max(low, 0.0) / CM_PER_INCH, high / CM_PER_INCH


def _seen(turn_deg: float | None) -> float:
    """Share of a beam's length that a picture shows; of one whose turn is not known as half turned."""
    turn = 45.0 if turn_deg is None else max(turn_deg, _SHOWN[0][0])
    for (a, low), (b, high) in pairwise(_SHOWN):
        if turn <= b:
            return low + (high - low) * (turn - a) / (b - a)
    return _SHOWN[-1][1]
