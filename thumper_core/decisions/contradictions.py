"""What people said, made free of contradiction, with every conflict listed as a code and its facts.

The rule: photo facts win over people, people over the model's guesses. Among people the "different"
holds, and of the "same" verdicts that chain its two sides together the latest is set aside.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from thumper_core.decisions.kinds import Same


@dataclass(frozen=True)
class Must:
    """A "same" verdict between two tracklets; `kind`: of the decision that says it."""

    a: int
    b: int
    decision_id: int
    made_at: Any
    kind: str = Same.kind
    is_compared: bool = True


class Against(StrEnum):
    """What stands against a chain of "same" verdicts."""

    SAME_PHOTO = "same_photo"  # its ends are in one photo
    VERDICT = "different"  # a person called its ends two animals
    SEX_SAID = "sex_said"  # people made its ends an adult buck and an adult doe
    SEX_SEEN = "sex_seen"  # the detector takes its ends for an adult buck and an adult doe
    TRAVEL = "travel"  # no deer gets from one end to the other in the time between
    TRACKLET = "tracklet"  # no chain: a verdict parts detections that linking holds for one animal


@dataclass(frozen=True)
class Cannot:
    """Two tracklets held to be two animals; `decision_id` where a person said so."""

    a: int
    b: int
    against: Against
    decision_id: int | None = None
    is_compared: bool = True


@dataclass(frozen=True)
class Contradiction:
    """Statements that cannot all be true.

    against: what says "two animals". chain: ids of the tracklets from one side of it to the other,
    each joined to the next by a "same" verdict: `chain_decisions`, one shorter. cannot_decision: the
    "different" decision, where a person made it. set_aside: ids of the decisions left out of the
    constraints (empty: only a guess of the model's was), and set_aside_kind, what kind they are of.
    sex_holds: with SEX_SEEN, whether a sex that people said decides (else it is left open). n_pairs:
    how many pairs of tracklets collide by the same decisions.
    """

    against: Against
    chain: tuple[str, ...]
    chain_decisions: tuple[int, ...] = ()
    cannot_decision: int | None = None
    set_aside: tuple[int, ...] = ()
    set_aside_kind: str | None = None
    sex_holds: bool = False
    n_pairs: int = 1


class Components:
    """Tracklets joined by accepted "same" verdicts, with the verdicts kept for chains."""

    def __init__(self, musts: list[Must]) -> None:
        """The tracklets that the verdicts speak of, none of them joined yet."""
        from scipy.cluster.hierarchy import DisjointSet  # half a second: only where people joined

        self._sets = DisjointSet(sorted({t for must in musts for t in (must.a, must.b)}))
        self._edges: dict[int, list[tuple[int, int]]] = {}

    def of(self, item: int) -> set[int]:
        """All tracklets joined to `item`, and itself."""
        return set(self._sets.subset(item))

    def joined(self) -> list[set[int]]:
        """The sets of two tracklets or more."""
        return [members for members in self._sets.subsets() if len(members) > 1]

    def hold(self, pairs: npt.NDArray[np.integer], n: int) -> npt.NDArray[np.bool_]:
        """(K,) which of the (K, 2) pairs are joined; n: tracklets."""
        root = np.arange(n)
        for joined in self.joined():
            root[list(joined)] = min(joined)
        return np.asarray(root[pairs[:, 0]] == root[pairs[:, 1]])

    def join(self, must: Must) -> None:
        """Accept a verdict."""
        self._edges.setdefault(must.a, []).append((must.b, must.decision_id))
        self._edges.setdefault(must.b, []).append((must.a, must.decision_id))
        self._sets.merge(must.a, must.b)

    def chain(self, a: int, b: int) -> tuple[list[int], list[int]]:
        """Shortest path of verdicts from a to b (breadth first): tracklets, decision ids."""
        came: dict[int, tuple[int, int]] = {a: (a, -1)}
        queue = deque([a])
        while queue and b not in came:
            here = queue.popleft()
            for there, decision in self._edges.get(here, []):
                if there not in came:
                    came[there] = (here, decision)
                    queue.append(there)
        nodes, decisions = [b], []
        while nodes[-1] != a:
            previous, decision = came[nodes[-1]]
            nodes.append(previous)
            decisions.append(decision)
        return nodes[::-1], decisions[::-1]


def accept(
    musts: list[Must],
    cannots: list[Cannot],
    sex_said: npt.NDArray[np.int8],
    name: list[str],
) -> tuple[Components, list[Must], list[Contradiction]]:
    """Accept "same" verdicts in the order they were made, unless one breaks what holds.

    cannots: photo facts and "different" verdicts; sex_said: (n,) int8, 1 adult male, 2 adult female
    where a person said so, else 0; name: tracklet ids. Because the oldest come first, a verdict that
    would close a contradictory chain is the latest of that chain: it is the one set aside. Returns
    the components, the accepted verdicts and the contradictions.
    """
    parted: dict[int, list[Cannot]] = {}
    for cannot in cannots:
        parted.setdefault(cannot.a, []).append(cannot)
        parted.setdefault(cannot.b, []).append(cannot)
    groups = Components(musts)
    accepted: list[Must] = []
    conflicts: list[Contradiction] = []
    for must in sorted(musts, key=lambda m: (str(m.made_at), m.decision_id)):
        left, right = groups.of(must.a), groups.of(must.b)
        broken = None if must.b in left else _broken(left, right, parted, sex_said)
        if broken is None:
            groups.join(must)
            accepted.append(must)
            continue
        x, y = (broken.a, broken.b) if broken.a in left else (broken.b, broken.a)
        head, head_ids = groups.chain(x, must.a)
        tail, tail_ids = groups.chain(must.b, y)
        conflicts.append(
            Contradiction(
                broken.against,
                chain=tuple(name[t] for t in (*head, *tail)),
                chain_decisions=(*head_ids, must.decision_id, *tail_ids),
                cannot_decision=broken.decision_id,
                set_aside=(must.decision_id,),
                set_aside_kind=must.kind,
            )
        )
    return groups, accepted, conflicts


def _broken(
    left: set[int], right: set[int], parted: dict[int, list[Cannot]], sex_said: npt.NDArray[np.int8]
) -> Cannot | None:
    """The strongest reason why two components cannot be one, smallest indices first."""
    small, large = sorted((left, right), key=len)
    reasons = [
        cannot
        for item in small
        for cannot in parted.get(item, [])
        if (cannot.b if cannot.a == item else cannot.a) in large
    ]
    sexed = [min((t for t in side if sex_said[t]), default=-1) for side in (left, right)]
    if min(sexed) >= 0 and sex_said[sexed[0]] != sex_said[sexed[1]]:
        reasons.append(Cannot(sexed[0], sexed[1], Against.SEX_SAID))
    rank = {Against.SAME_PHOTO: 0, Against.VERDICT: 1, Against.SEX_SAID: 2}
    return min(reasons, key=lambda c: (rank[c.against], c.a, c.b), default=None)


def listed_once(conflicts: list[Contradiction]) -> list[Contradiction]:
    """One contradiction for each set of decisions that collide: the first, and how many there are.

    A merge, split or move of whole individuals says many pairs at once, and each may meet the same objection.
    """
    found: dict[Any, list[Contradiction]] = {}
    for conflict in conflicts:
        decisions = (frozenset(conflict.chain_decisions), conflict.cannot_decision)
        alike = (conflict.against, decisions, conflict.set_aside)
        found.setdefault(alike if conflict.set_aside else conflict, []).append(conflict)
    return [replace(same[0], n_pairs=len(same)) for same in found.values()]
