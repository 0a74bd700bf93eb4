"""A simulated reviewer: asked like a person on the Review page, answering from the truth.

The reviewer sees what the page shows: of either side its typical picture and the ones that fit least.
A picture that is another animal than the typical one of its side is said to be different; every such
remark counts as an answer. Wrong answers come at a given rate, each drawn anew, so that asking again
helps: what the queue asks about again is answered anew, and the new answer takes the old one's place.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from thumper_core.decisions.contradictions import Against, Cannot, Contradiction, Must, accept
from thumper_core.decisions.kinds.who import About
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.review.doubted import Given
from thumper_core.identify.review.questions import Asking
from thumper_core.identify.scale.verdicts import Answers

Labels = npt.NDArray[Any]
Pair = tuple[int, int]


@dataclass(frozen=True)
class Said:
    """What was said of a pair, how often, the chance of "same" that the model gave (None: not asked), and
    what was compared; turned: whether something else was said before.
    """

    same: bool
    times: int
    chance: float | None
    about: About = About.PROFILES
    turned: bool = False


@dataclass
class Reviewer:
    """who: (T,) the individual of each tracklet; said: what stands, the oldest first; n_answers: given;
    clashing: of what stands, the pairs that cannot all be true.
    """

    who: Labels
    error_rate: float
    rng: np.random.Generator
    said: dict[Pair, Said] = field(default_factory=dict)
    n_answers: int = 0
    clashing: set[Pair] = field(default_factory=set)

    def answer(self, asking: Asking) -> None:
        """Answer a question, and remark on what is shown and does not belong."""
        pair = _pair(asking.left[0], asking.right[0])
        if asking.again is not None:
            self._again(pair)
            return
        chance = None if np.isnan(asking.chance) else asking.chance
        self.n_answers += 1
        self.said[pair] = Said(self._says(*pair), 1, chance, asking.about)
        for main, *others in (asking.left, asking.right):
            for other in others:
                self._look(main, other)

    def given(self) -> list[Given]:
        """Everything that stands, as the queue may doubt it."""
        return [
            Given(*pair, said.same, said.times, said.turned) for pair, said in self.said.items()
        ]

    def _collide(self, conflicts: list[Contradiction], names: dict[str, int]) -> set[Pair]:
        """The answers that cannot all be true."""
        found: set[Pair] = set()
        for conflict in conflicts:
            chain = [names[name] for name in conflict.chain]
            steps = list(pairwise(chain))
            ends = [(chain[0], chain[-1])] if conflict.against is Against.VERDICT else []
            found |= {_pair(a, b) for a, b in (*steps, *ends)} & set(self.said)
        return found

    def answers(self) -> Answers:
        """What was answered to questions that had a chance."""
        asked = [said for said in self.said.values() if said.chance is not None]
        return Answers(
            np.array([said.chance for said in asked], np.float64),
            np.array([said.same for said in asked], bool),
            np.array([said.about for said in asked], np.dtype("U8")),
        )

    def links(self, seen: Constraints) -> tuple[Constraints, list[Contradiction]]:
        """What is known now, and what of it contradicts itself: `clashing` is as of then."""
        names = [str(k) for k in range(seen.n)]
        musts = [Must(a, b, k, k) for k, ((a, b), s) in enumerate(self.said.items()) if s.same]
        differ = [
            Cannot(a, b, Against.VERDICT, k)
            for k, ((a, b), s) in enumerate(self.said.items())
            if not s.same
        ]
        ends = np.array(sorted({t for m in musts for t in (m.a, m.b)}), np.int32)
        sure = seen.cannot[seen.cannot_kind != "nested"]
        touched = sure[np.isin(sure, ends).all(axis=1)]
        facts = [Cannot(int(a), int(b), Against.SAME_PHOTO) for a, b in touched]
        parts, accepted, conflicts = accept(
            musts, [*facts, *differ], np.zeros(seen.n, np.int8), names
        )
        group = seen.group.copy()
        for joined in parts.joined():
            members = np.array(sorted(joined))
            sexes = set(group[members].tolist()) - {0}
            group[members] = sexes.pop() if len(sexes) == 1 else 0
        open_links = seen.barring(~parts.hold(seen.cannot, seen.n))
        links = replace(
            _with_said(open_links, [(c.a, c.b) for c in differ], [(m.a, m.b) for m in accepted]),
            group=group,
        )
        self.clashing = self._collide(conflicts, {name: k for k, name in enumerate(names)})
        return links, conflicts

    def _again(self, pair: Pair) -> None:
        """A new answer takes the old one's place, and is the latest."""
        before = self.said.pop(pair)
        same = self._says(*pair)
        self.n_answers += 1
        times = before.times + 1 if same == before.same else 1
        turned = before.turned or same != before.same
        self.said[pair] = replace(before, same=same, times=times, turned=turned)

    def _look(self, main: int, other: int) -> None:
        """One glance: what is left without a remark counts as seen to be the same."""
        pair = _pair(main, other)
        if pair in self.said:
            return
        same = self._says(main, other)
        self.n_answers += not same
        self.said[pair] = Said(same, 1, None)

    def _says(self, a: int, b: int) -> bool:
        same = bool(self.who[a] == self.who[b])
        return same != (self.rng.random() < self.error_rate)


def _pair(a: int, b: int) -> Pair:
    return (min(a, b), max(a, b))


def _with_said(seen: Constraints, different: list[Pair], same: list[Pair]) -> Constraints:
    """What the photos tell, and what was said: pairs distinct and rising, as `Constraints` has them."""
    cannot = np.array([*seen.cannot.tolist(), *different], np.int32).reshape(-1, 2)
    kind = np.array([*seen.cannot_kind.tolist(), *["human"] * len(different)], np.dtype("U10"))
    cannot, at = np.unique(np.sort(cannot, axis=1), axis=0, return_index=True)
    trust = np.concatenate([seen.cannot_trust, np.ones(len(different), np.float32)])
    must = np.unique(np.array(same, np.int32).reshape(-1, 2), axis=0)
    return replace(
        seen,
        cannot=cannot,
        cannot_kind=kind[at],
        cannot_trust=trust[at],
        must=must,
        must_kind=np.full(len(must), "human", np.dtype("U10")),
        must_trust=np.ones(len(must), np.float32),
    )
