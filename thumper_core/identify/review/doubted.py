"""Which answers to ask about again: people err, too, and one wrong answer holds for good.

An answer is weighed against everything else that is known now, as if it had not been given: the chance
of "same" between the two groups that it keeps apart, or between the two that it keeps together. It is
asked about again where, by that chance and the usual share of errors, it is more likely wrong than
WRONG_MIN, and where it contradicts others. An answer given a second time is not doubted again, and the more
answers are repeated rather than turned, the less the others are doubted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.review.branches import Branch, branches, inner_merges
from thumper_core.identify.review.standing import Standing

Rows = npt.NDArray[np.int64]

WRONG_USUAL: Final = 0.02
WRONG_MIN: Final = 0.25
REPEATS_TO_BELIEVE: Final = 4
ALIKE_MAX: Final = 0.98
"""No likeness is surer than this: two animals may look the same, and one may look like two."""
TIMES_MAX: Final = 3
"""Said so often in a row, an answer is not asked about again, whatever it contradicts."""


@dataclass(frozen=True)
class Given:
    """An answer about tracklets a < b; times: how often in a row it was given; turned: whether another one
    was given before.
    """

    a: int
    b: int
    same: bool
    times: int = 1
    turned: bool = False

    @property
    def pair(self) -> tuple[int, int]:
        """The two."""
        return (self.a, self.b)


@dataclass(frozen=True)
class Doubted:
    """An answer to ask about again: the two sides that it is about, and the chance of "same" that all
    else gives.
    """

    given: Given
    sides: tuple[Rows, Rows]
    chance: float


def doubted(
    standing: Standing, given: Iterable[Given], contradicted: set[tuple[int, int]]
) -> list[Doubted]:
    """The answers to ask about again, the likeliest wrong first.

    contradicted: pairs (low, high) of which an answer cannot be true beside others.
    """
    found = []
    answers = list(given)
    usual = _wrong_usually(answers)
    for answer in _surprising(standing, answers, contradicted, usual):
        weighed = _kept_together(standing, answer) if answer.same else _kept_apart(standing, answer)
        if weighed is None:
            continue
        wrong = 1.0 if answer.pair in contradicted else _wrong(answer, weighed.chance, usual)
        if wrong > WRONG_MIN:
            found.append((wrong, weighed))
    return [weighed for _, weighed in sorted(found, key=lambda pair: -pair[0])]


def _surprising(
    standing: Standing, given: list[Given], contradicted: set[tuple[int, int]], usual: float
) -> list[Given]:
    """Those worth a closer look: of what is in one profile, where the photos alone would part the two."""
    kept: list[Given] = []
    at_home: dict[int, list[Given]] = {}
    for answer in given:
        home, other = (int(standing.labels[t]) for t in answer.pair)
        if answer.pair in contradicted and answer.times < TIMES_MAX:
            kept.append(answer)
        elif answer.times > 1:
            continue
        elif answer.same and home == other:
            at_home.setdefault(home, []).append(answer)
        else:
            kept.append(answer)
    for home, answers in at_home.items():
        rows = standing.members(home)
        merges = _merges(standing, rows, standing.links.among(rows).unjoined())
        for answer in answers:
            parting = _parting(merges, np.searchsorted(rows, answer.pair))
            if parting is not None and _wrong(answer, parting.chance, usual) > WRONG_MIN:
                kept.append(answer)
    return kept


def _wrong_usually(given: list[Given]) -> float:
    """Share of answers that are wrong, as second looks have it so far."""
    turned = sum(answer.turned for answer in given)
    repeated = sum(answer.times > 1 and not answer.turned for answer in given)
    return WRONG_USUAL * (1 + turned) / (1 + turned + repeated / REPEATS_TO_BELIEVE)


def _wrong(answer: Given, chance: float, usual: float) -> float:
    """Chance that an answer is wrong; usual: share of those that are."""
    same = min(max(chance, 1 - ALIKE_MAX), ALIKE_MAX)
    fits = same if answer.same else 1 - same
    wrong = usual * (1 - fits)
    return wrong / (wrong + (1 - usual) * fits)


def _kept_apart(standing: Standing, answer: Given) -> Doubted | None:
    """Two profiles that would perhaps be one: the smaller one against the larger and its rivals."""
    home, other = (int(standing.labels[t]) for t in answer.pair)
    if home == other:
        return Doubted(answer, (np.array([answer.a]), np.array([answer.b])), 0.5)
    kinship, count = standing.kinship, standing.seen.sizes
    a, b = standing.members(home), standing.members(other)
    small, large = sorted((home, other), key=lambda profile: (count[profile], -profile))
    likeness = float(standing.means[a].mean(axis=0) @ standing.means[b].mean(axis=0))
    often = standing.seen.is_often
    odds = float(
        kinship.own[large]
        * count[large]
        * standing.scale.likelihood_ratio(
            likeness, len(a), len(b), is_stray=not (often[small] and often[large])
        )
    )
    rivals = kinship.novelty / max(float(kinship.own[small]), 1e-12)
    return Doubted(answer, (a, b), odds / (odds + rivals))


def _kept_together(standing: Standing, answer: Given) -> Doubted | None:
    """The merge that joins the two where nobody says that they are one."""
    rows = standing.members(int(standing.labels[answer.a]))
    if standing.labels[answer.a] != standing.labels[answer.b]:
        return Doubted(answer, (np.array([answer.a]), np.array([answer.b])), 0.5)
    links = standing.links.among(rows)
    pair = np.searchsorted(rows, answer.pair)
    links = links.joining(~(links.must == pair).all(axis=1))
    parting = _parting(_merges(standing, rows, links), pair)
    if parting is None:  # other answers join them as well
        return None
    return Doubted(answer, (rows[parting.part], rows[parting.rest]), parting.chance)


def _merges(standing: Standing, rows: Rows, links: Constraints) -> tuple[Branch, ...]:
    """The merges of one profile's tracklets under these links, each with its chance; rows: the tracklets."""
    means, labels = standing.means[rows], np.zeros(len(rows), np.int32)
    merges = inner_merges(means, labels, links)
    return branches(merges, means, labels, standing.scale, standing.kinship.novelty)


def _parting(merges: Iterable[Branch], pair: Rows) -> Branch | None:
    """The merge that has one of a pair on either side; None: people said that they are one."""
    a, b = pair.tolist()
    for merge in merges:
        part, rest = set(merge.part.tolist()), set(merge.rest.tolist())
        if (a in part and b in rest) or (b in part and a in rest):
            return merge
    return None
