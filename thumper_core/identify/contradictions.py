"""What people said, made free of contradiction, with every conflict listed.

The rule: photo facts win over people, people over the model's guesses. Among people the "different"
holds, and of the "same" verdicts that chain its two sides together the latest is set aside.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Must:
    """A "same" verdict between two tracklets; `kind`: of the decision that says it."""

    a: int
    b: int
    decision_id: int
    made_at: Any
    kind: str = "same"
    is_compared: bool = True


@dataclass(frozen=True)
class Cannot:
    """Two tracklets held to be two animals; `decision_id` where a person said so."""

    a: int
    b: int
    kind: str  # same_photo, human, sex, travel
    decision_id: int | None = None
    is_compared: bool = True


@dataclass(frozen=True)
class Contradiction:
    """Statements that cannot all be true.

    kind: what says "two animals" (same_photo, human, sex, travel), or `tracklet` where a person
    parts detections that the linking holds for one animal. chain: tracklets from one side of it to
    the other, each joined to the next by a "same" verdict: `chain_decisions`, one shorter.
    cannot_decision: the "different" decision, where a person made it. set_aside: decision ids
    left out of the constraints (empty: only a guess of the model's was). message: for people.
    """

    kind: str
    chain: tuple[int, ...]
    chain_decisions: tuple[int, ...]
    cannot_decision: int | None
    set_aside: tuple[int, ...]
    message: str


class Components:
    """Tracklets joined by accepted "same" verdicts: union-find with the edges kept for chains."""

    def __init__(self, n: int) -> None:
        """`n` tracklets, none of them joined."""
        self._parent = np.arange(n)
        self._edges: dict[int, list[tuple[int, int]]] = {}
        self.members: dict[int, set[int]] = {}

    def find(self, item: int) -> int:
        """The component's representative."""
        while self._parent[item] != item:
            self._parent[item] = self._parent[self._parent[item]]
            item = int(self._parent[item])
        return item

    def of(self, item: int) -> set[int]:
        """All members of the component of `item`."""
        return self.members.get(self.find(item), {item})

    def join(self, must: Must) -> None:
        """Accept a verdict."""
        self._edges.setdefault(must.a, []).append((must.b, must.decision_id))
        self._edges.setdefault(must.b, []).append((must.a, must.decision_id))
        a, b = self.find(must.a), self.find(must.b)
        if a != b:
            together = self.members.pop(a, {a}) | self.members.pop(b, {b})
            self._parent[b] = a
            self.members[a] = together

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
    n: int,
    musts: list[Must],
    cannots: list[Cannot],
    sex_said: npt.NDArray[np.int8],
    name: list[str],
) -> tuple[Components, list[Must], list[Contradiction]]:
    """Accept "same" verdicts in the order they were made, unless one breaks what holds.

    cannots: photo facts and "different" verdicts; sex_said: (n,) int8, 1 adult male, 2 adult female
    where a person said so, else 0; name: tracklet ids for messages. Because the oldest come first,
    a verdict that would close a contradictory chain is the latest of that chain: it is the one
    set aside. Returns the components, the accepted verdicts and the contradictions.
    """
    parted: dict[int, list[Cannot]] = {}
    for cannot in cannots:
        parted.setdefault(cannot.a, []).append(cannot)
        parted.setdefault(cannot.b, []).append(cannot)
    groups = Components(n)
    accepted: list[Must] = []
    conflicts: list[Contradiction] = []
    for must in sorted(musts, key=lambda m: (str(m.made_at), m.decision_id)):
        left, right = groups.of(must.a), groups.of(must.b)
        broken = None if left is right else _broken(left, right, parted, sex_said)
        if broken is None:
            groups.join(must)
            accepted.append(must)
            continue
        if broken.a in left:
            x, y = broken.a, broken.b
        else:
            x, y = broken.b, broken.a
        head, head_ids = groups.chain(x, must.a)
        tail, tail_ids = groups.chain(must.b, y)
        conflicts.append(
            Contradiction(
                broken.kind,
                (*head, *tail),
                (*head_ids, must.decision_id, *tail_ids),
                broken.decision_id,
                (must.decision_id,),
                f"{' = '.join(name[t] for t in (*head, *tail))}, but "
                f"{_reason(broken, name[x], name[y])}. Decision {must.decision_id} ({must.kind}), the "
                "latest of the chain, is set aside; undo whichever is wrong",
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
        reasons.append(Cannot(sexed[0], sexed[1], "sex"))
    rank = {"same_photo": 0, "human": 1, "sex": 2}
    return min(reasons, key=lambda c: (rank[c.kind], c.a, c.b), default=None)


def _reason(cannot: Cannot, a: str, b: str) -> str:
    return {
        "same_photo": f"{a} and {b} are in one photo",
        "human": f"decision {cannot.decision_id} says that {a} and {b} differ",
        "sex": f"people made {a} and {b} an adult buck and an adult doe",
    }[cannot.kind]


def said_once(conflicts: list[Contradiction]) -> list[Contradiction]:
    """One contradiction for each set of decisions that collide: the first, and how many there are.

    A gesture on whole individuals says many pairs at once, and each may meet the same objection.
    """
    found: dict[Any, list[Contradiction]] = {}
    for conflict in conflicts:
        decisions = (frozenset(conflict.chain_decisions), conflict.cannot_decision)
        alike = (conflict.kind, decisions, conflict.set_aside)
        key = alike if conflict.set_aside else (*alike, conflict.message)
        found.setdefault(key, []).append(conflict)
    return [
        same[0]
        if len(same) == 1
        else replace(same[0], message=f"{same[0].message} (and {len(same) - 1} more such pairs)")
        for same in found.values()
    ]
